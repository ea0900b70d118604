package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// madeToken is a token as it was given out.
type madeToken struct{ ID, Token string }

// createToken makes a token before the server runs.
func (p *process) createToken(args ...string) (made madeToken) {
	p.t.Helper()
	out, err := p.run(append([]string{"token", "create", "--data", p.data, "-o", "ndjson"}, args...)...)
	if err == nil {
		err = json.Unmarshal([]byte(out), &made)
	}
	if err != nil || made.Token == "" {
		p.t.Fatalf("token create: %v\n%s", err, out)
	}
	return made
}

// requireTokens has the server ask for tokens, and gives an admin's to who asks, and to
// each source its own.
func (p *process) requireTokens(sources ...string) {
	p.t.Helper()
	p.args = append(p.args, "--require-tokens")
	p.token = p.createToken("--role", "admin").Token
	p.tokens = map[string]string{}
	for _, source := range sources {
		p.tokens[source] = p.createToken("--role", "emitter", "--source", source).Token
	}
}

func (p *process) revoke(token madeToken) {
	p.t.Helper()
	if out, err := p.run("token", "revoke", token.ID); err != nil {
		p.t.Fatalf("token revoke: %v\n%s", err, out)
	}
}

// checkTokens wants every door to refuse the revoked token, and to take the other.
func (p *process) checkTokens(revoked, kept madeToken) {
	p.t.Helper()
	for token, want := range map[string]int{revoked.Token: http.StatusUnauthorized, kept.Token: http.StatusOK, "": http.StatusUnauthorized} {
		resp, err := p.do(p.t.Context(), token, http.MethodGet, "/v1/accounts", "", nil)
		if err := decode(resp, err, want, nil); err != nil {
			p.t.Errorf("HTTP, want %d: %v", want, err)
		}
		nc, err := nats.Connect(p.nats, nats.Token(token))
		if err == nil {
			nc.Close()
		}
		if want == http.StatusOK && err != nil || want != http.StatusOK && !errors.Is(err, nats.ErrAuthorization) {
			p.t.Errorf("NATS, where HTTP answers %d: %v", want, err)
		}
	}
}

// witness keeps every checkpoint that the ledger shows, as an auditor elsewhere would.
type witness struct {
	cancel context.CancelFunc
	shown  chan map[string]bool
}

func (p *process) witness() witness {
	ctx, cancel := context.WithCancel(p.t.Context())
	w := witness{cancel, make(chan map[string]bool, 1)}
	go func() {
		shown := map[string]bool{}
		for ctx.Err() == nil {
			if note, err := p.signed(); err == nil {
				shown[note] = true
			}
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
		w.shown <- shown
	}()
	return w
}

// stop gives the checkpoints.
func (w witness) stop() map[string]bool {
	w.cancel()
	return <-w.shown
}

// signed has the newest event proved, so that there is a checkpoint over it, and gives
// the last checkpoint.
func (p *process) signed() (string, error) {
	statuses, err := p.projections()
	if err != nil {
		return "", err
	}
	if err := p.get(fmt.Sprint("/v1/proof/event?position=", statuses[0].Position), nil); err != nil {
		return "", err
	}
	resp, err := p.fetch("/v1/checkpoint")
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	note, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, note)
	}
	return string(note), err
}

// checkSigned verifies the directory, in which no server runs: the log is what every
// checkpoint says that was ever shown, and stream and projections are what it makes.
func (p *process) checkSigned(shown map[string]bool) {
	p.t.Helper()
	if len(shown) < 5 {
		p.t.Errorf("%d checkpoints were shown", len(shown))
	}
	p.t.Logf("%d checkpoints were shown", len(shown))
	history := read(p.t, filepath.Join(p.data, "proof", "checkpoints"))
	for note := range shown {
		if !strings.Contains(history, note+"\n") {
			p.t.Errorf("a checkpoint was shown and is lost:\n%s", note)
		}
	}
	out, err := p.run("verify", "--data", p.data)
	if err != nil {
		p.t.Errorf("verify: %v\n%s", err, out)
	}
}

