package proof

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"

	"golang.org/x/mod/sumdb/note"

	"github.com/rapport-ledger/rapport/domain"
)

// VerifyOptions say what a log is held against.
type VerifyOptions struct {
	// Dir has the tree and the signed checkpoints.
	Dir string
	// Key has to have signed every checkpoint.
	Key note.Verifier
	// Progress is told now and then how many of the log's events were read; nil tells
	// nobody.
	Progress func(read, total int64)
}

// Report is what [Verify] found.
type Report struct {
	// Events is how many events the log has, Signed how many of them the last
	// checkpoint covers. What is not covered is not proved.
	Events, Signed int64
	// Checkpoints is how many checkpoints there are, Last the last good one.
	Checkpoints int
	Last        Checkpoint
	// Faults are all that was found, up to maxFaults; More counts the others.
	Faults []Fault
	More   int
}

// maxFaults bounds a report: a log that is altogether another has as many faults as
// events.
const maxFaults = 1000

func (r *Report) add(f Fault) {
	if len(r.Faults) < maxFaults {
		r.Faults = append(r.Faults, f)
	} else {
		r.More++
	}
}

// Verify reads the whole log, computes the tree anew and holds it against every
// checkpoint that was signed: the signature, and the root at that size. As all of them
// are of one tree, each contains those before it. It also holds the tree's files
// against the log, and so tells which event is not the one that was signed.
//
// It writes nothing. The error is that it could not look; what it found is in the
// report.
func Verify(ctx context.Context, log Log, o VerifyOptions) (Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	head, err := log.Head(ctx)
	if err != nil {
		return Report{}, err
	}
	tree, err := ReadTree(o.Dir)
	if err != nil {
		return Report{}, err
	}
	defer tree.Close()
	history, err := ReadHistory(filepath.Join(o.Dir, historyName))
	if err != nil {
		return Report{}, err
	}
	defer history.Close()
	v := &verification{
		log: log, o: o, tree: tree, head: int64(head),
		report: Report{Events: int64(head)}, heads: heads(ctx, history, o.Key),
	}
	// Beyond the last checkpoint the tree's files may be anything after a crash.
	if last, some, err := history.Last(); err == nil && some {
		v.files = min(last.Size, v.head)
	}
	if have := tree.Size(); have < v.files {
		v.report.add(Fault{Position: domain.Position(have + 1), Until: domain.Position(v.files), What: "the tree's file level-0 ends before these events, which were signed"})
		v.files = have
	}
	v.nextHead()
	if err := v.run(ctx); err != nil {
		return v.report, err
	}
	return v.report, v.upperLevels()
}

// verification is a run of [Verify].
type verification struct {
	log   Log
	o     VerifyOptions
	tree  *Tree
	head  int64 // of the log
	files int64 // leaves in the tree's files that count

	report Report
	heads  <-chan signedHead
	next   *signedHead // the next checkpoint to be met; nil if there is none
	before Checkpoint  // the one before it, good or not

	log0, file0 frontier // the trees over the log and over the tree's files
	blind       bool     // the log lacks an event whose hash no file has
	runs        []run    // of positions where they differ, since the last checkpoint
	good        int64    // the size of the last checkpoint that held
	unheld      int      // checkpoints since then that neither tree has the root of
}

// run is a row of positions at which log and tree differ.
type run struct{ from, until int64 }

// run reads the log in blocks, several at a time, and takes them in order.
func (v *verification) run(ctx context.Context) error {
	workers := runtime.GOMAXPROCS(0)
	type job struct {
		from, until int64
		out         chan block
	}
	jobs, order := make(chan job), make(chan chan block, workers)
	for range workers {
		go func() {
			for j := range jobs {
				j.out <- v.read(ctx, j.from, j.until)
			}
		}()
	}
	go func() {
		defer close(order)
		defer close(jobs)
		for from := int64(0); from < v.head; from += blockEvents {
			out := make(chan block, 1)
			select {
			case order <- out:
			case <-ctx.Done():
				return
			}
			jobs <- job{from, min(from+blockEvents, v.head), out}
		}
	}()
	for out := range order {
		b := <-out
		if b.err != nil {
			return b.err
		}
		v.take(b)
		if v.o.Progress != nil {
			v.o.Progress(v.log0.size, v.head)
		}
	}
	v.end()
	return ctx.Err()
}

// take goes on with the two trees over a block, and stops at every checkpoint.
func (v *verification) take(b block) {
	for _, bad := range b.bad {
		v.report.add(bad)
	}
	v.blind = v.blind || b.blind
	v.differ(b)
	for at := 0; at < len(b.log); {
		size := b.from + int64(at)
		// A whole tile at once, if no checkpoint wants to see inside it.
		if at%tileWidth == 0 && len(b.log)-at >= tileWidth && (v.next == nil || v.next.Size >= size+tileWidth) {
			v.log0.push(b.logTiles[at/tileWidth], tileHeight)
			v.pushFile(b.fileTile(at), size+tileWidth, tileHeight)
			at += tileWidth
		} else {
			v.log0.push(b.log[at], 0)
			v.pushFile(b.fileLeaf(at), size+1, 0)
			at++
		}
		for v.next != nil && v.next.Size <= v.log0.size {
			v.meet(*v.next)
			v.nextHead()
		}
	}
}

// pushFile adds to the tree over the files, as far as they reach.
func (v *verification) pushFile(h Hash, size int64, height int) {
	if size <= v.files {
		v.file0.push(h, height)
	}
}

