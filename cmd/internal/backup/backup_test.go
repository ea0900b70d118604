package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/rapport-ledger/rapport/cmd/internal/ingress"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// fakeLog has events that are a file when it is copied.
type fakeLog struct {
	events int
	copied func()
	broken error // met when it is read
}

func (l *fakeLog) Checkpoint(_ context.Context, dir string) (domain.Position, error) {
	if l.copied != nil {
		l.copied()
	}
	if err := os.MkdirAll(filepath.Join(dir, "tables"), 0o700); err != nil {
		return 0, err
	}
	return domain.Position(l.events), os.WriteFile(filepath.Join(dir, "tables", "1"), fmt.Appendf(nil, "%d events", l.events), 0o600)
}

func (l *fakeLog) ReadLog(context.Context, domain.Position) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		for p := 1; p <= l.events+1; p++ { // one came meanwhile
			e := eventstore.Recorded{Position: domain.Position(p), RecordedAt: recorded.Add(time.Duration(p) * time.Second)}
			if !yield(e, nil) {
				return
			}
		}
		yield(eventstore.Recorded{}, l.broken)
	}
}

var (
	recorded = time.Date(2026, 3, 9, 14, 30, 0, 0, time.UTC)
	taken    = time.Date(2026, 11, 22, 8, 30, 0, 0, time.UTC)
	waiting  = []ingress.Kept{
		{Subject: "inbox.helpdesk", Time: recorded, Header: nats.Header{"ce-id": {"1"}}, Data: []byte(`{"a":1}`)},
		{Subject: "rejected.helpdesk", Time: recorded, Data: []byte{0, 0xff}},
	}
)

func newLedger(t *testing.T) *Ledger {
	t.Helper()
	return &Ledger{
		Dir: t.TempDir(), Log: &fakeLog{events: 3}, Program: "test", Now: func() time.Time { return taken },
		Messages: func(context.Context) iter.Seq2[ingress.Kept, error] {
			return func(yield func(ingress.Kept, error) bool) {
				for _, k := range waiting {
					if !yield(k, nil) {
						return
					}
				}
			}
		},
		Before: []Part{partOf("proof", "tree", "hashes")},
		After:  []Part{partOf("keys", "ring", "wrapped keys")},
	}
}

func partOf(name, file, content string) Part {
	return Part{Name: name, Copy: func(_ context.Context, dir string) error {
		return os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600)
	}}
}

