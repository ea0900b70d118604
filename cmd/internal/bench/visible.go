package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
)

const (
	// visibleRate is how many events are recorded a second while it is measured how
	// soon they can be seen, and visibleTarget how soon that should be in 99 cases of a
	// hundred.
	visibleRate   = 2000
	visibleTarget = 20 * time.Millisecond
	// probeEvery is which part of the events is followed until it can be seen.
	probeEvery = 20
	// probeAccounts is over how many accounts those go.
	probeAccounts = 500
	// mostInFlight bounds what is under way at a time. What waits for that counts.
	mostInFlight = 256
)

// questions are what the projections are asked about a complaint at a position. Each
// waits for the position, and the answer has to name it.
var questions = []struct{ name, path, holds string }{
	{"timeline", "/v1/accounts/probe-%[1]d/timeline?limit=50&wait_for=%[2]d", `"position":%d,`},
	{"trust", "/v1/accounts/probe-%[1]d/trust?explain=true&wait_for=%[2]d", `"position":%d,`},
	{"followups", "/v1/followups?account=probe-%[1]d&limit=100&wait_for=%[2]d", `"causes":[%d]`},
}

// VisibleOptions say how to measure the time until an event can be seen.
type VisibleOptions struct {
	// Program is the path of rapport.
	Program string
	// Rate is how many events are recorded a second; 2,000 if 0.
	Rate int
	// Duration is how long to measure each door, after a warm-up of a fifth of it; 10
	// seconds if 0.
	Duration time.Duration
	// Dir is where to keep data meanwhile; the system's directory for temporary files
	// if empty.
	Dir string
}

// Visible measures how long it takes from when an event should be sent until a query
// of each projection answers with it, while events come one by one at a steady rate,
// through either door.
func Visible(ctx context.Context, out io.Writer, o VisibleOptions) error {
	return withProgram(ctx, o.Program, o.Dir, func(s *program) error { return s.visible(ctx, out, o) })
}

func (s *program) visible(ctx context.Context, out io.Writer, o VisibleOptions) error {
	if o.Rate == 0 {
		o.Rate = visibleRate
	}
	if o.Duration == 0 {
		o.Duration = 10 * time.Second
	}
	if err := s.meet(ctx); err != nil {
		return err
	}
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "door\tevents/s\tanswer\tseen\tp50 ms\tp99 ms\tmax ms\ttarget p99\tCPU us\t")
	for _, door := range []string{"http", "nats"} {
		r, err := s.stream(ctx, door, o)
		if err != nil {
			return fmt.Errorf("visible by %s: %w", door, err)
		}
		row := func(answer, target, cpu string, took []time.Duration) {
			p := percentiles(took)
			fmt.Fprintf(tw, "%s\t%.0f\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t\n", door, r.rate, answer, p.Count,
				milliseconds(p.P50), milliseconds(p.P99), milliseconds(p.Max), target, cpu)
		}
		row("receipt", "", fmt.Sprint(r.cpu.Microseconds()), r.receipts)
		for i, q := range questions {
			row(q.name, fmt.Sprintf("%d ms", visibleTarget.Milliseconds()), "", r.seen[i])
		}
	}
	return tw.Flush()
}

// meet records something of the accounts that are asked about: of one that is new, the key
// of its texts has to be on disk first.
func (s *program) meet(ctx context.Context) error {
	var events [][]byte
	for i := range probeAccounts {
		events = append(events, complaint(i))
	}
	_, err := s.post(ctx, events...)
	return err
}

// complaint is the i-th account's.
func complaint(i int) []byte {
	return fmt.Appendf(nil, `{"specversion":"1.0","type":"rapport.complaint.raised.v1","source":"bench","id":%q,"subject":"probe-%d",`+
		`"data":{"complaint":%q,"severity":3,"channel":"email","summary":"Two boxes were damaged at a corner."}}`, uuid.NewString(), i, uuid.NewString())
}

// sight is what came of a stream of events.
type sight struct {
	rate     float64       // events per second that were recorded
	cpu      time.Duration // the server's processor time for an event, and the part of a question that goes with it
	receipts []time.Duration
	seen     [][]time.Duration // by question
}

