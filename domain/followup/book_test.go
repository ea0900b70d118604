package followup_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
)

func (h *history) book() *followup.Book {
	b := followup.NewBook("acme")
	for _, e := range h.events {
		b.Evolve(e)
	}
	return b
}

func (h *history) read(p domain.Position) (domain.Recorded, error) { return h.events[p-1], nil }

// check is what speaks against the event after the history.
func (h *history) check(t *testing.T, e domain.Event) []domain.Fault {
	t.Helper()
	faults, err := h.book().Check(domain.Envelope{Account: "acme", Data: e}, h.read)
	if err != nil {
		t.Fatal(err)
	}
	return faults
}

func TestActsOnItems(t *testing.T) {
	t.Parallel()
	id, other := item("complaint", "c1"), item("complaint", "c2")
	raised := domain.ComplaintRaised{Complaint: "c1", Severity: 1}
	completed := domain.FollowUpCompleted{Item: id, Outcome: "o"}
	dismissed := domain.FollowUpDismissed{Item: id, Reason: "r"}
	for _, tt := range []struct {
		name    string
		given   []domain.Event
		when    domain.Event
		refused string // part of the reason; "" if it is not
	}{
		{"an item that is open is completed", []domain.Event{raised}, completed, ""},
		{"assigned", []domain.Event{raised}, domain.FollowUpAssigned{Item: id}, ""},
		{"dismissed", []domain.Event{raised}, dismissed, ""},
		{"there is no such item", []domain.Event{raised}, domain.FollowUpCompleted{Item: other}, "has no follow-up"},
		{"what ends nothing makes no item", []domain.Event{domain.ComplaintAnswered{Complaint: "c2"}}, domain.FollowUpAssigned{Item: other}, "has no follow-up"},
		{"the work is done once", []domain.Event{raised, completed}, completed, "was done before"},
		{"what is done may be told", []domain.Event{raised, completed}, domain.FollowUpCustomerTold{Item: id}, ""},
		{"what is over is not put aside", []domain.Event{raised, dismissed}, domain.FollowUpSnoozed{Item: id}, "is closed (dismissed)"},
		{"nor dismissed", []domain.Event{raised, domain.ComplaintAnswered{Complaint: "c1"}}, dismissed, "is closed (fulfilled)"},
		{"who was told was told", []domain.Event{raised, dismissed}, domain.FollowUpCustomerTold{Item: id}, ""},
		{"a date passes whatever became of it", []domain.Event{raised, dismissed}, domain.DuePassed{Item: id}, ""},
		{"a date passes even for what is not in the book", []domain.Event{raised}, domain.DuePassed{Item: other}, ""},
		{"other families are not the book's affair", nil, raised, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			faults := of(tt.given...).check(t, tt.when)
			switch {
			case tt.refused == "" && len(faults) > 0:
				t.Errorf("refused: %v", faults)
			case tt.refused != "" && (len(faults) != 1 || !strings.Contains(faults[0].Message, tt.refused) || faults[0].Location != "data.item"):
				t.Errorf("got %v, want a fault of data.item that says %q", faults, tt.refused)
			}
		})
	}
}

func TestTheBookFollowsCorrections(t *testing.T) {
	t.Parallel()
	completed := domain.FollowUpCompleted{Item: item("complaint", "c1")}
	elsewhere := domain.FollowUpCompleted{Item: item("complaint", "c2")}
	h := of(domain.ComplaintRaised{Complaint: "c1", Severity: 1}, domain.ComplaintAnswered{Complaint: "c1"})
	legal := func(e domain.Event, want bool) {
		t.Helper()
		if faults := h.check(t, e); (len(faults) == 0) != want {
			t.Errorf("after %d events: got %v, want it legal: %v", len(h.events), faults, want)
		}
	}
	legal(completed, false)
	h.retract(2)
	legal(completed, true)
	correction := h.correct(1, domain.ComplaintRaised{Complaint: "c2", Severity: 1})
	legal(completed, false)
	legal(elsewhere, true)
	h.retract(correction)
	legal(completed, true)
	legal(elsewhere, false)
	correction = h.correct(1, domain.ComplaintRaised{Complaint: "c1", Severity: 3})
	h.retract(1)
	legal(completed, false)
	h.retract(correction) // a correction of what was retracted brings nothing back
	legal(completed, false)
}

func TestTheBookAgreesWithTheItems(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 100 {
		h := &history{}
		for _, m := range matters(r) {
			for _, e := range m {
				h.at(monday, e)
			}
			if p := domain.Position(1 + r.IntN(len(h.events))); r.IntN(4) == 0 && h.events[p-1].Target == 0 {
				h.retract(p)
			}
		}
		book, items := h.book(), h.items()
		for id, i := range items {
			faults := h.check(t, domain.FollowUpAssigned{Item: id, Owner: "ann"})
			has, err := book.Has(id, h.read)
			if err != nil {
				t.Fatal(err)
			}
			if open := i.Ending == ""; !has || open != (len(faults) == 0) {
				t.Fatalf("item %s is %s, the book says %v", id, state(i), faults)
			}
		}
	}
}

func TestABookThatCannotReadSaysSo(t *testing.T) {
	t.Parallel()
	h := of(domain.ComplaintRaised{Complaint: "c1", Severity: 1})
	broken := errors.New("bad checksum")
	read := func(domain.Position) (domain.Recorded, error) { return domain.Recorded{}, broken }
	id := item("complaint", "c1")
	if _, err := h.book().Check(domain.Envelope{Account: "acme", Data: domain.FollowUpAssigned{Item: id}}, read); !errors.Is(err, broken) {
		t.Errorf("checked with %v", err)
	}
	if _, err := h.book().Has(id, read); !errors.Is(err, broken) {
		t.Errorf("looked up with %v", err)
	}
}
