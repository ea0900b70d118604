package pebble

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/internal/decide"
)

// call is an append on its way. It holds nothing of its caller's that the caller may
// change, since the caller may leave before it is done.
type call struct {
	appends []eventstore.Append // without bodies
	drafts  []draft             // of all events, in order
	size    int                 // of the drafts together, in bytes

	receipts []eventstore.Receipt
	err      error
	done     chan struct{}
}

func newCall(appends []eventstore.Append) *call {
	c := &call{appends: slices.Clone(appends), done: make(chan struct{})}
	for i, a := range c.appends {
		events := slices.Clone(a.Events)
		for j, e := range events {
			d := newDraft(a.Stream, e)
			c.drafts = append(c.drafts, d)
			c.size += len(d.bytes)
			events[j].Body = nil
		}
		c.appends[i].Events = events
	}
	return c
}

// Append implements [eventstore.Log]. Of a full disk it says so within moments; the
// events may still be appended once there is space.
func (l *Log) Append(ctx context.Context, appends ...eventstore.Append) ([]eventstore.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := decide.Valid(appends); err != nil {
		return nil, err
	}
	if !l.using.enter() {
		return nil, eventstore.ErrClosed
	}
	c := newCall(appends)
	if err := l.roomFor(c.size); err != nil {
		l.using.leave()
		return nil, err
	}
	l.dispatch(c)
	select {
	case <-c.done:
		return c.receipts, c.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.disk.stalled():
		return nil, l.unavailable()
	}
}

// roomFor refuses an append that would use up the last of the disk: what else lives
// on it, and the log's own compaction, need some room to get out of there.
func (l *Log) roomFor(bytes int) error {
	if l.disk.problem() != nil {
		return l.unavailable()
	}
	u, ok := l.disk.usageNow()
	if !ok {
		return nil
	}
	reserve := reserve(u)
	if u.AvailBytes < reserve+2*uint64(bytes) {
		return fmt.Errorf("%w: %d MiB are free on the disk of %s, and %d MiB are kept in reserve",
			eventstore.ErrUnavailable, u.AvailBytes>>20, l.dir, reserve>>20)
	}
	return nil
}

// The reserve is a twentieth of the disk, at most 64 MiB.
const (
	reserveMost  = 64 << 20
	reserveShare = 20
)

func reserve(u vfs.DiskUsage) uint64 { return min(reserveMost, u.TotalBytes/reserveShare) }

func (l *Log) unavailable() error {
	problem := l.disk.problem()
	if problem == nil {
		problem = errDiskFull // until just now
	}
	return fmt.Errorf("%w: %w", eventstore.ErrUnavailable, problem)
}

// dispatch has a goroutine do the call. Those that did one stay for a next, with the
// stack they have grown.
func (l *Log) dispatch(c *call) {
	select {
	case l.jobs <- c:
	default:
		go l.work(c)
	}
}

func (l *Log) work(c *call) {
	for {
		l.underWay.Add(1)
		c.receipts, c.err = l.commit(c)
		l.underWay.Add(-1)
		close(c.done)
		l.using.leave()
		select {
		case next, open := <-l.jobs:
			if !open {
				return
			}
			c = next
		case <-time.After(time.Second):
			return
		}
	}
}

// commit appends the events and waits until they are durable.
func (l *Log) commit(c *call) ([]eventstore.Receipt, error) {
	d, batch, err := l.decide(c)
	if err != nil {
		return nil, err
	}
	if batch == nil {
		// All duplicates, perhaps of events whose sync is still under way.
		var highest domain.Position
		for _, r := range d.Receipts {
			highest = max(highest, r.Position)
		}
		return d.Receipts, l.mark.await(context.Background(), highest)
	}
	if err := batch.SyncWait(); err != nil {
		return nil, l.fail(err)
	}
	if err := batch.Close(); err != nil {
		return nil, l.fail(err)
	}
	l.count.appends.Add(1)
	l.count.events.Add(uint64(len(d.New)))
	l.count.bytes.Add(uint64(c.size))
	if err := l.mark.advance(d.New[len(d.New)-1].Position); err != nil {
		return nil, l.fail(err)
	}
	return d.Receipts, nil
}

