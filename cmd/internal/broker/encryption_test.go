package broker

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

const marker = "what a customer said in confidence"

func startEncrypted(t *testing.T, dir string, key [32]byte) (*Broker, jetstream.JetStream) {
	t.Helper()
	b, err := Start(Options{Dir: dir, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	nc, err := b.Connect(Door)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return b, js
}

func onDisk(t *testing.T, dir string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		found = found || bytes.Contains(content, []byte(marker))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestStreamsAreEncryptedAlsoIfTheyWereNot has a server of an earlier time write a
// message, and one with a key take it over.
func TestStreamsAreEncryptedAlsoIfTheyWereNot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, js := startEncrypted(t, dir, [32]byte{})
	config := jetstream.StreamConfig{Name: "REJECTED", Subjects: []string{"rejected.>"}, AllowDirect: true}
	ctx := context.Background()
	if _, err := js.CreateStream(ctx, config); err != nil {
		t.Fatal(err)
	}
	publish := func(js jetstream.JetStream) {
		t.Helper()
		if _, err := js.Publish(ctx, "rejected.crm", []byte(marker)); err != nil {
			t.Fatal(err)
		}
	}
	publish(js)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if !onDisk(t, dir) {
		t.Fatal("the message is nowhere: this test sees nothing")
	}
	for round := range uint64(3) {
		b, js = startEncrypted(t, dir, [32]byte{1})
		publish(js)
		stream, err := js.Stream(ctx, "REJECTED")
		if err != nil {
			t.Fatal(err)
		}
		for sequence := range round + 2 {
			m, err := stream.GetMsg(ctx, sequence+1)
			if err != nil || string(m.Data) != marker {
				t.Fatalf("round %d, message %d: %v", round, sequence+1, err)
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if onDisk(t, dir) {
			t.Errorf("round %d: the message can be read on disk", round)
		}
	}
}
