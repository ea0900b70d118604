package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
)

// tree is a JSON value whose members keep their order, to be shown to people.
type tree struct {
	name  string
	kind  json.Delim // { or [; 0 of anything else
	value any        // string, json.Number, bool or nil
	parts []tree
}

// UnmarshalJSON reads any value.
func (t *tree) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return t.read(d)
}

func (t *tree) read(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	var ok bool
	if t.kind, ok = token.(json.Delim); !ok {
		t.value = token
		return nil
	}
	for d.More() {
		var part tree
		if t.kind == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			part.name = name.(string)
		}
		if err := part.read(d); err != nil {
			return err
		}
		t.parts = append(t.parts, part)
	}
	_, err = d.Token()
	return err
}

// MarshalJSON writes the value as it was read.
func (t tree) MarshalJSON() ([]byte, error) {
	if t.kind == 0 {
		return json.Marshal(t.value)
	}
	b := []byte{byte(t.kind)}
	for i, part := range t.parts {
		if i > 0 {
			b = append(b, ',')
		}
		if t.kind == '{' {
			name, err := json.Marshal(part.name)
			if err != nil {
				return nil, err
			}
			b = append(append(b, name...), ':')
		}
		value, err := part.MarshalJSON()
		if err != nil {
			return nil, err
		}
		b = append(b, value...)
	}
	return append(b, byte(t.kind)+2), nil // } and ] come two after { and [
}

// part finds a member by name, an item of a list by its number from 0, or one inside another by
// their names with dots between.
func (t *tree) part(path string) *tree {
	name, rest, deeper := strings.Cut(path, ".")
	i := -1
	switch t.kind {
	case '{':
		i = slices.IndexFunc(t.parts, func(p tree) bool { return p.name == name })
	case '[':
		if n, err := strconv.Atoi(name); err == nil && n < len(t.parts) {
			i = n
		}
	}
	switch {
	case i < 0:
		return nil
	case deeper:
		return t.parts[i].part(rest)
	}
	return &t.parts[i]
}

// drop takes a member out.
func (t *tree) drop(name string) {
	t.parts = slices.DeleteFunc(t.parts, func(p tree) bool { return p.name == name })
}

// show is the value as people read it; units are in the names.
func (t *tree) show() string {
	switch {
	case t.kind == '[' && len(t.parts) == 0:
		return "none"
	case t.kind == '[':
		var all []string
		for i := range t.parts {
			all = append(all, t.parts[i].show())
		}
		return strings.Join(all, ", ")
	case t.kind == '{':
		var all []string
		for i := range t.parts {
			all = append(all, label(t.parts[i].name)+" "+t.parts[i].show())
		}
		return strings.Join(all, ", ")
	}
	switch v := t.value.(type) {
	case nil:
		if slices.Contains(inapplicable, t.name) {
			return "–"
		}
		return "unknown"
	case bool:
		return []string{"no", "yes"}[truth(v)]
	case json.Number:
		return rounded(v, t.name)
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return minute(at)
		}
		return strings.ReplaceAll(v, "\n", " ")
	}
	return fmt.Sprint(t.value)
}

// inapplicable are the values of which null says that there is none, which is known: it is not late, it
// never was, it has not come to that yet. Null of any other is that nobody knows, or that there is
// nothing to tell it from.
var inapplicable = []string{
	"age_d", "agreed", "acknowledged_min", "answer_min", "answered_h", "closed_h", "descope_told_d", "duration_min", "in_time", "kept_pct",
	"last_check_in_d", "late_d", "late_mean_d", "longest_open_h", "loss", "oldest_unmet_d", "overdue_h", "planned_d", "silent_d",
	"since_d", "since_proposed_d", "since_validated_d", "target_cost_minor", "untold_d",
}

// brief is the value in a table: of an instant the day.
func (t *tree) brief() string {
	if v, ok := t.value.(string); ok {
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return day(at)
		}
	}
	return t.show()
}

// rounded is a number with no more digits than say anything.
func rounded(n json.Number, name string) string {
	f, err := n.Float64()
	s := n.String()
	if err == nil && strings.ContainsAny(s, ".eE") {
		s = strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", f), "0"), ".")
	}
	if strings.HasSuffix(name, "_pct") {
		return s + "%"
	}
	return s
}