// checkSealed wants what was said in no file of the directory.
func (p *process) checkSealed() {
	p.t.Helper()
	if files := p.filesWith([]byte(secret)); files != nil {
		p.t.Errorf("what was said can be read in %v", files)
	}
	if p.filesWith([]byte("account-1")) == nil {
		p.t.Error("nothing can be read at all: this test sees nothing")
	}
}

// person is somebody who was forgotten, with all that was recorded up to a position.
type person struct {
	account, contact string
	upTo             uint64
}

// forget asks until the ledger says that it is done. What was recorded when it was asked
// the last time must then be unreadable.
func (p *process) forget(account, contact string) person {
	for ctx := p.t.Context(); ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		statuses, err := p.projections()
		if err != nil {
			continue // it was killed
		}
		switch status, answer, err := p.tryForget(account, contact); {
		case err != nil || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout:
		case status != http.StatusOK:
			p.t.Errorf("forget: %d %s", status, answer)
		default:
			return person{account, contact, statuses[0].Position}
		}
	}
	return person{}
}

func (p *process) tryForget(account, contact string) (status int, answer []byte, err error) {
	return p.post(p.t.Context(), "/v1/accounts/"+account+"/contacts/"+contact+"/forget", "application/json", []byte(`{"reason":"They asked."}`))
}

// said is an event as far as it tells who was forgotten.
type said struct {
	Type      string `json:"type"`
	Sequence  uint64 `json:"sequence,string"`
	Account   string `json:"subject"`
	Forgotten string `json:"forgotten"`
	Data      struct {
		Contact  string   `json:"contact"`
		Contacts []string `json:"contacts"`
		Notes    string   `json:"notes"`
	} `json:"data"`
}

// checkPeople reads the whole log: what was said by those forgotten is gone, what anybody else
// said is there, and the log tells of it.
func (p *process) checkPeople(forgotten ...person) {
	p.t.Helper()
	resp, err := p.fetch("/v1/events")
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	told, unreadable, neighbours := map[string]int{}, map[string]int{}, 0
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e said
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			p.t.Fatalf("%v: %s", err, lines.Bytes())
		}
		whose := e.Data.Contact // of a person.forgotten
		if len(e.Data.Contacts) > 0 {
			whose = e.Data.Contacts[0]
		}
		var gone person
		if i := slices.IndexFunc(forgotten, func(f person) bool { return f.account == e.Account && f.contact == whose }); i >= 0 {
			gone = forgotten[i]
		}
		readable := strings.HasPrefix(e.Data.Notes, secret) && e.Forgotten == ""
		hidden := !bytes.Contains(lines.Bytes(), []byte(secret)) && strings.Contains(e.Forgotten, whose)
		switch {
		case e.Type == "rapport.person.forgotten.v1":
			if gone.contact == "" {
				p.t.Errorf("somebody else was forgotten: %s", lines.Bytes())
			}
			told[whose]++
		case gone.contact == "":
			if !readable {
				p.t.Fatalf("not of who was forgotten, and cannot be read: %s", lines.Bytes())
			}
			if e.Account == forgotten[0].account {
				neighbours++
			}
		case hidden:
			unreadable[whose]++
		case e.Sequence <= gone.upTo || !readable:
			p.t.Fatalf("of who was forgotten with all up to %d: %s", gone.upTo, lines.Bytes())
		}
	}
	if err := lines.Err(); err != nil {
		p.t.Fatal(err)
	}
	if len(told) != len(forgotten) || len(unreadable) != len(forgotten) || neighbours == 0 {
		p.t.Errorf("%v events tell of it, %v cannot be read, %d of the same account can", told, unreadable, neighbours)
	}
	p.t.Logf("%+v are forgotten: %v events tell of it, %v cannot be read", forgotten, told, unreadable)
}
