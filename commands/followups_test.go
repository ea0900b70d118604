package commands_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// act is one of the use cases with its values filled in.
type act func(r *commands.Recorder, ctx context.Context, f commands.FollowUp) (commands.Receipt, error)

func assign(r *commands.Recorder, ctx context.Context, f commands.FollowUp) (commands.Receipt, error) {
	return r.AssignFollowUp(ctx, f, "tom")
}

func snooze(r *commands.Recorder, ctx context.Context, f commands.FollowUp) (commands.Receipt, error) {
	return r.SnoozeFollowUp(ctx, f, noon.Add(time.Hour))
}

func escalate(r *commands.Recorder, ctx context.Context, f commands.FollowUp) (commands.Receipt, error) {
	return r.EscalateFollowUp(ctx, f, "ceo", "third time")
}

func complete(r *commands.Recorder, ctx context.Context, f commands.FollowUp) (commands.Receipt, error) {
	return r.CompleteFollowUp(ctx, f, "replaced")
}

func tell(r *commands.Recorder, ctx context.Context, f commands.FollowUp) (commands.Receipt, error) {
	return r.TellFollowUp(ctx, f, "eva", "phone", "it is on its way")
}

func dismiss(r *commands.Recorder, ctx context.Context, f commands.FollowUp) (commands.Receipt, error) {
	return r.DismissFollowUp(ctx, f, "a mistake")
}

func TestActsOnFollowUps(t *testing.T) {
	t.Parallel()
	id := item("acme", "C-1")
	for _, c := range []struct {
		name string
		do   act
		then domain.Event
	}{
		{"assign", assign, domain.FollowUpAssigned{Item: id, Owner: "tom"}},
		{"snooze", snooze, domain.FollowUpSnoozed{Item: id, Until: noon.Add(time.Hour)}},
		{"escalate", escalate, domain.FollowUpEscalated{Item: id, To: "ceo", Reason: "third time"}},
		{"complete", complete, domain.FollowUpCompleted{Item: id, Outcome: "replaced"}},
		{"tell", tell, domain.FollowUpCustomerTold{Item: id, Contact: "eva", Channel: "phone", Message: "it is on its way"}},
		{"dismiss", dismiss, domain.FollowUpDismissed{Item: id, Reason: "a mistake"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, l := start(t, commands.Options{})
			record(t, r, "1", raise("acme", "a", "C-1"))
			f := commands.FollowUp{Item: id, ID: "act-1", Actor: "ann"}
			got, err := c.do(r, t.Context(), f)
			if want := (commands.Receipt{Source: domain.OwnSource, ID: "act-1", Account: "acme", Position: 2, Revision: 2}); got != want || err != nil {
				t.Fatalf("receipt %+v, %v; want %+v", got, err, want)
			}
			e := events(t, l, "acme")[1]
			if e.Data != c.then || e.Actor != "ann" || !e.OccurredAt.Equal(noon) {
				t.Errorf("recorded %+v, want %+v by ann at noon", e, c.then)
			}
			if again, err := c.do(r, t.Context(), f); err != nil || !again.Duplicate || again.Position != 2 {
				t.Errorf("a second try gave %+v, %v; want a duplicate", again, err)
			}
		})
		t.Run(c.name+" an item that does not exist", func(t *testing.T) {
			t.Parallel()
			r, l := start(t, commands.Options{})
			record(t, r, "1", raise("acme", "a", "C-1"))
			for _, unknown := range []string{item("acme", "C-2"), item("bell", "C-1"), "acme~xyz", "C-1", ""} {
				if _, err := c.do(r, t.Context(), commands.FollowUp{Item: unknown}); !errors.Is(err, commands.ErrNoSuchItem) {
					t.Errorf("on %q: %v, want ErrNoSuchItem", unknown, err)
				}
			}
			if got := inLog(t, l); got != "a" {
				t.Errorf("the log has %s", got)
			}
		})
	}
}

