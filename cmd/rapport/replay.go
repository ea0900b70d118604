package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/url"
	"os"
	"path/filepath"

	"github.com/rapport-ledger/rapport/cmd/internal/backup"
	"github.com/rapport-ledger/rapport/cmd/internal/client"
	"github.com/rapport-ledger/rapport/domain"
)

type replayCmd struct {
	remote
	Output  string          `short:"o" enum:"ndjson,csv,parquet" default:"ndjson" placeholder:"FORMAT" help:"ndjson, csv or parquet."`
	File    string          `placeholder:"PATH" help:"Write this file, which appears when it is whole; the standard output if absent."`
	Account string          `placeholder:"ID" help:"This account's stream only."`
	Type    string          `placeholder:"TYPES" help:"These types only, such as complaint.raised or complaint.*, separated by commas."`
	From    instant         `placeholder:"TIME" help:"Occurred then or later."`
	To      instant         `placeholder:"TIME" help:"Occurred before."`
	KnownAt instant         `placeholder:"TIME" help:"Recorded by then."`
	After   domain.Position `placeholder:"POS" help:"After this position."`
}

// Help says more than fits a line.
func (replayCmd) Help() string {
	return `Columns of CSV and Parquet are a CloudEvent's attributes; sequence is the position, time when it happened, recordedtime when the ledger accepted it, subject the account. data is JSON, as text.

Parquet has typed columns (times in UTC to the microsecond, null where an event has nothing to say) and is compressed with zstd.`
}

func (c *replayCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	if c.Output == "parquet" && c.File == "" && isTerminal(e.stdout) {
		return usageError("Parquet is not for terminals; name a file with --file")
	}
	query := given("account", c.Account, "type", c.Type, "from", c.From.String(), "to", c.To.String(), "known_at", c.KnownAt.String(), "after", orNothing(c.After))
	lines := replayed(e.ctx, remote, query)
	if c.File == "" && isTerminal(e.stdout) {
		return c.write(e.stdout, lines) // which shows progress enough
	}
	bar := newProgress(e.stderr, 0)
	defer bar.done()
	lines = counting(bar, lines)
	if c.File == "" {
		return c.write(e.stdout, lines)
	}
	return writeWhole(c.File, func(out io.Writer) error { return c.write(out, lines) })
}

func (c *replayCmd) write(out io.Writer, lines iter.Seq2[[]byte, error]) error {
	switch c.Output {
	case "csv":
		return replayCSV(out, lines)
	case "parquet":
		return replayParquet(out, lines)
	}
	return replayLines(out, lines)
}

// writeWhole writes a file under another name until it is whole and on disk. It replaces
// nothing, and leaves nothing behind if it fails.
func writeWhole(path string, write func(io.Writer) error) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s exists, and a replay replaces nothing", path)
	}
	name := func(struct{}) string { return filepath.Base(path) }
	unread := func(in io.Reader) (none struct{}, err error) {
		_, err = io.Copy(io.Discard, in)
		return none, err
	}
	if _, _, err := backup.SaveFile(filepath.Dir(path), name, unread, write); err != nil {
		return fmt.Errorf("%s was not written: %w", path, err)
	}
	return nil
}

func replayLines(w io.Writer, lines iter.Seq2[[]byte, error]) error {
	out := bufio.NewWriterSize(w, 64<<10)
	for line, err := range lines {
		if err == nil {
			_, err = fmt.Fprintf(out, "%s\n", line)
		}
		if err != nil {
			return errors.Join(err, out.Flush())
		}
	}
	return out.Flush()
}

// replayed reads the log. When the answer breaks off, it asks for what follows the last
// event that came: once a stream has begun a server can only cut it, and says why when
// it is to begin with what is wrong.
func replayed(ctx context.Context, remote *client.Client, query url.Values) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var last string
		for line, err := range remote.Lines(ctx, "/v1/events", query) {
			if errors.Is(err, client.ErrBrokenOff) && last != "" {
				err = errors.Join(cause(ctx, remote, query, last), err)
			}
			var event struct{ Sequence string }
			if err == nil && json.Unmarshal(line, &event) == nil {
				last = event.Sequence
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// cause is what the server says about the events after the position; nil if it has
// nothing to say against them.
func cause(ctx context.Context, remote *client.Client, query url.Values, after string) error {
	query = maps.Clone(query)
	query.Set("after", after)
	for _, err := range remote.Lines(ctx, "/v1/events", query) {
		return err
	}
	return nil
}

func replayCSV(w io.Writer, lines iter.Seq2[[]byte, error]) error {
	out := csv.NewWriter(w)
	if err := out.Write(replayColumns); err != nil {
		return err
	}
	for line, err := range lines {
		if err == nil {
			err = writeEvent(out, line)
		}
		if err != nil {
			out.Flush()
			return err
		}
	}
	out.Flush()
	return out.Error()
}

var replayColumns = []string{"sequence", "revision", "recordedtime", "time", "timeassumed", "type", "source", "id", "subject", "actor", "correlationid", "causationid", "traceparent", "recordedby", "target", "forgotten", "data"}

func writeEvent(w *csv.Writer, line []byte) error {
	var event map[string]json.RawMessage
	if err := json.Unmarshal(line, &event); err != nil {
		return err
	}
	row := make([]string, len(replayColumns))
	for i, name := range replayColumns {
		if v, ok := event[name]; ok {
			row[i] = plainValue(v)
		}
	}
	return w.Write(row)
}
