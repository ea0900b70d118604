package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/backup"
)

// TestALostDataDirectoryComesBack is the drill: load, a backup under it, everything
// lost, and the ledger is there again.
func TestALostDataDirectoryComesBack(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	p := newProcess(t, filepath.Join(home, "data"))
	p.start()
	p.ready()
	early, late := p.emitters("early"), p.emitters("late")
	p.emit(early, 300, func() {})
	p.refuseOne()
	refused := p.rejected()

	file := filepath.Join(home, "it.tar.zst")
	p.emit(late, 300, func() {
		if out, err := p.run("backup", file); err != nil {
			t.Errorf("backup: %v\n%s", err, out)
		}
	})
	p.settled(late)
	was := p.log()
	m := verifyFile(t, file)
	p.kill()
	if err := os.RemoveAll(p.data); err != nil {
		t.Fatal(err)
	}

	out, err := p.run("restore", file, "--data", p.data)
	if err != nil {
		t.Fatalf("restore: %v\n%s", err, out)
	}
	p.start()
	p.ready()
	p.settled(early)
	is := p.log()
	if len(is) < int(m.Position) || len(is) > int(m.Position)+m.Inbox {
		t.Errorf("there are %d events, and the backup had %d and %d on their way", len(is), m.Position, m.Inbox)
	}
	for i := range m.Position {
		if is[i] != was[i] {
			t.Fatalf("position %d: got %s\nwant %s", i+1, is[i], was[i])
		}
	}
	if got := p.rejected(); got != refused {
		t.Errorf("rejected: got %s\nwant %s", got, refused)
	}
	t.Logf("%d events of %d were in the backup", m.Position, len(was))

	p.again(late)
	head := p.settled(late)
	ids := p.checkLog(append(early, late...), head)
	p.checkStream(ids)
	p.checkProjections(head)
}

func (p *process) emitters(name string) []*emitter {
	one, many, inbox := name+"-one", name+"-many", name+"-inbox"
	return []*emitter{
		{source: one, size: 1, send: p.sendHTTP(one)},
		{source: many, size: 20, send: p.sendHTTP(many)},
		{source: inbox, size: 1, send: p.sendInbox(inbox)},
	}
}

// emit has the emitters send until the log has that many events more, meanwhile is
// done, and each of them had something acknowledged.
func (p *process) emit(emitters []*emitter, events int, meanwhile func()) {
	p.t.Helper()
	before := p.position()
	ctx, stop := context.WithCancel(p.t.Context())
	var clients sync.WaitGroup
	for _, e := range emitters {
		e.acknowledged = map[string]uint64{}
		clients.Go(func() { e.run(ctx) })
	}
	wait := func() {
		p.eventually("load", func() error {
			if now := p.position(); now < before+uint64(events) {
				return fmt.Errorf("at %d, since %d", now, before)
			}
			return nil
		})
	}
	wait()
	meanwhile()
	before = p.position()
	wait()
	stop()
	clients.Wait()
}

// position is how far the timeline is.
func (p *process) position() uint64 {
	p.t.Helper()
	statuses, err := p.projections()
	if err != nil || len(statuses) == 0 {
		p.t.Fatalf("%v, %v", statuses, err)
	}
	return statuses[0].Position
}

// again sends what was acknowledged again, as emitters do that know what was lost.
func (p *process) again(emitters []*emitter) {
	p.t.Helper()
	for _, e := range emitters {
		sent := maps.Clone(e.acknowledged)
		clear(e.acknowledged)
		for id := range sent {
			positions, err := e.send(p.t.Context(), []string{id})
			if err != nil {
				p.t.Fatalf("send %s again: %v", id, err)
			}
			e.acknowledge([]string{id}, positions)
		}
	}
}

// refuseOne has an event in the rejected list.
func (p *process) refuseOne() {
	p.t.Helper()
	if err := p.connect().Publish("inbox.careless", []byte(`{"specversion":"1.0"}`)); err != nil {
		p.t.Fatal(err)
	}
	p.eventually("refused", func() error {
		if got := p.rejected(); !strings.Contains(got, "careless") {
			return fmt.Errorf("rejected: %s", got)
		}
		return nil
	})
}

func (p *process) rejected() string {
	p.t.Helper()
	var all json.RawMessage
	if err := p.get("/v1/rejected", &all); err != nil {
		p.t.Fatal(err)
	}
	return string(all)
}

