package domain

import "time"

// The expectation family: what the customer may measure us by, and whether it holds.
// Requirements, goals and standards are expectations too.

// ExpectationStated is something the customer counts on.
type ExpectationStated struct {
	Expectation    ID        `json:"expectation"`
	Kind           string    `json:"kind" enum:"expectation requirement goal standard" doc:"a goal is the customer's own, to which we contribute"`
	Statement      string    `json:"statement" doc:"without personal data"`
	Measure        string    `json:"measure,omitzero" max:"128" doc:"what is measured to tell"`
	Target         *float64  `json:"target,omitzero" doc:"the value it is to have"`
	UOM            string    `json:"uom,omitzero" max:"32" doc:"unit of measure of target"`
	Direction      string    `json:"direction,omitzero" enum:"at_least at_most" doc:"on which side of the target it is met"`
	DueAt          time.Time `json:"due_at,omitzero" doc:"when it is to be met"`
	Priority       int64     `json:"priority,omitzero" min:"1" max:"5" doc:"1 slight to 5 vital"`
	Clause         string    `json:"clause,omitzero" max:"128" doc:"of a standard or a contract"`
	By             string    `json:"by,omitzero" enum:"us customer third_party" doc:"who set it"`
	Contact        ID        `json:"contact,omitzero" doc:"the contact who stated it, or to whom we did"`
	RealisticCheck *bool     `json:"realistic_check,omitzero" doc:"whether it was checked that it can be met in the time there is; absent if that is not known"`
	Replaces       ID        `json:"replaces,omitzero" doc:"the expectation whose place it takes"`
	Plan           ID        `json:"plan,omitzero" doc:"the plan it belongs to; requirements are to be known before the plan that defines them is closed"`
	Improvement    ID        `json:"improvement,omitzero" doc:"the improvement it is about"`
}

// ExpectationConfirmed says that the customer confirmed it: this is what they expect.
type ExpectationConfirmed struct {
	Expectation ID `json:"expectation"`
	Contact     ID `json:"contact,omitzero"`
}

// ExpectationMeasured is a value that was measured for it.
type ExpectationMeasured struct {
	Expectation ID      `json:"expectation"`
	Value       float64 `json:"value"`
	UOM         string  `json:"uom,omitzero" max:"32" doc:"unit of measure of value; the target's if absent"`
	Period      string  `json:"period,omitzero" max:"32" doc:"such as 2026-Q1 or 2026-03"`
	Met         *bool   `json:"met,omitzero" doc:"whether it is met; by target and direction if absent"`
}

// ExpectationValidated says that somebody found whether it is met.
type ExpectationValidated struct {
	Expectation ID     `json:"expectation"`
	Met         string `json:"met" enum:"below met exceeded"`
	By          string `json:"by" enum:"us customer third_party" doc:"who found so; what nobody but us found is not validated by the customer"`
	Contact     ID     `json:"contact,omitzero"`
	Note        string `json:"note,omitzero" doc:"without personal data"`
}

var expectations = &kind{noun: "expectation", field: "expectation", born: "stated"}

func (e ExpectationStated) check(Envelope) []Fault {
	if e.Replaces == e.Expectation {
		return []Fault{{"data.replaces", "an expectation does not take its own place"}}
	}
	return together(e.Target != nil, e.UOM, "uom", "target")
}

func (e ExpectationStated) decide(a *Account) []Fault {
	faults := a.unused(expectations, e.Expectation)
	if e.Replaces != "" && e.Replaces != e.Expectation {
		faults = append(faults, at("data.replaces", a.known(expectations, e.Replaces))...)
	}
	return faults
}
func (e ExpectationConfirmed) decide(a *Account) []Fault {
	return a.known(expectations, e.Expectation)
}
func (e ExpectationMeasured) decide(a *Account) []Fault {
	return a.known(expectations, e.Expectation)
}
func (e ExpectationValidated) decide(a *Account) []Fault {
	return a.known(expectations, e.Expectation)
}

func (e ExpectationStated) evolve() change { return set(expectations, e.Expectation, "stated") }

func (ExpectationStated) EventType() Type    { return "expectation.stated" }
func (ExpectationConfirmed) EventType() Type { return "expectation.confirmed" }
func (ExpectationMeasured) EventType() Type  { return "expectation.measured" }
func (ExpectationValidated) EventType() Type { return "expectation.validated" }

var expectationEvents = []Entry{
	define[ExpectationStated]("Something the customer counts on was stated."),
	define[ExpectationConfirmed]("The customer confirmed an expectation.", touch, theirs),
	define[ExpectationMeasured]("A value was measured for an expectation."),
	define[ExpectationValidated]("Whether an expectation is met was found."),
}
