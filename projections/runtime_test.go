package projections_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// chain is a projector whose rows depend on every event and on their order: one left
// out, applied twice or out of turn shows.
type chain struct {
	name    string
	version int
	columns string   // more of them, to change the schema
	index   []string // more of them
	// before is asked first about every event; it may fail or panic.
	before func(codec.Record) error
	// batches, if there, is told the size of every batch.
	batches func(int)
}

func (c *chain) Name() string { return c.name }
func (c *chain) Version() int { return max(c.version, 1) }
func (c *chain) Schema() []string {
	return []string{"CREATE TABLE chains (account TEXT PRIMARY KEY, events INTEGER NOT NULL, link INTEGER NOT NULL" + c.columns + ")"}
}
func (c *chain) Indexes() []string {
	return append([]string{"CREATE INDEX chains_by_link ON chains (link)"}, c.index...)
}

func (c *chain) Apply(ctx context.Context, tx *sqldb.Tx, batch []codec.Record) error {
	if c.batches != nil {
		c.batches(len(batch))
	}
	for _, r := range batch {
		if c.before != nil {
			if err := c.before(r); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `INSERT INTO chains (account, events, link) VALUES (?1, 1, ?2) ON CONFLICT (account)
			DO UPDATE SET events = events + 1, link = (link * 31 + ?2) % 1000000007`, string(r.Account), int64(r.Position))
		if err != nil {
			return err
		}
	}
	return nil
}

func record(position int) codec.Record {
	return codec.Record{
		Recorded: domain.Recorded{
			Envelope: domain.Envelope{Source: "test", ID: fmt.Sprint(position), Account: domain.AccountID(fmt.Sprint("a", position%3))},
			Position: domain.Position(position),
		},
		Type: "interaction.held",
		JSON: []byte(`{}`),
	}
}

func records(from, to int) []codec.Record {
	var all []codec.Record
	for position := from; position <= to; position++ {
		all = append(all, record(position))
	}
	return all
}

// running is a runtime that runs.
type running struct {
	*projections.Runtime
	stop func()
	live chan string       // the names of projections that became live
	told []domain.Position // of the events observed; to be read after stop
}

