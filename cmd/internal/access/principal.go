package access

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// AnySource stands for every source in [Principal.Sources].
const AnySource = "*"

// Principal is who asks. The zero value is nobody in particular, without any right.
type Principal struct {
	// ID tells principals apart: a token's id, an issuer's subject. It is empty for
	// nobody, and no secret.
	ID string
	// Name is for people.
	Name  string
	Roles []Role
	// Sources are those whose events it may have recorded; [AnySource] is all of them.
	Sources []string
	// Foreign says that an issuer elsewhere vouches for it.
	Foreign bool
	// Expires is when it is to be asked again who it is; zero for never.
	Expires time.Time
}

// Local is everybody who can reach a ledger that is open to its own machine.
var Local = Principal{ID: "local", Name: "local", Roles: []Role{Admin}, Sources: []string{AnySource}}

// May reports whether the principal has the right.
func (p Principal) May(right Right) bool {
	return right == Anyone || slices.ContainsFunc(p.Roles, func(r Role) bool { return r.may(right) })
}

// Known reports whether it is known who the principal is.
func (p Principal) Known() bool { return p.ID != "" }

func (p Principal) expired(now time.Time) bool { return !p.Expires.IsZero() && !now.Before(p.Expires) }

// reserved are families of events that need another right than [Record], because they
// are acts on what others recorded, or rules for everybody.
var reserved = map[string]Right{
	"entry":    Act,
	"followup": Act,
	"policy":   Administer,
}

// Admit says whether the principal may have the event recorded: nil, or a
// [*domain.Refusal] or a [*Denial].
//
// The ledger's own source is nobody else's. Corrections and retractions of an
// emitter's own events, named by source and id, are the emitter's; those of others a
// steward's.
func (p Principal) Admit(e domain.Envelope) error {
	if e.Source == domain.OwnSource {
		return domain.Refuse("source", "the source "+domain.OwnSource+" is the ledger's own; name the system that the event comes from")
	}
	if !p.May(Record) {
		return &Denial{Principal: p, Right: Record}
	}
	need, special := reserved[e.Data.EventType().Family()]
	switch {
	case special && p.May(need):
		return nil
	case special && need == Act && p.mayAmend(e):
	case special:
		return &Denial{Principal: p, Right: need, What: string(e.Data.EventType())}
	}
	if !p.HasSource(e.Source) && !p.May(Administer) {
		return &Denial{Principal: p, Right: Record, What: "events of source " + e.Source}
	}
	return nil
}

// AdmitAll gives those events that could be read and that the principal may not have
// recorded the error that says so, and has it in the others that it recorded them.
func (p Principal) AdmitAll(events []codec.Parsed) {
	for i := range events {
		if events[i].Err == nil {
			events[i].Envelope.RecordedBy = p.Mark()
			events[i].Err = p.Admit(events[i].Envelope)
		}
	}
}

// Mark is what events keep of who had them recorded: the id. It is empty for [Local],
// who may be anybody.
func (p Principal) Mark() string {
	if p.ID == Local.ID {
		return ""
	}
	return p.ID
}

// mayAmend reports whether the event is an entry about an event of the principal's own.
func (p Principal) mayAmend(e domain.Envelope) bool {
	position, source, _, ok := domain.TargetOf(e)
	return ok && position == 0 && p.HasSource(source)
}

// HasSource reports whether the source is one of the principal's.
func (p Principal) HasSource(source string) bool {
	return slices.Contains(p.Sources, AnySource) || slices.Contains(p.Sources, source)
}

// Denial is the error that says what a principal may not do.
type Denial struct {
	Principal Principal
	Right     Right
	// What was to be done, in a few words; may be empty.
	What string
	// Why is the whole reason as sentences, where it is not a right that is missing.
	Why string
}

func (d *Denial) Error() string {
	if d.Why != "" {
		return d.Why
	}
	what := ""
	if d.What != "" {
		what = " (" + d.What + ")"
	}
	if !d.Principal.Known() {
		return "the right to " + string(d.Right) + what + " is needed"
	}
	return strconv.Quote(d.Principal.Name) + " has not the right to " + string(d.Right) + what
}

type key struct{}

// With is ctx with the principal on whose behalf it is.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, key{}, p)
}

// From is the principal on whose behalf ctx is; nobody, if that was never said.
func From(ctx context.Context) Principal {
	p, _ := ctx.Value(key{}).(Principal)
	return p
}
