package followup_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
)

// monday is at 10:00 on a Monday, in business hours by the default policy.
var monday = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

func day(n int) time.Time { return monday.AddDate(0, 0, n) }

// history is events of account acme as they are recorded, one a minute, each of which
// occurs when it is recorded unless it was told otherwise.
type history struct {
	events []domain.Recorded
}

func (h *history) at(occurred time.Time, data domain.Event) domain.Position {
	p := domain.Position(len(h.events) + 1)
	h.events = append(h.events, domain.Recorded{
		Envelope:   domain.Envelope{Account: "acme", OccurredAt: occurred, Data: data},
		Position:   p,
		RecordedAt: monday.Add(time.Duration(p) * time.Minute),
	})
	return p
}

// of makes a history of events that occur a minute after each other.
func of(events ...domain.Event) *history {
	h := &history{}
	for i, e := range events {
		h.at(monday.Add(time.Duration(i)*time.Minute), e)
	}
	return h
}

func (h *history) retract(p domain.Position) {
	h.at(monday, domain.EntryRetracted{Position: p, Reason: "wrong"})
	h.events[len(h.events)-1].Target = p
}

func (h *history) correct(p domain.Position, data domain.Event) domain.Position {
	at := h.at(monday, domain.EntryCorrected{Position: p, Reason: "wrong", Data: data})
	h.events[at-1].Target = p
	return at
}

func terms() *followup.Terms { return followup.NewTerms(domain.Policies{}.Known(time.Time{})) }

// items folds what stands of a history.
func (h *history) items() map[string]followup.Item {
	signals := make(map[string][]followup.Signal)
	for _, e := range domain.Standing(h.events) {
		for _, s := range followup.Read(e) {
			signals[s.Item] = append(signals[s.Item], s)
		}
	}
	items := make(map[string]followup.Item)
	for id, s := range signals {
		if item, ok := followup.Fold(s, terms()); ok {
			items[id] = item
		}
	}
	return items
}

func item(rule, key string) string { return followup.ItemID("acme", rule, key) }

// state is what an item has come to, in a word.
func state(i followup.Item) string {
	switch {
	case i.Ending != "":
		return string(i.Ending)
	case i.Done:
		return "done"
	case i.Paused:
		return "paused"
	}
	return "open"
}

// row is a row of the rule table at work: given these events, its item is as wanted.
type row struct {
	name  string
	given []domain.Event
	want  want
}

// want is an item; without a state there is none, and without a rule none of any.
type want struct {
	rule, key, state string
	impact           int
	knows            bool
	causes           []domain.Position
}

func TestEachRowOfTheRuleTable(t *testing.T) {
	t.Parallel()
	tested := make(map[string]bool)
	for _, tt := range slices.Concat(firstRows(), promiseRows(), voiceRows(), qualityRows(), needRows(), careRows(), dateRows()) {
		tested[tt.want.rule] = true
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.check(t)
		})
	}
	for _, r := range followup.Rules {
		if !tested[r.Reason] {
			t.Errorf("rule %q has no test", r.Reason)
		}
	}
}

func (r row) check(t *testing.T) {
	items := of(r.given...).items()
	got, ok := items[item(r.want.rule, r.want.key)]
	switch {
	case r.want.rule == "" && len(items) > 0:
		t.Fatalf("got %v, want no item", items)
	case r.want.state == "":
		if ok {
			t.Fatalf("got %+v, want no such item", got)
		}
		return
	case !ok:
		t.Fatalf("no such item among %v", items)
	}
	g := want{got.Rule, got.Subject, state(got), got.Impact, got.CustomerKnows, got.Causes}
	if !slices.Equal(g.causes, r.want.causes) {
		t.Errorf("causes: got %v, want %v", g.causes, r.want.causes)
	}
	if g.causes = r.want.causes; !reflect.DeepEqual(g, r.want) {
		t.Errorf("got %+v, want %+v", g, r.want)
	}
}

func TestTheRuleTableIsWhole(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, r := range followup.Rules {
		if seen[r.Reason] || r.Reason == "" || r.Doc == "" || r.Loop == "" || r.Order == "" {
			t.Errorf("rule %q: incomplete or given twice", r.Reason)
		}
		seen[r.Reason] = true
		for _, on := range r.On {
			if _, ok := domain.Lookup(on.Type); !ok || !followup.Listens(on.Type) {
				t.Errorf("rule %q listens to %s, which nobody speaks", r.Reason, on.Type)
			}
		}
	}
	allowed := make(map[string]bool)
	for _, sla := range domain.DefaultPolicy().FollowUp.SLAs {
		allowed[sla.Reason] = true
		if !seen[sla.Reason] {
			t.Errorf("the default policy has an SLA for %q, which is no rule's reason", sla.Reason)
		}
	}
	for reason := range seen {
		if !allowed[reason] && reason != "commitment" && reason != followup.ByHand {
			t.Errorf("the default policy has no SLA for %q", reason)
		}
	}
	for _, e := range domain.Catalogue {
		if strings.HasPrefix(string(e.Type), "followup.") && !followup.Listens(e.Type) {
			t.Errorf("nobody listens to %s", e.Type)
		}
	}
}
