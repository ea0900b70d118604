package domain_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/domain"
)

// amended is the account after a history, entries and all, taken in one by one.
func amended(events []domain.Recorded) *domain.Account {
	a := domain.NewAccount("acme")
	for i, e := range events {
		if e.Data.EventType().Family() != "entry" {
			a.Evolve(e)
		} else if err := a.Amend(e, reader(events[:i])); err != nil {
			panic(err)
		}
	}
	return a
}

// reader reads a history of the tests, in which the position is the place.
func reader(events []domain.Recorded) domain.ReadEvent {
	return func(p domain.Position) (domain.Recorded, error) {
		if int(p) > len(events) {
			return domain.Recorded{}, nil
		}
		return events[p-1], nil
	}
}

// drawEntry is an entry about one of the events, or about none, allowed or not.
func drawEntry(t *rapid.T, events []domain.Recorded) (domain.Envelope, *domain.Recorded) {
	e := domain.Envelope{Source: "crm", ID: "entry", Account: "acme", OccurredAt: day(20)}
	at := rapid.IntRange(0, len(events)).Draw(t, "target")
	var target *domain.Recorded
	if at > 0 {
		target = &events[at-1]
	}
	e.Data = domain.EntryRetracted{Position: domain.Position(at + 1000), Reason: "wrong"}
	if target != nil {
		e.Data = domain.EntryRetracted{Position: target.Position, Reason: "wrong"}
		if rapid.Bool().Draw(t, "correct") {
			c := domain.EntryCorrected{Position: target.Position, Reason: "typing", Data: drawFact(t)}
			if of, ok := target.Data.(domain.EntryCorrected); ok && rapid.Bool().Draw(t, "of the original") {
				target = &events[target.Target-1]
				c.Position, c.Data = target.Position, of.Data
			}
			if rapid.Bool().Draw(t, "moved") {
				c.OccurredAt = day(rapid.IntRange(1, 28).Draw(t, "occurred"))
			}
			e.Data = c
		}
	}
	return e, target
}

// drawAmended is a random history of facts, allowed or not, and of entries that the
// rules allow.
func drawAmended(t *rapid.T) []domain.Recorded {
	var events []domain.Recorded
	for i := range rapid.IntRange(0, 25).Draw(t, "length") {
		next := recorded(i+1, "acme", nil)
		next.Data = drawFact(t)
		if rapid.Bool().Draw(t, "entry") {
			if e, target := drawEntry(t, events); slowDecideEntry(e, target, events) == nil {
				next.Data, next.Target = e.Data, target.Position
			}
		}
		events = append(events, next)
	}
	return events
}

func TestAnAmendedAccountIsThatOfWhatStands(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := drawAmended(t)
		got, want := amended(events), domain.FoldAccount("acme", domain.Standing(events))
		for range 20 {
			e := domain.Envelope{Source: "crm", ID: "next", Account: "acme", OccurredAt: day(20), Data: drawFact(t)}
			if got, want := fmt.Sprint(got.Decide(e)), fmt.Sprint(want.Decide(e)); got != want {
				t.Fatalf("%+v is decided\n  %s, want\n  %s", e.Data, got, want)
			}
		}
		if got.Things() != want.Things() {
			t.Errorf("it knows\n  %s, want\n  %s", got.Things(), want.Things())
		}
	})
}

func TestEntriesAreDecidedAsByTheWholeHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := drawAmended(t)
		account := amended(events)
		for range 20 {
			e, target := drawEntry(t, events)
			got, want := account.DecideEntry(e, target, reader(events)), slowDecideEntry(e, target, events)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%+v is decided\n  %v, want\n  %v", e.Data, got, want)
			}
		}
	})
}

