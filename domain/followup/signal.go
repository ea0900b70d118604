package followup

import (
	"math/bits"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Effect is what a signal does to its item; effects combine.
type Effect uint32

// The effects. Their values are kept in read models and never change.
const (
	// Cause opens the item, or is one more reason for it while it is open.
	Cause Effect = 1 << iota
	// Done says that the work is done.
	Done
	// Told says that the customer knows.
	Told
	// Settles ends the item, whether or not anybody did or told anything.
	Settles
	// Dismisses ends the item by somebody's decision that nothing needs doing.
	Dismisses
	// Pauses says that it is the customer's move; the clock stands still.
	Pauses
	// Resumes says that it is ours again.
	Resumes
	// Knows says that the customer knows of the matter and waits for us.
	Knows
	// MustTell makes telling the customer part of an item that would do without.
	MustTell
	// Grave keeps the impact at its most, whatever is assessed later.
	Grave
	// DueNow makes the item due when the signal occurred, if it was not before.
	DueNow
	// Assigns gives the item an owner.
	Assigns
	// Snoozes puts the item aside until a date.
	Snoozes
	// Escalates takes the item to somebody higher.
	Escalates
	// Noticed says that it was recorded that the due date passed.
	Noticed
	// Decides marks what somebody decided about the item itself, knowing all that was
	// recorded of it by then.
	Decides
	// Informs marks a signal with nothing to say but what its fields hold.
	Informs
	// Climbs says that an escalation was a step of the policy's ladder.
	Climbs
	// Anew marks a cause that puts the round before it behind: a certificate that was
	// granted again, say.
	Anew
	// Holds says that somebody holds a place from then on, which settles the item that
	// it was empty.
	Holds
	// Leaves marks a cause that is none if who leaves a place was not the one in it.
	Leaves
	// Compares marks a cause that is one if others gave another number for the same.
	Compares
	// AtLeast gives a number that is to be reached, and AtMost one that is not to be exceeded.
	AtLeast
	AtMost
	// Measures marks a cause that is one if its number misses the one that was given so, in
	// the same unit; if it does not, the work is done.
	Measures
)

// Has reports whether all the effects are among these.
func (e Effect) Has(effects Effect) bool { return e&effects == effects }

func (e Effect) any(effects Effect) bool { return bits.OnesCount32(uint32(e&effects)) > 0 }

// Says is what an event says about an item. Fields that are zero leave the item as it
// is.
type Says struct {
	// Key ties the events about one item together: a complaint's id, say; "" where the
	// account has a single item of the rule.
	Key  domain.ID
	Does Effect
	// Impact is 1 (slight) to 5 (grave).
	Impact int
	// DueAt is the item's own due date, or the one that is noticed to have passed, by a
	// day or by a step of the ladder.
	DueAt time.Time
	// Until is when a snoozed item comes back; of a silence, when the last contact was.
	Until time.Time
	// Who is the owner, or whom the item was escalated to; who holds a place or leaves
	// it, or whose number it is.
	Who string
	// Text is the outcome or why it was dismissed; of an item opened by hand, the reason;
	// of a number that is given or measured, its unit, "" being the given one's.
	Text string
	// Number is the step of the ladder that was reached, or what is compared or measured.
	Number float64
	// Cites are the events the cause goes back to; itself if there are none.
	Cites []domain.Position
}

// Signal is what a recorded event says about an item.
type Signal struct {
	// Item is the item's id.
	Item string
	// Rule is the reason of the rule that listened; "" for what people and the ledger
	// say about an item by its id.
	Rule string
	Says
	// Position and RecordedAt are the event's, also where a correction says what it is
	// now taken to say.
	Position   domain.Position
	OccurredAt time.Time
	RecordedAt time.Time
	// Void is what no longer stands: the event was retracted, or corrected to say
	// something else.
	Void bool
}

// Listens reports whether an event of the type may give signals.
func Listens(t domain.Type) bool { return len(listeners[t]) > 0 || acts[t] }

// Read gives the signals of an event: none, one, or one for each of several items.
func Read(e domain.Recorded) []Signal {
	if e.Data == nil {
		return nil
	}
	var signals []Signal
	add := func(item, rule string, says Says) {
		signals = append(signals, Signal{
			Item: item, Rule: rule, Says: says,
			Position: e.Position, OccurredAt: e.OccurredAt, RecordedAt: e.RecordedAt,
		})
	}
	for _, l := range listeners[e.Data.EventType()] {
		for _, says := range l.on.says(e) {
			if says.Does != 0 {
				add(ItemID(e.Account, l.rule.Reason, string(says.Key)), l.rule.Reason, says)
			}
		}
	}
	if item, says, ok := readAct(e.Data); ok {
		add(item, "", says)
	}
	return signals
}

// acts are the types of the events that name an item by its id.
var acts = map[domain.Type]bool{
	domain.FollowUpAssigned{}.EventType():     true,
	domain.FollowUpSnoozed{}.EventType():      true,
	domain.FollowUpEscalated{}.EventType():    true,
	domain.FollowUpCompleted{}.EventType():    true,
	domain.FollowUpCustomerTold{}.EventType(): true,
	domain.FollowUpDismissed{}.EventType():    true,
	domain.DuePassed{}.EventType():            true,
}

// readAct is what an event says that names an item by its id.
func readAct(e domain.Event) (item string, says Says, ok bool) {
	switch d := e.(type) {
	case domain.FollowUpAssigned:
		return d.Item, Says{Does: Decides | Assigns, Who: d.Owner}, true
	case domain.FollowUpSnoozed:
		return d.Item, Says{Does: Decides | Snoozes, Until: d.Until}, true
	case domain.FollowUpEscalated:
		says := Says{Does: Decides | Escalates, Who: d.To, Text: d.Reason}
		if d.Step > 0 {
			says.Does |= Climbs
			says.DueAt, says.Number = d.DueAt, float64(d.Step)
		}
		return d.Item, says, true
	case domain.FollowUpCompleted:
		return d.Item, Says{Does: Decides | Done, Text: d.Outcome}, true
	case domain.FollowUpCustomerTold:
		return d.Item, Says{Does: Decides | Told}, true
	case domain.FollowUpDismissed:
		return d.Item, Says{Does: Decides | Dismisses, Text: d.Reason}, true
	case domain.DuePassed:
		return d.Item, Says{Does: Noticed, DueAt: d.DueAt}, true
	}
	return "", Says{}, false
}
