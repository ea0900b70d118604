package domain

import "time"

// The meeting family: what comes before and after the meeting itself.

// MeetingProposed is somebody's wish to meet.
type MeetingProposed struct {
	Meeting    ID        `json:"meeting"`
	By         string    `json:"by" enum:"us them"`
	ProposedAt time.Time `json:"proposed_at,omitzero" doc:"the time proposed for the meeting"`
	Contacts   []ID      `json:"contacts,omitzero"`
}

// MeetingDeclined says the meeting will not take place.
type MeetingDeclined struct {
	Meeting   ID        `json:"meeting"`
	By        string    `json:"by,omitzero" enum:"us them"`
	Reason    string    `json:"reason,omitzero"`
	NotBefore time.Time `json:"not_before,omitzero" doc:"when to try again at the earliest"`
}

// MeetingOutcomeRecorded is what the meeting led to.
type MeetingOutcomeRecorded struct {
	Meeting           ID     `json:"meeting"`
	ActionsCount      int64  `json:"actions_count" min:"0" max:"10000"`
	DecisionsCount    *int64 `json:"decisions_count,omitzero" min:"0" max:"10000"`
	AlternativesCount *int64 `json:"alternatives_count,omitzero" min:"0" max:"10000" doc:"how many alternatives were weighed for the decisions"`
	CustomerDecided   *bool  `json:"customer_decided,omitzero" doc:"whether the customer took part in the decisions"`
	Summary           string `json:"summary,omitzero" max:"20000" personal:""`
}

// MeetingOutcomeTold says the customer heard what became of the meeting.
type MeetingOutcomeTold struct {
	Meeting ID     `json:"meeting"`
	Contact ID     `json:"contact,omitzero"`
	Channel string `json:"channel,omitzero" max:"128"`
}

// A meeting may be known by an interaction.held of the same id only, or not at all:
// what is refused is just what cannot be true together.
var meetings = &kind{noun: "meeting", field: "meeting", born: "proposed"}

func (e MeetingDeclined) decide(a *Account) []Fault {
	return a.notIn(meetings, e.Meeting, "held")
}
func (e MeetingOutcomeRecorded) decide(a *Account) []Fault {
	return a.notIn(meetings, e.Meeting, "declined")
}
func (e MeetingOutcomeTold) decide(a *Account) []Fault {
	return a.notIn(meetings, e.Meeting, "declined")
}

func (e MeetingProposed) initiator() string { return e.By }
func (e MeetingDeclined) initiator() string { return e.By }

func (e MeetingProposed) evolve() change {
	return set(meetings, e.Meeting, "proposed").unless("held")
}
func (e MeetingDeclined) evolve() change        { return set(meetings, e.Meeting, "declined") }
func (e MeetingOutcomeRecorded) evolve() change { return set(meetings, e.Meeting, "held") }

func (MeetingProposed) EventType() Type        { return "meeting.proposed" }
func (MeetingDeclined) EventType() Type        { return "meeting.declined" }
func (MeetingOutcomeRecorded) EventType() Type { return "meeting.outcome_recorded" }
func (MeetingOutcomeTold) EventType() Type     { return "meeting.outcome_told" }

var meetingEvents = []Entry{
	define[MeetingProposed]("A meeting was proposed.", touch),
	define[MeetingDeclined]("A proposed meeting was declined.", touch),
	define[MeetingOutcomeRecorded]("What a meeting led to was recorded."),
	define[MeetingOutcomeTold]("The customer was told what became of a meeting.", touch, ours),
}
