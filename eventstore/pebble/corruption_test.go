package pebble_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
)

const sampleDir = "log"

// sample is a log as a killed process leaves it, on a file system in memory: tables on
// several levels, a long write-ahead log, and all that was acknowledged.
type sample struct {
	fs   *vfs.MemFS
	want []eventstore.Recorded
}

func newSample(t testing.TB, events int) sample {
	t.Helper()
	fs := vfs.NewMem()
	l := open(t, sampleDir, smallTables(fs))
	for i := 0; i < events; i += 4 {
		var appends []eventstore.Append
		for j := i; j < min(i+4, events); j++ {
			appends = append(appends, eventstore.Append{
				Stream: eventstore.StreamID(fmt.Sprint("account-", j%37)), Expected: eventstore.Any,
				Events: []eventstore.Event{testEvent(j)},
			})
		}
		if _, err := l.Append(t.Context(), appends...); err != nil {
			t.Fatal(err)
		}
	}
	s := sample{fs: vfs.NewMem()}
	for e, err := range l.ReadLog(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		s.want = append(s.want, e)
	}
	s.fs = clone(t, fs) // the log is still open: nothing is tidied up for it
	return s
}

func smallTables(fs vfs.FS) pebble.Options {
	return pebble.Options{FS: fs, MemTableBytes: 256 << 10, CacheBytes: 1 << 20}
}

func testEvent(i int) eventstore.Event {
	body := fmt.Sprintf(`{"n":%d,"text":%q}`, i, strings.Repeat(fmt.Sprintf("%08x", uint32(i)*2654435761), 60))
	return eventstore.Event{Source: "test", ID: fmt.Sprint("event-", i), Hash: sha256.Sum256([]byte(body)), Body: []byte(body)}
}

func clone(t testing.TB, fs vfs.FS) *vfs.MemFS {
	t.Helper()
	to := vfs.NewMem()
	if _, err := vfs.Clone(fs, to, sampleDir, sampleDir); err != nil {
		t.Fatal(err)
	}
	return to
}

// flip flips one bit of the file.
func flip(t testing.TB, fs vfs.FS, name string, bit int64) {
	t.Helper()
	path := fs.PathJoin(sampleDir, name)
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	content[bit/8] ^= 1 << (bit % 8)
	f, err = fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	f.Close()
}

// outcome is what became of a damaged log.
type outcome struct {
	reported bool
	position domain.Position // where it was first reported
}

// inspect opens the log and reads it in every way. It fails the test if anything is
// not as it was written and no corruption is reported.
func (s sample) inspect(t testing.TB, fs vfs.FS) outcome {
	t.Helper()
	var o outcome
	l, err := pebble.Open(sampleDir, smallTables(fs))
	if o.take(t, "open", err) {
		if o.position < 1 || o.position > domain.Position(len(s.want)) {
			t.Errorf("reported position %d of %d", o.position, len(s.want))
		}
		return o
	}
	defer l.Close()
	got := 0
	for e, err := range l.ReadLog(t.Context(), 0) {
		if o.take(t, "read the log", err) {
			if o.position != domain.Position(got+1) {
				t.Errorf("read %d events and then heard of position %d", got, o.position)
			}
			break
		}
		if !equal(e, s.want[got]) {
			t.Errorf("read %v, want %v", e, s.want[got])
		}
		got++
	}
	if got != len(s.want) && !o.reported {
		t.Errorf("read %d events without an error, want %d", got, len(s.want))
	}
	s.inspectIndexes(t, l, &o)
	return o
}

func (s sample) inspectIndexes(t testing.TB, l *pebble.Log, o *outcome) {
	t.Helper()
	streams := map[eventstore.StreamID][]eventstore.Recorded{}
	for i, want := range s.want {
		streams[want.Stream] = append(streams[want.Stream], want)
		if o.reported && i%50 != 0 {
			continue // looking for what is damaged takes the database long
		}
		e, err := l.Find(t.Context(), want.Source, want.ID)
		if !o.take(t, "find", err) && !equal(e, want) {
			t.Errorf("found %v, want %v", e, want)
		}
		r, err := l.Append(t.Context(), eventstore.Append{Stream: want.Stream, Expected: eventstore.Any, Events: []eventstore.Event{want.Event}})
		if !o.take(t, "append again", err) && (!r[0].Duplicate || r[0].Position != want.Position) {
			t.Errorf("appended again: %+v, want a duplicate of %d", r[0], want.Position)
		}
	}
	for stream, want := range streams {
		if o.reported && stream != "account-7" {
			continue
		}
		got := 0
		for e, err := range l.ReadStream(t.Context(), stream, 1) {
			if o.take(t, "read a stream", err) {
				got = len(want)
				break
			}
			if !equal(e, want[got]) {
				t.Errorf("read %v of %s, want %v", e, stream, want[got])
			}
			got++
		}
		if got != len(want) {
			t.Errorf("read %d events of %s without an error, want %d", got, stream, len(want))
		}
	}
}

// take notes an error, which must be a report of corruption.
func (o *outcome) take(t testing.TB, doing string, err error) bool {
	t.Helper()
	if err == nil {
		return false
	}
	c, ok := errors.AsType[*eventstore.CorruptionError](err)
	if !ok {
		t.Errorf("%s: %v, want a corruption error", doing, err)
		return true
	}
	if !o.reported {
		o.reported, o.position = true, c.Position
	}
	return true
}

func equal(a, b eventstore.Recorded) bool {
	return a.Source == b.Source && a.ID == b.ID && a.Hash == b.Hash && string(a.Body) == string(b.Body) && a.Stream == b.Stream &&
		a.Position == b.Position && a.Revision == b.Revision && a.RecordedAt.Equal(b.RecordedAt)
}

func TestAFlippedBitIsHarmlessOrReported(t *testing.T) {
	t.Parallel()
	s := newSample(t, 1600)
	names, err := s.fs.List(sampleDir)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	const seed = 20261122
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, name := range names {
		st, err := s.fs.Stat(s.fs.PathJoin(sampleDir, name))
		if err != nil {
			t.Fatal(err)
		}
		if st.Size() == 0 || st.IsDir() || name == "SPARE" {
			continue // nothing is kept in there
		}
		bits := bitsToFlip(rng, st.Size()*8)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reported := 0
			for _, bit := range bits {
				fs := clone(t, s.fs)
				flip(t, fs, name, bit)
				o := s.inspect(t, fs)
				if o.reported {
					reported++
				}
				if t.Failed() {
					t.Fatalf("bit %d of %s (%d bytes), seed %d", bit, name, st.Size(), seed)
				}
			}
			t.Logf("%d of %d flips reported, the others harmless", reported, len(bits))
		})
	}
}

// bitsToFlip are places at random, and more of them at both ends.
func bitsToFlip(rng *rand.Rand, size int64) []int64 {
	n := 2
	if os.Getenv("RAPPORT_FLIPS") == "many" {
		n = 150
	}
	var bits []int64
	for range n {
		bits = append(bits, rng.Int64N(size), rng.Int64N(min(size, 8*600)), size-1-rng.Int64N(min(size, 8*200)))
	}
	return bits
}