func mustWrite(t *testing.T, l *Ledger) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := l.Write(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func anything(context.Context, string, Manifest) error { return nil }

func TestWhatWasBackedUpIsRestored(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	b := mustWrite(t, l)
	dir := filepath.Join(t.TempDir(), "made", "here")
	m, err := Restore(t.Context(), bytes.NewReader(b), dir, anything)
	if err != nil {
		t.Fatal(err)
	}
	if m.Position != 3 || !m.Recorded.Equal(recorded.Add(3*time.Second)) || !m.Taken.Equal(taken) || m.Inbox != 1 || m.Rejected != 1 || m.Program != "test" {
		t.Errorf("got manifest %+v", m)
	}
	for name, want := range map[string]string{"log/tables/1": "3 events", "proof/tree": "hashes", "keys/ring": "wrapped keys"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: got %q and error %v, want %q", name, got, err, want)
		}
	}
	if left, err := os.ReadDir(filepath.Join(l.Dir, stagingName)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	wantOnly(t, filepath.Dir(dir), "here")

	var back []ingress.Kept
	put := func(_ context.Context, name string, messages iter.Seq2[ingress.Kept, error]) error {
		for k, err := range messages {
			if err != nil || name == "" {
				t.Errorf("message of %q: %v", name, err)
			}
			back = append(back, k)
		}
		return nil
	}
	failing := errors.New("not now")
	if err := PutBack(t.Context(), dir, func(context.Context, string, iter.Seq2[ingress.Kept, error]) error { return failing }); !errors.Is(err, failing) {
		t.Errorf("got error %v, want %v", err, failing)
	}
	for range 2 { // the second time there is nothing to put back
		if err := PutBack(t.Context(), dir, put); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.EqualFunc(back, waiting, func(a, b ingress.Kept) bool {
		return a.Subject == b.Subject && a.Time.Equal(b.Time) && a.Header.Get("ce-id") == b.Header.Get("ce-id") && bytes.Equal(a.Data, b.Data)
	}) {
		t.Errorf("put back %v, want %v", back, waiting)
	}
}

// wantOnly checks what a directory has.
func wantOnly(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("in %s there is %q, want %q", filepath.Base(dir), got, want)
	}
}

func TestPartsAreCopiedInTheOrderThatMakesThemFit(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	var order []string
	note := func(name string) func() { return func() { order = append(order, name) } }
	noting := func(name string) Part {
		return Part{Name: name, Copy: func(context.Context, string) error { note(name)(); return nil }}
	}
	messages := l.Messages
	l.Messages = func(ctx context.Context) iter.Seq2[ingress.Kept, error] { note("messages")(); return messages(ctx) }
	l.Before, l.After, l.Log = []Part{noting("proof")}, []Part{noting("keys")}, &fakeLog{copied: note("log")}
	mustWrite(t, l)
	if want := []string{"messages", "proof", "log", "keys"}; !slices.Equal(order, want) {
		t.Errorf("copied %q, want %q", order, want)
	}
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	b := mustWrite(t, newLedger(t))
	for i := range len(b) * 8 {
		b[i/8] ^= 1 << (i % 8)
		if m, err := Verify(bytes.NewReader(b)); err == nil {
			t.Errorf("bit %d of byte %d is another, and the backup of %d events is taken for whole", i%8, i/8, m.Position)
		} else if !errors.Is(err, ErrBad) {
			t.Fatalf("bit %d of byte %d: got error %v, want %v", i%8, i/8, err, ErrBad)
		}
		b[i/8] ^= 1 << (i % 8)
	}
	if _, err := Verify(bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatIsCutShortOrGoesOnIsFound(t *testing.T) {
	t.Parallel()
	b := mustWrite(t, newLedger(t))
	for n := range b {
		if _, err := Verify(bytes.NewReader(b[:n])); !errors.Is(err, ErrBad) {
			t.Fatalf("the first %d bytes of %d: got error %v, want %v", n, len(b), err, ErrBad)
		}
	}
	for _, more := range [][]byte{{0}, []byte("more"), b} {
		if _, err := Verify(io.MultiReader(bytes.NewReader(b), bytes.NewReader(more))); !errors.Is(err, ErrBad) {
			t.Errorf("with %d bytes behind it: got error %v, want %v", len(more), err, ErrBad)
		}
	}
}

// forge writes an archive of our own making.
func forge(t *testing.T, fill func(a *archive)) []byte {
	t.Helper()
	var out bytes.Buffer
	a, err := newArchive(&out)
	if err != nil {
		t.Fatal(err)
	}
	fill(a)
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAnArchiveThatIsNotWhatItsManifestSaysIsRefused(t *testing.T) {
	t.Parallel()
	file := func(a *archive, name, content string) {
		if err := a.add(name, int64(len(content)), strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
	}
	manifest := func(a *archive, change func(m *Manifest)) {
		m := Manifest{Format: format, Files: slices.Clone(a.files)}
		change(&m)
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.addBytes(manifestName, b); err != nil {
			t.Fatal(err)
		}
	}
	same := func(*Manifest) {}
	header := func(a *archive, h tar.Header) {
		if err := a.tar.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	for sentence, c := range map[string]struct {
		fill func(a *archive)
		want string
	}{
		"no manifest":    {func(a *archive) { file(a, "log/1", "x") }, "ends without a manifest"},
		"nothing at all": {func(*archive) {}, "ends without a manifest"},
		"a missing file": {func(a *archive) {
			file(a, "log/1", "x")
			manifest(a, func(m *Manifest) { m.Files = append(m.Files, File{Name: "log/2"}) })
		}, "log/2 is missing"},
		"a file too many": {func(a *archive) { file(a, "log/1", "x"); manifest(a, func(m *Manifest) { m.Files = nil }) }, "log/1 is not in its manifest"},
		"another size":    {func(a *archive) { file(a, "log/1", "x"); manifest(a, func(m *Manifest) { m.Files[0].Size++ }) }, "has 1 bytes, and had 2"},
		"another content": {func(a *archive) { file(a, "log/1", "x"); manifest(a, func(m *Manifest) { m.Files[0].SHA256 = "00" }) }, "is not what it was"},
		"a file twice":    {func(a *archive) { file(a, "log/1", "x"); file(a, "log/1", "x"); manifest(a, same) }, ""},
		"a name listed twice": {func(a *archive) {
			file(a, "log/1", "x")
			manifest(a, func(m *Manifest) { m.Files = append(m.Files, m.Files[0]) })
		}, "names a file twice"},
		"a format to come":     {func(a *archive) { manifest(a, func(m *Manifest) { m.Format++ }) }, "has format 2"},
		"a manifest of words":  {func(a *archive) { _ = a.addBytes(manifestName, []byte("all is well")) }, "manifest cannot be read"},
		"a file after the end": {func(a *archive) { manifest(a, same); file(a, "log/1", "x") }, "behind its manifest"},
		"a reason":             {func(a *archive) { _ = a.addBytes(failedName, []byte("the dog ate it")) }, "the dog ate it"},
		"a way out":            {func(a *archive) { file(a, "../1", "x"); manifest(a, same) }, "no backup has"},
		"a way out in between": {func(a *archive) { file(a, "log/../../1", "x"); manifest(a, same) }, "no backup has"},
		"an absolute name":     {func(a *archive) { file(a, "/etc/1", "x"); manifest(a, same) }, "no backup has"},
		"a link": {func(a *archive) {
			header(a, tar.Header{Typeflag: tar.TypeSymlink, Name: "log", Linkname: "/"})
			manifest(a, same)
		}, "no backup has"},
		"a directory":           {func(a *archive) { header(a, tar.Header{Typeflag: tar.TypeDir, Name: "log/"}); manifest(a, same) }, "no backup has"},
		"a file as a directory": {func(a *archive) { file(a, "log", "x"); file(a, "log/1", "x"); manifest(a, same) }, ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			b := forge(t, c.fill)
			parent := t.TempDir()
			_, err := Restore(t.Context(), bytes.NewReader(b), filepath.Join(parent, "data"), anything)
			if err == nil || c.want != "" && (!errors.Is(err, ErrBad) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got error %v, want one that says %q", err, c.want)
			}
			wantOnly(t, parent)
		})
	}
}

func TestNothingIsRestoredOverWhatIsThereNorLeftBehind(t *testing.T) {
	t.Parallel()
	b := mustWrite(t, newLedger(t))
	parent := t.TempDir()
	dir := filepath.Join(parent, "data")
	refusal := errors.New("the log is another")
	refuse := func(context.Context, string, Manifest) error { return refusal }
	if _, err := Restore(t.Context(), bytes.NewReader(b), dir, refuse); !errors.Is(err, refusal) {
		t.Errorf("got error %v, want %v", err, refusal)
	}
	if _, err := Restore(t.Context(), bytes.NewReader(b[:len(b)/2]), dir, anything); !errors.Is(err, ErrBad) {
		t.Errorf("got error %v, want %v", err, ErrBad)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Restore(ctx, bytes.NewReader(b), dir, anything); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	wantOnly(t, parent)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), bytes.NewReader(b), dir, anything); err != nil {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := Restore(t.Context(), bytes.NewReader(b), dir, anything); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("got error %v, want %v", err, ErrNotEmpty)
	}
}

func TestALogThatCannotBeReadIsNotBackedUpAndTheFileSaysWhy(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.Log = &fakeLog{events: 3, broken: nil}
	damage := &eventstore.CorruptionError{Position: 2, Err: errors.New("a bit flipped")}
	l.Log = brokenLog{&fakeLog{events: 3}, damage}
	var out bytes.Buffer
	if _, err := l.Write(t.Context(), &out); !errors.Is(err, eventstore.ErrCorrupt) {
		t.Errorf("got error %v, want %v", err, eventstore.ErrCorrupt)
	}
	if _, err := Verify(&out); !errors.Is(err, ErrBad) || !strings.Contains(err.Error(), "at position 2: a bit flipped") {
		t.Errorf("what was written says %v", err)
	}
}

type brokenLog struct {
	*fakeLog
	err error
}

func (b brokenLog) ReadLog(context.Context, domain.Position) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) { yield(eventstore.Recorded{}, b.err) }
}

// copying writes the bytes.
func copying(b []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(b); return err }
}

func TestAFileHasItsNameWhenItIsWholeAndNotBefore(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	b := mustWrite(t, l)
	named := func(Manifest) string { return "it.tar.zst" }
	dir := t.TempDir()
	if _, _, err := Save(dir, named, copying(b[:len(b)-1])); !errors.Is(err, ErrBad) {
		t.Errorf("cut short: got error %v, want %v", err, ErrBad)
	}
	broken := errors.New("the line went dead")
	if _, _, err := Save(dir, named, func(w io.Writer) error { return errors.Join(copying(b)(w), broken) }); !errors.Is(err, broken) {
		t.Errorf("got error %v, want %v", err, broken)
	}
	wantOnly(t, dir)
	path, m, err := Save(dir, named, copying(b))
	if err != nil || m.Position != 3 || path != filepath.Join(dir, "it.tar.zst") {
		t.Fatalf("got %s with %+v and error %v", path, m, err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, b) {
		t.Errorf("got %d bytes and error %v, want %d", len(got), err, len(b))
	}
	if _, _, err := Save(dir, named, copying(b)); !errors.Is(err, os.ErrExist) {
		t.Errorf("got error %v, want %v", err, os.ErrExist)
	}
	wantOnly(t, dir, "it.tar.zst")
}
