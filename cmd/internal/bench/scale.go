package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
)

const (
	// loadSeed makes each run's load the same, and loadClients record it side by side,
	// loadBatch events at a time.
	loadSeed    = 20261122
	loadClients = 4
	loadBatch   = 1000
	// idle is how long at most the server is left alone before its memory at rest is
	// taken.
	idle = 5 * time.Second

	rebuildTarget = 40_000               // events per second
	wholeTarget   = 8_334                // of all projections in one go: a million in two minutes
	pageTarget    = 5 * time.Millisecond // for 99 of 100 pages of the busy account
	memoryTarget  = 400 << 20            // bytes
	readyTarget   = 3 * time.Second      // from the start
	pages         = 2000                 // asked for of each kind, fewer from a small ledger
	pagesAtMost   = 20 * time.Second     // for each kind
	mb            = 1 << 20
)

// ScaleOptions say how large a ledger to measure.
type ScaleOptions struct {
	// Program is the path of rapport.
	Program string
	// Events is how many there are; a million if 0.
	Events int
	// Duration is how long to measure how soon an event can be seen, for each door; 10
	// seconds if 0.
	Duration time.Duration
	// Dir is where to keep data meanwhile; the system's directory for temporary files
	// if empty.
	Dir string
}

// scale is a measurement of a large ledger.
type scale struct {
	ScaleOptions
	out    io.Writer
	data   string
	server *program
	end    time.Time // of the history that is loaded
}

