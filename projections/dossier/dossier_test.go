package dossier_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

func promises() *dossier.Projector { return dossier.New("promises", 1, "commitment") }

func made(id domain.ID, statement string) domain.CommitmentMade {
	return domain.CommitmentMade{Commitment: id, Statement: statement, DueAt: dossiertest.Time("2026-02-01"), ToContact: "jane"}
}

// story has something of everything that bears on whose events count, and how.
func story(t testing.TB) *dossiertest.Ledger {
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
	first := l.Add("acme", "2026-01-02", made("C-1", "a quote"))
	l.Add("beta", "2026-01-03", made("C-1", "samples"))
	l.Add("beta", "2026-01-04", domain.InteractionHeld{Kind: "call"})
	l.Add("acme", "2026-01-05", domain.ContactMerged{Contact: "jane", Into: "jane.doe"})
	merge := l.Add("beta", "2026-01-06", domain.AccountMerged{Into: "acme"})
	kept := l.Add("acme", "2026-01-07", domain.CommitmentKept{Commitment: "C-1"})
	l.Until("2026-01-08")
	moved := l.Correct(first, made("C-1", "an offer"), "2026-01-05")
	l.Until("2026-01-09")
	l.Retract(kept)
	l.Until("2026-01-10")
	l.Retract(moved)
	l.Until("2026-01-11")
	l.Retract(merge)
	l.Add(domain.Ledger, "2026-01-12", domain.PolicyChanged{Name: "ours", Reason: "a new year"})
	l.Add("acme", "2026-01-12", domain.PersonForgotten{Contact: "jane", Reason: "asked for it"})
	return l
}

// told is what a dossier has, in words.
func told(d *dossier.Dossier) (words []string) {
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.CommitmentMade:
			words = append(words, fmt.Sprintf("%s made %s on %s to %s", d.Name(e, data.Commitment), data.Commitment, e.OccurredAt.Format(time.DateOnly), d.Person(e, data.ToContact)))
		case domain.CommitmentKept:
			words = append(words, d.Name(e, data.Commitment)+" kept")
		default:
			words = append(words, fmt.Sprintf("%T", data))
		}
	}
	return words
}

func TestADossierHasWhatStoodAsItWasKnown(t *testing.T) {
	t.Parallel()
	l := story(t)
	for _, c := range []struct {
		about       string
		account     domain.AccountID
		at, knownAt string
		want        []string
	}{
		{"its own events", "acme", "2026-02-01", "2026-01-04", []string{"C-1 made C-1 on 2026-01-02 to jane"}},
		{"those of an account merged into it", "acme", "2026-02-01", "2026-01-06",
			[]string{"C-1 made C-1 on 2026-01-02 to jane.doe", "beta/C-1 made C-1 on 2026-01-03 to beta/jane"}},
		{"what occurred by then", "acme", "2026-01-02", "2026-01-07", []string{"C-1 made C-1 on 2026-01-02 to jane.doe"}},
		{"a correction's time", "acme", "2026-02-01", "2026-01-08",
			[]string{"beta/C-1 made C-1 on 2026-01-03 to beta/jane", "C-1 made C-1 on 2026-01-05 to jane.doe", "C-1 kept"}},
		{"not what was retracted", "acme", "2026-02-01", "2026-01-09",
			[]string{"beta/C-1 made C-1 on 2026-01-03 to beta/jane", "C-1 made C-1 on 2026-01-05 to jane.doe"}},
		{"what a retracted correction had changed", "acme", "2026-02-01", "2026-01-10",
			[]string{"C-1 made C-1 on 2026-01-02 to jane.doe", "beta/C-1 made C-1 on 2026-01-03 to beta/jane"}},
		{"nothing of an account no longer merged", "acme", "2026-02-01", "2026-02-01", []string{"C-1 made C-1 on 2026-01-02 to jane.doe"}},
		{"an account that was merged, by itself", "beta", "2026-02-01", "2026-01-06", []string{"C-1 made C-1 on 2026-01-03 to jane"}},
	} {
		if got := told(l.Read(promises(), c.account, c.at, c.knownAt)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.about, got, c.want)
		}
	}
}

func TestRulesAndForgottenPersonsAreKnownFromWhenTheyWereRecorded(t *testing.T) {
	t.Parallel()
	l := story(t)
	before, after := l.Read(promises(), "acme", "2026-02-01", "2026-01-11"), l.Read(promises(), "acme", "2026-02-01", "2026-02-01")
	if got := before.Policy().Name; got != domain.DefaultPolicy().Name {
		t.Errorf("policy before it was changed: %s", got)
	}
	if got := after.Policy().Name; got != "ours" {
		t.Errorf("policy after it was changed: %s", got)
	}
	if _, ok := before.Forgotten(before.Events[0], "jane.doe"); ok {
		t.Error("forgotten before anybody asked for it")
	}
	if at, ok := after.Forgotten(after.Events[0], "jane.doe"); !ok || !at.Equal(dossiertest.Time("2026-01-12")) {
		t.Errorf("forgotten at %s, %v: jane was the same person", at, ok)
	}
}

func TestAnAccountOfWhichNothingIsWantedIsEmptyAndAnUnknownOneAnError(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
	l.Add("gone", "2026-01-01", domain.AccountMerged{Into: "only-named"})
	for _, account := range []domain.AccountID{"acme", "only-named"} {
		if d := l.Read(promises(), account, "2026-02-01", "2026-02-01"); len(d.Events) != 0 {
			t.Errorf("%s has %q", account, told(d))
		}
	}
	p := promises()
	l.View(p, func(tx *sqldb.Tx) error {
		_, err := p.Read(t.Context(), tx, "nobody", dossier.Span{At: time.Now(), KnownAt: time.Now()})
		if !errors.Is(err, dossier.ErrUnknownAccount) {
			t.Errorf("nobody: %v", err)
		}
		return nil
	})
}

