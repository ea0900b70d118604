package logtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/eventstore"
)

func (s suite) appending(t *testing.T) {
	s.rule(t, "positions and revisions are dense from 1, in the order of the call", func(t *testing.T, l eventstore.Log) {
		got := mustAppend(t, l, to("acme", events("a", 2)...), to("bell", events("b", 2)...))
		wantReceipts(t, got, recorded(1, 1), recorded(2, 2), recorded(3, 1), recorded(4, 2))
		got = mustAppend(t, l, to("bell", event("b-3")), to("acme", event("a-3")))
		wantReceipts(t, got, recorded(5, 3), recorded(6, 3))
		wantDense(t, l)
	})
	s.rule(t, "what comes out is what went in", func(t *testing.T, l eventstore.Log) {
		in := eventstore.Event{
			Source: "erp/北", ID: "id with spaces\x00and a zero", Hash: sha256.Sum256([]byte("x")), Body: []byte{0, 1, 0xff, 0},
		}
		mustAppend(t, l, to("a.b_c:d-e", in))
		all := wantDense(t, l)
		if len(all) != 1 || all[0].Source != in.Source || all[0].ID != in.ID || all[0].Hash != in.Hash ||
			!bytes.Equal(all[0].Body, in.Body) || all[0].Stream != "a.b_c:d-e" {
			t.Fatalf("got %+v, want %+v", all, in)
		}
	})
	s.rule(t, "a failed append leaves none of its events, in any of its streams", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("bell", event("b-1")))
		_, err := l.Append(t.Context(), to("acme", events("a", 3)...), expecting("bell", eventstore.NoStream, event("b-2")))
		wantError(t, err, eventstore.ErrWrongExpectedRevision)
		wantIDs(t, wantDense(t, l), "b-1")
		wantReceipts(t, mustAppend(t, l, to("acme", event("a-1"))), recorded(2, 1))
	})
	s.rule(t, "nothing to append is not an error and records nothing", func(t *testing.T, l eventstore.Log) {
		wantReceipts(t, mustAppend(t, l))
		wantReceipts(t, mustAppend(t, l, to("acme")))
		wantReceipts(t, mustAppend(t, l, expecting("acme", eventstore.Exactly(7))))
		wantHead(t, l, 0)
	})
	s.rule(t, "an empty body is a body", func(t *testing.T, l eventstore.Log) {
		e := event("a-1")
		e.Body = nil
		wantReceipts(t, mustAppend(t, l, to("acme", e)), recorded(1, 1))
		if all := wantDense(t, l); len(all[0].Body) != 0 {
			t.Fatalf("got body %q, want none", all[0].Body)
		}
	})
	s.rule(t, "a body of a mebibyte and calls of many events are kept whole", func(t *testing.T, l eventstore.Log) {
		large := eventOf("large", strings.Repeat("0123456789abcdef", 1<<16))
		mustAppend(t, l, to("acme", large), to("bell", events("b", 3000)...))
		all := wantDense(t, l)
		if len(all) != 3001 || !bytes.Equal(all[0].Body, large.Body) {
			t.Fatalf("got %d events, the first of %d bytes", len(all), len(all[0].Body))
		}
	})
	s.rule(t, "a body of nine mebibytes is kept whole", func(t *testing.T, l eventstore.Log) {
		large := eventOf("large", strings.Repeat("x", 9<<20))
		mustAppend(t, l, to("acme", event("a-1"), large))
		if all := wantDense(t, l); len(all) != 2 || !bytes.Equal(all[1].Body, large.Body) {
			t.Fatalf("got %d events, the last of %d bytes", len(all), len(all[len(all)-1].Body))
		}
	})
	s.rule(t, "the log keeps its own copy of a body", func(t *testing.T, l eventstore.Log) {
		e := eventOf("a-1", "first")
		mustAppend(t, l, to("acme", e))
		copy(e.Body, "other")
		read := collect(t, l.ReadLog(t.Context(), 0))
		copy(read[0].Body, "third")
		if got := collect(t, l.ReadLog(t.Context(), 0))[0].Body; string(got) != "first" {
			t.Fatalf("got body %q, want %q", got, "first")
		}
	})
	s.rule(t, "an append with an ended context says so, and a retry tells", func(t *testing.T, l eventstore.Log) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := l.Append(ctx, to("acme", event("a-1")))
		wantError(t, err, context.Canceled)
		mustAppend(t, l, to("acme", event("a-1")))
		wantIDs(t, wantDense(t, l), "a-1")
	})
	s.rule(t, "a stream named again goes on from where it was left, in the order of the call", func(t *testing.T, l eventstore.Log) {
		got := mustAppend(t, l,
			expecting("acme", eventstore.NoStream, event("a-1")), to("bell", event("b-1")),
			expecting("acme", eventstore.Exactly(1), events("more", 2)...), expecting("acme", eventstore.Exactly(3), event("a-4")))
		wantReceipts(t, got, recorded(1, 1), recorded(2, 1), recorded(3, 2), recorded(4, 3), recorded(5, 4))
		_, err := l.Append(t.Context(), to("acme", event("a-5")), expecting("acme", eventstore.Exactly(4), event("a-6")))
		wantConflict(t, err, "acme", 5)
		wantIDs(t, wantDense(t, l), "a-1", "b-1", "more-1", "more-2", "a-4")
	})
	for name, bad := range map[string][]eventstore.Append{
		"no expected revision":             {{Stream: "acme", Events: events("a", 1)}},
		"no expected revision, no events":  {{Stream: "acme"}},
		"no stream":                        {to("", event("a-1"))},
		"no source":                        {to("acme", eventstore.Event{ID: "a-1"})},
		"no id":                            {to("acme", eventstore.Event{Source: "suite"})},
		"an id beyond the limit":           {to("acme", event(strings.Repeat("i", eventstore.MaxIdentityBytes+1)))},
		"a stream's name beyond the limit": {to(eventstore.StreamID(strings.Repeat("s", eventstore.MaxStreamBytes+1)), event("a-1"))},
	} {
		s.rule(t, "refused as invalid: "+name, func(t *testing.T, l eventstore.Log) {
			_, err := l.Append(t.Context(), append([]eventstore.Append{to("other", event("o-1"))}, bad...)...)
			wantError(t, err, eventstore.ErrInvalid)
			wantHead(t, l, 0)
		})
	}
	s.rule(t, "names at their limits are kept", func(t *testing.T, l eventstore.Log) {
		e := event(strings.Repeat("i", eventstore.MaxIdentityBytes))
		e.Source = strings.Repeat("s", eventstore.MaxIdentityBytes)
		mustAppend(t, l, to(eventstore.StreamID(strings.Repeat("n", eventstore.MaxStreamBytes)), e))
		if all := wantDense(t, l); len(all) != 1 || all[0].ID != e.ID || all[0].Source != e.Source {
			t.Fatalf("got %d events, not the one with long names", len(all))
		}
	})
}

