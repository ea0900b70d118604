package trust_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/domain"
	model "github.com/rapport-ledger/rapport/domain/trust"
	"github.com/rapport-ledger/rapport/domain/trust/trusttest"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"github.com/rapport-ledger/rapport/projections/trust"
)

// recordOf is the event as it comes to a projection.
func recordOf(t testing.TB, e domain.Recorded) codec.Record {
	t.Helper()
	stored, err := codec.Encode(e.Envelope)
	if err != nil {
		t.Fatal(err)
	}
	r, err := codec.Decode(eventstore.Recorded{
		Event: stored, Stream: e.Account, Position: e.Position, Revision: e.Revision, RecordedAt: e.RecordedAt,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func recordsOf(t testing.TB, log []domain.Recorded) []codec.Record {
	t.Helper()
	var records []codec.Record
	for _, e := range log {
		records = append(records, recordOf(t, e))
	}
	return records
}

func open(t testing.TB) *sqldb.DB {
	t.Helper()
	return projectiontest.Fold(t, trust.New(), nil)
}

func update(t testing.TB, db *sqldb.DB, f func(*sqldb.Tx) error) {
	t.Helper()
	if err := db.Update(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func fold(t testing.TB, db *sqldb.DB, records []codec.Record) {
	t.Helper()
	update(t, db, func(tx *sqldb.Tx) error { return trust.New().Apply(t.Context(), tx, records) })
}

func ask(t testing.TB, db *sqldb.DB, q trust.Question) trust.Answer {
	t.Helper()
	a, err := tryAsk(t, db, q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func tryAsk(t testing.TB, db *sqldb.DB, q trust.Question) (a trust.Answer, err error) {
	err = db.View(t.Context(), func(tx *sqldb.Tx) error {
		a, err = trust.Ask(t.Context(), tx, q)
		return err
	})
	return a, err
}

// clear empties the read model.
func clear(t testing.TB, db *sqldb.DB) {
	t.Helper()
	update(t, db, func(tx *sqldb.Tx) error {
		for _, table := range []string{"facts", "entries", "merges", "policies", "accounts"} {
			if _, err := tx.Exec(t.Context(), "DELETE FROM "+table); err != nil {
				return err
			}
		}
		return nil
	})
}

// The read model answers what the model says of the same events, whatever the question
// and however the events were cut into batches.
func TestTheReadModelAnswersAsTheModelDoes(t *testing.T) {
	t.Parallel()
	db := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		clear(t, db)
		log := trusttest.History(rt, 60)
		for rest := recordsOf(t, log); len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "batch")
			fold(t, db, rest[:n])
			rest = rest[n:]
		}
		h := model.HistoryOf(log)
		day := func(label string) time.Time {
			return trusttest.Start.AddDate(0, 0, rapid.IntRange(0, 800).Draw(rt, label))
		}
		q := trust.Question{Account: "acme", At: day("at"), KnownAt: day("known_at"), Explain: true}
		if since := day("since"); !since.After(q.At) {
			q.Since = &since
		}
		got, err := tryAsk(t, db, q)
		if !known(log, "acme") {
			if !errors.Is(err, trust.ErrUnknownAccount) {
				rt.Fatalf("got %v, want ErrUnknownAccount", err)
			}
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		want := trust.Answer{Account: "acme", At: q.At, KnownAt: q.KnownAt, Merged: h.Merged("acme", q.KnownAt)}
		want.Assessment = h.Explain("acme", q.At, q.KnownAt)
		if q.Since != nil {
			want.Change = new(h.Change("acme", *q.Since, q.At, q.KnownAt))
		}
		if !reflect.DeepEqual(got, want) {
			rt.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

// known reports whether the account has an event, or another was said to be part of it.
func known(log []domain.Recorded, account domain.AccountID) bool {
	for _, e := range log {
		said := e.Data
		if c, ok := said.(domain.EntryCorrected); ok {
			said = c.Data
		}
		merged, _ := said.(domain.AccountMerged)
		apart, _ := said.(domain.AccountUnmerged) // which the ledger takes of merged accounts only
		if e.Account == account || merged.Into == account || apart.From == account {
			return true
		}
	}
	return false
}

func TestTheRowsDoNotDependOnHowTheyWereFolded(t *testing.T) {
	t.Parallel()
	log := rapid.Custom(func(rt *rapid.T) []domain.Recorded { return trusttest.History(rt, 400) }).Filter(func(log []domain.Recorded) bool {
		return len(log) > 100
	}).Example(1)
	projectiontest.Run(t, trust.New(), recordsOf(t, log))
}

func TestTheRowsOfLargeBatchesAreThoseOfSmallOnes(t *testing.T) {
	t.Parallel()
	s := newSynthetic(t)
	var log []codec.Record
	for i := range 1100 {
		log = append(log, s.at(i))
	}
	projectiontest.Run(t, trust.New(), log)
}

// The view for people with their own tools shows what the model counts.
func TestTheStandingViewIsStandingHistory(t *testing.T) {
	t.Parallel()
	db := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		clear(t, db)
		log := trusttest.History(rt, 60)
		fold(t, db, recordsOf(t, log))
		want := map[domain.Position]string{}
		for _, e := range domain.Standing(log) {
			if f, ok := model.FactOf(e); ok {
				want[f.Position] = string(f.Type) + " " + string(f.Key) + " " + string(f.Marks) + f.Occurred.Format(time.RFC3339)
			}
		}
		got := map[domain.Position]string{}
		err := db.View(t.Context(), func(tx *sqldb.Tx) error {
			rows, err := tx.Query(t.Context(), `SELECT coalesce(corrects, position), type,
				coalesce(key, ''), coalesce(marks, ''), occurred FROM standing`)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var p domain.Position
				var kind, key, marks string
				var occurred int64
				if err := rows.Scan(&p, &kind, &key, &marks, &occurred); err != nil {
					return err
				}
				got[p] = kind + " " + key + " " + marks + time.UnixMicro(occurred).UTC().Format(time.RFC3339)
			}
			return rows.Err()
		})
		if err != nil {
			rt.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			rt.Fatalf("got  %v\nwant %v", got, want)
		}
	})
}

// Else the view takes time by the account's events times its entries, and an answer about any
// account by the merges of all.
func TestEntriesAndMergesAreFoundByIndexes(t *testing.T) {
	t.Parallel()
	err := open(t).View(t.Context(), func(tx *sqldb.Tx) error {
		plan := projectiontest.Plan(t, tx, `SELECT * FROM standing WHERE account = 'a'`)
		if n := strings.Count(plan, "USING INDEX entries_by_target (target=?"); n != 3 {
			t.Errorf("%d of 3 searches use the index:\n%s", n, plan)
		}
		if plan = projectiontest.Plan(t, tx, trust.MergesQuery, "a"); strings.Contains(plan, "SCAN merges") {
			t.Errorf("all merges are read:\n%s", plan)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// logOf records events one after the other, an hour apart, each when it happened.
func logOf(account domain.AccountID, events ...domain.Event) []domain.Recorded {
	var log []domain.Recorded
	for i, e := range events {
		at := noon.Add(time.Duration(i) * time.Hour)
		log = append(log, domain.Recorded{Position: domain.Position(i + 1), RecordedAt: at,
			Envelope: domain.Envelope{Source: "test", ID: time.Duration(i).String(), Account: account, OccurredAt: at, Data: e}})
	}
	return log
}

func TestAnAccountWithoutEventsIsUnknownToTheLedger(t *testing.T) {
	t.Parallel()
	db := open(t)
	fold(t, db, recordsOf(t, logOf("acme", domain.OrderWon{Order: "1", ValueMinor: 100, Currency: "EUR"})))
	if _, err := tryAsk(t, db, trust.Question{Account: "nobody", At: noon, KnownAt: noon}); !errors.Is(err, trust.ErrUnknownAccount) {
		t.Errorf("got %v, want ErrUnknownAccount", err)
	}
	a := ask(t, db, trust.Question{Account: "acme", At: noon, KnownAt: noon})
	if a.Known || a.Score() != nil || a.Evidence != 0 {
		t.Errorf("an account without evidence: got known %v, score %v, evidence %v", a.Known, a.Score(), a.Evidence)
	}
}

func TestAnAccountThatOthersAreMergedIntoIsKnownWithoutEventsOfItsOwn(t *testing.T) {
	t.Parallel()
	db := open(t)
	fold(t, db, recordsOf(t, logOf("bolt",
		domain.SurveyAnswered{Instrument: "csat", Score: 5, ScaleMin: 1, ScaleMax: 5}, domain.AccountMerged{Into: "acme"})))
	if a := ask(t, db, trust.Question{Account: "acme", At: noon.Add(time.Hour), KnownAt: noon.Add(time.Hour)}); !a.Known || len(a.Merged) != 1 {
		t.Errorf("got %+v", a)
	}
}

func TestAQuestionAboutASpanThatEndsBeforeItBeginsIsRefused(t *testing.T) {
	t.Parallel()
	_, err := tryAsk(t, open(t), trust.Question{Account: "acme", At: noon, KnownAt: noon, Since: new(noon.Add(1))})
	if !errors.Is(err, trust.ErrBadSpan) {
		t.Errorf("got %v, want ErrBadSpan", err)
	}
}

func TestCalibrationTakesTheRatesOfAllAccounts(t *testing.T) {
	t.Parallel()
	db := open(t)
	var log []domain.Recorded
	for i := range 100 { // three in four answers at the top of the scale, the others at its foot
		score := 5.0
		if i%4 == 0 {
			score = 1
		}
		account := domain.AccountID([]string{"acme", "bolt", "corp"}[i%3])
		e := logOf(account, domain.SurveyAnswered{Instrument: "csat", Score: score, ScaleMin: 1, ScaleMax: 5})[0]
		e.Position = domain.Position(i + 1)
		log = append(log, e)
	}
	retracted := log[0]
	retracted.Position, retracted.Target, retracted.Data = 101, 1, domain.EntryRetracted{Position: 1, Reason: "not theirs"}
	fold(t, db, recordsOf(t, append(log, retracted)))
	c, ok := calibrate(t, db, noon)
	want := domain.PolicyCalibrated{EvidenceCount: 99, HalfLifeD: 30, Priors: []domain.Prior{{Dimension: "voice", Mean: 75.0 / 99}}}
	if !ok || !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v, %v, want %+v", c, ok, want)
	}
	if c, ok := calibrate(t, db, noon.Add(-1)); ok {
		t.Errorf("before anything happened: got %+v", c)
	}
}

// calibrate counts the rates as of an instant, each account in a transaction of its own.
func calibrate(t *testing.T, db *sqldb.DB, at time.Time) (domain.PolicyCalibrated, bool) {
	t.Helper()
	count := trust.NewCalibration(at, noon)
	for more := true; more; {
		err := db.View(t.Context(), func(tx *sqldb.Tx) (err error) {
			more, err = count.Next(t.Context(), tx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return count.Rates()
}
