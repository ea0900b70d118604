package proof_test

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"strings"
	"testing"

	pebbledb "github.com/cockroachdb/pebble/v2"

	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
	"github.com/rapport-ledger/rapport/eventstore/proof"
)

// raw is the database below a log, in the hands of somebody who knows its format and
// puts the checksums right.
type raw struct {
	t  *testing.T
	db *pebbledb.DB
}

func (r raw) key(position uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{'e'}, position)
}

func (r raw) get(position uint64) []byte {
	r.t.Helper()
	value, closer, err := r.db.Get(r.key(position))
	if err != nil {
		r.t.Fatal(err)
	}
	defer closer.Close()
	return append([]byte(nil), value...)
}

// set stores a record at a position with the checksum that goes with it.
func (r raw) set(position uint64, record []byte) {
	r.t.Helper()
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Checksum(record[21:], table)
	sum = crc32.Update(sum, table, binary.BigEndian.AppendUint64(nil, position))
	sum = crc32.Update(sum, table, record[5:21])
	binary.BigEndian.PutUint32(record[1:], sum)
	if err := r.db.Set(r.key(position), record, pebbledb.Sync); err != nil {
		r.t.Fatal(err)
	}
}

func (r raw) drop(position uint64) {
	r.t.Helper()
	if err := r.db.Delete(r.key(position), pebbledb.Sync); err != nil {
		r.t.Fatal(err)
	}
}

func TestWhatIsDoneToTheFilesOfALogIsFound(t *testing.T) {
	t.Parallel()
	const events = 1000
	for name, test := range map[string]struct {
		change func(raw)
		want   string
	}{
		"altered": {func(r raw) {
			record := r.get(500)
			record[len(record)-1] ^= 1
			r.set(500, record)
		}, "position 500: not the event that was signed"},
		"altered twice": {func(r raw) {
			for _, p := range []uint64{3, 999} {
				record := r.get(p)
				record[len(record)-1] ^= 1
				r.set(p, record)
			}
		}, "position 3: not the event that was signed\nposition 999: not the event that was signed"},
		"dropped, and the rest moved up": {func(r raw) {
			for p := uint64(500); p < events; p++ {
				r.set(p, r.get(p+1))
			}
			r.drop(events)
		}, "the log cannot be opened"},
		"dropped": {func(r raw) { r.drop(500) }, "position 500: it cannot be read"},
		"put in, and the last one dropped": {func(r raw) {
			for p := uint64(events); p > 500; p-- {
				r.set(p, r.get(p-1))
			}
		}, "positions 501 to 1000: an event was put in at 501"},
		"exchanged": {func(r raw) {
			a, b := r.get(500), r.get(507)
			r.set(500, b)
			r.set(507, a)
		}, "position 500: not in the order that was signed: the event of 500 stands at 507 now"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, p := filepath.Join(t.TempDir(), "log"), newPlace(t)
			log := openPebble(t, dir)
			record(t, log, events)
			sign(t, log, p)
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			db, err := pebbledb.Open(dir, &pebbledb.Options{FormatMajorVersion: pebbledb.FormatValueSeparation, Logger: quiet{}})
			if err != nil {
				t.Fatal(err)
			}
			test.change(raw{t, db})
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			again, err := pebble.Open(dir, pebble.Options{})
			if err != nil {
				if test.want != "the log cannot be opened" {
					t.Error(err)
				}
				return
			}
			defer again.Close()
			if got := faults(verify(t, again, p.dir, publicKey(t, p.keys))); !strings.Contains(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func openPebble(t testing.TB, dir string) *pebble.Log {
	t.Helper()
	log, err := pebble.Open(dir, pebble.Options{Clock: clock()})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}

// BenchmarkVerify reads a log on disk and computes its tree anew, in events a second.
func BenchmarkVerify(b *testing.B) {
	const events = 300_000
	dir, p := filepath.Join(b.TempDir(), "log"), newPlace(b)
	log := openPebble(b, dir)
	defer log.Close()
	body := strings.Repeat(`{"complaint":"C-1","severity":4}`, 13) // 416 bytes
	for i := 0; i < events; {
		batch := make([]eventstore.Append, 0, 1000)
		for range cap(batch) {
			e := event(i)
			e.Body = []byte(body + e.ID)
			batch = append(batch, eventstore.Append{
				Stream: eventstore.StreamID(fmt.Sprint("account-", i%2000)), Expected: eventstore.Any, Events: []eventstore.Event{e},
			})
			i++
		}
		if _, err := log.Append(b.Context(), batch...); err != nil {
			b.Fatal(err)
		}
	}
	sign(b, log, p)
	key := publicKey(b, p.keys)
	for b.Loop() {
		r, err := proof.Verify(b.Context(), log, proof.VerifyOptions{Dir: p.dir, Key: key})
		if err != nil || len(r.Faults) > 0 || r.Signed != events {
			b.Fatal(err, r)
		}
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkNotary is what following costs, an event.
func BenchmarkNotary(b *testing.B) {
	log := stores["memory"](&testing.T{})
	record(b, log, 100_000)
	for b.Loop() {
		sign(b, log, newPlace(b))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/event")
}