func start(t *testing.T, config projections.Config, projectors ...projections.Projector) *running {
	t.Helper()
	r, err := projections.Open(config, projectors...)
	if err != nil {
		t.Fatal(err)
	}
	all := &running{Runtime: r, live: make(chan string, 100)}
	var mu sync.Mutex
	r.Observe(func(name string, batch []codec.Record) {
		if len(batch) == 0 {
			all.live <- name
		}
		mu.Lock()
		defer mu.Unlock()
		for _, r := range batch {
			all.told = append(all.told, r.Position)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	all.stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, r.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(all.stop)
	return all
}

// committed is the position in the database.
func (r *running) committed(t *testing.T, name string) (at domain.Position) {
	t.Helper()
	err := r.View(t.Context(), name, func(tx *sqldb.Tx) (err error) {
		at, err = projections.Position(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func (r *running) wait(t *testing.T, name string, position int) {
	t.Helper()
	if err := r.WaitFor(t.Context(), name, domain.Position(position)); err != nil {
		t.Fatal(err)
	}
}

func (r *running) digest(t *testing.T, name string) projections.Digest {
	t.Helper()
	d, err := r.Digest(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sum is the digest the records should have.
func sum(t *testing.T, p projections.Projector, all []codec.Record) (sum string) {
	t.Helper()
	err := projectiontest.Fold(t, p, all).View(t.Context(), func(tx *sqldb.Tx) (err error) {
		sum, _, err = sqldb.Digest(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestAProjectorKeepsItsPromises(t *testing.T) {
	t.Parallel()
	projectiontest.Run(t, &chain{name: "chain"}, records(1, 300))
}

func TestEveryEventCountsOnceHoweverOftenTheRuntimeIsStopped(t *testing.T) {
	t.Parallel()
	const last = 400
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	config := projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource(records(1, last)...), BatchMax: 13}
	for done := 0; done < last; {
		// The runtime is stopped in the middle of a batch: before, within or after its commit.
		at := min(last, done+1+random.IntN(60))
		reached := make(chan struct{})
		once := sync.OnceFunc(func() { close(reached) })
		r := start(t, config, &chain{name: "chain", before: func(r codec.Record) error {
			if r.Position >= domain.Position(at) {
				once()
			}
			return nil
		}})
		<-reached
		r.stop()
		done = int(r.Status()[0].Position)
	}
	r := start(t, config, &chain{name: "chain"})
	r.wait(t, "chain", last)
	if got, want := r.digest(t, "chain").Sum, sum(t, &chain{name: "chain"}, records(1, last)); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

func TestAnEventThatCannotBeFoldedStopsItsProjectionThereAndNoOther(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	for name, before := range map[string]func(codec.Record) error{
		"an error": func(r codec.Record) error {
			if r.Position == 77 {
				return refused
			}
			return nil
		},
		"a panic": func(r codec.Record) error {
			if r.Position == 77 {
				panic(refused)
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource(records(1, 100)...)}
			r := start(t, config, &chain{name: "bad", before: before}, &chain{name: "good"})
			r.wait(t, "good", 100)
			err := r.WaitFor(t.Context(), "bad", 77)
			if failed, ok := errors.AsType[*projections.FailedError](err); !ok || failed.Position != 76 {
				t.Fatalf("waiting for the bad one gives %v", err)
			}
			r.wait(t, "bad", 76)
			if s := r.Status()[0]; s.State != projections.Failed || s.Position != 76 || s.Lag != 24 ||
				!strings.Contains(s.Error, "position 77") || !strings.Contains(s.Error, "refused") {
				t.Errorf("status %+v", s)
			}
			if got, want := r.digest(t, "bad").Sum, sum(t, &chain{name: "bad"}, records(1, 76)); got != want {
				t.Error("the events before it are not all folded")
			}
			r.stop()

			// When the projector is mended, then it goes on from there.
			r = start(t, config, &chain{name: "bad"}, &chain{name: "good"})
			r.wait(t, "bad", 100)
			if got, want := r.digest(t, "bad"), r.digest(t, "good"); got != want {
				t.Errorf("digests differ: %v and %v", got, want)
			}
		})
	}
}

func TestAGapOrARepetitionIsNeverPassedOver(t *testing.T) {
	t.Parallel()
	gap := projectiontest.NewSource(append(records(1, 10), records(12, 20)...)...)
	repetition := projectiontest.NewSource(append(records(1, 10), records(10, 20)...)...)
	for name, source := range map[string]projections.Source{
		"a gap": gap, "a gap nearby": gap.Near(), "a repetition": repetition, "a repetition nearby": repetition.Near(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, projections.Config{Dir: t.TempDir(), Source: source}, &chain{name: "chain"})
			err := r.WaitFor(t.Context(), "chain", 11)
			if !errors.Is(err, projections.ErrFailed) || !strings.Contains(err.Error(), "instead of 11") {
				t.Errorf("error = %v", err)
			}
			if got, want := r.digest(t, "chain").Sum, sum(t, &chain{name: "chain"}, records(1, 10)); got != want {
				t.Error("something after the fault was folded, or something before it was not")
			}
		})
	}
}

func TestAnotherLedgerIsRecognised(t *testing.T) {
	t.Parallel()
	for name, as := range map[string]func(*projectiontest.Source) projections.Source{
		"a source":      func(s *projectiontest.Source) projections.Source { return s },
		"a near source": func(s *projectiontest.Source) projections.Source { return s.Near() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			anotherLedgerIsRecognised(t, as)
		})
	}
}

func anotherLedgerIsRecognised(t *testing.T, as func(*projectiontest.Source) projections.Source) {
	dir := t.TempDir()
	r := start(t, projections.Config{Dir: dir, Source: as(projectiontest.NewSource(records(1, 10)...))}, &chain{name: "chain"})
	r.wait(t, "chain", 10)
	r.stop()

	other := records(1, 20)
	for i := range other {
		other[i].ID = "other " + other[i].ID
	}
	r = start(t, projections.Config{Dir: dir, Source: as(projectiontest.NewSource(other...))}, &chain{name: "chain"})
	if err := r.WaitFor(t.Context(), "chain", 11); !errors.Is(err, projections.ErrFailed) {
		t.Fatalf("error = %v", err)
	}
	if err := r.Rebuild(t.Context(), "chain"); err != nil {
		t.Fatal(err)
	}
	r.wait(t, "chain", 20)
	if got, want := r.digest(t, "chain").Sum, sum(t, &chain{name: "chain"}, other); got != want {
		t.Error("the rebuild is not of the other ledger")
	}
}

func TestAFullDiskIsTriedAgainUntilThereIsSpace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// A near source gives all ten at once: none is committed without the fifth.
		full := true
		r := start(t, projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource(records(1, 10)...).Near()},
			&chain{name: "chain", before: func(r codec.Record) error {
				if full && r.Position == 5 {
					return fmt.Errorf("write: %w", syscall.ENOSPC)
				}
				return nil
			}})
		defer r.stop()
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := r.Status()[0]; s.State != projections.CatchingUp || s.Position != 0 || !strings.Contains(s.Error, "no space") {
			t.Errorf("status of a full disk: %+v", s)
		}
		full = false
		r.wait(t, "chain", 10)
		synctest.Wait()
		if s := r.Status()[0]; s.State != projections.Live || s.Error != "" {
			t.Errorf("status with space again: %+v", s)
		}
	})
}

func TestASourceThatFailsIsFollowedAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := projectiontest.NewSource(records(1, 10)...)
		r := start(t, projections.Config{Dir: t.TempDir(), Source: source}, &chain{name: "chain"})
		defer r.stop()
		r.wait(t, "chain", 10)
		source.Break(errors.New("the broker is down"))
		time.Sleep(time.Hour)
		synctest.Wait()
		if s := r.Status()[0]; s.State != projections.Live || !strings.Contains(s.Error, "the broker is down") {
			t.Errorf("status of a broken source: %+v", s)
		}
		source.Add(records(11, 20)...)
		source.Break(nil)
		r.wait(t, "chain", 20)
		synctest.Wait()
		if s := r.Status()[0]; s.Error != "" {
			t.Errorf("status of a source that is well: %+v", s)
		}
		if got, want := r.digest(t, "chain").Sum, sum(t, &chain{name: "chain"}, records(1, 20)); got != want {
			t.Error("events were lost or counted twice")
		}
	})
}

// slowly is a source that yields one event a millisecond.
type slowly struct{ projections.Source }

func (s slowly) Follow(ctx context.Context, after domain.Position) iter.Seq2[codec.Record, error] {
	return func(yield func(codec.Record, error) bool) {
		for r, err := range s.Source.Follow(ctx, after) {
			time.Sleep(time.Millisecond)
			if !yield(r, err) {
				return
			}
		}
	}
}

func TestABuildWaitsUntilItsBatchesAreFullAndNoLonger(t *testing.T) {
	t.Parallel()
	const events = 20_000
	build := func(t *testing.T, source projections.Source) (sizes []int, took time.Duration) {
		begin := time.Now()
		r := start(t, projections.Config{Dir: t.TempDir(), Source: source}, &chain{name: "chain", batches: func(n int) { sizes = append(sizes, n) }})
		defer r.stop()
		r.wait(t, "chain", events)
		return sizes, time.Since(begin)
	}
	t.Run("of events that are at hand", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			sizes, took := build(t, projectiontest.NewSource(records(1, events)...))
			if sizes[0] != 5000 || took >= 10*time.Millisecond {
				t.Errorf("it took %v, in batches of %v", took, sizes)
			}
		})
	})
	t.Run("of events that come slowly", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			sizes, _ := build(t, slowly{projectiontest.NewSource(records(1, events)...)})
			if sizes[0] < 90 || sizes[0] > 110 {
				t.Errorf("a tenth of a second had batches of %v", sizes)
			}
		})
	})
}

