package followup

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/rapport-ledger/rapport/domain"
)

// Rule opens items of one reason, and says what becomes of them.
type Rule struct {
	// Reason is the rule's name, the item's reason, and the reason of an SLA in the
	// policy. It never changes.
	Reason string
	// Doc says in a sentence what is owed.
	Doc string
	// Loop is what it takes to close an item.
	Loop Loop
	// Order is how an item's signals follow each other.
	Order Order
	// Ahead has items wait, put aside, until the time allowed before their date comes.
	Ahead bool
	// On is what each event type says about the rule's items.
	On []On
}

// Loop is what it takes to close an item.
type Loop string

const (
	// WorkAndTold needs the work done and the customer told.
	WorkAndTold Loop = "work and told"
	// Work needs the work done: the customer sees it happen, or need not know.
	Work Loop = "work"
	// TellOnly needs the customer told: that is the work.
	TellOnly Loop = "told"
)

// Order is how an item's signals follow each other.
type Order string

const (
	// AsRecorded is the order in which the ledger accepted them, for matters whose
	// course it checked when it did: what is dated to the day, or by a clock that is
	// wrong, does not turn an answer into one that came before the question.
	AsRecorded Order = "as recorded"
	// AsOccurred is the order in which they happened, for facts that are accepted in
	// any order. A decision about the item comes after what was recorded before it.
	AsOccurred Order = "as occurred"
)

// On is what one event type says about the items of a rule.
type On struct {
	Type domain.Type
	says func(domain.Recorded) []Says
}

func on[E domain.Event](says func(E) Says) On {
	return onEach(func(e E, _ domain.Recorded) []Says { return []Says{says(e)} })
}

// onEach is for events that speak of several items, or whose place in the log or time
// matters.
func onEach[E domain.Event](says func(E, domain.Recorded) []Says) On {
	var zero E
	return On{zero.EventType(), func(e domain.Recorded) []Says { return says(e.Data.(E), e) }}
}

// ByHand is the rule for items that people open.
const ByHand = "by_hand"

// Silence is the rule for accounts that are silent for longer than agreed. Its items
// are ended by the next touch, of whatever type; see [Broken].
const Silence = "silence"

// Rules is the rule table. To change what is owed, change a row; each family of rules
// has a file.
var Rules = slices.Concat(promiseRules, voiceRules, qualityRules, needRules, careRules, dateRules, handRules)

// listener is a row of the table, and what it says of one event type.
type listener struct {
	rule *Rule
	on   On
}

var (
	listeners = byType(Rules)
	ruleOf    = byReason(Rules)
)

func byType(rules []Rule) map[domain.Type][]listener {
	m := make(map[domain.Type][]listener)
	for i := range rules {
		for _, o := range rules[i].On {
			m[o.Type] = append(m[o.Type], listener{&rules[i], o})
		}
	}
	return m
}

func byReason(rules []Rule) map[string]*Rule {
	m := make(map[string]*Rule, len(rules))
	for i := range rules {
		m[rules[i].Reason] = &rules[i]
	}
	return m
}

func when(b bool, e Effect) Effect {
	if b {
		return e
	}
	return 0
}

// turn is what it does that somebody's move is awaited.
func turn(awaiting string) Effect {
	switch awaiting {
	case "customer":
		return Pauses
	case "us":
		return Resumes
	}
	return 0
}

// at is the key of what is known by its place in the log only.
func at(p domain.Position) domain.ID { return domain.ID("@" + strconv.FormatUint(uint64(p), 10)) }

// each is that several items are said the same of: those known by the keys.
func each(keys []domain.Position, says Says) []Says {
	all := make([]Says, len(keys))
	for i, p := range keys {
		all[i] = says
		all[i].Key = at(p)
	}
	return all
}

// join is a key of several parts.
func join(parts ...string) domain.ID {
	return domain.ID(strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "/"))
}

// grave is the impact that was given, or another if none was.
func grave(given int64, otherwise int) int { return cmp.Or(int(given), otherwise) }
