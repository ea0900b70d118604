package proof_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/proof"
)

func TestARecordHasOneForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := eventstore.Recorded{
			Event: eventstore.Event{
				Source: rapid.String().Draw(t, "source"), ID: rapid.String().Draw(t, "id"),
				Body: rapid.SliceOf(rapid.Byte()).Draw(t, "body"),
			},
			Stream:     eventstore.StreamID(rapid.StringN(0, 60, 255).Draw(t, "stream")),
			Position:   domain.Position(rapid.Uint64().Draw(t, "position")),
			Revision:   domain.Revision(rapid.Uint64().Draw(t, "revision")),
			RecordedAt: time.UnixMicro(rapid.Int64().Draw(t, "recorded")).UTC(),
		}
		b := proof.RecordOf(e).Append(nil)
		got, err := proof.ParseRecord(b)
		if err != nil || got != proof.RecordOf(e) {
			t.Fatalf("read back %+v, %v", got, err)
		}
		// Every other form is refused, or is of another event.
		at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		changed := slices.Clone(b)
		changed[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if other, err := proof.ParseRecord(changed); err == nil && other == got {
			t.Fatalf("two forms of one record: %x and %x", b, changed)
		}
	})
}

func TestAnyTwoCheckpointsProveThatTheLogGrew(t *testing.T) {
	t.Parallel()
	log, p := stores["memory"](t), newPlace(t)
	n, _ := start(t, log, p.options())
	key := publicKey(t, p.keys)
	sizes := []int{1, 2, 3, 7, 8, 100, 255, 256, 257, 400, 512, 700}
	for _, size := range sizes {
		record(t, log, size)
		if _, err := n.Covering(t.Context(), domain.Position(size)); err != nil {
			t.Fatal(err)
		}
	}
	for i, from := range sizes {
		for _, to := range sizes[i:] {
			grown, err := n.ProveGrowth(int64(from), int64(to))
			if err != nil {
				t.Fatalf("%d to %d: %v", from, to, err)
			}
			first, second, err := grown.Check(key)
			if err != nil || first.Size != int64(from) || second.Size != int64(to) {
				t.Errorf("%d to %d: %v", from, to, err)
			}
			if from < to {
				turned := *grown
				turned.From, turned.To = grown.To, grown.From
				if _, _, err := turned.Check(key); err == nil {
					t.Errorf("%d to %d: proved backwards, too", from, to)
				}
			}
			for k := range grown.Path {
				bad := *grown
				bad.Path = slices.Clone(grown.Path)
				bad.Path[k][0] ^= 1
				if _, _, err := bad.Check(key); err == nil {
					t.Errorf("%d to %d: proved with another hash at %d", from, to, k)
				}
			}
		}
	}
	if _, err := n.ProveGrowth(5, 700); err == nil {
		t.Error("proved from a size that was never signed")
	}
}

// FuzzCheck gives anything to what reads proofs: it must not panic, and must prove
// nothing but what the golden proofs prove.
func FuzzCheck(f *testing.F) {
	text, files := goldenProofs(f)
	key, err := proof.ParsePublic(text)
	if err != nil {
		f.Fatal(err)
	}
	var known []string
	for _, b := range files {
		f.Add(b)
		p, err := proof.ParseProof(b)
		if err != nil {
			f.Fatal(err)
		}
		known = append(known, shown(f, p, key))
	}
	f.Add([]byte(`{"format":"rapport.event-proof.v1","position":1,"record":"AQ==","path":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := proof.ParseProof(b)
		if err != nil {
			return
		}
		if got := shown(t, p, key); got != "" && !slices.Contains(known, got) {
			t.Errorf("it proves %s", got)
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		same, err := proof.ParseProof(again)
		if err != nil {
			t.Fatalf("it does not read what it wrote: %v", err)
		}
		if twice, err := json.Marshal(same); err != nil || !bytes.Equal(again, twice) {
			t.Errorf("written %s, and then %s", again, twice)
		}
	})
}

// shown is what a proof proves; empty if nothing.
func shown(t testing.TB, p proof.Proof, key note.Verifier) string {
	t.Helper()
	switch p := p.(type) {
	case *proof.EventProof:
		if s, err := p.Check(key); err == nil {
			return fmt.Sprint(s.Record, s.Checkpoint.Size, s.Checkpoint.Root)
		}
	case *proof.GrowthProof:
		if from, to, err := p.Check(key); err == nil {
			return fmt.Sprint(from.Size, from.Root, to.Size, to.Root)
		}
	default:
		t.Fatalf("a proof of type %s", reflect.TypeOf(p))
	}
	return ""
}

// FuzzCheckpoint gives anything to what reads checkpoints.
func FuzzCheckpoint(f *testing.F) {
	text, _ := goldenProofs(f)
	key, err := proof.ParsePublic(text)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("golden.example/log\n5\nAAAA\n\n— golden.example/log AAAA\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := proof.OpenCheckpoint(b, key); err == nil && c.Size != 5 && c.Size != 300 {
			t.Errorf("it takes %q for signed", b)
		}
		_, _ = proof.ParseCheckpoint(b)
		_, _ = proof.ParseRecord(b)
		_, _ = proof.ParsePublic(string(b))
	})
}
