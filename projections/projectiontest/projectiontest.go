// Package projectiontest holds every projector to the same promises.
package projectiontest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// patience is how long a projection may take before its test is given up.
const patience = time.Minute

// Fold applies the records, which are in log order, to a new read model in one batch.
func Fold(t testing.TB, p projections.Projector, records []codec.Record) *sqldb.DB {
	t.Helper()
	return foldIn(t, p, records, func() int { return len(records) })
}

// Plan is how the database goes about the query, a step a line.
func Plan(t testing.TB, tx *sqldb.Tx, query string, args ...any) string {
	t.Helper()
	rows, err := tx.Query(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		var step string
		if err := rows.Scan(new(int), new(int), new(int), &step); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(step + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

// Rebuild applies the records as a rebuild does: the indexes are made after so many, and follow
// the rest.
func Rebuild(t testing.TB, p projections.Projector, records []codec.Record, indexed int) *sqldb.DB {
	t.Helper()
	db := temporary(t)
	execute(t, db, p.Schema())
	apply(t, db, p, records[:indexed])
	execute(t, db, indexes(p))
	apply(t, db, p, records[indexed:])
	return db
}

// Create makes the projector's tables and indexes in a new database.
func Create(t testing.TB, db *sqldb.DB, p projections.Projector) {
	t.Helper()
	execute(t, db, slices.Concat(p.Schema(), indexes(p)))
}

func indexes(p projections.Projector) []string {
	if p, ok := bare(p).(projections.Indexer); ok {
		return p.Indexes()
	}
	return nil
}

func execute(t testing.TB, db *sqldb.DB, statements []string) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
		for _, statement := range statements {
			if _, err := tx.Exec(t.Context(), statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func temporary(t testing.TB) *sqldb.DB {
	t.Helper()
	db, err := sqldb.OpenTemporary()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// apply has the projector fold a batch, as far as it wants it.
func apply(t testing.TB, db *sqldb.DB, p projections.Projector, batch []codec.Record) {
	t.Helper()
	if batch = wanted(p, batch); len(batch) == 0 {
		return
	}
	if err := db.Update(t.Context(), func(tx *sqldb.Tx) error { return p.Apply(t.Context(), tx, batch) }); err != nil {
		t.Fatal(err)
	}
}

// foldIn applies the records in batches of the sizes given.
func foldIn(t testing.TB, p projections.Projector, records []codec.Record, size func() int) *sqldb.DB {
	t.Helper()
	db := temporary(t)
	Create(t, db, p)
	for rest := records; len(rest) > 0; {
		n := min(size(), len(rest))
		apply(t, db, p, rest[:n])
		rest = rest[n:]
	}
	return db
}

// wanted are the records that the projector wants.
func wanted(p projections.Projector, records []codec.Record) []codec.Record {
	s, ok := bare(p).(projections.Selective)
	if !ok {
		return records
	}
	return slices.DeleteFunc(slices.Clone(records), func(r codec.Record) bool { return !s.Wants(r) })
}

// Run checks that a projector folds the records into the same rows however they are cut
// into batches, through the runtime, and when rebuilt; and that a batch whose transaction
// was rolled back leaves nothing behind in the projector. The records are positions 1, 2, 3
// and so on.
func Run(t *testing.T, p projections.Projector, records []codec.Record) {
	t.Helper()
	want := digest(t, Fold(t, p, records))
	check := func(how, got string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: digest %s, in one batch %s", how, got, want)
		}
	}
	check("one by one", digest(t, foldIn(t, p, records, func() int { return 1 })))
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("batches of random sizes, seed %d", seed)
	check("in random batches", digest(t, foldIn(t, p, records, func() int { return 1 + random.IntN(50) })))
	check("after rollbacks", digest(t, foldTwice(t, p, records)))
	source := NewSource(records...)
	for name, source := range map[string]projections.Source{"a source": source, "a near source": source.Near()} {
		incremental, rebuilt := throughRuntime(t, p, source, domain.Position(len(records)))
		check("by the runtime from "+name, incremental)
		check("rebuilt from "+name, rebuilt)
	}
}

func digest(t testing.TB, db *sqldb.DB) (sum string) {
	t.Helper()
	err := db.View(t.Context(), func(tx *sqldb.Tx) (err error) {
		sum, _, err = sqldb.Digest(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// foldTwice applies every batch twice, and rolls the first time back.
func foldTwice(t testing.TB, p projections.Projector, records []codec.Record) *sqldb.DB {
	t.Helper()
	return foldIn(t, &twice{Projector: p}, records, func() int { return 20 })
}

// twice has each batch folded, undone and folded again.
type twice struct{ projections.Projector }

// bare is the projector itself, with all that it can do.
func bare(p projections.Projector) projections.Projector {
	if t, ok := p.(*twice); ok {
		return t.Projector
	}
	return p
}

func (p *twice) Apply(ctx context.Context, tx *sqldb.Tx, batch []codec.Record) error {
	if _, err := tx.Exec(ctx, "SAVEPOINT first"); err != nil {
		return err
	}
	if err := p.Projector.Apply(ctx, tx, batch); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "ROLLBACK TO first"); err != nil {
		return err
	}
	return p.Projector.Apply(ctx, tx, batch)
}

// throughRuntime gives the digests after following along and after a rebuild.
func throughRuntime(t testing.TB, p projections.Projector, source projections.Source, last domain.Position) (incremental, rebuilt string) {
	t.Helper()
	r, err := projections.Open(projections.Config{Dir: t.TempDir(), Source: source, BatchMax: 7}, p)
	if err != nil {
		t.Fatal(err)
	}
	live := make(chan struct{}, 2)
	r.Observe(func(_ string, batch []codec.Record) {
		if len(batch) == 0 {
			live <- struct{}{}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	defer func() {
		cancel()
		if err := errors.Join(<-done, r.Close()); err != nil {
			t.Error(err)
		}
	}()
	sum := func() string {
		if err := r.WaitFor(ctx, p.Name(), last); err != nil {
			t.Fatal(err)
		}
		d, err := r.Digest(ctx, p.Name())
		if err != nil {
			t.Fatal(err)
		}
		return d.Sum
	}
	incremental = sum()
	<-live
	if err := r.Rebuild(ctx, p.Name()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-live: // anew: the rebuilt one
	case <-ctx.Done():
		t.Fatal("the rebuild does not end: ", r.Status()[0].Error)
	}
	return incremental, sum()
}
