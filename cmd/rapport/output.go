package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// output is for commands that read.
type output struct {
	Output string `short:"o" enum:"table,json,ndjson,csv" default:"table" placeholder:"FORMAT" help:"table, json, ndjson or csv."`
}

// column is one column of a list of T.
type column[T any] struct {
	name  string         // in CSV; empty: not there
	value func(T) string // in CSV
	title string         // in the table; empty: not there
	show  func(T) string // in the table; value if nil
	right bool           // numbers
	flex  bool           // gives way when the table is too wide
	spare bool           // is left out of it then
	alarm func(T) bool   // shown in red
}

// write prints a list in the format asked for.
func write[T any](e *env, o output, items iter.Seq2[T, error], columns []column[T]) error {
	switch o.Output {
	case "json":
		return writeList(e.stdout, items)
	case "ndjson":
		for item, err := range items {
			if err != nil {
				return err
			}
			if err := writeJSON(e.stdout, item); err != nil {
				return err
			}
		}
		return nil
	case "csv":
		return writeCSV(e.stdout, items, columns)
	}
	return writeTable(e.stdout, items, columns)
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func writeIndented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// writeList prints {"items":[...]}, one item a line.
func writeList[T any](w io.Writer, items iter.Seq2[T, error]) error {
	before := "{\"items\":["
	for item, err := range items {
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, before+"\n"); err != nil {
			return err
		}
		var b strings.Builder
		if err := writeJSON(&b, item); err != nil {
			return err
		}
		if _, err := io.WriteString(w, strings.TrimSuffix(b.String(), "\n")); err != nil {
			return err
		}
		before = ","
	}
	if before != "," {
		before += "]}\n"
	} else {
		before = "\n]}\n"
	}
	_, err := io.WriteString(w, before)
	return err
}

