package domain

import (
	"cmp"
	"slices"
)

// Policy is the set of rules in force at an instant.
type Policy struct {
	Name     string
	Trust    TrustPolicy
	FollowUp FollowUpPolicy
	Calendar CalendarPolicy
	// Measures are the definitions in force, sorted by measure.
	Measures []MeasureDefinition
}

// Apply gives the policy as it stands after the change. Its trust section names every
// dimension and kind of evidence: those that the change does not name have their
// defaults, so that a calibration finds them.
func (p Policy) Apply(c PolicyChanged) Policy {
	p.Name = c.Name
	if c.Trust != nil {
		p.Trust = c.Trust.named()
	}
	if c.FollowUp != nil {
		p.FollowUp = *c.FollowUp
	}
	if c.Calendar != nil {
		p.Calendar = *c.Calendar
	}
	p.Measures = redefine(p.Measures, c.Measures)
	return p
}

// redefine gives the definitions with others in the place of those of the same measure;
// it shares nothing that it changes.
func redefine(old, by []MeasureDefinition) []MeasureDefinition {
	if len(by) == 0 {
		return old
	}
	all := slices.Concat(by, old)
	slices.SortStableFunc(all, func(a, b MeasureDefinition) int { return cmp.Compare(a.Measure, b.Measure) })
	return slices.CompactFunc(all, func(a, b MeasureDefinition) bool { return a.Measure == b.Measure })
}

// MeasureDefinition says what a number means, so that nobody has to guess.
type MeasureDefinition struct {
	Measure string `json:"measure" max:"128" doc:"such as nps, otif"`
	Version string `json:"formula_version" max:"64" doc:"name and version of the formula, such as nps-0-6-v1"`
	Text    string `json:"text" doc:"what is counted, against what, and what is left out"`
}

// TrustPolicy holds the parameters of the trust model; package trust explains them.
type TrustPolicy struct {
	Dimensions []DimensionPolicy `json:"dimensions"`
	// PriorStrength is how many pieces of evidence the prior weighs.
	PriorStrength float64 `json:"prior_strength" min:"0.1" max:"1000" doc:"weight of the prior, in pieces of evidence"`
	// Cap bounds alpha + beta when an interval is read out.
	Cap     float64          `json:"cap" min:"1" max:"100000" doc:"most evidence an interval may claim (alpha + beta)"`
	Weights []EvidenceWeight `json:"weights"`
}

// DimensionPolicy is the part a dimension plays in the whole.
type DimensionPolicy struct {
	Name      string  `json:"name" enum:"delivery quality responsiveness promises voice closeness"`
	Weight    float64 `json:"weight" min:"0" max:"1000" doc:"share in the overall score, relative to the others"`
	PriorMean float64 `json:"prior_mean" min:"0.01" max:"0.99" doc:"expected share of good evidence until calibrated"`
	HalfLifeD float64 `json:"half_life_d" min:"0.1" max:"36500" doc:"days after which evidence counts half"`
}

// EvidenceWeight is how much one kind of evidence counts.
type EvidenceWeight struct {
	Kind      string  `json:"kind" max:"64" doc:"kind of evidence, such as delivery.missed"`
	Weight    float64 `json:"weight" min:"0" max:"1000" doc:"pieces of evidence it counts as"`
	HalfLifeD float64 `json:"half_life_d,omitzero" min:"0.1" max:"36500" doc:"instead of the dimension's, in days"`
}

// FollowUpPolicy holds how soon follow-ups are due, by reason, and who hears of those
// that are overdue.
type FollowUpPolicy struct {
	SLAs []SLA `json:"slas"`
	// DefaultDueH is for reasons without an SLA.
	DefaultDueH float64 `json:"default_due_h" min:"0.1" max:"100000" doc:"business hours until due where no SLA is set"`
	// Escalations are the ladder that overdue items climb, one step after the other.
	Escalations []EscalationStep `json:"escalations,omitzero" doc:"the ladder, lowest step first; none if absent"`
}

// EscalationStep takes items to somebody higher once they have been overdue for so long.
type EscalationStep struct {
	AfterH float64 `json:"after_h" min:"0" max:"100000" doc:"business hours after the due date"`
	// To is a role, [ToManager] or [ToSponsor], or a person.
	To            string   `json:"to" max:"128" doc:"the account's manager or sponsor, or a person by our own id"`
	Reasons       []string `json:"reasons,omitzero" doc:"the rules' reasons the step is for; all if absent"`
	CustomerKnown bool     `json:"customer_known,omitzero" doc:"the step is only for what the customer knows of and waits for"`
}

// The roles a step of the ladder may name instead of a person.
const (
	ToManager = "manager"
	ToSponsor = "sponsor"
)

// SLA is the time allowed for one reason.
type SLA struct {
	Reason string  `json:"reason" max:"64" doc:"the rule's reason, such as complaint"`
	DueH   float64 `json:"due_h" min:"0.1" max:"100000" doc:"business hours until due; of what has a date of its own and waits, such as certificate_expiry, how long before it comes up"`
}

// CalendarPolicy says when business is done.
type CalendarPolicy struct {
	TimeZone string            `json:"time_zone" max:"64" doc:"IANA name, such as Europe/Berlin"`
	Week     []OpeningInterval `json:"week" doc:"opening intervals; several a day make breaks"`
	Holidays []string          `json:"holidays,omitzero" max:"1000" doc:"dates, such as 2026-12-25"`
}

// OpeningInterval is one span of business hours on one day of the week.
type OpeningInterval struct {
	Day  string `json:"day" enum:"mon tue wed thu fri sat sun"`
	From string `json:"from" max:"5" doc:"such as 09:00"`
	To   string `json:"to" max:"5" doc:"such as 12:30; 24:00 is the day's end"`
}
