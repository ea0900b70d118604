package domain

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Prefix starts the CloudEvents type of every event of the ledger.
const Prefix = "rapport."

// Entry describes one event type. Its struct's fields carry the rest in their tags:
//
//	json:"name"            the field's name; ",omitzero" makes it optional
//	doc:"..."              what it means, with unit and range where they are not in the name
//	enum:"a b c"           the values allowed, separated by spaces
//	min:"1" max:"5"        the range of a number; max also the most characters of a string
//	                       (4000 if not given) or items of a list (100 if not given)
//	format:"currency"      currency (ISO 4217 code), language (BCP 47 tag), account, event_type
//	personal:"contact"     personal data, and the field that names whose; "" if the account's own
type Entry struct {
	Type    Type
	Version int
	// Doc says in a sentence what the fact is.
	Doc string
	// Touch marks a touchpoint: the customer and we were in contact. Accounts show
	// the time of the last one.
	Touch bool
	// Initiator is who got in touch by a touch of this type, "us" or "them"; "" where
	// only its data can say, or nothing does. See [Initiator].
	Initiator string
	// LedgerWide marks an event of the [Ledger] stream; others belong to an account.
	LedgerWide bool
	// Anywhere marks an event that may be of either: an incident of one account or of
	// all, a correction.
	Anywhere bool

	goType  reflect.Type
	changes bool // what is known of an account
}

// CloudEventType is the type attribute on the wire: rapport.<type>.v<version>.
func (e Entry) CloudEventType() string {
	return fmt.Sprintf("%s%s.v%d", Prefix, e.Type, e.Version)
}

// Subject is the NATS subject the event is published on.
func (e Entry) Subject() string { return "ledger." + string(e.Type) }

// GoType is the struct that carries the data.
func (e Entry) GoType() reflect.Type { return e.goType }

// define makes the entry of the struct E. Its version is 1 until its stored form changes.
func define[E Event](doc string, marks ...func(*Entry)) Entry {
	var zero E
	e := Entry{Type: zero.EventType(), Version: 1, Doc: doc, goType: reflect.TypeFor[E]()}
	_, e.changes = any(zero).(evolving)
	for _, mark := range marks {
		mark(&e)
	}
	return e
}

// Ahead is how long before it occurred a touchpoint may be recorded and still count as
// contact: clocks and time zones differ.
const Ahead = 24 * time.Hour

// InContact reports whether a touchpoint of that time counts as contact. One that was
// recorded before it can have happened is kept like any other event, but it is no
// evidence that the customer and we were in contact, and a year mistyped must not make
// an account look in touch for ever. A correction of the time puts it right.
func InContact(occurred, recorded time.Time) bool { return !occurred.After(recorded.Add(Ahead)) }

func touch(e *Entry)      { e.Touch = true }
func ours(e *Entry)       { e.Initiator = "us" }
func theirs(e *Entry)     { e.Initiator = "them" }
func ledgerWide(e *Entry) { e.LedgerWide = true }
func anywhere(e *Entry)   { e.Anywhere = true }

// initiated is an event whose data says who got in touch.
type initiated interface{ initiator() string }

// Initiator is who got in touch by a touch, "us" or "them"; "" if it does not say, or
// is none.
func Initiator(e Event) string {
	if i, ok := e.(initiated); ok {
		return i.initiator()
	}
	return byType[e.EventType()].Initiator
}

// Catalogue is every event type the ledger knows, sorted by type. A family's file
// lists its own types; a new family adds its list here.
var Catalogue = collect(
	accountEvents, contactEvents, interactionEvents, meetingEvents, voiceEvents,
	deliveryEvents, qualityEvents, complaintEvents, correctiveEvents, requestEvents,
	commitmentEvents, planEvents, improvementEvents, impactEvents, independentEvents,
	capabilityEvents, commerceEvents, followUpEvents, entryEvents, ledgerEvents,
	personEvents,
	needEvents, expectationEvents, marketEvents,
)

func collect(families ...[]Entry) []Entry {
	all := slices.Concat(families...)
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(string(a.Type), string(b.Type)) })
	return all
}

var byType = func() map[Type]Entry {
	m := make(map[Type]Entry, len(Catalogue))
	for _, e := range Catalogue {
		if _, twice := m[e.Type]; twice {
			panic("domain: event type defined twice: " + string(e.Type))
		}
		m[e.Type] = e
	}
	return m
}()

// Lookup finds the entry of a type.
func Lookup(t Type) (Entry, bool) {
	e, ok := byType[t]
	return e, ok
}
