package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
)

// recordedBy is what the event at the position says of who had it recorded.
func (l *ledger) recordedBy(position domain.Position, secret string) (by, actor string) {
	l.t.Helper()
	var e struct{ Actor, RecordedBy string }
	got := l.get(fmt.Sprintf("/v1/events/%d", position), bearer(secret)...)
	got.decode(l.t, &e)
	return e.RecordedBy, e.Actor
}

func TestEveryEventSaysWhoHadItRecorded(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), requireTokens: true, natsListen: "127.0.0.1:0"})
	erp, erpSecret := l.token(access.Emitter, "erp")
	stu, stuSecret := l.token(access.Steward)
	json := []string{"Content-Type", "application/json"}
	asSteward := append(json, bearer(stuSecret)...)
	nc, err := nats.Connect(l.app.broker.URL(), nats.Token(erpSecret))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	fact := func(id, members string) string {
		return strings.Replace(event(id, "complaint.raised", "acme", fmt.Sprintf(`{"complaint":%q,"severity":3,"contact":"jane"}`, id)),
			`"source":"test"`, `"source":"erp"`+members, 1)
	}
	steps := []struct {
		door string
		do   func() error
		want string
	}{
		{"HTTP, by one who says that it was another", func() error {
			return l.do("POST", "/v1/events", fact("1", `,"recordedby":"somebody"`), append(json, bearer(erpSecret)...)...).created()
		}, erp.ID},
		{"a request over NATS", func() error {
			_, err := nc.Request("rapport.record", []byte(fact("2", "")), 10*time.Second)
			return err
		}, erp.ID},
		{"the inbox, which does not know", func() error {
			js, err := jetstream.New(nc)
			if err == nil {
				_, err = js.Publish(t.Context(), "inbox.erp", []byte(fact("3", "")))
			}
			return err
		}, "inbox"},
		{"a follow-up", func() error {
			var page api.Page[api.FollowUp]
			l.eventually(func() bool {
				l.get("/v1/followups?account=acme", bearer(stuSecret)...).decode(t, &page)
				return len(page.Items) > 0
			})
			return l.do("POST", "/v1/followups/"+page.Items[0].ID+"/dismiss", `{"reason":"none","actor":"Zoe"}`, asSteward...).created()
		}, stu.ID},
		{"a forgetting", func() error {
			got := l.do("POST", "/v1/accounts/acme/contacts/jane/forget", `{"reason":"asked"}`, asSteward...)
			if got.status != 200 {
				return fmt.Errorf("%d %s", got.status, got.body)
			}
			return nil
		}, stu.ID},
	}
	for i, step := range steps {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.door, err)
		}
		position := domain.Position(i + 1)
		l.eventually(func() bool { head, err := l.app.log.Head(t.Context()); return err == nil && head >= position })
		if by, _ := l.recordedBy(position, stuSecret); by != step.want {
			t.Errorf("%s: recorded by %q, want %q", step.door, by, step.want)
		}
	}
	if _, actor := l.recordedBy(5, stuSecret); actor != stu.Name {
		t.Errorf("who has forgotten is %q, want %q", actor, stu.Name)
	}
	other := l.do("POST", "/v1/accounts/acme/contacts/jane/forget", `{"reason":"asked","actor":"somebody else"}`, asSteward...)
	if p := other.problem(t); p.Status != 422 || p.Errors[0].Location != "actor" {
		t.Errorf("another actor than the token's holder: got %+v", p)
	}
}

// created is an error if the answer is not that something was recorded.
func (r response) created() error {
	if r.status != 201 {
		return fmt.Errorf("%d %s", r.status, r.body)
	}
	return nil
}
