package domain

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// TargetOf tells which event an entry event speaks of: the one at the position or, if
// that is 0, the one of the source and id. It is false for other events.
func TargetOf(e Envelope) (p Position, source, id string, ok bool) {
	switch d := e.Data.(type) {
	case EntryCorrected:
		p, source, id = d.Position, d.Source, d.ID
	case EntryRetracted:
		p, source, id = d.Position, d.Source, d.ID
	default:
		return 0, "", "", false
	}
	if source == "" {
		source = e.Source
	}
	return p, source, id, true
}

// DecideEntry says whether an entry.corrected or entry.retracted may be recorded: nil,
// or a [*Refusal]; any other error is read's. The target is the event that [TargetOf]
// names, nil if the ledger has none. The account has taken in all that is recorded.
//
// Data given as a correction must be such that it could have been recorded in the
// first place, where the target stands, as far as the account alone can tell. That
// later events may then contradict it is for later corrections to put right.
func (a *Account) DecideEntry(e Envelope, target *Recorded, read ReadEvent) error {
	faults := checkStream(e)
	if d, ok := e.Data.(checked); ok {
		faults = append(faults, d.check(e)...)
	}
	if len(faults) == 0 {
		faults = a.decideTarget(e, target)
	}
	if len(faults) > 0 {
		return refusal(faults)
	}
	if c, ok := e.Data.(EntryCorrected); ok {
		stands, err := a.standing(*target, read)
		if err == nil {
			err = a.decideCorrection(e, c, stands)
		}
		if err != nil {
			return err
		}
	}
	faults, err := a.decideMerges(e, *target, read)
	if err != nil {
		return err
	}
	return refusal(faults)
}

// naming is where an entry names the event it speaks of.
func naming(e Envelope) string {
	if p, _, _, _ := TargetOf(e); p == 0 {
		return "data.id"
	}
	return "data.position"
}

// decideTarget holds the entry against the event it speaks of.
func (a *Account) decideTarget(e Envelope, target *Recorded) []Fault {
	no := func(format string, args ...any) []Fault {
		return []Fault{{naming(e), fmt.Sprintf(format, args...)}}
	}
	if target == nil {
		return no("the ledger has no such event")
	}
	if target.Account != e.Account {
		return no("that event is in the stream of account %q; an entry goes to the stream of the event it is about, also where accounts were merged", target.Account)
	}
	if _, ok := target.Data.(EntryRetracted); ok {
		return no("that event is itself a retraction; record the fact anew, with an id of its own")
	}
	if _, ok := target.Data.(PersonForgotten); ok {
		return no("that event says that a person was forgotten, which nothing undoes")
	}
	if a.entries.Retracted(target.Position) {
		return no("that event was retracted already")
	}
	c, ok := e.Data.(EntryCorrected)
	if !ok {
		return nil
	}
	if _, ok := target.Data.(EntryCorrected); ok {
		return no("that event is itself a correction; correct the event at position %d again, or retract the correction", target.Target)
	}
	if c.Data == nil || c.Data.EventType() != target.Data.EventType() {
		return []Fault{{"data.type", fmt.Sprintf("the event to correct is a %s, and a correction does not change that", target.Data.EventType())}}
	}
	return nil
}

// standing is an event that was not retracted, as it counts now.
func (a *Account) standing(e Recorded, read ReadEvent) (Recorded, error) {
	by := a.entries.Stands(e.Position)
	if by == e.Position {
		return e, nil
	}
	entry, err := read(by)
	if c, ok := entry.Data.(EntryCorrected); ok {
		e = e.correctedBy(c)
	}
	return e, err
}

func (a *Account) decideCorrection(e Envelope, c EntryCorrected, stands Recorded) error {
	if sameFact(stands, c) {
		return Refuse("data.data", "is what stands already")
	}
	// The source is the correction's: nobody corrects what only the ledger may record.
	corrected := stands.correctedBy(c).Envelope
	corrected.Source = e.Source
	return within(a.before(stands.Position).Decide(corrected))
}

func sameFact(stands Recorded, c EntryCorrected) bool {
	corrected := stands.correctedBy(c)
	return reflect.DeepEqual(stands.Data, corrected.Data) && stands.OccurredAt.Equal(corrected.OccurredAt)
}

// within gives the faults of a decision about corrected data the places they have in
// the correction.
func within(err error) error {
	refused, ok := err.(*Refusal)
	if !ok {
		return err
	}
	faults := slices.Clone(refused.Faults)
	for i, f := range faults {
		if strings.HasPrefix(f.Location, "data") {
			faults[i].Location = "data." + f.Location
		}
	}
	return refusal(faults)
}
