package domain

import "time"

// The entry family speaks of other events. Nothing is edited: the original stays in
// the log and on the timeline, and what counts is what stands (see [Standing]).

// EntryCorrected replaces what an earlier event of the same account said. It names
// the event by its position, or by its source and id.
type EntryCorrected struct {
	Position Position `json:"position,omitzero" min:"1" doc:"position of the event corrected; or give id"`
	ID       string   `json:"id,omitzero" max:"256" doc:"id of the event corrected, instead of position"`
	Source   string   `json:"source,omitzero" max:"256" doc:"source of the event corrected; this event's own if absent"`
	Reason   string   `json:"reason"`
	// Type is the corrected event's type, which does not change. It is asked
	// for so that the data can be checked before the original is at hand.
	Type       string    `json:"type" format:"event_type" doc:"CloudEvents type of the event corrected"`
	OccurredAt time.Time `json:"occurred_at,omitzero" doc:"when it really happened, if that was wrong"`
	Data       Event     `json:"data" doc:"the whole data as it should have been"`
}

// EntryRetracted withdraws an earlier event of the same account.
type EntryRetracted struct {
	Position Position `json:"position,omitzero" min:"1" doc:"position of the event retracted; or give id"`
	ID       string   `json:"id,omitzero" max:"256" doc:"id of the event retracted, instead of position"`
	Source   string   `json:"source,omitzero" max:"256" doc:"source of the event retracted; this event's own if absent"`
	Reason   string   `json:"reason"`
}

func (e EntryCorrected) check(Envelope) []Fault { return checkTarget(e.Position, e.ID, e.Source) }
func (e EntryRetracted) check(Envelope) []Fault { return checkTarget(e.Position, e.ID, e.Source) }

// checkTarget wants the event spoken of to be named once, in one way.
func checkTarget(p Position, id, source string) []Fault {
	switch {
	case p == 0 && id == "":
		return []Fault{{"data.position", "needed, or data.id, to name the event this is about"}}
	case p != 0 && id != "":
		return []Fault{{"data.id", "names the event a second time; give position or id"}}
	case id == "" && source != "":
		return []Fault{{"data.source", "says nothing without data.id"}}
	}
	return nil
}

func (EntryCorrected) EventType() Type { return "entry.corrected" }
func (EntryRetracted) EventType() Type { return "entry.retracted" }

var entryEvents = []Entry{
	define[EntryCorrected]("An earlier event was corrected.", anywhere),
	define[EntryRetracted]("An earlier event was withdrawn.", anywhere),
}