// differ remembers where the block's events are not those of the tree's files.
func (v *verification) differ(b block) {
	for _, p := range b.differ {
		if n := len(v.runs); n > 0 && v.runs[n-1].until == p-1 {
			v.runs[n-1].until = p
		} else {
			v.runs = append(v.runs, run{p, p})
		}
	}
}

// meet holds both trees against the checkpoint of this size.
func (v *verification) meet(c signedHead) {
	if !v.accept(c) || c.Size != v.log0.size {
		return
	}
	held := !v.blind && v.log0.root() == c.Root
	filed := v.file0.size == c.Size && v.file0.root() == c.Root
	switch {
	case held && filed, held && v.file0.size < c.Size && len(v.runs) == 0:
	case held:
		v.blame(treeDamaged, c.Size)
		v.file0.follow(&v.log0)
	case filed:
		v.blame("", c.Size)
		v.log0.follow(&v.file0)
		v.blind = false
	default:
		if v.unheld++; v.unheld > 1 {
			return // it was said of the first
		}
		v.report.add(Fault{Position: domain.Position(v.good + 1), Until: domain.Position(c.Size), Size: c.Size, Log: true, What: fmt.Sprintf(
			"among these events, or before, one is not the one that was signed: the checkpoint of size %d has another root, and the tree's files cannot tell which", c.Size)})
		return
	}
	v.good, v.unheld = c.Size, 0
	v.report.Signed, v.report.Last = c.Size, c.Checkpoint
}

// treeDamaged is said where the log is right.
const treeDamaged = "the tree's file level-0 is damaged here; the log has what was signed"

// blame reports the rows that ended before the size; what is empty says that the log
// is not as it was signed.
func (v *verification) blame(what string, size int64) {
	for len(v.runs) > 0 && v.runs[0].from <= size {
		r := &v.runs[0]
		f := Fault{Position: domain.Position(r.from), Until: domain.Position(min(r.until, size)), Log: what != treeDamaged, What: what}
		if what == "" {
			f.What = v.describe(run{r.from, int64(f.Until)})
		}
		v.report.add(f)
		if r.until > size {
			r.from = size + 1
			return
		}
		v.runs = v.runs[1:]
	}
}

// nextHead takes the next checkpoint.
func (v *verification) nextHead() {
	v.next = nil
	if c, more := <-v.heads; more {
		v.next = &c
	}
}

// accept reports what is wrong with the checkpoint itself, and whether it counts.
func (v *verification) accept(c signedHead) bool {
	if c.Note != nil {
		v.report.Checkpoints++
	}
	before := v.before
	if c.err != nil {
		v.report.add(Fault{Size: c.Size, What: c.err.Error()})
		return false
	}
	v.before = c.Checkpoint
	switch {
	case c.Size < before.Size:
		v.report.add(Fault{Size: c.Size, What: fmt.Sprintf("it comes after one of size %d", before.Size)})
		return false
	case c.Size == before.Size && before.Note != nil && c.Root != before.Root:
		v.report.add(Fault{Size: c.Size, What: "two checkpoints of this size have different roots: the signer has signed two logs"})
		return false
	}
	return true
}

// end looks at what is left once the log has been read.
func (v *verification) end() {
	most := v.head
	for ; v.next != nil; v.nextHead() {
		if v.accept(*v.next) {
			most = max(most, v.next.Size)
		}
	}
	if most > v.head {
		v.report.add(Fault{Position: domain.Position(v.head + 1), Until: domain.Position(most), Log: true, What: lost})
	}
	if v.unheld > 1 {
		v.report.add(Fault{What: fmt.Sprintf("%d more checkpoints after size %d have other roots than the log", v.unheld-1, v.good)})
	}
	if v.good < v.files {
		// No later checkpoint held, so the tree's files are the only witness.
		v.blame("not the event whose hash is in the tree's files", v.files)
	}
}

// upperLevels checks the tree's files above the tiles of the leaves, which were checked
// with the leaves.
func (v *verification) upperLevels() error {
	for l := 1; v.files>>(l*tileHeight) > 0; l++ {
		for n := range v.files >> (l * tileHeight) {
			below, err := v.tree.Hashes(l-1, n*tileWidth, tileWidth)
			if err != nil {
				return err
			}
			have, err := v.tree.Hashes(l, n, 1)
			if err != nil && !isShort(err) {
				return err
			}
			if err != nil || have[0] != subtree(below) {
				width := int64(1) << (l * tileHeight)
				v.report.add(Fault{
					Position: domain.Position(n*width + 1), Until: domain.Position((n + 1) * width),
					What: fmt.Sprintf("the tree's file level-%d does not agree with level-%d over these events", l, l-1),
				})
			}
		}
	}
	return nil
}

// signedHead is a checkpoint of the history; err says what is wrong with it.
type signedHead struct {
	Checkpoint
	err error
}

// heads checks the signatures of all checkpoints, ahead of those who want them.
func heads(ctx context.Context, history *History, key note.Verifier) <-chan signedHead {
	out := make(chan signedHead, 256)
	go func() {
		defer close(out)
		for c, err := range history.All() {
			if err == nil {
				_, err = OpenCheckpoint(c.Note, key)
			} else {
				err = fmt.Errorf("the file of checkpoints cannot be read on: %w", err)
			}
			select {
			case out <- signedHead{c, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func isShort(err error) bool { return errors.Is(err, errShort) }