func TestAnEventAloneIsCommittedAtOnceAndManyTogether(t *testing.T) {
	t.Parallel()
	for _, near := range []bool{false, true} {
		t.Run(fmt.Sprint("near ", near), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				source, config := projectiontest.NewSource(), projections.Config{Dir: t.TempDir(), BatchWait: 10 * time.Millisecond}
				if config.Source = source; near {
					config.Source = source.Near()
				}
				var sizes []int
				r := start(t, config, &chain{name: "chain", batches: func(n int) { sizes = append(sizes, n) }})
				defer r.stop()
				<-r.live
				time.Sleep(time.Second)

				// The first comes alone; time does not pass until it is folded.
				begin := time.Now()
				source.Add(record(1))
				r.wait(t, "chain", 1)
				if took := time.Since(begin); took != 0 {
					t.Errorf("an event alone waited %v", took)
				}
				// Those that follow, one a millisecond, share commits.
				for position := 2; position <= 21; position++ {
					time.Sleep(time.Millisecond)
					source.Add(record(position))
				}
				r.wait(t, "chain", 21)
				if took := time.Since(begin); took > 31*time.Millisecond {
					t.Errorf("the last event waited until %v", took)
				}
				if len(sizes) > 4 {
					t.Errorf("batches of %v, want no more than one in 10 ms", sizes)
				}
			})
		})
	}
}