func writeCSV[T any](w io.Writer, items iter.Seq2[T, error], columns []column[T]) error {
	out := csv.NewWriter(w)
	var names []string
	for _, c := range columns {
		if c.name != "" {
			names = append(names, c.name)
		}
	}
	if err := out.Write(names); err != nil {
		return err
	}
	row := make([]string, 0, len(names))
	for item, err := range items {
		if err != nil {
			out.Flush()
			return err
		}
		row = row[:0]
		for _, c := range columns {
			if c.name != "" {
				row = append(row, c.value(item))
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// writeTable prints a table that fits the terminal.
func writeTable[T any](w io.Writer, items iter.Seq2[T, error], columns []column[T]) error {
	var t table
	var shown []column[T]
	for _, c := range columns {
		if c.title != "" {
			shown = append(shown, c)
			t.heads = append(t.heads, head{title: c.title, right: c.right, flex: c.flex, spare: c.spare})
		}
	}
	for item, err := range items {
		if err != nil {
			return err
		}
		row := make([]cell, len(shown))
		for i, c := range shown {
			show := c.show
			if show == nil {
				show = c.value
			}
			row[i] = cell{clean(show(item), false), c.alarm != nil && c.alarm(item)}
		}
		t.rows = append(t.rows, row)
	}
	return t.print(w)
}

type head struct {
	title       string
	right, flex bool
	spare       bool // left out where the table is too wide
	wrap        bool // the title may take a line for each of its words
}

// least is how narrow the title can be.
func (h head) least() int {
	if !h.wrap {
		return text.StringWidth(h.title)
	}
	widest := 0
	for word := range strings.FieldsSeq(h.title) {
		widest = max(widest, text.StringWidth(word))
	}
	return widest
}

// lines is the title in lines of the width.
func (h head) lines(width int) []string {
	if text.StringWidth(h.title) <= width {
		return []string{h.title}
	}
	return strings.Split(text.WrapSoft(h.title, width), "\n")
}

type cell struct {
	text  string
	alarm bool
}

// table is a table for people: no lines, columns two spaces apart, cut to the width.
type table struct {
	heads []head
	rows  [][]cell
}

func (t *table) print(w io.Writer) error {
	t.leaveOut(terminalWidth(w))
	widths := t.widths(terminalWidth(w))
	colour := isTerminal(w) && os.Getenv("NO_COLOR") == ""
	var b, row strings.Builder
	line := func(i int, s string, style text.Colors) {
		s = text.Snip(s, widths[i], "…")
		pad := strings.Repeat(" ", widths[i]-text.StringWidth(s))
		last := i == len(t.heads)-1
		if colour && style != nil {
			s = style.Sprint(s)
		}
		switch {
		case t.heads[i].right:
			s = pad + s
		case !last:
			s += pad
		}
		row.WriteString(s)
		if !last {
			row.WriteString("  ")
			return
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
		row.Reset()
	}
	titles, height := make([][]string, len(t.heads)), 0
	for i, h := range t.heads {
		titles[i] = h.lines(widths[i])
		height = max(height, len(titles[i]))
	}
	for n := range height {
		for i := range t.heads {
			title := ""
			if above := height - len(titles[i]); n >= above {
				title = strings.TrimRight(titles[i][n-above], " ")
			}
			line(i, title, text.Colors{text.Bold})
		}
	}
	for _, row := range t.rows {
		for i, c := range row {
			line(i, c.text, []text.Colors{nil, {text.FgRed}}[truth(c.alarm)])
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// leaveOut takes the spare columns out, if something would have to be cut otherwise.
func (t *table) leaveOut(total int) {
	widths := t.widths(math.MaxInt)
	sum := 2 * (len(t.heads) - 1)
	for _, width := range widths {
		sum += width
	}
	for i := len(widths) - 1; i >= 0 && sum > total; i-- {
		if !t.heads[i].spare {
			continue
		}
		sum -= widths[i] + 2
		t.heads = slices.Delete(t.heads, i, i+1)
		for n, row := range t.rows {
			t.rows[n] = slices.Delete(row, i, i+1)
		}
	}
}

// fits reports whether the table can be made as narrow as that.
func (t *table) fits(total int) bool {
	sum := 2 * (len(t.heads) - 1)
	for _, width := range t.widths(total) {
		sum += width
	}
	return sum <= total
}

// narrow is how narrow a column gets that gives way: a date still fits.
const narrow = 10

// widths gives each column what it needs, and takes from the flexible ones what is
// too much: from the widest first.
func (t *table) widths(total int) []int {
	widths := make([]int, len(t.heads))
	sum := 2 * (len(t.heads) - 1)
	for i, h := range t.heads {
		widths[i] = h.least()
		for _, row := range t.rows {
			widths[i] = max(widths[i], text.StringWidth(row[i].text))
		}
		sum += widths[i]
	}
	for ; sum > total; sum-- {
		widest := -1
		for i, h := range t.heads {
			if h.flex && widths[i] > max(narrow, h.least()) && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// clean takes out of a text what a terminal would obey.
func clean(s string, lines bool) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n', r == '\t', r == '\r':
			return ' '
		case r < ' ', r >= 0x7f && r < 0xa0, r == 0x061c, r == 0x200e, r == 0x200f, r == 0xfeff, r == 0x2028, r == 0x2029, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '\ufffd'
		}
		return r
	}, s)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalWidth is the width in COLUMNS, the terminal's, or 80.
func terminalWidth(w io.Writer) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 20 {
		return n
	}
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 20 {
			return width
		}
	}
	return 80
}

// What values look like.

// stamp is an instant in CSV; empty if there is none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// minute is an instant in a table, in UTC.
func minute(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// day is the date in UTC.
func day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format(time.DateOnly)
}

func number[N ~int | ~int64 | ~uint64](n N) string { return fmt.Sprintf("%d", n) }

// list is numbers one after the other, runs put together: 3, 7–9.
func list[N ~uint64](numbers []N) string {
	var b strings.Builder
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d", numbers[i])
		if j > i {
			fmt.Fprintf(&b, "–%d", numbers[j])
		}
		i = j + 1
	}
	return b.String()
}
