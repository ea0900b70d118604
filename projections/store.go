package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// checkpointTable is the runtime's own table in every read model, of one row: how far
// it has come, and what built it. source and id are those of the event at the position,
// by which a ledger is recognised. Behind events that the projector does not want it is
// moved only now and then: they change no row, and are passed over again after a start.
const checkpointTable = "checkpoint"

const createCheckpoint = `CREATE TABLE checkpoint (
	projection TEXT PRIMARY KEY,
	version INTEGER NOT NULL,
	schema TEXT NOT NULL,
	indexes TEXT NOT NULL,
	position INTEGER NOT NULL,
	source TEXT NOT NULL,
	id TEXT NOT NULL
)`

// checkpoint is the row of the table.
type checkpoint struct {
	made
	position   domain.Position
	source, id string
}

// made is what made a read model.
type made struct {
	projection string
	version    int
	schema     string // the text of its tables
	indexes    string
}

func madeBy(p Projector) made {
	return made{
		projection: p.Name(), version: p.Version(),
		schema: strings.Join(p.Schema(), ";\n"), indexes: strings.Join(indexes(p), ";\n"),
	}
}

// indexes are those that Apply does without.
func indexes(p Projector) []string {
	if p, ok := p.(Indexer); ok {
		return p.Indexes()
	}
	return nil
}

const (
	// saveEvery and saveAfter are how far, and how long, a checkpoint may stay behind
	// events that the projector does not want.
	saveEvery = 10_000
	saveAfter = time.Second
)

// store is a read model's database, written by one goroutine.
type store struct {
	db        *sqldb.DB
	projector Projector
	// at is how far the rows have come.
	at checkpoint
	// saved is the position of the checkpoint in the database, and savedAt when it was
	// committed. Between it and at is nothing that the projector wants.
	saved   domain.Position
	savedAt time.Time

	picked []codec.Record // of the last batch
}

var (
	errOtherLedger = errors.New("the event at the checkpoint is not the one that was folded: " +
		"the ledger is another, or was restored; the read model has to be rebuilt")
	errOtherWriter = errors.New("another process writes the read model")
)

// createStore makes the tables in a new database.
func createStore(ctx context.Context, db *sqldb.DB, p Projector) (*store, error) {
	m := madeBy(p)
	err := db.Update(ctx, func(tx *sqldb.Tx) error {
		if err := execAll(ctx, tx, append([]string{createCheckpoint}, p.Schema()...)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "INSERT INTO checkpoint VALUES (?, ?, ?, ?, 0, '', '')", m.projection, m.version, m.schema, m.indexes)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("create the tables of %s: %w", p.Name(), err)
	}
	return &store{db: db, projector: p, at: checkpoint{made: m}}, nil
}

// createEmpty makes a read model without rows that is on disk, and closes it.
func createEmpty(ctx context.Context, path string, p Projector) error {
	db, err := sqldb.OpenBulk(path)
	if err != nil {
		return err
	}
	s, err := createStore(ctx, db, p)
	if err == nil {
		err = s.index(ctx)
	}
	return errors.Join(err, db.Close(), syncFile(path))
}

// index creates the indexes that Apply does without.
func (s *store) index(ctx context.Context) error {
	return s.db.Update(ctx, func(tx *sqldb.Tx) error { return execAll(ctx, tx, indexes(s.projector)) })
}

func execAll(ctx context.Context, tx *sqldb.Tx, statements []string) error {
	for _, s := range statements {
		if _, err := tx.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// reload reads the checkpoint: after an error it may not be where it was thought to be.
func (s *store) reload(ctx context.Context) error {
	return s.db.View(ctx, func(tx *sqldb.Tx) (err error) {
		s.at, err = readCheckpoint(ctx, tx)
		s.saved, s.savedAt = s.at.position, time.Now()
		return err
	})
}

func readCheckpoint(ctx context.Context, tx *sqldb.Tx) (c checkpoint, err error) {
	err = tx.QueryRow(ctx, "SELECT projection, version, schema, indexes, position, source, id FROM checkpoint").
		Scan(&c.projection, &c.version, &c.schema, &c.indexes, &c.position, &c.source, &c.id)
	if errors.Is(err, sql.ErrNoRows) {
		return c, errors.New("the read model has no checkpoint")
	}
	return c, err
}

// apply folds the batch and moves the checkpoint in one transaction; for a batch without
// wanted events there is none as a rule. The batch is not empty and follows where the rows
// have come to without a gap.
func (s *store) apply(ctx context.Context, batch []codec.Record) error {
	last := batch[len(batch)-1]
	next := s.at
	next.position, next.source, next.id = last.Position, last.Source, last.ID
	batch, err := s.wanted(batch)
	if err != nil {
		return err
	}
	if len(batch) == 0 && next.position < s.saved+saveEvery && time.Since(s.savedAt) < saveAfter {
		s.at = next
		return nil
	}
	return s.commit(ctx, next, batch)
}

// wanted are the events of a batch that the projector wants, good until the next batch.
func (s *store) wanted(batch []codec.Record) (wanted []codec.Record, err error) {
	p, ok := s.projector.(Selective)
	if !ok {
		return batch, nil
	}
	clear(s.picked) // the events before need not be kept
	wanted = s.picked[:0]
	err = safely(func() error {
		for _, r := range batch {
			if p.Wants(r) {
				wanted = append(wanted, r)
			}
		}
		return nil
	})
	s.picked = wanted
	return wanted, err
}

// commit applies events, if there are any, and moves the checkpoint in one transaction.
func (s *store) commit(ctx context.Context, next checkpoint, batch []codec.Record) error {
	err := s.db.Update(ctx, func(tx *sqldb.Tx) error {
		if len(batch) > 0 {
			if err := safely(func() error { return s.projector.Apply(ctx, tx, batch) }); err != nil {
				return err
			}
		}
		res, err := tx.Exec(ctx, "UPDATE checkpoint SET position = ?, source = ?, id = ? WHERE position = ?",
			int64(next.position), next.source, next.id, int64(s.saved))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(errOtherWriter, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.at, s.saved, s.savedAt = next, next.position, time.Now()
	return nil
}

// save commits the checkpoint if it has stayed behind.
func (s *store) save(ctx context.Context) error {
	if s.saved == s.at.position {
		return nil
	}
	return s.commit(ctx, s.at, nil)
}

// safely turns a panic into an error.
func safely(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}

// fold applies the batch, or as much of it as there is before the first event that
// cannot be folded; then the error is about that event. Where nothing is undone it is about
// the batch.
func (s *store) fold(ctx context.Context, batch []codec.Record) error {
	err := s.apply(ctx, batch)
	if err == nil || !s.db.Undoes() || passing(ctx, err) || sqldb.Corrupt(err) || errors.Is(err, errOtherWriter) {
		return err
	}
	if len(batch) == 1 {
		return fmt.Errorf("apply the event at position %d (%s): %w", batch[0].Position, batch[0].Type, err)
	}
	half := len(batch) / 2
	if err := s.fold(ctx, batch[:half]); err != nil {
		return err
	}
	return s.fold(ctx, batch[half:])
}

// passing reports whether the error is no fault of the events' or the projector's, and
// goes away by trying again.
func passing(ctx context.Context, err error) bool {
	return ctx.Err() != nil || sqldb.Unavailable(err)
}
