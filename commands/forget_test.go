package commands_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/keyring"
)

func openKeys(t *testing.T) *keyring.Keyring {
	t.Helper()
	k, err := keyring.Open(t.TempDir(), keyring.MasterKey{1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

func say(id string, contact domain.ID, verbatim string) domain.Envelope {
	return event("acme", id, domain.VoiceCaptured{Contact: contact, Verbatim: verbatim})
}

// opened is what can be read of the event at the position, and who was forgotten.
func opened(t *testing.T, l *testLog, k *keyring.Keyring, position domain.Position) string {
	t.Helper()
	for stored, err := range l.ReadLog(t.Context(), position-1) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(stored.Body), "secret") {
			t.Errorf("position %d is stored as it was said", position)
		}
		record, err := codec.Decode(stored)
		if err != nil {
			t.Fatal(err)
		}
		record, forgotten, err := record.Open(k)
		if err != nil {
			t.Fatal(err)
		}
		said := string(record.JSON)
		for _, f := range forgotten {
			said += fmt.Sprintf(" without %s since %d", f.Contact, f.Position)
		}
		return said
	}
	t.Fatalf("there is no position %d", position)
	return ""
}

func (l *testLog) isAt(t *testing.T, want domain.Position) {
	t.Helper()
	if head, err := l.Head(t.Context()); err != nil || head != want {
		t.Errorf("the log is at %d, %v, want %d", head, err, want)
	}
}

func readsAs(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func forgetJane(f *commands.Forgetting) (commands.Forgotten, error) {
	return f.Forget(context.Background(), commands.Forget{Account: "acme", Contacts: []domain.ID{"jane"}, Reason: "She asked.", RequestedAt: noon, Actor: "dpo"})
}

func TestForgetting(t *testing.T) {
	t.Parallel()
	clock := func() time.Time { return noon }
	t.Run("makes what was recorded of the person unreadable and says so", func(t *testing.T) {
		t.Parallel()
		k := openKeys(t)
		r, l := start(t, commands.Options{Keys: k})
		record(t, r, "1 2", say("a", "jane", "secret one"), say("b", "joe", "secret two"))
		f := commands.NewForgetting(r, k, clock)
		done, err := forgetJane(f)
		if err != nil || done.Destroyed != 1 || len(done.Receipts) != 1 || done.Receipts[0].Position != 3 {
			t.Fatalf("%+v, %v", done, err)
		}
		readsAs(t, opened(t, l, k, 1), `{"contact":"jane"} without jane since 3`)
		readsAs(t, opened(t, l, k, 2), `{"contact":"joe","verbatim":"secret two"}`)
		readsAs(t, opened(t, l, k, 3), `{"contact":"jane","reason":"She asked.","requested_at":"2026-05-04T12:00:00Z"}`)
		record(t, r, "4 (1)", say("c", "jane", "secret three"), say("a", "jane", "secret one"))
		readsAs(t, opened(t, l, k, 4), `{"contact":"jane","verbatim":"secret three"}`)
	})
	t.Run("is finished by the next process if this one ends in between", func(t *testing.T) {
		t.Parallel()
		k := openKeys(t)
		r, l := start(t, commands.Options{Keys: k})
		record(t, r, "1", say("a", "jane", "secret"))
		f := commands.NewForgetting(r, k, clock)
		broken := errors.New("the process ends")
		for name, step := range map[string]func(){
			"before the event": func() { l.next(func() error { return broken }, nil) },
			"after the event":  func() { l.next(nil, func() error { return broken }) },
		} {
			step()
			if _, err := forgetJane(f); !errors.Is(err, broken) {
				t.Fatalf("%s: %v", name, err)
			}
			if n, err := f.Finish(t.Context()); n != 1 || err != nil {
				t.Fatalf("%s: %d finished, %v", name, n, err)
			}
			if n, err := f.Finish(t.Context()); n != 0 || err != nil {
				t.Fatalf("%s: %d finished again, %v", name, n, err)
			}
		}
		l.isAt(t, 3)
		readsAs(t, opened(t, l, k, 1), `{"contact":"jane"} without jane since 2`)
	})
	t.Run("is finished by the same process, too, once that is possible", func(t *testing.T) {
		t.Parallel()
		k := openKeys(t)
		r, l := start(t, commands.Options{Keys: k})
		record(t, r, "1", say("a", "jane", "secret"))
		f := commands.NewForgetting(r, k, clock)
		broken := errors.New("the disk is full")
		fails := func() error { return broken }
		l.next(fails, nil)
		if _, err := forgetJane(f); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		l.next(fails, nil)
		ctx, cancel := context.WithCancel(t.Context())
		reported, done := make(chan error, 100), make(chan struct{})
		go func() {
			defer close(done)
			f.Run(ctx, time.Millisecond, func(err error) { reported <- err })
		}()
		if err := <-reported; !errors.Is(err, broken) {
			t.Error(err)
		}
		for e, err := range l.Follow(t.Context(), 1) {
			if err != nil || e.Position != 2 {
				t.Errorf("position %d, %v", e.Position, err)
			}
			break
		}
		cancel()
		<-done
		readsAs(t, opened(t, l, k, 1), `{"contact":"jane"} without jane since 2`)
	})
	t.Run("destroys nothing if it cannot be told", func(t *testing.T) {
		t.Parallel()
		k := openKeys(t)
		r, l := start(t, commands.Options{Keys: k})
		record(t, r, "1", say("a", "jane", "secret"))
		var refusal *domain.Refusal
		_, err := commands.NewForgetting(r, k, clock).Forget(t.Context(), commands.Forget{Account: "acme", Contacts: []domain.ID{"jane"}})
		if !errors.As(err, &refusal) {
			t.Errorf("without a reason: %v", err)
		}
		readsAs(t, opened(t, l, k, 1), `{"contact":"jane","verbatim":"secret"}`)
	})
	t.Run("is nobody else's to say, and nothing undoes it", func(t *testing.T) {
		t.Parallel()
		k := openKeys(t)
		r, _ := start(t, commands.Options{Keys: k})
		record(t, r, "refused", event("acme", "a", domain.PersonForgotten{Contact: "jane", Reason: "r"}))
		if _, err := forgetJane(commands.NewForgetting(r, k, clock)); err != nil {
			t.Fatal(err)
		}
		record(t, r, "refused", event("acme", "b", domain.EntryRetracted{Position: 1, Reason: "r"}))
	})
	t.Run("lets the person be added again", func(t *testing.T) {
		t.Parallel()
		k := openKeys(t)
		r, l := start(t, commands.Options{Keys: k})
		add := domain.ContactAdded{Contact: "jane", Name: "secret Jane"}
		record(t, r, "1 refused", event("acme", "a", add), event("acme", "b", add))
		if _, err := forgetJane(commands.NewForgetting(r, k, clock)); err != nil {
			t.Fatal(err)
		}
		record(t, r, "3", event("acme", "c", add))
		readsAs(t, opened(t, l, k, 3), `{"contact":"jane","name":"secret Jane"}`)
	})
}

func TestWhatWaitsWhileAPersonIsForgottenIsSealedAgain(t *testing.T) {
	t.Parallel()
	k := openKeys(t)
	r, l := start(t, commands.Options{Keys: k})
	record(t, r, "1", say("a", "jane", "secret"))
	// The recorder's goroutine is held in an append while the next event is sealed and waits.
	held, goOn := make(chan struct{}), make(chan struct{})
	l.next(func() error { close(held); <-goOn; return nil }, nil)
	done := make(chan struct{})
	go func() { defer close(done); record(t, r, "2", call("bell", "b")) }()
	<-held
	waits := make(chan struct{})
	go func() { defer close(waits); record(t, r, "3", say("c", "jane", "secret still")) }()
	for r.Stats().QueuedEvents < 2 {
		runtime.Gosched()
	}
	if _, err := k.Forget(t.Context(), []domain.Envelope{{
		Source: domain.OwnSource, ID: "f", Account: "acme", OccurredAt: noon, Data: domain.PersonForgotten{Contact: "jane", Reason: "r"},
	}}); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	<-done
	<-waits
	readsAs(t, opened(t, l, k, 1), `{"contact":"jane"} without jane since 0`)
	readsAs(t, opened(t, l, k, 3), `{"contact":"jane","verbatim":"secret still"}`)
}

func TestACorrectionOfPersonalDataAloneIsNoRepetition(t *testing.T) {
	t.Parallel()
	k := openKeys(t)
	r, _ := start(t, commands.Options{Keys: k})
	correct := func(id, verbatim string) domain.Envelope {
		return event("acme", id, domain.EntryCorrected{Position: 1, Reason: "typo", Type: "rapport.voice.captured.v1",
			Data: domain.VoiceCaptured{Contact: "jane", Verbatim: verbatim}})
	}
	record(t, r, "1", say("a", "jane", "secret"))
	record(t, r, "refused 2 refused 3", correct("b", "secret"), correct("c", "secret two"), correct("d", "secret two"), correct("e", "secret"))
}

// failingKeys cannot write.
type failingKeys struct{ *keyring.Keyring }

func (failingKeys) Sync(context.Context) error { return errors.New("the disk is full") }

func TestNothingIsRecordedWithoutItsKeys(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{Keys: failingKeys{openKeys(t)}})
	o := r.Record(t.Context(), []domain.Envelope{say("a", "jane", "secret")})
	if !errors.Is(o[0].Err, eventstore.ErrUnavailable) {
		t.Errorf("got %+v", o)
	}
	l.isAt(t, 0)
}
