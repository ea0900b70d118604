package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/client"
	"github.com/rapport-ledger/rapport/domain"
)

// linger is how long a batch that is not full waits for more events.
const linger = 50 * time.Millisecond

// item is an event to record, or why there is none.
type item struct {
	event   json.RawMessage
	problem *api.Problem
}

// producer yields what is to be recorded, until it has no more or yield returns false.
type producer func(yield func(item) bool) error

// recording sends the events in batches and in order, and gives a receipt for each. A
// batch does not wait for a slow producer.
func recording(ctx context.Context, c *client.Client, produce producer) iter.Seq2[api.Receipt, error] {
	return func(yield func(api.Receipt, error) bool) {
		items, failed, stop := make(chan item, client.Batch), make(chan error, 1), make(chan struct{})
		defer close(stop)
		go func() {
			defer close(items)
			failed <- produce(func(i item) bool {
				select {
				case items <- i:
					return true
				case <-stop:
					return false
				}
			})
		}()
		for open := true; open; {
			var batch []item
			batch, open = gather(items)
			receipts, err := sendItems(ctx, c, batch)
			for _, r := range receipts {
				if !yield(r, nil) {
					return
				}
			}
			if err != nil {
				yield(api.Receipt{}, err)
				return
			}
		}
		if err := <-failed; err != nil {
			yield(api.Receipt{}, err)
		}
	}
}

// gather takes items until a batch is full, none will come, or it has waited enough.
func gather(items <-chan item) (batch []item, open bool) {
	var waited <-chan time.Time
	for size := 0; len(batch) < client.Batch && size < client.BatchBytes; {
		select {
		case i, ok := <-items:
			if !ok {
				return batch, false
			}
			batch, size = append(batch, i), size+len(i.event)
			if waited == nil {
				waited = time.After(linger)
			}
		case <-waited:
			return batch, true
		}
	}
	return batch, true
}

// sendItems records the items that are events. What was recorded before an error has
// its receipts.
func sendItems(ctx context.Context, c *client.Client, batch []item) ([]api.Receipt, error) {
	var events []json.RawMessage
	for _, i := range batch {
		if i.problem == nil {
			events = append(events, i.event)
		}
	}
	var sent []api.Receipt
	var err error
	if len(events) > 0 {
		sent, err = send(ctx, c, events)
	}
	receipts := make([]api.Receipt, 0, len(batch))
	for _, i := range batch {
		switch {
		case i.problem != nil:
			receipts = append(receipts, api.Receipt{Status: api.StatusRejected, Problem: i.problem})
		case len(sent) == 0:
			return receipts, err
		default:
			receipts, sent = append(receipts, sent[0]), sent[1:]
		}
	}
	return receipts, err
}

// send records events. A batch that is refused as a whole, for its form or its size,
// is sent again in halves, so that in the end only what is at fault is refused.
func send(ctx context.Context, c *client.Client, events []json.RawMessage) ([]api.Receipt, error) {
	receipts, err := c.Record(ctx, events)
	p, ok := errors.AsType[*api.Problem](err)
	if !ok || p.Status != 400 && p.Status != 413 {
		return receipts, err
	}
	if len(events) == 1 {
		return []api.Receipt{{Status: api.StatusRejected, Problem: p}}, nil
	}
	first, err := send(ctx, c, events[:len(events)/2])
	if err != nil {
		return first, err
	}
	second, err := send(ctx, c, events[len(events)/2:])
	return append(first, second...), err
}

// readEvents produces JSON values: one a line, or a list of them, or one after the
// other over several lines. A line that is not JSON is an item with a problem; the
// other two forms end there.
func readEvents(in io.Reader) producer {
	return func(yield func(item) bool) error {
		r := bufio.NewReaderSize(in, 1<<20)
		if mark, _ := r.Peek(3); string(mark) == "\ufeff" {
			_, _ = r.Discard(3) // it was just peeked
		}
		first, blank, err := firstLine(r)
		if err != nil || len(first) == 0 {
			return err
		}
		if first[0] != '[' && json.Valid(first) {
			return readLines(first, blank+1, r, yield)
		}
		return readValues(json.NewDecoder(io.MultiReader(bytes.NewReader(first), r)), first[0] == '[', yield)
	}
}

// firstLine is the first line that is not blank, and how many blank ones came before.
func firstLine(r *bufio.Reader) (line []byte, blank int, err error) {
	for {
		line, err := r.ReadBytes('\n')
		if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 {
			return append(trimmed, '\n'), blank, nil
		}
		if errors.Is(err, io.EOF) {
			return nil, blank, nil
		}
		if err != nil {
			return nil, blank, err
		}
		blank++
	}
}

func readLines(line []byte, number int, r *bufio.Reader, yield func(item) bool) error {
	for err := error(nil); ; number++ {
		if line = bytes.TrimSpace(line); len(line) > 0 && !yield(lineItem(line, number)) {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line, err = r.ReadBytes('\n')
	}
}

func lineItem(line []byte, number int) item {
	var event json.RawMessage
	if err := json.Unmarshal(line, &event); err != nil {
		return item{problem: api.Malformed("This is not JSON.", domain.Fault{Location: fmt.Sprintf("line %d", number), Message: err.Error()})}
	}
	return item{event: event}
}

func readValues(d *json.Decoder, list bool, yield func(item) bool) error {
	if list {
		if _, err := d.Token(); err != nil {
			return fmt.Errorf("read events: %w", err)
		}
	}
	for d.More() {
		var event json.RawMessage
		if err := d.Decode(&event); err != nil {
			return fmt.Errorf("read events at byte %d: %w", d.InputOffset(), err)
		}
		if !yield(item{event: event}) {
			return nil
		}
	}
	if !list {
		return nil
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("read events at byte %d: %w", d.InputOffset(), err)
	}
	if d.More() {
		return fmt.Errorf("read events at byte %d: there is more after the list's end", d.InputOffset())
	}
	return nil
}