func TestWhoWaitsForAnEventIsNotKeptUntilTheNextCommitIsDue(t *testing.T) {
	t.Parallel()
	for _, near := range []bool{false, true} {
		t.Run(fmt.Sprint("near ", near), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				source, config := projectiontest.NewSource(), projections.Config{Dir: t.TempDir(), BatchWait: time.Minute}
				if config.Source = source; near {
					config.Source = source.Near()
				}
				batches := 0
				r := start(t, config, &chain{name: "chain", batches: func(int) { batches++ }})
				defer r.stop()
				<-r.live
				time.Sleep(time.Hour)
				begin := time.Now()
				for position := 1; position <= 10; position++ {
					source.Add(record(position))
					synctest.Wait()
				}
				if batches != 1 {
					t.Errorf("%d batches before anybody waits, want 1", batches)
				}
				r.wait(t, "chain", 10)
				if took := time.Since(begin); took > 5*time.Millisecond {
					t.Errorf("it took %v", took)
				}
				if batches != 2 {
					t.Errorf("%d batches, want 2", batches)
				}
			})
		})
	}
}

func TestWhoIsBehindDoesNotRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, begin := projectiontest.NewSource(records(1, 100)...), time.Now()
		r := start(t, projections.Config{Dir: t.TempDir(), Source: source.Near(), BatchMax: 10, BatchWait: time.Minute}, &chain{name: "chain"})
		defer r.stop()
		<-r.live
		if took := time.Since(begin); took != 0 {
			t.Errorf("ten batches that were there at the start took %v", took)
		}
	})
}

func TestARebuildIsReadWithoutAGapWhileItReplacesTheModel(t *testing.T) {
	t.Parallel()
	const first, last = 500, 2500
	source := projectiontest.NewSource(records(1, first)...)
	dir := t.TempDir()
	r := start(t, projections.Config{Dir: dir, Source: source, BatchMax: 50}, &chain{name: "chain"})
	r.wait(t, "chain", first)
	<-r.live

	// Given readers that never rest and events that keep coming,
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			seen := 0
			for ctx.Err() == nil {
				n, err := countEvents(ctx, r.Runtime)
				if err != nil && ctx.Err() == nil || err == nil && n < seen {
					t.Errorf("read %d events after %d: %v", n, seen, err)
					return
				}
				seen = max(n, seen)
			}
		})
	}
	readers.Go(func() {
		for position := first + 1; position <= last; position++ {
			source.Add(record(position))
			if position%10 == 0 {
				_ = r.WaitFor(ctx, "chain", domain.Position(position))
			}
		}
	})
	// when it is rebuilt a few times,
	for range 3 {
		if err := r.Rebuild(t.Context(), "chain"); err != nil {
			t.Fatal(err)
		}
		if err := r.Rebuild(t.Context(), "chain"); !errors.Is(err, projections.ErrRebuilding) {
			t.Errorf("a second rebuild beside the first: %v", err)
		}
		<-r.live
	}
	// then nothing is missing.
	r.wait(t, "chain", last)
	cancel()
	readers.Wait()
	if got, want := r.digest(t, "chain").Sum, sum(t, &chain{name: "chain"}, records(1, last)); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
	r.stop()
	if got := modelFiles(t, dir); len(got) != 1 {
		t.Errorf("files left: %v", got)
	}
}

func countEvents(ctx context.Context, r *projections.Runtime) (n int, err error) {
	err = r.View(ctx, "chain", func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, "SELECT coalesce(sum(events), 0) FROM chains").Scan(&n)
	})
	return n, err
}

func modelFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "chain.0*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// gated is a projector whose events wait for a signal.
func gated(version int, columns string) (p *chain, entered chan struct{}, open func()) {
	gate := make(chan struct{})
	entered = make(chan struct{})
	enter := sync.OnceFunc(func() { close(entered) })
	return &chain{name: "chain", version: version, columns: columns, before: func(codec.Record) error {
		enter()
		<-gate
		return nil
	}}, entered, sync.OnceFunc(func() { close(gate) })
}