// TestAllIsEachByItself draws ledgers of accounts that are merged, and events that are
// corrected and retracted, and compares the two ways of reading.
func TestAllIsEachByItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := drawn(t, rt)
		knownAt := dossiertest.Time("2026-01-01").AddDate(0, 0, rapid.IntRange(0, 60).Draw(rt, "known at")).Format(time.DateOnly)
		p := promises()
		found := map[domain.AccountID]int{} // listed, or a part of one that is
		for _, d := range l.All(p, "2026-03-01", knownAt) {
			one := l.Read(p, d.Account, "2026-03-01", knownAt)
			if got, want := text(t, d), text(t, one); got != want {
				rt.Fatalf("%s: all gives\n%s\nby itself it is\n%s", d.Account, got, want)
			}
			for _, account := range append(d.Merged, d.Account) {
				found[account]++
			}
		}
		want := map[domain.AccountID]int{}
		for _, e := range l.Records() {
			if !e.RecordedAt.After(dossiertest.Time(knownAt)) {
				want[e.Account] = 1
			}
		}
		for account := range want {
			for _, part := range l.Read(p, account, "2026-03-01", knownAt).Merged {
				if slices.Contains(l.Read(p, part, "2026-03-01", knownAt).Merged, account) {
					return // in a circle nobody is listed
				}
			}
		}
		for account := range found {
			if _, recorded := want[account]; !recorded {
				want[account] = 1 // named by one that was merged into it
			}
		}
		if !maps.Equal(found, want) {
			rt.Fatalf("found %v, want %v", found, want)
		}
	})
}

// TestTheViewOfWhatStandsIsWhatADossierHas holds SQL to the definition in package domain.
func TestTheViewOfWhatStandsIsWhatADossierHas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l, p := drawn(t, rt), promises()
		var got []string
		l.View(p, func(tx *sqldb.Tx) error {
			rows, err := tx.Query(t.Context(), `SELECT position, occurred, commitment FROM commitment_made WHERE account = 'a' ORDER BY occurred, position`)
			if err != nil {
				return err
			}
			for rows.Next() {
				var position, occurred int64
				var id string
				if err := rows.Scan(&position, &occurred, &id); err != nil {
					return err
				}
				got = append(got, fmt.Sprint(position, occurred, id))
			}
			return rows.Err()
		})
		var want []string
		for _, e := range l.Read(p, "a", "2026-03-01", "2026-03-01").Events {
			if data, ok := e.Data.(domain.CommitmentMade); ok && e.Account == "a" {
				want = append(want, fmt.Sprint(e.Position, e.OccurredAt.UnixMicro(), data.Commitment))
			}
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("the view has %q, the dossier %q", got, want)
		}
	})
}

// Else it takes time by the square of an account's events.
func TestTheViewOfWhatStandsFindsEntriesByTheirTarget(t *testing.T) {
	t.Parallel()
	dossiertest.New(t).View(promises(), func(tx *sqldb.Tx) error {
		plan := projectiontest.Plan(t, tx, `SELECT * FROM commitment_made WHERE account = 'a'`)
		if n := strings.Count(plan, "USING INDEX events_by_target (target=?"); n != 3 {
			t.Errorf("%d of 3 searches use the index:\n%s", n, plan)
		}
		return nil
	})
}

func TestBatchesAndRebuildsMakeNoDifference(t *testing.T) {
	t.Parallel()
	projectiontest.Run(t, promises(), story(t).Records())
}

// drawn is a ledger of three accounts.
func drawn(t testing.TB, rt *rapid.T) *dossiertest.Ledger {
	l := dossiertest.New(t)
	accounts := []domain.AccountID{"a", "b", "c"}
	l.Add("a", "2026-01-01", made("C-0", "to begin with"))
	type spoken struct {
		domain.Event
		p domain.Position
	}
	events := []spoken{{made("C-0", ""), 1}}
	void := map[domain.Position]bool{}
	for i := range rapid.IntRange(0, 30).Draw(rt, "events") {
		now := dossiertest.Time("2026-01-01").AddDate(0, 0, 2*i).Format(time.DateOnly)
		l.Until(now)
		account := rapid.SampledFrom(accounts).Draw(rt, "account")
		on := dossiertest.Time(now).AddDate(0, 0, -rapid.IntRange(0, 20).Draw(rt, "days late")).Format(time.DateOnly)
		about := rapid.SampledFrom(events).Draw(rt, "about")
		var e domain.Event
		switch rapid.IntRange(0, 5).Draw(rt, "what") {
		case 0:
			others := slices.DeleteFunc(slices.Clone(accounts), func(a domain.AccountID) bool { return a == account })
			e = domain.AccountMerged{Into: rapid.SampledFrom(others).Draw(rt, "into")}
		case 1:
			e = domain.AccountUnmerged{From: rapid.SampledFrom(accounts).Draw(rt, "from")}
		case 2:
			if !void[about.p] {
				events = append(events, spoken{about.Event, l.Correct(about.p, about.Event, on)})
			}
			events = events[:len(events)-1] // a correction cannot be corrected
			events = append(events, about)
			continue
		case 3:
			if !void[about.p] {
				void[about.p] = true
				l.Retract(about.p)
			}
			continue
		default:
			e = made(domain.ID(fmt.Sprint("C-", i)), "")
		}
		events = append(events, spoken{e, l.Add(account, on, e)})
	}
	return l
}

func text(t testing.TB, d *dossier.Dossier) string {
	t.Helper()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
