package domain

import "time"

// The need family: what the customer needs, whether they said so or we foresaw it, and
// the problems they let us know of.

// NeedStated is a need in the customer's words. One that was anticipated keeps its id,
// which shows that we were right.
type NeedStated struct {
	Need          ID     `json:"need"`
	Contact       ID     `json:"contact,omitzero"`
	Statement     string `json:"statement" max:"20000" personal:"contact"`
	Topic         string `json:"topic,omitzero" max:"200" doc:"what it is about, without personal data"`
	HorizonMonths int64  `json:"horizon_months,omitzero" min:"0" max:"240" doc:"how far ahead it lies; 0 is now, as if absent"`
	Priority      int64  `json:"priority,omitzero" min:"1" max:"5" doc:"1 slight to 5 vital"`
	During        string `json:"during,omitzero" enum:"crisis calm" doc:"whether it was said in a crisis or in calm"`
	Aspiration    bool   `json:"aspiration,omitzero" doc:"whether it goes beyond what is on time, sound and at its price"`
}

// NeedRevalidated says whether a need is still one.
type NeedRevalidated struct {
	Need      ID   `json:"need"`
	StillTrue bool `json:"still_true"`
	Contact   ID   `json:"contact,omitzero"`
}

// NeedMet says how well a need is met, by whomever.
type NeedMet struct {
	Need        ID     `json:"need"`
	Level       string `json:"level" enum:"none poor partial met"`
	By          string `json:"by,omitzero" enum:"us customer third_party" doc:"who says so"`
	Consequence string `json:"consequence,omitzero" doc:"what comes of its not being met"`
	Contact     ID     `json:"contact,omitzero"`
}

// NeedAnticipated is a need that the customer has not spoken of.
type NeedAnticipated struct {
	Need          ID     `json:"need"`
	Statement     string `json:"statement" doc:"without personal data"`
	Topic         string `json:"topic,omitzero" max:"200"`
	HorizonMonths int64  `json:"horizon_months,omitzero" min:"0" max:"240" doc:"how far ahead it lies"`
	Person        string `json:"person,omitzero" max:"128" doc:"our person who foresaw it, by our own id"`
}

// NeedConflictFound says that a need cannot be met together with another, of this
// account or of another. It is said again once it is decided which one prevails; the
// other account has an event of its own.
type NeedConflictFound struct {
	Need         ID        `json:"need"`
	OtherNeed    ID        `json:"other_need"`
	OtherAccount AccountID `json:"other_account,omitzero" format:"account" doc:"whose the other need is; this account's if absent"`
	Resolution   string    `json:"resolution,omitzero"`
	Prevails     string    `json:"prevails,omitzero" enum:"this other both neither" doc:"which need won; absent while that is open"`
	DecidedBy    string    `json:"decided_by,omitzero" max:"128" doc:"our person or function that decided"`
}

// ProblemDisclosed says that the customer let us know of a problem.
type ProblemDisclosed struct {
	Problem              ID        `json:"problem,omitzero"`
	Contact              ID        `json:"contact,omitzero"`
	Statement            string    `json:"statement,omitzero" max:"20000" personal:"contact"`
	Topic                string    `json:"topic,omitzero" max:"200" doc:"what it is about, without personal data"`
	ProblemOccurredAt    time.Time `json:"problem_occurred_at,omitzero" doc:"when it happened, if they said"`
	PreviouslyUnreported bool      `json:"previously_unreported,omitzero" doc:"whether we learned of it only now"`
	Trigger              string    `json:"trigger,omitzero" enum:"crisis our_ask customer_ask scheduled proactive" doc:"what brought the contact about"`
	Interaction          ID        `json:"interaction,omitzero" doc:"the interaction.held in which it came up"`
}

// A need that is no longer one may become one again, and one that is met may fall
// behind: all that is asked is that it is known.
var needs = &kind{noun: "need", field: "need", born: "stated"}

func (e NeedConflictFound) check(at Envelope) []Fault {
	if e.OtherNeed == e.Need && (e.OtherAccount == "" || e.OtherAccount == at.Account) {
		return []Fault{{"data.other_need", "a need does not conflict with itself"}}
	}
	return nil
}
func (e ProblemDisclosed) check(at Envelope) []Fault {
	if e.ProblemOccurredAt.After(at.OccurredAt) {
		return []Fault{{"data.problem_occurred_at", "must not be after the time of the event"}}
	}
	return nil
}

func (e NeedStated) decide(a *Account) []Fault {
	if a.status(needs, e.Need) == "anticipated" {
		return nil
	}
	return a.unused(needs, e.Need)
}

// That a need was foreseen may be heard of after the customer stated it.
func (e NeedAnticipated) decide(a *Account) []Fault {
	return a.notIn(needs, e.Need, "anticipated")
}
func (e NeedRevalidated) decide(a *Account) []Fault { return a.known(needs, e.Need) }
func (e NeedMet) decide(a *Account) []Fault         { return a.known(needs, e.Need) }
func (e NeedConflictFound) decide(a *Account) []Fault {
	faults := a.known(needs, e.Need)
	if e.OtherAccount == "" || e.OtherAccount == a.id {
		faults = append(faults, at("data.other_need", a.known(needs, e.OtherNeed))...)
	}
	return faults
}

func (e NeedStated) evolve() change { return set(needs, e.Need, "stated") }
func (e NeedAnticipated) evolve() change {
	return set(needs, e.Need, "anticipated").unless("stated")
}

func (NeedStated) EventType() Type        { return "need.stated" }
func (NeedRevalidated) EventType() Type   { return "need.revalidated" }
func (NeedMet) EventType() Type           { return "need.met" }
func (NeedAnticipated) EventType() Type   { return "need.anticipated" }
func (NeedConflictFound) EventType() Type { return "need.conflict_found" }
func (ProblemDisclosed) EventType() Type  { return "problem.disclosed" }

var needEvents = []Entry{
	define[NeedStated]("The customer said what they need.", touch, theirs),
	define[NeedRevalidated]("Whether a need is still one was asked."),
	define[NeedMet]("How well a need is met was found."),
	define[NeedAnticipated]("A need was foreseen."),
	define[NeedConflictFound]("A need was found to conflict with another."),
	define[ProblemDisclosed]("The customer let us know of a problem.", touch, theirs),
}