func TestAnotherVersionIsBuiltBeside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		version int
		columns string
		index   string
		answers error
	}{
		{"the old answers while the tables are the same", 2, "", "", nil},
		{"the old answers while only the indexes are others", 1, "", "CREATE INDEX more ON chains (events)", nil},
		{"nothing answers while the tables are others", 2, ", more TEXT", "", projections.ErrBuilding},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource(records(1, 10)...)}
			r := start(t, config, &chain{name: "chain"})
			r.wait(t, "chain", 10)
			r.stop()

			p, entered, open := gated(c.version, c.columns)
			defer open()
			if c.index != "" {
				p.index = []string{c.index}
			}
			r = start(t, config, p)
			<-entered
			if _, err := countEvents(t.Context(), r.Runtime); !errors.Is(err, c.answers) {
				t.Errorf("reading gives %v, want %v", err, c.answers)
			}
			if s := r.Status()[0]; s.State != projections.Rebuilding || s.Version != c.version {
				t.Errorf("status %+v", s)
			}
			open()
			<-r.live
			if got, want := r.digest(t, "chain").Sum, sum(t, p, records(1, 10)); got != want {
				t.Error("the new model is not the new version's")
			}
		})
	}
}

func TestAnInterruptedRebuildLeavesTheModelAndNothingElse(t *testing.T) {
	t.Parallel()
	config := projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource(records(1, 10)...)}
	r := start(t, config, &chain{name: "chain"})
	r.wait(t, "chain", 10)
	want := r.digest(t, "chain")
	r.stop()

	// Given what a rebuild leaves that was killed,
	if err := os.WriteFile(filepath.Join(config.Dir, "chain.000002.db"), []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(config.Dir, "chain.000002.db-journal"), []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	// and one that is stopped,
	p, entered, open := gated(1, "")
	r = start(t, config, p)
	if err := r.Rebuild(t.Context(), "chain"); err != nil {
		t.Fatal(err)
	}
	<-entered
	open()
	r.stop()
	// then the model that answered still does.
	r = start(t, config, &chain{name: "chain"})
	r.wait(t, "chain", 10)
	if got := r.digest(t, "chain"); got != want {
		t.Errorf("digest %v, want %v", got, want)
	}
	r.stop()
	if got := modelFiles(t, config.Dir); len(got) != 1 {
		t.Errorf("files left: %v", got)
	}
}

func TestACopyInPlaceOfTheLinkIsMadeAgain(t *testing.T) {
	t.Parallel()
	config := projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource(records(1, 10)...)}
	r := start(t, config, &chain{name: "chain"})
	r.wait(t, "chain", 10)
	want := r.digest(t, "chain")
	r.stop()

	path := filepath.Join(config.Dir, "chain.db")
	b, err := os.ReadFile(path)
	if err == nil {
		err = errors.Join(os.Remove(path), os.WriteFile(path, b, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	r = start(t, config, &chain{name: "chain"})
	r.wait(t, "chain", 10)
	if got := r.digest(t, "chain"); got != want {
		t.Errorf("digest %v, want %v", got, want)
	}
}

func TestARebuildThatFailsLeavesTheModelAnswering(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]int{"of a few events": 10, "of so many that a file is filled first": 2500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { aRebuildThatFailsLeavesTheModelAnswering(t, last) })
		})
	}
}

func aRebuildThatFailsLeavesTheModelAnswering(t *testing.T, last int) {
	refuse := false
	source := projectiontest.NewSource(records(1, last)...)
	config := projections.Config{Dir: t.TempDir(), Source: source}
	r := start(t, config, &chain{name: "chain", before: func(r codec.Record) error {
		if refuse && r.Position == 5 {
			return errors.New("refused")
		}
		return nil
	}})
	defer r.stop()
	r.wait(t, "chain", last)
	synctest.Wait()
	refuse = true
	if err := r.Rebuild(t.Context(), "chain"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Minute)
	synctest.Wait()
	if s := r.Status()[0]; s.State != projections.Live || s.Position != domain.Position(last) ||
		!strings.Contains(s.Error, "event at position 5 ") || !strings.Contains(s.Error, "refused") {
		t.Errorf("status %+v", s)
	}
	source.Add(records(last+1, last+10)...)
	r.wait(t, "chain", last+10)
	if n, err := countEvents(t.Context(), r.Runtime); err != nil || n != last+10 {
		t.Errorf("it answers with %d events: %v", n, err)
	}
	if got := modelFiles(t, config.Dir); len(got) != 3 { // with -wal and -shm
		t.Errorf("files: %v", got)
	}
}