func (s suite) expecting(t *testing.T) {
	s.rule(t, "no stream is expected of a new stream only", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, expecting("acme", eventstore.NoStream, event("a-1")))
		_, err := l.Append(t.Context(), expecting("acme", eventstore.NoStream, event("a-2")))
		wantConflict(t, err, "acme", 1)
	})
	s.rule(t, "an exact revision is the stream's last", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, expecting("acme", eventstore.Exactly(0), events("a", 2)...), to("bell", event("b-1")))
		for _, wrong := range []eventstore.Expected{eventstore.Exactly(1), eventstore.Exactly(3), eventstore.NoStream} {
			_, err := l.Append(t.Context(), expecting("acme", wrong, event("a-3")))
			wantConflict(t, err, "acme", 2)
		}
		got := mustAppend(t, l, expecting("acme", eventstore.Exactly(2), event("a-3")))
		wantReceipts(t, got, recorded(4, 3))
	})
	s.rule(t, "a stream nobody wrote to is at revision 0", func(t *testing.T, l eventstore.Log) {
		_, err := l.Append(t.Context(), expecting("acme", eventstore.Exactly(1), event("a-1")))
		wantConflict(t, err, "acme", 0)
	})
	s.rule(t, "a stream whose name begins like another's is its own", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", event("a-1")), to("acme.eu", event("e-1")), to("acm", event("m-1")))
		mustAppend(t, l, expecting("acme", eventstore.Exactly(1), event("a-2")), expecting("acm", eventstore.Exactly(1), event("m-2")))
		wantIDs(t, collect(t, l.ReadStream(t.Context(), "acme", 1)), "a-1", "a-2")
		wantDense(t, l)
	})
}

func wantConflict(t testing.TB, err error, stream eventstore.StreamID, actual uint64) {
	t.Helper()
	wantError(t, err, eventstore.ErrWrongExpectedRevision)
	c := asConflict(t, err)
	if c.Stream != stream || uint64(c.Actual) != actual {
		t.Fatalf("got a conflict on %s at %d, want %s at %d", c.Stream, c.Actual, stream, actual)
	}
}
