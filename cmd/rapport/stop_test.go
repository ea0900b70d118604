package main_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestStoppedUnderLoadNothingAcknowledgedIsMissing(t *testing.T) {
	t.Parallel()
	p := newProcess(t, t.TempDir())
	p.start()
	p.ready()
	emitters := []*emitter{
		{source: "http", size: 20, send: p.sendHTTP("http")},
		{source: "nats", size: 5, send: p.sendNATS("nats")},
		{source: "inbox", size: 1, send: p.sendInbox("inbox")},
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var clients sync.WaitGroup
	for _, e := range emitters {
		e.acknowledged, e.pause = map[string]uint64{}, time.Millisecond
		clients.Go(func() { e.run(ctx) })
	}
	for n := range 3 {
		p.eventually("some load", func() error { return p.get("/v1/events/"+[]string{"100", "300", "500"}[n], nil) })
		began := time.Now()
		p.stop()
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("stopping took %v", took)
		}
		p.start()
		p.ready()
	}
	cancel()
	clients.Wait()
	log := p.checkLog(emitters, p.settled(emitters))
	p.checkStream(log)
}

func TestAServerThatCannotStartSaysWhyInASentence(t *testing.T) {
	t.Parallel()
	p := newProcess(t, t.TempDir())
	p.start()
	p.ready()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() }) // later than the tests below, which run side by side
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data, http, nats string
		want             string
	}{
		"the data directory is in use": {p.data, freeAddress(t), freeAddress(t), "another server is running on the data directory " + p.data},
		"the HTTP port is in use":      {t.TempDir(), taken.Addr().String(), freeAddress(t), "another program listens on " + taken.Addr().String()},
		"the NATS port is in use":      {t.TempDir(), freeAddress(t), taken.Addr().String(), "another program listens on " + taken.Addr().String()},
		"the data directory is a file": {file, freeAddress(t), freeAddress(t), "not a directory"},
		"no address":                   {t.TempDir(), "nonsense", "", "--http"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			out, err := exec.CommandContext(ctx, path, "serve", "--data", c.data, "--http", c.http, "--nats-listen", c.nats).CombinedOutput()
			if err == nil || ctx.Err() != nil {
				t.Fatalf("it started:\n%s", out)
			}
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			if got := lines[len(lines)-1]; !strings.HasPrefix(got, "rapport: ") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