func TestAFileThatCouldNotBeFilledIsBegunAgain(t *testing.T) {
	t.Parallel()
	down := errors.New("the broker is down")
	for name, c := range map[string]struct {
		fail func(*projectiontest.Source) error // what comes of folding an event
		told string
	}{
		"a full disk":          {func(*projectiontest.Source) error { return fmt.Errorf("write: %w", syscall.ENOSPC) }, "no space"},
		"a source that breaks": {func(s *projectiontest.Source) error { s.Break(down); return nil }, down.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { aFileIsBegunAgain(t, c.fail, c.told) })
		})
	}
}

func aFileIsBegunAgain(t *testing.T, fail func(*projectiontest.Source) error, told string) {
	const last = 2500
	failing, failed := false, make(chan struct{})
	source := projectiontest.NewSource(records(1, last)...)
	config := projections.Config{Dir: t.TempDir(), Source: source}
	r := start(t, config, &chain{name: "chain", before: func(r codec.Record) error {
		if failing && r.Position == 1400 {
			failing = false
			close(failed)
			return fail(source)
		}
		return nil
	}})
	defer r.stop()
	r.wait(t, "chain", last)
	synctest.Wait()
	failing = true
	if err := r.Rebuild(t.Context(), "chain"); err != nil {
		t.Fatal(err)
	}
	<-failed
	synctest.Wait()
	if s := r.Status()[0]; s.State != projections.Rebuilding || !strings.Contains(s.Error, told) {
		t.Errorf("status when it has failed: %+v", s)
	}
	source.Break(nil)
	time.Sleep(time.Minute)
	synctest.Wait()
	if s := r.Status()[0]; s.State != projections.Live || s.Error != "" {
		t.Fatalf("status when it is well again: %+v", s)
	}
	if got, want := r.digest(t, "chain").Sum, sum(t, &chain{name: "chain"}, records(1, last)); got != want {
		t.Error("events were lost or counted twice")
	}
	// The new file has taken over, and nothing else is left.
	if got := modelFiles(t, config.Dir); len(got) != 3 || !strings.HasSuffix(got[0], "chain.000002.db") {
		t.Errorf("files: %v", got)
	}
}

func TestAnEmptyModelOfALargeLedgerIsBuilt(t *testing.T) {
	t.Parallel()
	const last = 10_500
	largest := 0
	r := start(t, projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource(records(1, last)...)},
		&chain{name: "chain", batches: func(n int) { largest = max(largest, n) }})
	<-r.live
	if largest <= 1000 {
		t.Errorf("the largest batch was of %d events: it was followed, not built", largest)
	}
	r.wait(t, "chain", last)
	if got, want := r.digest(t, "chain").Sum, sum(t, &chain{name: "chain"}, records(1, last)); got != want {
		t.Error("what was built is something else")
	}
}

func TestADamagedModelIsReportedAndCanBeRebuilt(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func([]byte){
		"in the middle": func(b []byte) { clear(b[4096:]) },
		"everywhere":    func(b []byte) { clear(b) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource(records(1, 10)...)}
			r := start(t, config, &chain{name: "chain"})
			r.wait(t, "chain", 10)
			want := r.digest(t, "chain")
			r.stop()

			path := filepath.Join(config.Dir, "chain.db")
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			damage(b)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			r = start(t, config, &chain{name: "chain"})
			if err := r.WaitFor(t.Context(), "chain", 11); !errors.Is(err, projections.ErrFailed) {
				t.Fatalf("error = %v", err)
			}
			if s := r.Status()[0]; s.State != projections.Failed || !strings.Contains(s.Error, "rebuild chain") {
				t.Errorf("status %+v", s)
			}
			if _, err := countEvents(t.Context(), r.Runtime); err == nil {
				t.Error("it answers")
			}
			if err := r.Rebuild(t.Context(), "chain"); err != nil {
				t.Fatal(err)
			}
			<-r.live
			if got := r.digest(t, "chain"); got != want {
				t.Errorf("digest %v, want %v", got, want)
			}
		})
	}
}

func TestAModelDamagedWhileItIsReadStopsItsProjection(t *testing.T) {
	t.Parallel()
	r := start(t, projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource(records(1, 10)...)}, &chain{name: "chain"})
	r.wait(t, "chain", 10)
	<-r.live
	notADatabase := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(notADatabase, []byte(strings.Repeat("text ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	err := r.View(t.Context(), "chain", func(tx *sqldb.Tx) error {
		_, err := sqldb.Open(notADatabase) // the error a damaged page gives
		return err
	})
	if !sqldb.Corrupt(err) {
		t.Fatalf("error = %v", err)
	}
	if s := r.Status()[0]; s.State != projections.Failed || !strings.Contains(s.Error, "damaged") {
		t.Errorf("status %+v", s)
	}
}