// plain is the value in CSV.
func (t *tree) plain() string {
	if t.kind != 0 {
		b, err := t.MarshalJSON()
		if err != nil {
			return ""
		}
		return string(b)
	}
	if t.value == nil {
		return ""
	}
	return fmt.Sprint(t.value)
}

// label is a name as people read it.
func label(name string) string {
	for _, unit := range []string{"_pct", "_at", "_count"} {
		name = strings.TrimSuffix(name, unit)
	}
	return strings.ReplaceAll(name, "_", " ")
}

// caption is a path as people read it. What is of all accounts together needs no telling.
func caption(path string) string {
	return label(strings.ReplaceAll(strings.TrimPrefix(path, "total."), ".", ": "))
}

// titles are names as people read them. Of two that would read the same, as a count and its percentage, the count says so.
func titles(names []string, read func(string) string) []string {
	all, seen := make([]string, len(names)), map[string]int{}
	for i, name := range names {
		all[i] = read(name)
		seen[all[i]]++
	}
	for i, name := range names {
		if seen[all[i]] > 1 && strings.HasSuffix(name, "_count") {
			all[i] += " count"
		}
	}
	return all
}

// isTable reports whether the value is shown as a table.
func (t *tree) isTable() bool {
	return t.kind == '[' && slices.ContainsFunc(t.parts, func(p tree) bool { return p.kind == '{' })
}

// leaf is a value with the names that lead to it.
type leaf struct {
	path string
	*tree
}

// leaves are the values that are no tables, those of inner objects with their object's name before.
func (t *tree) leaves(prefix string) []leaf {
	var all []leaf
	for i := range t.parts {
		part := &t.parts[i]
		switch {
		case part.isTable():
		case part.kind == '{':
			all = append(all, part.leaves(prefix+part.name+".")...)
		default:
			all = append(all, leaf{prefix + part.name, part})
		}
	}
	return all
}

// tables are the lists of objects, with the names that lead to them.
func (t *tree) tables(prefix string) []leaf {
	var all []leaf
	for i := range t.parts {
		part := &t.parts[i]
		switch {
		case part.isTable():
			all = append(all, leaf{prefix + part.name, part})
		case part.kind == '{':
			all = append(all, part.tables(prefix+part.name+".")...)
		}
	}
	return all
}

// columns are the names of all values that any of the list's objects has, in order, without the
// lists of objects in them, which nested names.
func (t *tree) columns() (names, nested []string) {
	for i := range t.parts {
		for _, list := range t.parts[i].tables("") {
			if !slices.Contains(nested, list.path) {
				nested = append(nested, list.path)
			}
		}
	}
	for i := range t.parts {
		at := 0
		for _, l := range t.parts[i].leaves("") {
			if slices.Contains(nested, l.path) { // an empty one
				continue
			}
			if n := slices.Index(names, l.path); n >= 0 {
				at = n + 1
				continue
			}
			names = slices.Insert(names, at, l.path)
			at++
		}
	}
	return names, nested
}

// writeTree prints an object for people: its figures, then its tables. Csv is the command line's options
// that give all of the list at a path in it.
func writeTree(w io.Writer, t *tree, csv func(path string) string) error {
	if t.isTable() {
		return t.writeRows(w, csv(""))
	}
	if t.kind != '{' {
		_, err := fmt.Fprintln(w, clean(t.show(), false))
		return err
	}
	if err := writeFigures(w, t.leaves("")); err != nil {
		return err
	}
	for _, part := range t.tables("") {
		title := strings.ToUpper(caption(part.path))
		if isTerminal(w) && os.Getenv("NO_COLOR") == "" {
			title = text.Bold.Sprint(title)
		}
		if _, err := fmt.Fprintf(w, "\n%s\n", title); err != nil {
			return err
		}
		if err := part.writeRows(w, csv(part.path)); err != nil {
			return err
		}
	}
	return nil
}

