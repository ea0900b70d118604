package main

import (
	"context"
	"fmt"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// projector keeps what every complaint says its product is. A correction adds a row
// that stands instead of those before it, so that retracting the correction only has
// to take its row away.
type projector struct{}

var _ projections.Projector = projector{}

func (projector) Name() string { return "products" }
func (projector) Version() int { return 1 }

func (projector) Schema() []string {
	return []string{
		`CREATE TABLE complaints (
			position INTEGER NOT NULL, -- of the complaint
			said_at  INTEGER NOT NULL, -- position of the event that says so: its own, or a correction's
			product  TEXT NOT NULL,
			PRIMARY KEY (position, said_at)
		) WITHOUT ROWID`,
		`CREATE INDEX complaints_said_at ON complaints (said_at)`,
	}
}

func (p projector) Apply(ctx context.Context, tx *sqldb.Tx, batch []codec.Record) error {
	for _, record := range batch {
		switch record.Type {
		case "complaint.raised", "entry.corrected", "entry.retracted":
		default:
			continue // most events are of no interest, and are not decoded
		}
		event, err := record.Decode()
		if err != nil {
			return err
		}
		if err := p.fold(ctx, tx, event); err != nil {
			return fmt.Errorf("position %d: %w", event.Position, err)
		}
	}
	return nil
}

func (p projector) fold(ctx context.Context, tx *sqldb.Tx, e domain.Recorded) error {
	switch data := e.Data.(type) {
	case domain.ComplaintRaised:
		return p.say(ctx, tx, e.Position, e.Position, data)
	case domain.EntryCorrected:
		if complaint, ok := data.Data.(domain.ComplaintRaised); ok {
			return p.say(ctx, tx, e.Target, e.Position, complaint)
		}
	case domain.EntryRetracted:
		// The target is a complaint, which goes with all that was said of it, or a
		// correction, which goes alone, or nothing of ours.
		_, err := tx.Exec(ctx, `DELETE FROM complaints WHERE position = ?1 OR said_at = ?1`, int64(e.Target))
		return err
	}
	return nil
}

func (projector) say(ctx context.Context, tx *sqldb.Tx, complaint, saidAt domain.Position, data domain.ComplaintRaised) error {
	product := data.Product
	if product == "" {
		product = "(not named)"
	}
	_, err := tx.Exec(ctx, `INSERT INTO complaints (position, said_at, product) VALUES (?, ?, ?)`,
		int64(complaint), int64(saidAt), product)
	return err
}

// Count is how many complaints stand about a product.
type Count struct {
	Product    string
	Complaints int
}

// Counts are the products complained about, most first.
func Counts(ctx context.Context, tx *sqldb.Tx) ([]Count, error) {
	rows, err := tx.Query(ctx, `
		SELECT product, count(*) FROM complaints AS c
		WHERE said_at = (SELECT max(said_at) FROM complaints WHERE position = c.position)
		GROUP BY product ORDER BY count(*) DESC, product`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var counts []Count
	for rows.Next() {
		var c Count
		if err := rows.Scan(&c.Product, &c.Complaints); err != nil {
			return nil, err
		}
		counts = append(counts, c)
	}
	return counts, rows.Err()
}
