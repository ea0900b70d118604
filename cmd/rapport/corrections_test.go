package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

// meetings are the account's, the newest first, and what they say.
func (r *reading) meetings(account string) []api.Entry {
	r.t.Helper()
	var page api.Page[api.Entry]
	r.ask("/v1/accounts/"+account+"/timeline?type=interaction.held&limit=1000", &page)
	if len(page.Items) < 10 {
		r.t.Fatalf("the account has only %d meetings", len(page.Items))
	}
	return page.Items
}

// rectify corrects an event of the account today: its time, if that is not zero, and what it says.
func (r *reading) rectify(id, account string, of api.Entry, at time.Time, data string) {
	r.t.Helper()
	when := ""
	if !at.IsZero() {
		when = fmt.Sprintf(`"occurred_at":%q,`, at.Format(time.RFC3339))
	}
	r.then(id, account, "entry.corrected", fmt.Sprintf(`{"position":%d,"reason":"typing","type":"rapport.%s.v1",%s"data":%s}`, of.Position, of.Type, when, data))
}

// contact is when the account was last in touch, by the account's page and by its closeness.
func (r *reading) contact(account string) string {
	r.t.Helper()
	r.seen(r.last)
	var a api.Account
	r.ask("/v1/accounts/"+account, &a)
	found := lastContacts.FindAllStringSubmatch(r.one("/v1/accounts/"+account+"/closeness?"), -1)
	for _, f := range found {
		if at, err := time.Parse(time.RFC3339, f[1]); err != nil || at.After(a.LastContact) {
			r.t.Errorf("closeness says %s, the account was last in touch at %s", f[0], a.LastContact)
		}
	}
	if len(found) == 0 {
		r.t.Error("closeness says nothing of a last contact")
	}
	return a.LastContact.Format(time.RFC3339)
}

var lastContacts = regexp.MustCompile(`"last[a-z_]*":"([0-9TZ:.-]+)"`)

func TestACorrectionOfAnOldMeetingMakesNoAccountLookFresh(t *testing.T) {
	t.Parallel()
	const account = "lumen-glass"
	r := startReading(t, account)
	meetings := r.meetings(account)
	old := meetings[len(meetings)-1]
	if age := r.noon.Sub(old.Occurred); age < 365*24*time.Hour {
		t.Fatalf("the oldest meeting is of %s", old.Occurred)
	}
	var said map[string]any
	if err := json.Unmarshal(old.Data, &said); err != nil {
		t.Fatal(err)
	}
	said["duration_min"] = 95
	corrected, err := json.Marshal(said)
	if err != nil {
		t.Fatal(err)
	}
	data := string(corrected)
	before, contact := r.all([]string{account}, nil), r.contact(account)
	touched := func(step string) {
		t.Helper()
		if got := r.contact(account); got != contact {
			t.Errorf("%s: last contact %s, want %s", step, got, contact)
		}
		if n := r.settle(); n != 0 {
			t.Errorf("%s: %d events were noticed", step, n)
		}
		r.all([]string{account}, nil).same(t, step, before, account, 0, func(asked string) bool { return strings.Contains(asked, asThen) })
	}
	r.rectify("data", account, old, time.Time{}, data)
	touched("what it was like")
	r.then("data back", account, "entry.retracted", `{"id":"data","reason":"it was right"}`)
	r.stands(before, account, "what it was like, back", 2)
	r.rectify("time", account, old, old.Occurred.AddDate(0, 0, 2), data)
	touched("when it was")
	r.rectify("time again", account, old, old.Occurred.AddDate(0, 0, 3), data)
	touched("when it was, again")
	r.then("time back", account, "entry.retracted", `{"id":"time again","reason":"it was right"}`)
	touched("when it was, back")
	r.then("all back", account, "entry.retracted", `{"id":"time","reason":"it was right"}`)
	r.stands(before, account, "when it was, all back", 6)
}

// stands checks that all is as before, but for the corrections themselves and the marks they leave on the timeline.
func (r *reading) stands(before told, account, when string, more int) {
	t := r.t.(*testing.T)
	t.Helper()
	r.all([]string{account}, nil).same(t, when, before, account, more, func(asked string) bool {
		return !strings.Contains(asked, "/timeline?") || strings.Contains(asked, asThen)
	})
}
