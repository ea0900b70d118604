package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/eventstore/disktest"
)

// fill leaves no space at all beside the file it makes.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		_, err := f.Write(make([]byte, size))
		switch {
		case errors.Is(err, syscall.ENOSPC):
			size /= 2
		case err != nil:
			t.Fatal(err)
		}
	}
}

func TestAFullDiskIsAnsweredWith503AndGoneWhenThereIsSpaceAgain(t *testing.T) {
	t.Parallel()
	dir := disktest.Small(t, 64)
	p := newProcess(t, filepath.Join(dir, "data"))
	p.args = []string{"--sign-every", "1s"}
	p.requireTokens("http-batch", "nats-request", "nats-inbox", "probe", "again-http", "again-nats", "again-inbox")
	gone, kept := p.createToken("--role", "analyst"), p.createToken("--role", "analyst")
	p.start()
	p.ready()

	emitters := []*emitter{
		{source: "http-batch", size: 5, send: p.sendHTTP("http-batch")},
		{source: "nats-request", size: 2, send: p.sendNATS("nats-request")},
		{source: "nats-inbox", size: 1, send: p.sendInbox("nats-inbox")},
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var clients sync.WaitGroup
	for _, e := range emitters {
		e.acknowledged, e.pause = map[string]uint64{}, 5*time.Millisecond
		clients.Go(func() { e.run(ctx) })
	}
	p.eventually("some events", func() error { return p.get("/v1/events/100", nil) })
	w := p.witness()
	filler := filepath.Join(dir, "filler")
	fill(t, filler)
	p.refuses(filler)
	p.stillAnswers()
	revoked := p.refusesSteward(filler, gone)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	p.recovers()
	forgotten := p.forget("account-1", "contact-1")
	if !revoked {
		p.revoke(gone)
	}
	stop()
	clients.Wait()
	head := p.settled(emitters)
	log := p.checkLog(emitters, head)
	p.checkStream(log)
	p.checkProjections(head)
	p.stop()
	p.start() // what was done holds for the next process, too
	p.ready()
	p.checkPeople(forgotten)
	p.checkTokens(gone, kept)
	shown := w.stop()
	p.stop()
	p.checkSigned(shown)
	p.checkSealed()
}

// refuses waits until every door that answers says that the log cannot be written,
// and NATS has found that out, too.
func (p *process) refuses(filler string) {
	p.t.Helper()
	nc, err := p.connection("probe")()
	if err != nil {
		p.t.Fatal(err)
	}
	var n int
	refused := func(status int, answer []byte) error {
		var problem struct{ Status int }
		if err := json.Unmarshal(answer, &problem); err != nil || status != http.StatusServiceUnavailable || problem.Status != status {
			return fmt.Errorf("status %d: %s", status, answer)
		}
		return nil
	}
	p.eventually("503 at every door", func() error {
		n++
		fill(p.t, filler) // what was given free meanwhile
		body := batch("probe", []string{fmt.Sprintf("probe-%d", n)})
		for _, form := range []struct{ media, body string }{
			{"application/cloudevents-batch+json", string(body)}, {"application/cloudevents+json", string(body[1 : len(body)-1])},
		} {
			status, answer, err := p.postAs(p.t.Context(), p.tokens["probe"], "/v1/events", form.media, []byte(form.body))
			if err := errors.Join(err, refused(status, answer)); err != nil {
				return err
			}
		}
		reply, err := nc.Request("rapport.record", body, 2*time.Second)
		if err != nil {
			return err
		}
		if err := refused(http.StatusServiceUnavailable, reply.Data); err != nil {
			return err
		}
		for _, part := range []string{"log", "nats"} {
			if err := p.unready(part); err != nil {
				return err
			}
		}
		return nil
	})
}

// refusesSteward waits until forgetting is refused because of the disk, and has the token
// revoked if there happens to be space for that.
func (p *process) refusesSteward(filler string, token madeToken) (revoked bool) {
	p.t.Helper()
	p.eventually("forgetting is refused", func() error {
		fill(p.t, filler)
		status, answer, err := p.tryForget("account-1", "contact-1")
		if err == nil && status != http.StatusServiceUnavailable {
			err = fmt.Errorf("status %d: %s", status, answer)
		}
		return err
	})
	fill(p.t, filler)
	resp, err := p.do(p.t.Context(), p.token, http.MethodDelete, "/v1/tokens/"+token.ID, "", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if revoked = resp.StatusCode == http.StatusNoContent; !revoked && resp.StatusCode != http.StatusServiceUnavailable {
		p.t.Errorf("revoking with a full disk: status %d", resp.StatusCode)
	}
	return revoked
}

// unready fails while the part is said to be ready.
func (p *process) unready(name string) error {
	resp, err := p.fetch("/readyz")
	var answer struct {
		Parts []struct {
			Name  string
			Ready bool
		}
	}
	if err := decode(resp, err, http.StatusServiceUnavailable, &answer); err != nil {
		return err
	}
	for _, part := range answer.Parts {
		if part.Name == name && !part.Ready {
			return nil
		}
	}
	return fmt.Errorf("%s is ready", name)
}

// stillAnswers asks for what needs no writing.
func (p *process) stillAnswers() {
	p.t.Helper()
	for _, path := range []string{
		"/healthz", "/v1/events/1", "/v1/accounts", "/v1/accounts/account-1/timeline", "/v1/accounts/account-1/trust",
		"/v1/followups", "/v1/projections",
	} {
		if err := p.get(path, nil); err != nil {
			p.t.Errorf("GET %s with a full disk: %v", path, err)
		}
	}
	select {
	case <-p.exited:
		p.t.Fatalf("the server ended with %d:\n%s", p.exitCode, p.output)
	default:
	}
}

// recovers waits until every door takes events again, and all parts are ready.
func (p *process) recovers() {
	p.t.Helper()
	began := time.Now()
	for door, send := range map[string]func(context.Context, []string) ([]uint64, error){
		"again-http": p.sendHTTP("again-http"), "again-nats": p.sendNATS("again-nats"), "again-inbox": p.sendInbox("again-inbox"),
	} {
		p.eventually(door, func() error {
			_, err := send(p.t.Context(), []string{door})
			return err
		})
	}
	p.eventually("ready", func() error { return p.get("/readyz", nil) })
	p.t.Logf("everything works again %v after there was space", time.Since(began).Round(time.Millisecond))
}
