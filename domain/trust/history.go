package trust

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// History is what is on file about an account and about every account that was ever
// merged into it: enough to answer for any instant, as known at any other.
type History struct {
	facts    []*Fact // by case, then by time; see compareFacts
	entries  []Entry
	merges   []Merge
	policies domain.Policies
}

// Entry is a correction or retraction of an event.
type Entry struct {
	Position domain.Position
	Target   domain.Position
	Recorded time.Time
	Retracts bool
}

// Merge is an account's being read as part of another, or no longer so.
type Merge struct {
	Position domain.Position
	// SpeaksFor is its own position, or that of the merge it corrects.
	SpeaksFor domain.Position
	Account   domain.AccountID
	Into      domain.AccountID
	Recorded  time.Time
	Undone    bool
}

// NewHistory keeps what it is given and sorts it. A fact that corrects another has
// that one's Recorded; when it became known is its entry's.
func NewHistory(facts []Fact, entries []Entry, merges []Merge, policies domain.Policies) *History {
	sorted := make([]*Fact, len(facts))
	for i := range facts {
		sorted[i] = &facts[i]
	}
	slices.SortFunc(sorted, compareFacts)
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Position, b.Position) })
	slices.SortFunc(merges, func(a, b Merge) int { return cmp.Compare(a.SpeaksFor, b.SpeaksFor) })
	return &History{facts: sorted, entries: entries, merges: merges, policies: policies}
}

// HistoryOf is the history that events make. They are in recorded order and may be of
// any accounts, the ledger's own stream among them.
func HistoryOf(events []domain.Recorded) *History {
	var c Collector
	for _, e := range events {
		c.Add(e)
	}
	return c.History()
}

// compareFacts puts the facts of a case together, by the time they occurred. Facts it
// cannot tell apart but by their positions say the same, so what is summed up in this
// order does not depend on the order of arrival.
func compareFacts(a, b *Fact) int {
	if c := compareCases(a, b); c != 0 {
		return c
	}
	if c := a.Occurred.Compare(b.Occurred); c != 0 {
		return c
	}
	return cmp.Or(
		cmp.Compare(a.Type, b.Type),
		a.Moment.Compare(b.Moment),
		compareNumbers(a.Amount, b.Amount),
		compareNumbers(a.Tolerance, b.Tolerance),
		cmp.Compare(a.Unit, b.Unit),
		cmp.Compare(a.Marks, b.Marks),
		cmp.Compare(a.SpeaksFor, b.SpeaksFor),
		cmp.Compare(a.Position, b.Position),
	)
}

func compareCases(a, b *Fact) int {
	if c := strings.Compare(string(a.Account), string(b.Account)); c != 0 {
		return c
	}
	if c := strings.Compare(string(a.Key), string(b.Key)); c != 0 {
		return c
	}
	return strings.Compare(a.Type.Family(), b.Type.Family())
}

func compareNumbers(a, b *float64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Compare(*a, *b)
}

// take adds the entry to those before it.
func (e Entry) take(entries *domain.Entries) {
	if e.Retracts {
		entries.Retract(e.Target)
	} else {
		entries.Correct(e.Target, e.Position)
	}
}

// known are the entries as far as they were known at an instant.
func (h *History) known(at time.Time) *domain.Entries {
	var known domain.Entries
	for _, e := range h.entries {
		if !e.Recorded.After(at) {
			e.take(&known)
		}
	}
	return &known
}

// accounts are those read as the account, itself included: what was merged into it,
// and into that, as known at an instant.
func (h *History) accounts(account domain.AccountID, knownAt, entriesKnownAt time.Time) map[domain.AccountID]bool {
	if len(h.merges) == 0 {
		return map[domain.AccountID]bool{account: true}
	}
	entries := h.known(entriesKnownAt)
	into := map[domain.AccountID]domain.AccountID{} // as domain.Account.MergedInto has it
	for _, m := range h.merges {
		switch {
		case m.Recorded.After(knownAt) || entries.Stands(m.SpeaksFor) != m.Position:
		case m.Undone:
			delete(into, m.Account)
		default:
			into[m.Account] = m.Into
		}
	}
	found := map[domain.AccountID]bool{account: true}
	for grown := true; grown; {
		grown = false
		for part, whole := range into {
			if found[whole] && !found[part] {
				found[part], grown = true, true
			}
		}
	}
	return found
}

// Merged are the other accounts read as part of this one, as known at an instant.
func (h *History) Merged(account domain.AccountID, knownAt time.Time) []domain.AccountID {
	found := h.accounts(account, knownAt, knownAt)
	delete(found, account)
	var others []domain.AccountID
	for a := range found {
		others = append(others, a)
	}
	slices.Sort(others)
	return others
}

// view is a choice of what of the history counts. An honest view has one instant on
// each clock; the views between two honest ones differ in some fields only.
type view struct {
	occurredBy time.Time // facts
	factsBy    time.Time // recorded
	entriesBy  time.Time // recorded
	mergesBy   time.Time // recorded
	readAt     time.Time // from where age is counted
	policy     domain.TrustPolicy
}

func (h *History) view(at, knownAt time.Time) (view, domain.InForce) {
	in := h.policies.At(at, knownAt)
	return view{
		occurredBy: at, factsBy: knownAt, entriesBy: knownAt, mergesBy: knownAt, readAt: at,
		policy: in.Policy.Trust,
	}, in
}

// visible are the facts that count, in the history's order.
func (h *History) visible(account domain.AccountID, v view) []*Fact {
	accounts := h.accounts(account, v.mergesBy, v.entriesBy)
	entries := h.known(v.entriesBy)
	facts := make([]*Fact, 0, len(h.facts))
	for _, f := range h.facts {
		if !f.Occurred.After(v.occurredBy) && !f.Recorded.After(v.factsBy) &&
			accounts[f.Account] && entries.Stands(f.SpeaksFor) == f.Position {
			facts = append(facts, f)
		}
	}
	return facts
}

// cases yields the facts case by case.
func cases(facts []*Fact, yield func([]*Fact)) {
	for len(facts) > 0 {
		n := 1
		for facts[0].Key != "" && n < len(facts) && compareCases(facts[0], facts[n]) == 0 {
			n++
		}
		yield(facts[:n])
		facts = facts[n:]
	}
}
