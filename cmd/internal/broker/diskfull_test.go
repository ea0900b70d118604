package broker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/rapport-ledger/rapport/eventstore/disktest"
)

// fill takes all the space there is.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	must(t, err)
	defer f.Close()
	for _, size := range []int{1 << 20, 4 << 10, 1} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
}

// Whatever a full disk did to a stream, it writes again when there is space, and has
// what it acknowledged.
func TestAServerWhoseDiskWasFullWritesAgain(t *testing.T) {
	t.Parallel()
	dir := disktest.Small(t, 32)
	b, err := Start(Options{Dir: filepath.Join(dir, "nats"), Logger: zaptest.NewLogger(t, zaptest.Level(zap.WarnLevel))})
	must(t, err)
	defer b.Close()
	type written struct {
		role Role
		js   jetstream.JetStream
		name string
	}
	streams := []*written{{role: Relay, name: "LEDGER"}, {role: Door, name: "REJECTED"}}
	publish := func(w *written, data []byte) error {
		_, err := w.js.Publish(t.Context(), strings.ToLower(w.name)+".x", data)
		return err
	}
	for _, w := range streams {
		nc, err := b.Connect(w.role)
		must(t, err)
		defer nc.Close()
		w.js, err = jetstream.New(nc, jetstream.WithDefaultTimeout(time.Second))
		must(t, err)
		_, err = w.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: w.name, Subjects: []string{strings.ToLower(w.name) + ".>"}})
		must(t, err)
		must(t, publish(w, []byte("before")))
	}
	full := filepath.Join(dir, "full")
	fill(t, full)
	for _, w := range streams {
		eventually(t, func() bool { return publish(w, make([]byte, 64<<10)) != nil })
	}
	eventually(t, func() bool { return b.Check() != nil })
	if err := b.Check(); !strings.Contains(err.Error(), "no space left") {
		t.Errorf("the broker says %v, want that there is no space left", err)
	}
	must(t, os.Remove(full))
	eventually(t, func() bool { return b.Check() == nil })
	for _, w := range streams {
		eventually(t, func() bool { return publish(w, []byte("after")) == nil })
		s, err := w.js.Stream(t.Context(), w.name)
		must(t, err)
		m, err := s.GetMsg(t.Context(), 1)
		must(t, err)
		if string(m.Data) != "before" {
			t.Errorf("the first message of %s is %q", w.name, m.Data)
		}
	}
}