// slowDecideEntry decides with what stands of a whole history.
func slowDecideEntry(e domain.Envelope, target *domain.Recorded, history []domain.Recorded) error {
	no := func(message string) error { return domain.Refuse("data.position", message) }
	if target == nil {
		return no("the ledger has no such event")
	}
	if _, ok := target.Data.(domain.EntryRetracted); ok {
		return no("that event is itself a retraction; record the fact anew, with an id of its own")
	}
	for _, r := range history {
		if _, ok := r.Data.(domain.EntryRetracted); ok && r.Target == target.Position {
			return no("that event was retracted already")
		}
	}
	c, ok := e.Data.(domain.EntryCorrected)
	if !ok {
		return slowCircle(e, target, history)
	}
	if _, ok := target.Data.(domain.EntryCorrected); ok {
		return no(fmt.Sprintf("that event is itself a correction; correct the event at position %d again, or retract the correction", target.Target))
	}
	if c.Data.EventType() != target.Data.EventType() {
		return domain.Refuse("data.type", fmt.Sprintf("the event to correct is a %s, and a correction does not change that", target.Data.EventType()))
	}
	stands := domain.Standing(history)
	i := slices.IndexFunc(stands, func(r domain.Recorded) bool { return r.Position == target.Position })
	corrected := stands[i].Envelope
	corrected.Source, corrected.Data = e.Source, c.Data
	if !c.OccurredAt.IsZero() {
		corrected.OccurredAt = c.OccurredAt
	}
	if reflect.DeepEqual(corrected.Data, stands[i].Data) && corrected.OccurredAt.Equal(stands[i].OccurredAt) {
		return domain.Refuse("data.data", "is what stands already")
	}
	refusal, ok := errors.AsType[*domain.Refusal](domain.FoldAccount("acme", stands[:i]).Decide(corrected))
	if !ok {
		return slowCircle(e, target, history)
	}
	for i, f := range refusal.Faults {
		if f.Location != "source" && f.Location != "subject" {
			refusal.Faults[i].Location = "data." + f.Location
		}
	}
	return refusal
}

// slowCircle refuses an entry after which a contact is merged into another, and is not
// now, that is merged into it.
func slowCircle(e domain.Envelope, target *domain.Recorded, history []domain.Recorded) error {
	merges := func(history []domain.Recorded) map[domain.ID]domain.ID {
		into := map[domain.ID]domain.ID{}
		for _, r := range domain.Standing(history) {
			switch d := r.Data.(type) {
			case domain.ContactMerged:
				into[d.Contact] = d.Into
			case domain.ContactUnmerged:
				delete(into, d.Contact)
			}
		}
		return into
	}
	e.Target = target.Position
	now := merges(history)
	then := merges(append(slices.Clone(history), domain.Recorded{Envelope: e, Position: domain.Position(len(history) + 1)}))
	var faults []domain.Fault
	for _, one := range slices.Sorted(maps.Keys(then)) {
		other, met := then[one], then[one]
		for range len(then) {
			if met != one {
				met = then[met]
			}
		}
		if other != now[one] && met == one {
			faults = append(faults, domain.Fault{Location: "data.position",
				Message: fmt.Sprintf("by that, contact %q would be merged into %q, which is itself merged into %q", one, other, one)})
		}
	}
	if faults == nil {
		return nil
	}
	return &domain.Refusal{Faults: faults}
}

func TestWhatDoesNotChangeAnAccountNeedNotBeShownToIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := domain.Standing(drawAmended(t))
		all := domain.FoldAccount("acme", events)
		some := domain.FoldAccount("acme", slices.DeleteFunc(events, func(e domain.Recorded) bool {
			return !domain.ChangesAccount(e.Data.EventType())
		}))
		if all.Things() != some.Things() {
			t.Errorf("it knows\n  %s, want\n  %s", some.Things(), all.Things())
		}
	})
}

func TestAPlannedEventTakesItsPlaceOnceItIsRecorded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := domain.Standing(drawAmended(t))
		n := rapid.IntRange(0, len(events)).Draw(t, "recorded")
		a := domain.FoldAccount("acme", events[:n])
		for _, e := range events[n:] {
			a.Evolve(domain.Recorded{Envelope: e.Envelope})
		}
		for _, e := range events[n:] {
			a.Settle(e)
		}
		if want := domain.FoldAccount("acme", events); a.Things() != want.Things() || a.Weight() != want.Weight() {
			t.Errorf("it knows\n  %s, want\n  %s", a.Things(), want.Things())
		}
	})
}

func TestAnAccountThatCannotBeReadIsNotAmended(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fails := func(domain.Position) (domain.Recorded, error) { return domain.Recorded{}, broken }
	events := history(domain.ComplaintRaised{Complaint: "C-1"}, entry{1, domain.EntryCorrected{Data: domain.ComplaintRaised{Complaint: "C-2"}}})
	if err := domain.FoldAccount("acme", events[:1]).Amend(events[1], fails); !errors.Is(err, broken) {
		t.Errorf("amended with %v, want %v", err, broken)
	}
	e := domain.Envelope{Source: "crm", ID: "x", Account: "acme", Data: domain.EntryCorrected{Position: 1, Data: domain.ComplaintRaised{Complaint: "C-3"}}}
	if err := amended(events).DecideEntry(e, &events[0], fails); !errors.Is(err, broken) {
		t.Errorf("decided with %v, want %v", err, broken)
	}
}

func TestThingsOfTwoKindsWithOneIDAreTwoThings(t *testing.T) {
	t.Parallel()
	kinds, keys := domain.Kinds()
	if kinds < 20 || len(keys) != kinds {
		t.Errorf("%d kinds have %d keys", kinds, len(keys))
	}
}