// fail is for a database that would not write although the disk never told it of an
// error.
func (l *Log) fail(err error) error {
	l.log.Error("appending to the log", zap.Error(err))
	l.disk.fence(err)
	return fmt.Errorf("%w: %w", eventstore.ErrUnavailable, err)
}

// decide decides the call and hands what is new to the database, which then has it in
// order. There is no batch if nothing is new.
func (l *Log) decide(c *call) (decide.Decision, *pebble.Batch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := state{l: l}
	d, err := decide.Append(c.appends, &s)
	if err != nil || len(d.New) == 0 {
		return d, nil, err
	}
	at := l.now()
	batch := l.db.NewBatchWithSize(c.size + 128*len(d.New))
	next := 0
	for i, r := range d.Receipts {
		if r.Duplicate {
			continue
		}
		if err := put(batch, d.New[next], c.drafts[i].finish(r.Position, r.Revision, at), s.absent[next]); err != nil {
			return d, nil, l.fail(err)
		}
		next++
	}
	if err := l.db.ApplyNoSyncWait(batch, pebble.Sync); err != nil {
		return d, nil, l.fail(err)
	}
	l.disk.handed.Add(1)
	l.head, l.last = l.head+domain.Position(len(d.New)), at
	for stream, revision := range d.Streams {
		l.heads.set(stream, revision)
	}
	return d, batch, nil
}

// put writes the event and its index entries.
func put(b *pebble.Batch, e eventstore.Recorded, record, identity []byte) error {
	var value [12]byte
	if err := b.Set(eventKey(e.Position), record, nil); err != nil {
		return err
	}
	if err := b.Set(identity, appendIndex(value[:0], identity, e.Position), nil); err != nil {
		return err
	}
	stream := streamKey(e.Stream, e.Revision)
	return b.Set(stream, appendIndex(value[:0], stream, e.Position), nil)
}

// now is the time of recording: the clock's, never before the last event's.
func (l *Log) now() time.Time {
	at := l.clock().UTC().Truncate(time.Microsecond)
	if at.Before(l.last) {
		return l.last
	}
	return at
}

// state is the log as a decision sees it, under mu: with all that was handed to the
// database, durable or not.
type state struct {
	l *Log
	// absent are the identity keys looked up and not found, in order: those of the
	// new events.
	absent [][]byte
}

func (s *state) Head() domain.Position { return s.l.head }

func (s *state) Revision(stream eventstore.StreamID) (domain.Revision, error) {
	if r, found := s.l.heads.get(stream); found {
		return r, nil
	}
	prefix := streamPrefix(stream)
	it, err := s.l.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return 0, translate(err, 0)
	}
	defer it.Close()
	var r domain.Revision
	if it.Last() {
		r = streamRevision(it.Key())
	}
	if err := it.Error(); err != nil {
		return 0, translate(err, 0)
	}
	s.l.heads.set(stream, r)
	return r, nil
}

func (s *state) Lookup(source, id string) (decide.Known, bool, error) {
	key := identityKey(source, id)
	p, found, err := s.l.indexed(key)
	if err != nil {
		return decide.Known{}, false, err
	}
	if !found {
		s.absent = append(s.absent, key)
		return decide.Known{}, false, nil
	}
	e, err := s.l.event(p)
	if err != nil {
		return decide.Known{}, false, err
	}
	if e.Source != source || e.ID != id {
		return decide.Known{}, false, translate(errDamaged, p)
	}
	return decide.Known{Hash: e.Hash, Position: e.Position, Revision: e.Revision}, true, nil
}

// after is the first key that does not begin with the prefix of a stream's keys,
// which has all of its revisions before it.
func after(prefix []byte) []byte {
	end := slices.Clone(prefix)
	for i := len(end) - 1; ; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
}