func writeFigures(w io.Writer, leaves []leaf) error {
	paths, widest := make([]string, len(leaves)), 0
	for i, l := range leaves {
		paths[i] = l.path
	}
	captions := titles(paths, caption)
	for _, name := range captions {
		widest = max(widest, text.StringWidth(name))
	}
	room := max(20, terminalWidth(w)-widest-2)
	for i, l := range leaves {
		name := captions[i]
		value := strings.ReplaceAll(wrapped(clean(l.show(), false), room), "\n", "\n"+strings.Repeat(" ", widest+2))
		if _, err := fmt.Fprintf(w, "%s%s  %s\n", name, strings.Repeat(" ", widest-text.StringWidth(name)), value); err != nil {
			return err
		}
	}
	return nil
}

// fewRows is up to how many rows are shown one below the other, so that nothing is left out.
const fewRows = 5

// writeRows prints a list of objects as a table. Of one that is too wide, or has lists in its rows, columns
// are left out and named, or the rows shown one below the other if there are few, or if they have
// quoted texts. Csv is the command line's options that give all.
func (t *tree) writeRows(w io.Writer, csv string) error {
	width := terminalWidth(w)
	names, nested := t.columns()
	rows := t.table(names)
	if slices.Contains(names, "text") || len(t.parts) <= fewRows && (len(nested) > 0 || !rows.fits(width)) {
		return t.writeBlocks(w)
	}
	shown := len(names)
	for ; shown > 1 && (!rows.fits(width) || rows.cramped(width)); shown-- {
		rows = t.table(names[:shown-1])
	}
	rows.wrap(width)
	if err := rows.print(w); err != nil {
		return err
	}
	left := append(titles(names, label)[shown:], titles(nested, label)...)
	if len(left) == 0 {
		return nil
	}
	_, err := fmt.Fprintln(w, wrapped("Not shown: "+strings.Join(left, ", ")+"; "+csv+" has all.", width))
	return err
}

// wrapped is the text in lines of the width, without blanks at their ends.
func wrapped(s string, width int) string {
	lines := strings.Split(text.WrapSoft(s, width), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// mostLines is how many lines a text in a table may take as long as there is a column after it to leave out.
const mostLines = 3

// cramped reports whether a text has too little room beside the columns after it.
func (t *table) cramped(total int) bool {
	widths := t.widths(total)
	last := len(widths) - 1
	return slices.ContainsFunc(t.rows, func(row []cell) bool {
		for i, c := range row[:last] {
			if text.StringWidth(c.text) > widths[i] && strings.Count(wrapped(c.text, widths[i]), "\n") >= mostLines {
				return true
			}
		}
		return false
	})
}

// wrap gives cells that would be cut more rows.
func (t *table) wrap(total int) {
	widths := t.widths(total)
	var rows [][]cell
	for _, row := range t.rows {
		whole := len(rows)
		for i, c := range row {
			for n, line := range strings.Split(wrapped(c.text, widths[i]), "\n") {
				if whole+n == len(rows) {
					rows = append(rows, make([]cell, len(row)))
				}
				rows[whole+n][i] = cell{line, c.alarm}
			}
		}
	}
	t.rows = rows
}

func (t *tree) table(names []string) *table {
	var rows table
	heads := titles(names, label)
	for i, name := range names {
		numeric := t.numeric(name)
		rows.heads = append(rows.heads, head{title: strings.ToUpper(heads[i]), right: numeric, flex: len(rows.heads) > 0 && !numeric, wrap: true})
	}
	for i := range t.parts {
		row := make([]cell, len(names))
		for n, name := range names {
			if p := t.parts[i].part(name); p != nil {
				row[n].text = clean(p.brief(), false)
			}
		}
		rows.rows = append(rows.rows, row)
	}
	return &rows
}

// writeBlocks prints the rows one below the other, with the lists in each.
func (t *tree) writeBlocks(w io.Writer) error {
	for i := range t.parts {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		lines := t.parts[i].leaves("")
		for _, list := range t.parts[i].tables("") {
			for n := range list.parts {
				lines = append(lines, leaf{list.path, &list.parts[n]})
			}
		}
		if err := writeFigures(w, lines); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) numeric(name string) bool {
	return !slices.ContainsFunc(t.parts, func(row tree) bool {
		p := row.part(name)
		if p == nil || p.value == nil && p.kind == 0 {
			return false
		}
		_, ok := p.value.(json.Number)
		return !ok
	})
}
