// Package logtest is the contract of [eventstore.Log] as a test suite. Every store
// runs it, and a new rule is added here, once.
//
//	func TestLog(t *testing.T) {
//		logtest.Run(t, func(t *testing.T) eventstore.Log { return memory.New() })
//	}
package logtest

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Open gives a new, empty log. The suite closes it; cleaning up what is below it is
// the caller's part, by t.Cleanup.
type Open func(t *testing.T) eventstore.Log

// Run holds the logs that open gives to the contract.
func Run(t *testing.T, open Open) {
	s := suite{open}
	t.Run("appending", s.appending)
	t.Run("expected revisions", s.expecting)
	t.Run("identity", s.identity)
	t.Run("reading", s.reading)
	t.Run("following", s.following)
	t.Run("concurrency", s.concurrency)
	t.Run("closing", s.closing)
	t.Run("faults", s.faults)
	t.Run("properties", s.properties)
}

type suite struct{ open Open }

// rule runs one sentence of the contract against a log of its own.
func (s suite) rule(t *testing.T, sentence string, check func(t *testing.T, l eventstore.Log)) {
	t.Helper()
	t.Run(sentence, func(t *testing.T) {
		t.Parallel()
		l := s.open(t)
		t.Cleanup(func() {
			if err := l.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
		check(t, l)
	})
}

// event is an event named by its id, with content that follows from it.
func event(id string) eventstore.Event { return eventOf(id, "content of "+id) }

// eventOf is an event with that content.
func eventOf(id, content string) eventstore.Event {
	return eventstore.Event{Source: "suite", ID: id, Hash: sha256.Sum256([]byte(content)), Body: []byte(content)}
}

// events names n events after the prefix.
func events(prefix string, n int) []eventstore.Event {
	out := make([]eventstore.Event, n)
	for i := range out {
		out[i] = event(fmt.Sprintf("%s-%d", prefix, i+1))
	}
	return out
}

// to is an append of the events whatever the stream's revision.
func to(stream eventstore.StreamID, events ...eventstore.Event) eventstore.Append {
	return eventstore.Append{Stream: stream, Expected: eventstore.Any, Events: events}
}

// expecting is an append of the events at that revision.
func expecting(stream eventstore.StreamID, expected eventstore.Expected, events ...eventstore.Event) eventstore.Append {
	return eventstore.Append{Stream: stream, Expected: expected, Events: events}
}

func recorded(p domain.Position, r domain.Revision) eventstore.Receipt {
	return eventstore.Receipt{Position: p, Revision: r}
}

func duplicate(p domain.Position, r domain.Revision) eventstore.Receipt {
	return eventstore.Receipt{Position: p, Revision: r, Duplicate: true}
}
