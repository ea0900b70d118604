package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/eventstore"
)

// damage flips a bit in the middle of the file.
func damage(t *testing.T, path string) {
	t.Helper()
	damageAt(t, path, func(size int) int { return size / 2 })
}

// damageAt flips a bit of the byte that is chosen by the file's size.
func damageAt(t *testing.T, path string, at func(size int) int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at(len(b))] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// tables are the files that hold the log of a ledger that was stopped.
func tables(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "log", "*.sst"))
	if err != nil || len(found) == 0 {
		t.Fatalf("tables of the log: %v, %v", found, err)
	}
	return found
}

func TestAFlippedBitInTheLogIsToldAndNothingIsSkipped(t *testing.T) {
	t.Parallel()
	const events = 300
	dir := t.TempDir()
	l := startLedgerIn(t, dir)
	var batch []string
	for i := range events {
		batch = append(batch, event(fmt.Sprint(i), "interaction.held", fmt.Sprint("account-", i%7),
			fmt.Sprintf(`{"kind":"call","notes":%q}`, strings.Repeat(fmt.Sprint("said ", i*i, ", "), 60))))
	}
	if res := l.post("application/cloudevents-batch+json", "["+strings.Join(batch, ",")+"]"); res.status != http.StatusCreated {
		t.Fatalf("got %d: %s", res.status, res.body)
	}
	l.stop()
	startLedgerIn(t, dir).stop() // which moves the log's journal to tables

	told := 0
	for _, table := range tables(t, dir) {
		copied := t.TempDir()
		for _, part := range []string{"log", "keys"} {
			if err := os.CopyFS(filepath.Join(copied, part), os.DirFS(filepath.Join(dir, part))); err != nil {
				t.Fatal(err)
			}
		}
		damage(t, filepath.Join(copied, "log", filepath.Base(table)))
		err := readAll(t, copied, events)
		if err != nil {
			told++
			t.Logf("%s: %v", filepath.Base(table), err)
		}
	}
	if told == 0 {
		t.Error("no damage was told")
	}
}

// readAll starts a ledger on the directory and reads its log. It gives what the ledger
// says is wrong, and ends the test if that is nothing and an event is missing.
func readAll(t *testing.T, dir string, events int) error {
	t.Helper()
	a, err := open(t.Context(), options{data: dir, http: "127.0.0.1:0", now: time.Now, logger: zap.NewNop()})
	if corrupt, ok := errors.AsType[*eventstore.CorruptionError](err); ok {
		if corrupt.Position == 0 || strings.Contains(err.Error(), "\n") {
			t.Errorf("the ledger does not start without saying where, in a line: %v", err)
		}
		return err
	}
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{t: t, app: a, url: "http://" + a.address}
	defer l.stop()
	res, err := http.Get(l.url + "/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	switch lines := strings.Count(string(body), "\n"); {
	case err != nil:
		return err
	case res.StatusCode != http.StatusOK:
		r := response{res.StatusCode, res.Header, string(body)}
		if p := r.problem(t); !strings.Contains(p.Detail, "position") {
			t.Errorf("the problem does not say where: %+v", p)
		}
		return fmt.Errorf("%s", body)
	case lines != events:
		t.Errorf("%d events of %d, and not a word about the others", lines, events)
	}
	return nil
}

func TestAFlippedBitInWhatNATSKnowsOfItsStreamsLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := startLedgerWith(t, options{data: dir, natsListen: "127.0.0.1:0"})
	send := func(id string) {
		t.Helper()
		nc := l.connected()
		defer nc.Close()
		if _, err := nc.Request("inbox.test", []byte(complaint(id, "acme")), 10*time.Second); err != nil {
			t.Fatal(err)
		}
		l.identified(id)
	}
	send("first")
	l.byInbox(l.connected(), offer{status: 400}, nil, "no event")
	l.stop()
	var known []string
	err := filepath.WalkDir(filepath.Join(dir, "nats"), func(path string, _ os.DirEntry, err error) error {
		if filepath.Base(path) == "meta.inf" {
			known = append(known, path)
		}
		return err
	})
	if err != nil || len(known) < 8 {
		t.Fatalf("%d files, %v", len(known), err)
	}
	for i, path := range known {
		if _, err := os.Stat(path); err != nil {
			continue // it went with another that was made again
		}
		damage(t, path)
		l = startLedgerWith(t, options{data: dir, natsListen: "127.0.0.1:0"})
		send(fmt.Sprint(i))
		l.eventually(func() bool { return l.get("/readyz").status == http.StatusOK })
		if left := l.rejected(); len(left) != 1 {
			t.Errorf("%s: the rejected list has %d messages, want the one", path, len(left))
		}
		l.stop()
	}
}
