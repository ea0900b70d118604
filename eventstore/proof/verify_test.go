package proof_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/proof"
)

// crafted is a log that has whatever a test puts there.
type crafted struct {
	events  []eventstore.Recorded
	damaged map[domain.Position]bool
}

func (c crafted) Head(context.Context) (domain.Position, error) {
	return domain.Position(len(c.events)), nil
}

func (c crafted) ReadLog(_ context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		for p := after + 1; int(p) <= len(c.events); p++ {
			if c.damaged[p] {
				yield(eventstore.Recorded{}, &eventstore.CorruptionError{Position: p, Err: errors.New("a bit flipped")})
				return
			}
			if !yield(c.events[p-1], nil) {
				return
			}
		}
	}
}

func (c crafted) Follow(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		for e, err := range c.ReadLog(ctx, after) {
			if !yield(e, err) || err != nil {
				return
			}
		}
		<-ctx.Done()
		yield(eventstore.Recorded{}, ctx.Err())
	}
}

// copyOf is a log with the same events.
func copyOf(t testing.TB, log proof.Log) crafted {
	t.Helper()
	var c crafted
	for e, err := range log.ReadLog(context.Background(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		c.events = append(c.events, e)
	}
	return c
}

// renumber gives the events the positions they stand at, and streams their revisions,
// as somebody would who wants to hide what was done.
func (c crafted) renumber() crafted {
	revisions := make(map[eventstore.StreamID]domain.Revision)
	for i := range c.events {
		e := &c.events[i]
		revisions[e.Stream]++
		e.Position, e.Revision = domain.Position(i+1), revisions[e.Stream]
		if i > 0 && e.RecordedAt.Before(c.events[i-1].RecordedAt) {
			e.RecordedAt = c.events[i-1].RecordedAt
		}
	}
	return c
}

func verify(t testing.TB, log proof.Log, dir string, key note.Verifier) proof.Report {
	t.Helper()
	r, err := proof.Verify(context.Background(), log, proof.VerifyOptions{Dir: dir, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// signedLog is a log of so many events, signed at each of the sizes.
func signedLog(t testing.TB, sizes ...int) (crafted, place) {
	t.Helper()
	log, p := stores["memory"](t.(*testing.T)), newPlace(t)
	for _, size := range sizes {
		record(t, log, size)
		sign(t, log, p)
	}
	return copyOf(t, log), p
}

func faults(r proof.Report) string {
	var lines []string
	for _, f := range r.Faults {
		lines = append(lines, f.Error())
	}
	return strings.Join(lines, "\n")
}

func TestALogAsItWasSignedVerifies(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, p := open(t), newPlace(t)
			for _, size := range []int{1, 255, 256, 300, 70_000} {
				record(t, log, size)
				sign(t, log, p)
			}
			record(t, log, 70_010)
			r := verify(t, log, p.dir, publicKey(t, p.keys))
			if len(r.Faults) != 0 || r.Events != 70_010 || r.Signed != 70_000 || r.Checkpoints != 5 {
				t.Errorf("%d events, %d signed, %d checkpoints, faults %s", r.Events, r.Signed, r.Checkpoints, faults(r))
			}
		})
	}
}

func TestWhatWasDoneToTheLogIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	signed, p := signedLog(t, 100, 300, 600)
	key := publicKey(t, p.keys)
	with := func(change func(c *crafted)) crafted {
		c := crafted{events: slices.Clone(signed.events)}
		change(&c)
		return c
	}
	alter := func(change func(e *eventstore.Recorded)) crafted {
		return with(func(c *crafted) { change(&c.events[149]) })
	}
	for name, test := range map[string]struct {
		log  crafted
		want string
	}{
		"another body": {
			alter(func(e *eventstore.Recorded) { e.Body = []byte("another") }), "position 150: not the event that was signed",
		},
		"another body and content hash": {
			alter(func(e *eventstore.Recorded) { e.Body = []byte("another"); e.Hash = sha256.Sum256(e.Body) }),
			"position 150: not the event that was signed",
		},
		"another account": {
			alter(func(e *eventstore.Recorded) { e.Stream = "somebody-else" }), "position 150: not the event that was signed",
		},
		"another time": {
			alter(func(e *eventstore.Recorded) { e.RecordedAt = e.RecordedAt.Add(1000) }), "position 150: not the event that was signed",
		},
		"another id": {
			alter(func(e *eventstore.Recorded) { e.ID = "x" }), "position 150: not the event that was signed",
		},
		"another revision": {
			alter(func(e *eventstore.Recorded) { e.Revision++ }), "position 150: not the event that was signed",
		},
		"several altered": {
			with(func(c *crafted) {
				for _, i := range []int{9, 10, 11, 300, 599} {
					c.events[i].Body = []byte("another")
				}
			}),
			"positions 10 to 12: not the event that was signed\nposition 301: not the event that was signed\nposition 600: not the event that was signed",
		},
		"one dropped": {
			with(func(c *crafted) { c.events = slices.Delete(c.events, 149, 150); c.renumber() }),
			"positions 150 to 300: the event that was signed at 150 is gone: the one after it stands there now, and so on",
		},
		"one put in": {
			with(func(c *crafted) {
				e := eventstore.Recorded{Event: event(9000), Stream: "account-1", RecordedAt: c.events[148].RecordedAt}
				c.events = slices.Insert(c.events, 149, e)
				c.renumber()
			}),
			"positions 150 to 300: an event was put in at 150: the one that was signed there comes after it now, and so on up to the end of the row",
		},
		"two exchanged": {
			with(func(c *crafted) {
				c.events[149], c.events[159] = c.events[159], c.events[149]
				c.renumber()
			}),
			"position 150: not in the order that was signed: the event of 150 stands at 160 now",
		},
		"two neighbours exchanged": {
			with(func(c *crafted) {
				c.events[149], c.events[150] = c.events[150], c.events[149]
				c.events[149].RecordedAt, c.events[150].RecordedAt = c.events[150].RecordedAt, c.events[149].RecordedAt
				c.renumber()
			}),
			"stands at 151 now",
		},
		"the end cut off": {
			with(func(c *crafted) { c.events = c.events[:450] }), "positions 451 to 600: signed, and no longer in the log",
		},
		"the first one gone": {
			with(func(c *crafted) { c.events = c.events[1:]; c.renumber() }), "the event that was signed at 1 is gone",
		},
		"all gone": {
			crafted{}, "positions 1 to 600: signed, and no longer in the log",
		},
		"one that cannot be read": {
			crafted{events: signed.events, damaged: map[domain.Position]bool{150: true}}, "position 150: it cannot be read",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := verify(t, test.log, p.dir, key)
			if got := faults(r); !strings.Contains(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestAnAlteredEventIsNamedAloneAndLaterCheckpointsStillCount(t *testing.T) {
	t.Parallel()
	log, p := signedLog(t, 100, 300, 600)
	log.events[149].Body = []byte("another")
	r := verify(t, log, p.dir, publicKey(t, p.keys))
	if len(r.Faults) != 1 || r.Faults[0].Position != 150 || r.Faults[0].Until != 150 || r.Signed != 600 {
		t.Errorf("signed %d, faults\n%s", r.Signed, faults(r))
	}
}

func TestWithoutTheTreesFilesTheStretchIsNamed(t *testing.T) {
	t.Parallel()
	log, p := signedLog(t, 100, 300, 600)
	log.events[149].Body = []byte("another")
	for _, name := range []string{"level-0", "level-1"} {
		if err := os.Remove(filepath.Join(p.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	got := faults(verify(t, log, p.dir, publicKey(t, p.keys)))
	if !strings.Contains(got, "positions 101 to 300: among these events") || !strings.Contains(got, "1 more checkpoints after size 100") {
		t.Errorf("got\n%s", got)
	}
}

func TestDamageOfTheTreesFilesIsToldFromDamageOfTheLog(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		at   int64
		want string
	}{
		"a leaf":     {"level-0", 149 * 32, "position 150: the tree's file level-0 is damaged here; the log has what was signed"},
		"above them": {"level-1", 33, "positions 257 to 512: the tree's file level-1 does not agree with level-0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, p := signedLog(t, 100, 300, 600)
			flip(t, filepath.Join(p.dir, test.file), test.at)
			if got := faults(verify(t, log, p.dir, publicKey(t, p.keys))); !strings.HasPrefix(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// flip flips a bit of a file.
func flip(t testing.TB, path string, at int64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 4
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatWasDoneToTheCheckpointsIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	notes := func(t *testing.T, p place) []string {
		b, err := os.ReadFile(filepath.Join(p.dir, "checkpoints"))
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for text := range slices.Chunk(strings.SplitAfter(string(b), "\n\n"), 2) {
			all = append(all, strings.Join(text, ""))
		}
		return all[:len(all)-1]
	}
	for name, test := range map[string]struct {
		change func(t *testing.T, p place, notes []string) []string
		want   string
	}{
		"a size": {
			func(_ *testing.T, _ place, n []string) []string {
				n[1] = strings.Replace(n[1], "\n300\n", "\n299\n", 1)
				return n
			}, "checkpoint of size 299: not signed by this key",
		},
		"the order": {
			func(_ *testing.T, _ place, n []string) []string { return []string{n[1], n[0], n[2]} },
			"checkpoint of size 100: it comes after one of size 300",
		},
		"somebody else's": {
			func(t *testing.T, _ place, n []string) []string {
				other, q := signedLog(t, 300)
				_ = other
				return []string{n[0], notes(t, q)[0], n[2]}
			}, "checkpoint of size 300: not signed by this key",
		},
		"rubbish": {
			func(_ *testing.T, _ place, n []string) []string { return []string{n[0], "rubbish\n— \n\n", n[2]} },
			"the file of checkpoints cannot be read on",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, p := signedLog(t, 100, 300, 600)
			all := test.change(t, p, notes(t, p))
			if err := os.WriteFile(filepath.Join(p.dir, "checkpoints"), []byte(strings.Join(all, "")), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := faults(verify(t, log, p.dir, publicKey(t, p.keys))); !strings.Contains(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestASignerThatSignsTwoLogsIsFound(t *testing.T) {
	t.Parallel()
	log, p := signedLog(t, 300)
	// The same key signs another log of the same size.
	q := place{filepath.Join(t.TempDir(), "proof"), p.keys}
	other := crafted{events: slices.Clone(log.events)}
	other.events[7].Body = []byte("what others are shown")
	sign(t, other, q)
	b, err := os.ReadFile(filepath.Join(q.dir, "checkpoints"))
	if err != nil {
		t.Fatal(err)
	}
	appendTo(t, filepath.Join(p.dir, "checkpoints"), string(b))
	want := "checkpoint of size 300: two checkpoints of this size have different roots"
	if got := faults(verify(t, log, p.dir, publicKey(t, p.keys))); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestANotaryDoesNotSignALogThatIsNotWhatItSigned(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(t *testing.T, log *crafted, p place)
		want   string
	}{
		"the log lost its end": {
			func(_ *testing.T, log *crafted, _ place) { log.events = log.events[:590] },
			"positions 591 to 600: signed, and no longer in the log",
		},
		"the last event is another": {
			func(_ *testing.T, log *crafted, _ place) { log.events[599].Body = []byte("another") },
			"position 600: not the event that was signed",
		},
		"a hash on the way to the root is another": {
			func(t *testing.T, _ *crafted, p place) { flip(t, filepath.Join(p.dir, "level-1"), 40) },
			"checkpoint of size 600: the tree in",
		},
		"the tree is made again from another log": {
			func(t *testing.T, log *crafted, p place) {
				log.events[3].Body = []byte("another")
				if err := os.Remove(filepath.Join(p.dir, "level-0")); err != nil {
					t.Fatal(err)
				}
			}, "checkpoint of size 600: the tree in",
		},
		"the last checkpoint is another": {
			func(t *testing.T, _ *crafted, p place) {
				st, err := os.Stat(filepath.Join(p.dir, "checkpoints"))
				if err != nil {
					t.Fatal(err)
				}
				flip(t, filepath.Join(p.dir, "checkpoints"), st.Size()-10)
			}, "checkpoint of size 600: not signed by this key",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, p := signedLog(t, 100, 600)
			before, err := os.ReadFile(filepath.Join(p.dir, "checkpoints"))
			if err != nil {
				t.Fatal(err)
			}
			test.change(t, &log, p)
			changed, err := os.ReadFile(filepath.Join(p.dir, "checkpoints"))
			if err != nil {
				t.Fatal(err)
			}
			n, stop := start(t, log, p.options())
			for n.Stats().Err == nil {
				if _, err := n.Covering(t.Context(), 601); err == nil {
					t.Fatal("it signed the log")
				}
			}
			if f, ok := errors.AsType[*proof.Fault](n.Stats().Err); !ok || !strings.HasPrefix(f.Error(), test.want) {
				t.Errorf("got %v, want %s", n.Stats().Err, test.want)
			}
			stop()
			after, err := os.ReadFile(filepath.Join(p.dir, "checkpoints"))
			if err != nil {
				t.Fatal(err)
			}
			if string(after) != string(changed) || len(after) != len(before) {
				t.Error("it wrote another checkpoint")
			}
		})
	}
}
