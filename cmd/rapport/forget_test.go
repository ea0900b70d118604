package main_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/nats-io/nats.go"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

// secret is in everything personal that is said of jane in the test and nowhere else,
// public in what is not personal.
const (
	secret = "Mxq7secretZk"
	public = "Wpublic3kTd"
)

// filesWith are the files of the data directory that have the text, as it is or in the
// usual encodings.
func (p *process) filesWith(text []byte) []string {
	p.t.Helper()
	forms := [][]byte{text, []byte(hex.EncodeToString(text))}
	for cut := range 3 { // base64 looks different at each offset
		encoded := base64.StdEncoding.EncodeToString(append(make([]byte, cut), text...))
		forms = append(forms, []byte(encoded[4:len(encoded)-4]))
	}
	var found []string
	err := filepath.WalkDir(p.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // it may be gone already: the server is running
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		for _, form := range forms {
			if bytes.Contains(content, form) {
				found = append(found, path)
				break
			}
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

// wrappedKeys are the wrapped keys of the contact, read from a copy.
func (p *process) wrappedKeys(contact string) [][]byte {
	p.t.Helper()
	dir := p.t.TempDir()
	for _, name := range []string{"keyring.db", "keyring.db-wal"} {
		content, err := os.ReadFile(filepath.Join(p.data, "keys", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), content, 0o600)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "keyring.db"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT wrapped FROM persons WHERE contact = ?`, contact)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close()
	var all [][]byte
	for rows.Next() {
		var wrapped []byte
		if err := rows.Scan(&wrapped); err != nil {
			p.t.Fatal(err)
		}
		all = append(all, wrapped)
	}
	return all
}

func (p *process) record(eventType, id string, data map[string]any) {
	p.t.Helper()
	body, err := json.Marshal(map[string]any{
		"specversion": "1.0", "type": "rapport." + eventType + ".v1", "source": "crm", "id": id, "subject": "acme",
		"time": "2026-03-01T10:00:00Z", "data": data,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	status, answer, err := p.post(context.Background(), "/v1/events", "application/cloudevents+json", body)
	if err != nil || status != http.StatusCreated {
		p.t.Fatalf("record %s: %d %s %v", id, status, answer, err)
	}
}

// tell records what the test is about: ten events of acme, the first nine naming jane.
func (p *process) tell() {
	p.record("contact.added", "1", map[string]any{"contact": "jane", "name": "Jane " + secret, "email": secret + "@example.org", "phone": secret, "level": public})
	p.record("voice.captured", "2", map[string]any{"contact": "jane", "verbatim": "I said " + secret})
	p.record("interaction.held", "3", map[string]any{"kind": "call", "contacts": []string{"joe", "jane"}, "notes": "We spoke of " + secret})
	p.record("survey.answered", "4", map[string]any{"instrument": "nps", "score": 2, "scale_min": 0, "scale_max": 10, "contact": "jane", "verbatim": secret})
	p.record("complaint.raised", "5", map[string]any{"complaint": "C-1", "severity": 4, "contact": "jane", "summary": secret, "product": public})
	p.record("request.received", "6", map[string]any{"request": "R-1", "contact": "jane", "text": secret})
	p.record("commitment.made", "7", map[string]any{"commitment": "P-1", "to_contact": "jane", "statement": secret, "due_at": "2026-04-01T00:00:00Z"})
	p.record("contact.role_recorded", "8", map[string]any{"contact": "jane", "role": "coach"})
	p.record("entry.corrected", "9", map[string]any{"position": 2, "reason": "typo", "type": "rapport.voice.captured.v1",
		"data": map[string]any{"contact": "jane", "verbatim": "I really said " + secret}})
	p.record("voice.captured", "10", map[string]any{"contact": "joe", "verbatim": "What joe said."})
}

// says checks what every door says of the events up to the position.
func (p *process) says(what string, position, secrets, forgotten int) {
	p.t.Helper()
	for _, door := range []string{fmt.Sprint("/v1/accounts/acme/timeline?limit=100&wait_for=", position), "/v1/events?account=acme"} {
		resp, err := p.fetch(door)
		if err != nil {
			p.t.Fatal(err)
		}
		var b bytes.Buffer
		_, err = b.ReadFrom(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			p.t.Fatalf("%s: %d %v", door, resp.StatusCode, err)
		}
		if n := strings.Count(b.String(), secret); n != secrets {
			p.t.Errorf("%s, %s: %d secrets, want %d\n%s", what, door, n, secrets, &b)
		}
		if n := strings.Count(b.String(), `"forgotten":`); n != forgotten {
			p.t.Errorf("%s, %s: %d events say that somebody was forgotten, want %d\n%s", what, door, n, forgotten, &b)
		}
		if !strings.Contains(b.String(), "What joe said.") {
			p.t.Errorf("%s, %s: what joe said is gone", what, door)
		}
	}
}

// projectionNames are those of all that there are.
func (p *process) projectionNames() (names []string) {
	p.t.Helper()
	all, err := p.projections()
	if err != nil || len(all) < 3 {
		p.t.Fatalf("%d projections, %v", len(all), err)
	}
	for _, projection := range all {
		names = append(names, projection.Name)
	}
	return names
}

func (p *process) digests(position uint64) string {
	p.t.Helper()
	var all string
	for _, name := range p.projectionNames() {
		var d api.Digest
		p.eventually("digest of "+name, func() error {
			err := p.get("/v1/projections/"+name+"/digest", &d)
			if err == nil && uint64(d.Position) < position {
				err = fmt.Errorf("it is at %d", d.Position)
			}
			return err
		})
		all += fmt.Sprintln(name, d.Position, d.Digest)
	}
	return all
}

// refuse has a message of the inbox refused that names a contact.
func (p *process) refuse(nc *nats.Conn, contact string) {
	p.t.Helper()
	before := p.refused()
	body := fmt.Sprintf(`{"specversion":"1.0","type":"rapport.voice.captured.v1","source":"crm","id":"x","subject":"acme","data":{"contact":%q,"verbatim":%q,"mood":"bad"}}`, contact, secret)
	if err := nc.Publish("inbox.crm", []byte(body)); err != nil {
		p.t.Fatal(err)
	}
	p.eventually("the refused message", func() error {
		if n := p.refused(); n != before+1 {
			return fmt.Errorf("there are %d", n)
		}
		return nil
	})
}

// refused is how many messages are in the rejected list.
func (p *process) refused() int {
	p.t.Helper()
	var page api.Page[api.Rejected]
	if err := p.get("/v1/rejected", &page); err != nil {
		p.t.Fatal(err)
	}
	return len(page.Items)
}

func TestAForgottenPersonIsInNoFile(t *testing.T) {
	t.Parallel()
	p := newProcess(t, filepath.Join(t.TempDir(), "data"))
	p.start()
	p.ready()
	p.tell()
	nc := p.connect()
	p.refuse(nc, "jane")
	const hers = 10 // three in the first event, one in each of seven more
	p.says("before", 10, hers, 0)
	p.digests(10)
	if files := p.filesWith([]byte(secret)); files != nil {
		t.Errorf("before, it can be read in %v", files)
	}
	if p.filesWith([]byte(public)) == nil {
		t.Error("nothing can be read at all: this test sees nothing")
	}
	if out, err := p.run("person", "jane", "--account", "acme", "-o", "json"); err != nil || strings.Count(out, secret) != hers+1 || !strings.Contains(out, `"role": "coach"`) {
		t.Errorf("all that is held about jane: %v\n%s", err, out)
	}
	keys := p.wrappedKeys("jane")
	if len(keys) != 1 || p.filesWith(keys[0]) == nil {
		t.Fatalf("jane has %d keys on disk", len(keys))
	}

	if out, err := p.run("forget", "jane", "--account", "acme", "--reason", "She asked."); err == nil || !strings.Contains(out, "add --yes") {
		t.Errorf("forgotten without having been asked: %s", out)
	}
	out, err := p.run("forget", "jane", "--account", "acme", "--reason", "She asked.", "--requested-at", "2026-05-01", "--actor", "dpo", "--yes")
	want := "jane of acme is forgotten; the event that says so is at position 11\n1 key destroyed, 1 refused message deleted\n"
	if err != nil || !strings.HasPrefix(out, want) || strings.Count(out, "holds no personal data") != len(p.projectionNames()) {
		t.Errorf("forget: %v\n%s", err, out)
	}
	if files := p.filesWith(keys[0]); files != nil {
		t.Errorf("the key is still in %v", files)
	}
	p.says("after", 11, 0, 8)
	var event struct{ Data map[string]any }
	if err := p.get("/v1/events/11", &event); err != nil || event.Data["reason"] != "She asked." || event.Data["requested_at"] != "2026-05-01T00:00:00Z" {
		t.Errorf("when and why: %v, %v", event, err)
	}
	if out, err := p.run("person", "jane", "--account", "acme", "-o", "json"); err != nil || strings.Contains(out, secret) || strings.Count(out, `"forgotten"`) != 8 {
		t.Errorf("all that is held about jane after: %v\n%s", err, out)
	}
	if out, err := p.run("forget", "nobody", "--account", "acme", "--reason", "r", "--yes"); err == nil || !strings.Contains(out, "Nothing is recorded about this contact") {
		t.Errorf("somebody unknown is forgotten: %s", out)
	}

	before := p.digests(11)
	for _, name := range p.projectionNames() {
		status, answer, err := p.post(t.Context(), "/v1/projections/"+name+"/rebuild", "application/json", nil)
		if err != nil || status != http.StatusAccepted {
			t.Fatalf("rebuild %s: %d %s %v", name, status, answer, err)
		}
	}
	p.eventually("rebuilds", func() error {
		var page api.Page[api.Projection]
		err := p.get("/v1/projections", &page)
		for _, projection := range page.Items {
			if projection.State != "live" {
				err = fmt.Errorf("%s is %s", projection.Name, projection.State)
			}
		}
		return err
	})
	if after := p.digests(11); after != before {
		t.Errorf("rebuilt it is\n%s, was\n%s", after, before)
	}
	for position, want := range map[string]string{"2": `"forgotten":"[{\"contact\":\"jane\",\"position\":11,`, "10": "What joe said.", "99": "not-found", "x": "malformed"} {
		m, err := nc.Request("rapport.event", []byte(position), 10*time.Second)
		if err != nil || !strings.Contains(string(m.Data), want) {
			t.Errorf("event %s by NATS: %v, %s", position, err, m.Data)
		}
	}
	nc.Close()
	p.stop()
	if files := p.filesWith([]byte(secret)); files != nil {
		t.Errorf("when all is over it can be read in %v", files)
	}
	if out, err := p.run("verify", "--data", p.data); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}

	p.start()
	p.ready()
	p.record("voice.captured", "11", map[string]any{"contact": "jane", "verbatim": secret})
	p.says("back again", 12, 1, 8)
}
