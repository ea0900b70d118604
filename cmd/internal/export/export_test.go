package export_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/rapport-ledger/rapport/cmd/internal/export"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/memory"
	"github.com/rapport-ledger/rapport/eventstore/proof"
)

// newLog is a log of that many events of three accounts.
func newLog(t testing.TB, events int) *memory.Log {
	t.Helper()
	at := time.Date(2026, 3, 9, 14, 30, 0, 0, time.UTC)
	l := memory.New(memory.WithClock(func() time.Time { at = at.Add(1234567 * time.Nanosecond); return at }))
	for i := range events {
		e, err := codec.ParseStructured(fmt.Appendf(nil, `{"specversion":"1.0","type":"rapport.complaint.raised.v1","source":"test","id":"%d","subject":"account-%d",`+
			`"time":"2026-03-01T10:00:00Z","actor":"zoë","data":{"complaint":"C-%d","severity":3,"contact":"jane","summary":"It <broke>."}}`, i, i%3, i))
		if err != nil {
			t.Fatal(err)
		}
		stored, err := codec.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(t.Context(), eventstore.Append{Stream: e.Account, Expected: eventstore.Any, Events: []eventstore.Event{stored}}); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func exported(t testing.TB, l export.Log) string {
	t.Helper()
	var out strings.Builder
	if err := export.Write(t.Context(), l, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// reimport makes a log of an export.
func reimport(t *testing.T, text string) (*memory.Log, export.Summary, error) {
	t.Helper()
	r := memory.NewRestorer()
	s, err := export.Read(strings.NewReader(text), func(e eventstore.Recorded) error { return r.Restore(t.Context(), e) })
	return r.Log(), s, err
}

func TestAnExportMakesTheSameLogAgain(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 3, 7, 8, 100} {
		l := newLog(t, n)
		text := exported(t, l)
		again, s, err := reimport(t, text)
		if err != nil {
			t.Fatalf("%d events: %v", n, err)
		}
		var hashes []tlog.Hash
		var want, got []eventstore.Recorded
		for e := range l.ReadLog(t.Context(), 0) {
			want = append(want, e)
			h, err := tlog.StoredHashes(int64(len(want)-1), proof.RecordOf(e).Append(nil), tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
				out := make([]tlog.Hash, len(at))
				for i, x := range at {
					out[i] = hashes[x]
				}
				return out, nil
			}))
			if err != nil {
				t.Fatal(err)
			}
			hashes = append(hashes, h...)
		}
		for e := range again.ReadLog(t.Context(), 0) {
			got = append(got, e)
		}
		if !slices.EqualFunc(got, want, func(a, b eventstore.Recorded) bool {
			return a.Position == b.Position && a.Revision == b.Revision && a.Stream == b.Stream && a.Source == b.Source && a.ID == b.ID &&
				a.Hash == b.Hash && bytes.Equal(a.Body, b.Body) && a.RecordedAt.Equal(b.RecordedAt)
		}) {
			t.Errorf("%d events: got %v, want %v", n, got, want)
		}
		root, err := tlog.TreeHash(int64(n), tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
			out := make([]tlog.Hash, len(at))
			for i, x := range at {
				out[i] = hashes[x]
			}
			return out, nil
		}))
		if err != nil || s.Root != root || int(s.Events) != n {
			t.Errorf("%d events: got %d with root %s, want root %s (%v)", n, s.Events, s.Root, root, err)
		}
		if twice := exported(t, again); twice != text {
			t.Errorf("%d events: exported again it is another", n)
		}
	}
}

func TestLinesAreCloudEvents(t *testing.T) {
	t.Parallel()
	line := strings.Split(exported(t, newLog(t, 2)), "\n")[2]
	for _, want := range []string{
		`{"specversion":"1.0","id":"1","source":"test","type":"rapport.complaint.raised.v1","subject":"account-1"`,
		`"sequence":"2"`, `"revision":"1"`, `"recordedtime":"2026-03-09T14:30:00.002469Z"`, `"partitionkey":"account-1"`, `"data":{"complaint":"C-1"`,
	} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is not in %s", want, line)
		}
	}
}

func TestWhatDoesNotFitIsRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	lines := strings.SplitAfter(strings.TrimSuffix(exported(t, newLog(t, 5)), "\n"), "\n")
	join := func(edit func(l []string) []string) string { return strings.Join(edit(slices.Clone(lines)), "") }
	replace := func(n int, old, with string) string {
		return join(func(l []string) []string {
			if !strings.Contains(l[n-1], old) {
				t.Fatalf("line %d has no %s: %s", n, old, l[n-1])
			}
			l[n-1] = strings.Replace(l[n-1], old, with, 1)
			return l
		})
	}
	body := base64.StdEncoding.EncodeToString([]byte{1, 0, 1})
	for sentence, c := range map[string]struct {
		text   string
		number int
	}{
		"nothing at all":                {"", 0},
		"no beginning":                  {join(func(l []string) []string { return l[1:] }), 1},
		"a format to come":              {replace(1, `"format":1`, `"format":2`), 1},
		"the last line missing":         {join(func(l []string) []string { return l[:6] }), 0},
		"an event missing at the end":   {join(func(l []string) []string { return slices.Delete(l, 5, 6) }), 6},
		"an event missing in between":   {join(func(l []string) []string { return slices.Delete(l, 3, 4) }), 4},
		"an event twice":                {join(func(l []string) []string { return slices.Insert(l, 3, l[2]) }), 4},
		"two events in the other order": {join(func(l []string) []string { l[2], l[3] = l[3], l[2]; return l }), 3},
		"another date":                  {replace(4, `"recordedtime":"2026-03-09T14:30:00.003`, `"recordedtime":"2026-03-09T14:30:00.002`), 7},
		"a date before the last":        {replace(4, `"recordedtime":"2026`, `"recordedtime":"2025`), 0},
		"no date":                       {replace(4, `"recordedtime":"2026-03-09`, `"recordedtime":"today`), 4},
		"another id":                    {replace(4, `"id":"2"`, `"id":"x"`), 7},
		"another account":               {replace(4, `"partitionkey":"account-2"`, `"partitionkey":"account-9"`), 7},
		"another revision":              {replace(4, `"revision":"1"`, `"revision":"2"`), 0},
		"no position":                   {replace(4, `"sequence":"3"`, `"sequence":""`), 4},
		"half a hash":                   {replace(4, `"contenthash":"`, `"contenthash":"ab`), 4},
		"no hash":                       {replace(4, `"contenthash":`, `"hash":`), 4},
		"bytes that are no event":       {replace(4, `"stored":"`, `"stored":"`+body+`","other":"`), 4},
		"bytes that are not base64":     {replace(4, `"stored":"`, `"stored":"%`), 4},
		"another root":                  {replace(7, `"root":"`, `"root":"A`), 7},
		"another number":                {replace(7, `"events":5`, `"events":4`), 7},
		"a line that is not JSON":       {replace(4, `{`, ``), 4},
		"a mark from the future":        {replace(4, `{`, `{"rapport":"key",`), 4},
		"something behind the end":      {join(func(l []string) []string { return append(l, "\n{}") }), 8},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			_, _, err := reimport(t, c.text)
			if err == nil {
				t.Fatal("it was taken")
			}
			line, ok := errors.AsType[*export.LineError](err)
			misfit, misfits := errors.AsType[*eventstore.MisfitError](err)
			switch {
			case ok && line.Number != c.number:
				t.Errorf("got error %v, want line %d", err, c.number)
			case misfits && misfit.Position != 3:
				t.Errorf("got error %v, want position 3", err)
			case !ok && !misfits && c.number != 0:
				t.Errorf("got error %v, want line %d", err, c.number)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(exported(f, newLog(f, 0))))
	f.Add([]byte(exported(f, newLog(f, 3))))
	f.Fuzz(func(t *testing.T, text []byte) {
		var events []eventstore.Recorded
		s, err := export.Read(bytes.NewReader(text), func(e eventstore.Recorded) error { events = append(events, e); return nil })
		if err != nil {
			return
		}
		if int(s.Events) != len(events) {
			t.Errorf("%d events, and %d were given", s.Events, len(events))
		}
		for i, e := range events {
			if int(e.Position) != i+1 {
				t.Errorf("event %d is at %d", i+1, e.Position)
			}
		}
	})
}