func TestObserversSeeWhatIsLiveOnce(t *testing.T) {
	t.Parallel()
	source := projectiontest.NewSource(records(1, 10)...)
	r, err := projections.Open(projections.Config{Dir: t.TempDir(), Source: source}, &chain{name: "chain"})
	if err != nil {
		t.Fatal(err)
	}
	live := make(chan struct{})
	var seen []domain.Position
	r.Observe(func(name string, batch []codec.Record) {
		if len(batch) == 0 {
			close(live)
		}
		for _, record := range batch {
			seen = append(seen, record.Position)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	<-live
	source.Add(records(11, 30)...)
	if err := r.WaitFor(ctx, "chain", 30); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := errors.Join(<-done, r.Close()); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 20 || seen[0] != 11 || seen[19] != 30 {
		t.Errorf("seen %v, want 11 to 30", seen)
	}
}

func TestTheDigestOfASmallModelIsReported(t *testing.T) {
	t.Parallel()
	r := start(t, projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource(records(1, 10)...)}, &chain{name: "chain"})
	r.wait(t, "chain", 10)
	if s := r.Status()[0]; s.Digest != "" {
		t.Errorf("status knows a digest nobody asked for: %+v", s)
	}
	s := r.Report(t.Context())[0]
	if want := sum(t, &chain{name: "chain"}, records(1, 10)); s.Digest != want || s.DigestPosition != 10 {
		t.Errorf("report %+v, want digest %s at 10", s, want)
	}
	if got := r.Status()[0].Digest; got != s.Digest {
		t.Error("the digest was forgotten")
	}
}

func TestWhatIsAskedOfNobodyIsRefused(t *testing.T) {
	t.Parallel()
	r := start(t, projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource()}, &chain{name: "chain"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, digestErr := r.Digest(t.Context(), "nobody")
	for name, c := range map[string]struct{ got, want error }{
		"view":                {r.View(t.Context(), "nobody", nil), projections.ErrUnknown},
		"wait":                {r.WaitFor(t.Context(), "nobody", 1), projections.ErrUnknown},
		"digest":              {digestErr, projections.ErrUnknown},
		"rebuild":             {r.Rebuild(t.Context(), "nobody"), projections.ErrUnknown},
		"a wait that is over": {r.WaitFor(ctx, "chain", 1), context.Canceled},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	r.stop()
	for name, c := range map[string]struct{ got, want error }{
		"view":    {r.View(t.Context(), "chain", nil), projections.ErrClosed},
		"wait":    {r.WaitFor(t.Context(), "chain", 1), projections.ErrClosed},
		"rebuild": {r.Rebuild(t.Context(), "chain"), projections.ErrClosed},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s when closed: %v, want %v", name, c.got, c.want)
		}
	}
	for _, names := range [][]string{{""}, {"../x"}, {"a", "a"}} {
		var all []projections.Projector
		for _, name := range names {
			all = append(all, &chain{name: name})
		}
		if _, err := projections.Open(projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource()}, all...); err == nil {
			t.Errorf("projections named %q were opened", names)
		}
	}
}

// third is a chain of every third event.
type third struct{ chain }

func (*third) Wants(r codec.Record) bool { return r.Position%3 == 0 }

func TestASelectiveProjectorGetsWhatItWantsAndPassesOverTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var applied []domain.Position
		p := &third{chain{name: "third", before: func(r codec.Record) error {
			applied = append(applied, r.Position)
			return nil
		}}}
		source := projectiontest.NewSource()
		r := start(t, projections.Config{Dir: t.TempDir(), Source: source}, p)
		defer r.stop()
		for position := 1; position <= 8; position++ {
			source.Add(record(position))
			r.wait(t, "third", position)
		}
		if d := r.digest(t, "third"); d.Position != 8 {
			t.Errorf("digest at %d, want 8", d.Position)
		}
		synctest.Wait()
		if s := r.Status()[0]; s.Position != 8 || s.State != projections.Live {
			t.Errorf("status %+v", s)
		}
		if at := r.committed(t, "third"); at != 6 {
			t.Errorf("committed at %d, want 6: nothing was wanted since", at)
		}
		time.Sleep(time.Second)
		source.Add(records(9, 10)...)
		r.wait(t, "third", 10)
		time.Sleep(time.Second)
		source.Add(record(11))
		r.wait(t, "third", 11)
		if at := r.committed(t, "third"); at != 11 {
			t.Errorf("committed at %d, want 11: a second has passed", at)
		}
		r.stop()
		if want := []domain.Position{3, 6, 9}; !slices.Equal(applied, want) || !slices.Equal(r.told, want) {
			t.Errorf("applied %d, told %d, want %d", applied, r.told, want)
		}
	})
}