func TestAnActWithoutAnIDGetsOne(t *testing.T) {
	t.Parallel()
	r, _ := start(t, commands.Options{})
	record(t, r, "1", raise("acme", "a", "C-1"))
	f := commands.FollowUp{Item: item("acme", "C-1")}
	first, err := assign(r, t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	second, err := assign(r, t.Context(), f)
	if err != nil || second.Duplicate || first.ID == second.ID || first.ID == "" {
		t.Errorf("receipts %+v and %+v, %v; want two events", first, second, err)
	}
}

func TestAClosedItemIsNotActedOn(t *testing.T) {
	t.Parallel()
	r, _ := start(t, commands.Options{})
	record(t, r, "1", raise("acme", "a", "C-1"))
	f := commands.FollowUp{Item: item("acme", "C-1")}
	if _, err := dismiss(r, t.Context(), f); err != nil {
		t.Fatal(err)
	}
	for _, do := range []act{assign, snooze, escalate, complete, dismiss} {
		_, err := do(r, t.Context(), f)
		if refusal, ok := errors.AsType[*domain.Refusal](err); !ok || refusal.Faults[0].Location != "data.item" {
			t.Errorf("%v, want a refusal of the item", err)
		}
	}
	t.Run("nor put aside until before, and both are said", func(t *testing.T) {
		_, err := r.SnoozeFollowUp(t.Context(), f, noon.Add(-time.Hour))
		if refusal, ok := errors.AsType[*domain.Refusal](err); !ok || len(refusal.Faults) != 2 {
			t.Errorf("%v, want two faults", err)
		}
	})
	t.Run("whoever wants to do it by recording the event", func(t *testing.T) {
		record(t, r, "refused", event("acme", "b", domain.FollowUpAssigned{Item: f.Item, Owner: "tom"}))
	})
}

func TestAnActIsHeldToItsFields(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	record(t, r, "1", raise("acme", "a", "C-1"))
	f := commands.FollowUp{Item: item("acme", "C-1")}
	_, noOwner := r.AssignFollowUp(t.Context(), f, "")
	_, past := r.SnoozeFollowUp(t.Context(), f, noon.Add(-time.Minute))
	_, notATime := r.SnoozeFollowUp(t.Context(), f, time.Time{})
	for _, err := range []error{noOwner, past, notATime} {
		if _, ok := errors.AsType[*domain.Refusal](err); !ok {
			t.Errorf("%v, want a refusal", err)
		}
	}
	if got := inLog(t, l); got != "a" {
		t.Errorf("the log has %s", got)
	}
}

func TestAnUnknownItemIsARefusalToWhoRecordsTheEvent(t *testing.T) {
	t.Parallel()
	r, _ := start(t, commands.Options{})
	got := record(t, r, "refused", event("acme", "b", domain.FollowUpAssigned{Item: item("acme", "C-1"), Owner: "tom"}))
	if errors.Is(got[0].Err, commands.ErrNoSuchItem) {
		t.Error("it is told as an item that was asked for")
	}
}

func TestActsSeeWhatIsRecordedWithThem(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	done := func(id string) domain.Envelope {
		return event("acme", id, domain.FollowUpDismissed{Item: item("acme", "C-1"), Reason: "a mistake"})
	}
	record(t, r, "refused 1 2 3 refused 4 5",
		done("a"), raise("acme", "b", "C-1"), call("bell", "c"), done("d"), done("e"), call("acme", "f"), raise("bell", "g", "C-1"))
	record(t, r, "(3) refused", done("d"), done("h"))
	other := commands.NewRecorder(l, commands.Options{})
	defer other.Close(context.Background())
	record(t, other, "refused", done("i"))
}

func TestAnActAfterARetractionFindsTheItemGone(t *testing.T) {
	t.Parallel()
	r, _ := start(t, commands.Options{})
	record(t, r, "1", raise("acme", "a", "C-1"))
	f := commands.FollowUp{Item: item("acme", "C-1")}
	if _, err := assign(r, t.Context(), f); err != nil {
		t.Fatal(err)
	}
	record(t, r, "3", event("acme", "b", domain.EntryRetracted{ID: "a", Reason: "wrong"}))
	_, err := assign(r, t.Context(), f)
	if _, ok := errors.AsType[*domain.Refusal](err); !ok {
		t.Errorf("%v, want a refusal", err)
	}
}

func TestAnActWhenTheLogCannotWrite(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	record(t, r, "1", raise("acme", "a", "C-1"))
	f := commands.FollowUp{Item: item("acme", "C-1"), ID: "x"}
	l.next(func() error { return eventstore.ErrUnavailable }, nil)
	if _, err := dismiss(r, t.Context(), f); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Fatalf("%v, want ErrUnavailable", err)
	}
	if got, err := dismiss(r, t.Context(), f); err != nil || got.Position != 2 {
		t.Errorf("%+v, %v: what was not recorded is not known", got, err)
	}
}
