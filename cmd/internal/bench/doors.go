package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
)

// DoorOptions say how to measure the doors of the whole program.
type DoorOptions struct {
	// Program is the path of rapport.
	Program string
	// Clients are the numbers of concurrent clients; 1, 8 and 64 if empty.
	Clients []int
	// Batches are how many events a client sends together; 1, 100 and 1,000 if empty.
	Batches []int
	// Duration of each measurement; 3 seconds if 0.
	Duration time.Duration
	// Dir is where to keep data meanwhile; the system's directory for temporary files
	// if empty.
	Dir string
}

func (o DoorOptions) withDefaults() DoorOptions {
	if len(o.Clients) == 0 {
		o.Clients = []int{1, 8, 64}
	}
	if len(o.Batches) == 0 {
		o.Batches = []int{1, 100, 1000}
	}
	if o.Duration == 0 {
		o.Duration = 3 * time.Second
	}
	return o
}

// sender records events by some way, and returns when they are durable.
type sender func(ctx context.Context, client int, events [][]byte) error

// Doors measures recording through the HTTP and NATS doors beside appending to the log
// directly: events per second, and the time until a request was answered. Behind the
// doors is the whole program, whose projections fold what comes in meanwhile.
func Doors(ctx context.Context, out io.Writer, options DoorOptions) error {
	o := options.withDefaults()
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "batch\tclients\tlog /s\tp99 ms\thttp /s\tp99 ms\tnats /s\tp99 ms\t")
	for _, batch := range o.Batches {
		for _, clients := range o.Clients {
			log, err := inChild(ctx, o.Dir, Cell{Contestant: Rapport, Clients: clients, Batch: batch, Duration: o.Duration})
			if err != nil {
				return fmt.Errorf("log: %w", err)
			}
			fmt.Fprintf(tw, "%d\t%d\t%.0f\t%s\t", batch, clients, log.Rate*float64(batch), milliseconds(log.P99))
			for _, door := range []string{"http", "nats"} {
				r, err := o.door(ctx, door, clients, batch)
				if err != nil {
					return fmt.Errorf("%s: %w", door, err)
				}
				fmt.Fprintf(tw, "%.0f\t%s\t", r.Rate*float64(batch), milliseconds(r.P99))
			}
			fmt.Fprintln(tw)
		}
	}
	return tw.Flush()
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()*1000) }

// door measures one door of a new server.
func (o DoorOptions) door(ctx context.Context, door string, clients, batch int) (r Result, err error) {
	err = withProgram(ctx, o.Program, o.Dir, func(s *program) error {
		send, closeDoor, err := s.sender(door, clients)
		if err != nil {
			return err
		}
		defer closeDoor()
		r, err = Measure(ctx, clients, o.Duration, func(ctx context.Context, client, n int) error {
			events := make([][]byte, batch)
			for i := range events {
				events[i] = touchpoint(client, n*batch+i)
			}
			return send(ctx, client, events)
		})
		return err
	})
	return r, err
}

// withProgram runs f with a server whose data goes away afterwards.
func withProgram(ctx context.Context, path, dir string, f func(*program) error) (err error) {
	data, err := os.MkdirTemp(dir, "rapport-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	s, err := start(ctx, path, data)
	if err != nil {
		return err
	}
	if err := f(s); err != nil {
		return errors.Join(err, s.kill())
	}
	return s.stop()
}

// sender opens a way in for so many clients, each with a connection of its own.
func (s *program) sender(door string, clients int) (send sender, end func(), err error) {
	if door == "http" {
		return func(ctx context.Context, _ int, events [][]byte) error {
			_, err := s.post(ctx, events...)
			return err
		}, func() {}, nil
	}
	conns, end, err := s.connect(clients)
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context, client int, events [][]byte) error {
		_, err := request(ctx, conns[client], events...)
		return err
	}, end, nil
}

// request records events over NATS.
func request(ctx context.Context, nc *nats.Conn, events ...[]byte) ([]byte, error) {
	body, _ := together(events)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	m, err := nc.RequestWithContext(ctx, "rapport.record", body)
	if err != nil {
		return nil, err
	}
	if m.Header.Get("Nats-Service-Error") != "" || bytes.Contains(m.Data, []byte(`"rejected"`)) {
		return nil, fmt.Errorf("rapport.record: %.2000s", m.Data)
	}
	return m.Data, nil
}

// touchpoint is an event of about 600 bytes that no other event has a bearing on.
func touchpoint(client, n int) []byte {
	return fmt.Appendf(make([]byte, 0, 640), `{"specversion":"1.0","type":"rapport.interaction.held.v1","source":"crm","id":%q,"subject":"account-%d",`+
		`"time":"2026-11-20T%02d:%02d:%02dZ","data":{"interaction":"talk-%d-%d","kind":"call","direction":"inbound","trigger":"customer_ask",`+
		`"contacts":["contact-%d"],"our_people":["m.keller"],"duration_min":%d,"topics":["delivery","quality"],`+
		`"notes":"The delivery of week %d arrived late and two of the boxes were damaged at a corner; they ask for a replacement before Friday, and `+
		`for the drawing of part %x, whose tolerance on the second bore is the one that stopped their line for hours last month"}}`,
		uuid.NewString(), (client*7919+n*31)%accounts, n/3600%24, n/60%60, n%60, client, n, n%2000, 5+n%60, n%53, n)
}