func TestWhatASelectiveProjectorHasPassedOverIsSavedAtTheStop(t *testing.T) {
	t.Parallel()
	config := projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource(records(1, 8)...)}
	r := start(t, config, &third{chain{name: "third"}})
	r.wait(t, "third", 8)
	r.stop()
	again, err := projections.Open(config, &third{chain{name: "third"}})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if s := again.Status()[0]; s.Position != 8 {
		t.Errorf("it begins at %d, want 8", s.Position)
	}
}

func TestASelectiveProjectorThatWasKilledPassesOverTheRestAgain(t *testing.T) {
	t.Parallel()
	source := projectiontest.NewSource(records(1, 9)...)
	dir, copied := t.TempDir(), t.TempDir()
	r := start(t, projections.Config{Dir: dir, Source: source}, &third{chain{name: "third"}})
	r.wait(t, "third", 9)
	source.Add(records(10, 11)...)
	r.wait(t, "third", 11)
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	want := r.digest(t, "third")
	r.stop()

	again := start(t, projections.Config{Dir: copied, Source: source}, &third{chain{name: "third"}})
	again.wait(t, "third", 11)
	if got := again.digest(t, "third"); got != want {
		t.Errorf("after the kill %+v, before %+v", got, want)
	}
}

func TestManyEventsThatAreNotWantedMoveTheCheckpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := projectiontest.NewSource(records(1, 25_000)...)
		r := start(t, projections.Config{Dir: t.TempDir(), Source: source}, none{&chain{name: "none"}})
		defer r.stop()
		r.wait(t, "none", 25_000)
		if at := r.committed(t, "none"); at <= 15_000 {
			t.Errorf("committed at %d of 25,000", at)
		}
	})
}

// none wants nothing.
type none struct{ *chain }

func (none) Wants(codec.Record) bool { return false }

func TestASelectiveProjectorIsHeldToTheSamePromises(t *testing.T) {
	t.Parallel()
	projectiontest.Run(t, &third{chain{name: "third"}}, records(1, 200))
}

func TestASlowProjectionIsNotHurriedBeyondHalfItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const commit = 5 * time.Millisecond
		source := projectiontest.NewSource()
		batches := 0
		r := start(t, projections.Config{Dir: t.TempDir(), Source: source.Near(), BatchWait: time.Minute},
			&chain{name: "chain", batches: func(int) { batches++; time.Sleep(commit) }})
		defer r.stop()
		<-r.live
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = r.WaitFor(ctx, "chain", 1<<40) }() // it never comes
		for position := 1; position <= 100; position++ {
			source.Add(record(position))
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if batches < 9 || batches > 11 {
			t.Errorf("%d batches of 5 ms in 100 ms, want 10", batches)
		}
	})
}

func TestNoMoreReadModelsAreBuiltAtATimeThanThereAreProcessors(t *testing.T) {
	t.Parallel()
	const last = 50
	var mu sync.Mutex
	var built, active, most int
	building := false
	var all []projections.Projector
	for i := range 2*runtime.NumCPU() + 1 {
		all = append(all, &chain{name: fmt.Sprint("chain-", i), before: func(r codec.Record) error {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case !building:
			case r.Position == 1:
				active++
				most = max(most, active)
			case r.Position == last:
				active--
				built++
			}
			return nil
		}})
	}
	r := start(t, projections.Config{Dir: t.TempDir(), Source: projectiontest.NewSource(records(1, last)...)}, all...)
	for range all {
		<-r.live
	}
	mu.Lock()
	building = true
	mu.Unlock()
	for _, p := range all {
		if err := r.Rebuild(t.Context(), p.Name()); err != nil {
			t.Fatal(err)
		}
	}
	for range all {
		<-r.live
	}
	mu.Lock()
	defer mu.Unlock()
	if built != len(all) || most > runtime.NumCPU() {
		t.Errorf("%d of %d were built, %d at a time; want all, %d at most", built, len(all), most, runtime.NumCPU())
	}
}