// stream records events at the rate and follows some of them. They are sent when they
// are due, whether or not those before them were answered; each counts from then.
func (s *program) stream(ctx context.Context, door string, o VisibleOptions) (sight, error) {
	record, end, err := s.recording(door)
	if err != nil {
		return sight{}, err
	}
	defer end()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex
	got := sight{seen: make([][]time.Duration, len(questions))}
	note := func(list *[]time.Duration, took time.Duration) {
		mu.Lock()
		*list = append(*list, took)
		mu.Unlock()
	}
	warm := o.Duration / 5
	cpu := s.cpu()
	begin, every := time.Now(), time.Second/time.Duration(o.Rate)
	slots := make(chan struct{}, mostInFlight)
	var under sync.WaitGroup
	for n := 0; ; n++ {
		due := begin.Add(time.Duration(n) * every)
		if due.Sub(begin) > warm+o.Duration || ctx.Err() != nil {
			break
		}
		time.Sleep(time.Until(due))
		slots <- struct{}{}
		under.Go(func() {
			defer func() { <-slots }()
			counts := due.Sub(begin) > warm
			if n%probeEvery != 0 {
				if _, err := record(ctx, n, touchpoint(0, n)); err != nil {
					stop(err)
				}
				return
			}
			question := n / probeEvery % len(questions)
			received, seen, err := s.probe(ctx, n, question, due, record)
			if err != nil {
				stop(err)
			}
			if counts {
				note(&got.receipts, received)
				note(&got.seen[question], seen)
			}
		})
	}
	under.Wait()
	sent := float64(o.Rate) * (warm + o.Duration).Seconds()
	got.rate = sent / time.Since(begin).Seconds()
	got.cpu = time.Duration(float64(s.cpu()-cpu) / sent)
	return got, context.Cause(ctx)
}

// probe records a complaint and asks for it. It gives the times from when it was due.
func (s *program) probe(ctx context.Context, n, question int, due time.Time, record recording) (received, seen time.Duration, err error) {
	account := n / probeEvery % probeAccounts
	answer, err := record(ctx, n, complaint(account))
	if err != nil {
		return 0, 0, err
	}
	received = time.Since(due)
	position, err := positionOf(answer)
	if err != nil {
		return 0, 0, err
	}
	q := questions[question]
	page, err := s.do(ctx, "GET", fmt.Sprintf(q.path, account, position), "", nil)
	if err != nil {
		return 0, 0, err
	}
	seen = time.Since(due)
	if !bytes.Contains(page, fmt.Appendf(nil, q.holds, position)) {
		return 0, 0, fmt.Errorf("%s waited for position %d and answered without it: %.1000s", q.name, position, page)
	}
	return received, seen, nil
}

func positionOf(answer []byte) (domain.Position, error) {
	var receipts api.Receipts
	if err := json.Unmarshal(answer, &receipts); err != nil {
		return 0, err
	}
	if len(receipts.Receipts) != 1 || receipts.Receipts[0].Position == 0 {
		return 0, errors.New("no receipt in " + string(answer))
	}
	return receipts.Receipts[0].Position, nil
}

// recording records an event, the n-th, and gives the answer with its receipt.
type recording func(ctx context.Context, n int, event []byte) ([]byte, error)

// recording opens a way in for events that come one by one from several emitters.
func (s *program) recording(door string) (r recording, end func(), err error) {
	if door == "http" {
		return func(ctx context.Context, _ int, event []byte) ([]byte, error) { return s.post(ctx, event) }, func() {}, nil
	}
	const emitters = 8
	conns, end, err := s.connect(emitters)
	return func(ctx context.Context, n int, event []byte) ([]byte, error) {
		return request(ctx, conns[n%emitters], event)
	}, end, err
}

// connect opens connections to NATS.
func (s *program) connect(n int) (conns []*nats.Conn, end func(), err error) {
	end = func() {
		for _, nc := range conns {
			nc.Close()
		}
	}
	for range n {
		nc, err := nats.Connect(s.nats)
		if err != nil {
			end()
			return nil, nil, err
		}
		conns = append(conns, nc)
	}
	return conns, end, nil
}
