// Package dossiertest writes small ledgers for the tests of projections made of dossiers.
package dossiertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/dossier"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Ledger is a ledger being written. What it is given is recorded as it is; no rule is asked.
type Ledger struct {
	t         testing.TB
	records   []codec.Record
	revisions map[domain.AccountID]domain.Revision
	now       time.Time

	tables *sqldb.DB // the records, folded; nil until somebody asks
	by     *dossier.Projector
	folded int
}

// New begins an empty ledger, on 1 January 2026.
func New(t testing.TB) *Ledger {
	return &Ledger{t: t, revisions: map[domain.AccountID]domain.Revision{}, now: Time("2026-01-01")}
}

// Time reads a date, or a date with hours and minutes such as 2026-03-01T09:30, in UTC.
func Time(s string) time.Time {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at
		}
	}
	panic("dossiertest: not a time: " + s)
}

// Until lets time pass: what is written from here on is recorded then.
func (l *Ledger) Until(at string) { l.now = Time(at) }

// Add records that something happened and gives its position. What happened after the
// ledger's time lets that time pass.
func (l *Ledger) Add(account domain.AccountID, occurred string, data domain.Event) domain.Position {
	at := Time(occurred)
	if at.After(l.now) {
		l.now = at
	}
	return l.record(domain.Envelope{Account: account, OccurredAt: at, Data: data})
}

// Correct records that the event at the position should have said this instead, and if
// occurred is not empty, that it happened then.
func (l *Ledger) Correct(p domain.Position, data domain.Event, occurred string) domain.Position {
	entry, _ := domain.Lookup(data.EventType())
	c := domain.EntryCorrected{Position: p, Reason: "wrong", Type: entry.CloudEventType(), Data: data}
	if occurred != "" {
		c.OccurredAt = Time(occurred)
	}
	return l.record(domain.Envelope{Account: l.records[p-1].Account, OccurredAt: l.now, Target: p, Data: c})
}

// Retract withdraws the event at the position.
func (l *Ledger) Retract(p domain.Position) domain.Position {
	r := domain.EntryRetracted{Position: p, Reason: "never happened"}
	return l.record(domain.Envelope{Account: l.records[p-1].Account, OccurredAt: l.now, Target: p, Data: r})
}

func (l *Ledger) record(e domain.Envelope) domain.Position {
	l.t.Helper()
	position := domain.Position(len(l.records) + 1)
	l.revisions[e.Account]++
	e.Source, e.ID = "test", fmt.Sprint(position)
	recorded := domain.Recorded{Envelope: e, Position: position, Revision: l.revisions[e.Account], RecordedAt: l.now}
	l.records = append(l.records, l.published(recorded))
	return position
}

// published is the record as projections get it: without personal data.
func (l *Ledger) published(e domain.Recorded) codec.Record {
	l.t.Helper()
	stored, err := codec.EncodeSealed(e.Envelope, unreadable{})
	if err != nil {
		l.t.Fatal(err)
	}
	r, err := codec.Decode(eventstore.Recorded{
		Event: stored, Stream: e.Account, Position: e.Position, Revision: e.Revision, RecordedAt: e.RecordedAt,
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return r.Closed()
}

// unreadable is a [codec.Sealer] that nothing comes back from.
type unreadable struct{}

func (unreadable) Seal(domain.AccountID, []domain.ID, []byte, []byte) ([]byte, error) {
	return []byte{0}, nil
}

// Records are what was written so far.
func (l *Ledger) Records() []codec.Record { return slices.Clone(l.records) }

// View folds what was written so far and runs f on the tables.
func (l *Ledger) View(p *dossier.Projector, f func(*sqldb.Tx) error) {
	l.t.Helper()
	if l.tables == nil || l.by != p || l.folded != len(l.records) {
		l.tables, l.by, l.folded = projectiontest.Fold(l.t, p, l.records), p, len(l.records)
	}
	if err := l.tables.View(l.t.Context(), f); err != nil {
		l.t.Fatal(err)
	}
}

// Read gives the account's dossier at the time, as known at the other.
func (l *Ledger) Read(p *dossier.Projector, account domain.AccountID, at, knownAt string) (d *dossier.Dossier) {
	l.t.Helper()
	l.View(p, func(tx *sqldb.Tx) (err error) {
		d, err = p.Read(l.t.Context(), tx, account, dossier.Span{At: Time(at), KnownAt: Time(knownAt)})
		return err
	})
	return d
}

// All gives every account's dossier at the time, as known at the other.
func (l *Ledger) All(p *dossier.Projector, at, knownAt string) (all []*dossier.Dossier) {
	l.t.Helper()
	l.View(p, func(tx *sqldb.Tx) error {
		for d, err := range p.All(l.t.Context(), tx, dossier.Span{At: Time(at), KnownAt: Time(knownAt)}) {
			if err != nil {
				return err
			}
			all = append(all, d)
		}
		return nil
	})
	return all
}

// Span is the time from the first until the second, as known at the third.
func Span(from, at, knownAt string) dossier.Span {
	return dossier.Span{From: Time(from), At: Time(at), KnownAt: Time(knownAt)}
}

// Overall gives a report on all accounts at the time, as known then.
func Overall[T, R any](l *Ledger, p *dossier.Projector, at string,
	overall func(iter.Seq2[*dossier.Dossier, error]) (T, []R, error)) (total T, rows []R) {
	l.t.Helper()
	return OverallIn(l, p, dossier.Span{At: Time(at), KnownAt: Time(at)}, overall)
}

// OverallIn gives a report on all accounts in the span.
func OverallIn[T, R any](l *Ledger, p *dossier.Projector, s dossier.Span,
	overall func(iter.Seq2[*dossier.Dossier, error]) (T, []R, error)) (total T, rows []R) {
	l.t.Helper()
	l.View(p, func(tx *sqldb.Tx) (err error) {
		total, rows, err = overall(p.All(l.t.Context(), tx, s))
		return err
	})
	return total, rows
}

// Same compares an answer, as a user sees it, with the JSON wanted, in which white space means nothing.
func Same(t testing.TB, got any, want string) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var wanted bytes.Buffer
	if err := json.Compact(&wanted, []byte(want)); err != nil {
		t.Fatal(err)
	}
	if string(text) != wanted.String() {
		t.Errorf("got\n%s, want\n%s", text, &wanted)
	}
}