// Scale loads a history of many events over some two thousand accounts, a tenth of it
// about one of them, and measures what that costs: loading, pages, rebuilds, memory and
// the next start. It fails if a projection's rebuild differs from what was folded as the
// events came.
func Scale(ctx context.Context, out io.Writer, o ScaleOptions) (err error) {
	if o.Events == 0 {
		o.Events = 1_000_000
	}
	if o.Duration == 0 {
		o.Duration = 10 * time.Second
	}
	m := &scale{ScaleOptions: o, out: out, end: time.Now().UTC().Truncate(day)}
	if m.data, err = os.MkdirTemp(o.Dir, "rapport-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(m.data)) }()
	if m.server, err = start(ctx, o.Program, m.data); err != nil {
		return err
	}
	defer func() {
		if m.server != nil {
			err = errors.Join(err, m.server.kill())
		}
	}()
	for _, step := range []func(context.Context) error{m.load, m.pages, m.rebuilds, m.restart, m.visible, m.close} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// table prints lines as a table.
func (m *scale) table(lines func(row func(format string, values ...any))) error {
	tw := tabwriter.NewWriter(m.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	lines(func(format string, values ...any) { fmt.Fprintf(tw, format+"\t\n", values...) })
	fmt.Fprintln(tw)
	return tw.Flush()
}

// load records the history and waits until the projections have it.
func (m *scale) load(ctx context.Context) error {
	began, cpu := time.Now(), m.server.cpu()
	if err := m.record(ctx); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	recorded := time.Since(began)
	if _, err := m.server.settled(ctx); err != nil {
		return err
	}
	settled := time.Since(began)
	cpu = m.server.cpu() - cpu
	_, loading := m.server.memory()
	time.Sleep(min(idle, m.Duration))
	rest, _ := m.server.memory()
	// The processor time, in microseconds per event, tells more than the clock on a
	// machine that has other work.
	return m.table(func(row func(string, ...any)) {
		row("load\tseconds\tevents/s\tCPU us\tMB peak\tat rest\ttarget")
		row("recorded\t%.1f\t%.0f\t\t\t\t", recorded.Seconds(), float64(m.Events)/recorded.Seconds())
		row("in all projections\t%.1f\t%.0f\t%.1f\t%d\t%d\t%d", settled.Seconds(), float64(m.Events)/settled.Seconds(),
			float64(cpu.Microseconds())/float64(m.Events), loading/mb, rest/mb, memoryTarget/mb)
	})
}

func (m *scale) record(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var recorded atomic.Int64
	var clients sync.WaitGroup
	for part := range loadClients {
		clients.Go(func() {
			l := newLoad(loadSeed, part, loadClients, m.Events, m.end)
			for ctx.Err() == nil {
				n := int(min(loadBatch, int64(m.Events)-recorded.Add(loadBatch)+loadBatch))
				if n <= 0 {
					return
				}
				if err := m.send(ctx, l, n); err != nil {
					stop(err)
				}
			}
		})
	}
	clients.Wait()
	return context.Cause(ctx)
}

func (m *scale) send(ctx context.Context, l *load, n int) error {
	batch := make([][]byte, n)
	for i := range batch {
		var err error
		if batch[i], err = l.next(); err != nil {
			return err
		}
	}
	_, err := m.server.post(ctx, batch...)
	return err
}

// pages measures answers about the busy account, and the queue, read by one client.
func (m *scale) pages(ctx context.Context) error {
	timeline := "/v1/accounts/" + string(busyAccount) + "/timeline?limit=50"
	type kind struct {
		name, path string
		target     time.Duration
		turn       bool // page through
	}
	var failed error
	err := m.table(func(row func(string, ...any)) {
		row("%d events\tp50 ms\tp99 ms\tmax ms\ttarget p99", m.Events)
		for _, k := range []kind{
			{"timeline, first page", timeline, pageTarget, false},
			{"timeline, page by page", timeline, pageTarget, true},
			{"timeline, of one type", timeline + "&type=complaint.raised", pageTarget, true},
			{"timeline, as recorded", timeline + "&order=recorded", pageTarget, true},
			{"timeline, as of a day", timeline + "&at=" + m.end.Add(-loadSpan/2).Format(time.DateOnly), pageTarget, true},
			{"trust", "/v1/accounts/" + string(busyAccount) + "/trust", 0, false},
			{"follow-ups, first page", "/v1/followups?limit=50", 0, false},
		} {
			r, err := m.page(ctx, k.path, k.turn)
			if err != nil {
				failed = err
				return
			}
			target := ""
			if k.target > 0 {
				target = fmt.Sprintf("%d ms", k.target.Milliseconds())
			}
			row("%s\t%s\t%s\t%s\t%s", k.name, milliseconds(r.P50), milliseconds(r.P99), milliseconds(r.Max), target)
		}
	})
	return cmp.Or(failed, err)
}

// page asks for the path again and again, or for one page after the other.
func (m *scale) page(ctx context.Context, path string, turn bool) (Result, error) {
	var took []time.Duration
	next := ""
	end := time.Now().Add(pagesAtMost)
	for len(took) < min(pages, m.Events/50) && time.Now().Before(end) {
		began := time.Now()
		var page api.Page[struct{}]
		if err := m.server.get(ctx, path+next, &page); err != nil {
			return Result{}, err
		}
		took = append(took, time.Since(began))
		if next = ""; turn && page.Next != "" {
			next = "&cursor=" + url.QueryEscape(page.Next)
		}
	}
	return percentiles(took), nil
}

// rebuilds measures the rebuild of each projection and of all at once, and compares them with
// what was there.
func (m *scale) rebuilds(ctx context.Context) error {
	all, err := m.server.projections(ctx)
	if err != nil {
		return err
	}
	var failed error
	err = m.table(func(row func(string, ...any)) {
		row("rebuild\tseconds\tevents/s\ttarget\tCPU us\tMB peak\tdigest")
		names := make([]string, len(all))
		for i, p := range all {
			names[i] = p.Name
			line, err := m.rebuild(ctx, p.Name, p.Name)
			if failed = err; err != nil {
				return
			}
			row("%s", line)
		}
		line, err := m.rebuild(ctx, "all at once", names...)
		if failed = err; err == nil {
			row("%s", line)
		}
	})
	return cmp.Or(failed, err)
}

func (m *scale) rebuild(ctx context.Context, what string, names ...string) (line string, err error) {
	before, err := m.digests(ctx, names)
	if err != nil {
		return "", err
	}
	m.server.forgetPeak()
	began, cpu := time.Now(), m.server.cpu()
	for _, name := range names {
		if _, err := m.server.do(ctx, "POST", "/v1/projections/"+name+"/rebuild", "", nil); err != nil {
			return "", err
		}
	}
	if _, err := m.server.settled(ctx); err != nil {
		return "", err
	}
	took := time.Since(began)
	cpu = m.server.cpu() - cpu
	_, peak := m.server.memory()
	after, err := m.digests(ctx, names)
	if err != nil {
		return "", err
	}
	verdict := "equal"
	for i, name := range names {
		switch {
		case before[i].Position != after[i].Position:
			verdict = "moved on" // the timekeeper has recorded something meanwhile
		case before[i] != after[i]:
			return "", fmt.Errorf("the rebuild of %s differs from what was folded before: %v, and now %v", name, before[i], after[i])
		}
	}
	target := rebuildTarget
	if len(names) > 1 {
		target = wholeTarget
	}
	events := float64(after[0].Position)
	return fmt.Sprintf("%s\t%.1f\t%.0f\t%d\t%.1f\t%d\t%s", what, took.Seconds(), events/took.Seconds(), target,
		float64(cpu.Microseconds())/events, peak/mb, verdict), nil
}

func (m *scale) digests(ctx context.Context, names []string) ([]api.Digest, error) {
	all := make([]api.Digest, len(names))
	for i, name := range names {
		var err error
		if all[i], err = m.digest(ctx, name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (m *scale) digest(ctx context.Context, name string) (d api.Digest, err error) {
	return d, m.server.get(ctx, "/v1/projections/"+name+"/digest", &d)
}

// restart measures how long the next start takes, with all there is.
func (m *scale) restart(ctx context.Context) (err error) {
	if err := m.server.stop(); err != nil {
		return err
	}
	if m.server, err = start(ctx, m.Program, m.data); err != nil {
		return err
	}
	var at domain.Position
	if at, err = m.server.settled(ctx); err != nil {
		return err
	}
	time.Sleep(min(idle, m.Duration))
	rest, peak := m.server.memory()
	return m.table(func(row func(string, ...any)) {
		row("start\tevents\tready, s\ttarget\tMB peak\tat rest\ttarget")
		row("\t%d\t%.2f\t%.0f\t%d\t%d\t%d", at, m.server.took.Seconds(), readyTarget.Seconds(), peak/mb, rest/mb, memoryTarget/mb)
	})
}

// visible measures how soon an event can be seen in the large ledger.
func (m *scale) visible(ctx context.Context) error {
	m.server.forgetPeak()
	if err := m.server.visible(ctx, m.out, VisibleOptions{Duration: m.Duration}); err != nil {
		return err
	}
	now, peak := m.server.memory()
	fmt.Fprintf(m.out, "\nMB meanwhile: %d, at most %d; target %d\n", now/mb, peak/mb, memoryTarget/mb)
	return nil
}

func (m *scale) close(context.Context) error {
	s := m.server
	m.server = nil
	return s.stop()
}