// log is every event as the ledger gives it.
func (p *process) log() []string {
	p.t.Helper()
	resp, err := p.fetch("/v1/events")
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

func verifyFile(t *testing.T, name string) backup.Manifest {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := backup.Verify(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAnExportIsTheSameLedgerElsewhere(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	p := newProcess(t, filepath.Join(home, "data"))
	p.start()
	p.ready()
	p.emit(p.emitters("any"), 100, func() {})
	was := p.log()
	file := filepath.Join(home, "log.ndjson")
	if out, err := p.run("export", file); err != nil {
		t.Fatalf("export: %v\n%s", err, out)
	}
	p.stop()
	elsewhere := newProcess(t, filepath.Join(home, "elsewhere"))
	for want, args := range map[string][]string{
		"":             {"import", "ledger", file, "--data", elsewhere.data, "--keys", filepath.Join(p.data, "keys")},
		"is not empty": {"import", "ledger", file, "--data", p.data},
	} {
		if out, err := p.run(args...); (err == nil) != (want == "") || !strings.Contains(out, want) {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
	second := filepath.Join(home, "second.ndjson")
	if out, err := p.run("export", second, "--data", elsewhere.data); err != nil {
		t.Fatalf("export again: %v\n%s", err, out)
	}
	if a, b := read(t, file), read(t, second); a != b {
		t.Error("exported again it is another")
	}
	elsewhere.start()
	elsewhere.ready()
	is := elsewhere.log()
	for i := range was {
		if i >= len(is) || is[i] != was[i] {
			t.Fatalf("position %d is not the same", i+1)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAServerBacksUpAtIntervals(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "backups")
	p := newProcess(t, t.TempDir())
	p.args = []string{"--backup-dir", dir, "--backup-every", "1h"}
	p.start()
	p.ready()
	p.eventually("a backup", func() error {
		files, err := filepath.Glob(filepath.Join(dir, "rapport-*.tar.zst"))
		if err != nil || len(files) != 1 {
			return fmt.Errorf("%q, %v", files, err)
		}
		if m := verifyFile(t, files[0]); time.Since(m.Taken) > time.Hour {
			t.Errorf("taken %s", m.Taken)
		}
		return nil
	})
	p.eventually("counted", func() error {
		resp, err := p.fetch("/metrics")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err == nil && !strings.Contains(string(b), `rapport_backups_total{status="taken"} 1`) {
			err = fmt.Errorf("not counted")
		}
		return err
	})
}

func TestARestoredLedgerForgetsAgainAndTellsOfIt(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	p := newProcess(t, filepath.Join(home, "data"))
	p.start()
	p.ready()
	p.tell()
	nc := p.connect()
	p.refuse(nc, "jane")
	p.refuse(nc, "joe")
	nc.Close()
	file, list := filepath.Join(home, "it.tar.zst"), filepath.Join(home, "forgotten.ndjson")
	if out, err := p.run("backup", file); err != nil {
		t.Fatalf("backup: %v\n%s", err, out)
	}
	if out, err := p.run("forget", "jane", "--account", "acme", "--reason", "She asked.", "--yes"); err != nil {
		t.Fatalf("forget: %v\n%s", err, out)
	}
	forgotten, err := p.run("replay", "--type", "rapport.person.forgotten.v1")
	if err == nil {
		err = os.WriteFile(list, []byte(forgotten), 0o600)
	}
	if err != nil || strings.Count(forgotten, "\n") != 1 {
		t.Fatalf("who was forgotten: %v\n%s", err, forgotten)
	}
	p.kill()

	again := newProcess(t, filepath.Join(home, "again"))
	if out, err := again.run("restore", file, "--data", again.data, "--forgotten", list); err != nil {
		t.Fatalf("restore: %v\n%s", err, out)
	}
	for range 2 { // the second start has nothing to tell
		again.start()
		again.ready()
		again.says("restored", 11, 0, 8)
		if n := again.refused(); n != 1 {
			t.Errorf("%d refused messages are back, want the one that is not hers", n)
		}
		told, err := again.run("replay", "--type", "rapport.person.forgotten.v1")
		if err != nil || strings.Count(told, "\n") != 1 || !strings.Contains(told, `"sequence":"11"`) || !strings.Contains(told, "She asked.") {
			t.Errorf("what the restored ledger tells: %v\n%s", err, told)
		}
		again.stop()
	}
	if out, err := again.run("verify", "--data", again.data); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
}
