package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/url"

	"github.com/rapport-ledger/rapport/cmd/internal/client"
)

type replayCmd struct {
	remote
	Output  string `short:"o" enum:"ndjson,csv" default:"ndjson" placeholder:"FORMAT" help:"ndjson or csv."`
	Account string `placeholder:"ID" help:"This account's stream only."`
	Type    string `placeholder:"TYPES" help:"These types only, such as complaint.raised or complaint.*, separated by commas."`
	From    string `placeholder:"TIME" help:"Occurred then or later."`
	To      string `placeholder:"TIME" help:"Occurred before."`
	KnownAt string `placeholder:"TIME" help:"Recorded by then."`
	After   string `placeholder:"POS" help:"After this position."`
}

func (c *replayCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	query := given("account", c.Account, "type", c.Type, "from", c.From, "to", c.To, "known_at", c.KnownAt, "after", c.After)
	lines := replayed(e.ctx, remote, query)
	if c.Output == "csv" {
		return replayCSV(e, lines)
	}
	out := bufio.NewWriterSize(e.stdout, 64<<10)
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

func replayCSV(e *env, lines iter.Seq2[[]byte, error]) error {
	out := csv.NewWriter(e.stdout)
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

var replayColumns = []string{"sequence", "recordedtime", "time", "type", "source", "id", "subject", "actor", "correlationid", "causationid", "recordedby", "target", "data"}

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
