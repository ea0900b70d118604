package domain

import "time"

// The ledger family: what the ledger itself notices, and the rules it works by.

// PolicyChanged puts rules in force from the time it occurred. A section that is
// absent stays as it was.
type PolicyChanged struct {
	Name     string          `json:"name" max:"64" doc:"the new policy's name; answers cite it"`
	Reason   string          `json:"reason"`
	Trust    *TrustPolicy    `json:"trust,omitzero"`
	FollowUp *FollowUpPolicy `json:"followup,omitzero"`
	Calendar *CalendarPolicy `json:"calendar,omitzero"`
}

// PolicyCalibrated sets the prior means of the trust model to the rates recently seen
// over the whole ledger.
type PolicyCalibrated struct {
	Priors        []Prior `json:"priors"`
	EvidenceCount int64   `json:"evidence_count" min:"0" doc:"pieces of evidence the rates rest on"`
	HalfLifeD     float64 `json:"half_life_d" min:"0.1" max:"36500" doc:"half-life of the evidence behind the rates, in days"`
}

// Prior is the expected share of evidence in favour, in one dimension.
type Prior struct {
	Dimension string  `json:"dimension" enum:"delivery quality responsiveness promises voice closeness"`
	Mean      float64 `json:"mean" min:"0.01" max:"0.99"`
}

// DuePassed says that a follow-up's due date went by. It occurred at the due time.
type DuePassed struct {
	Item      string    `json:"item" max:"128" doc:"the follow-up's id"`
	DueAt     time.Time `json:"due_at"`
	NoticedAt time.Time `json:"noticed_at"`
}

// SilenceNoticed says that an account has not been in contact for longer than was
// agreed. It occurred when the agreed time ran out.
type SilenceNoticed struct {
	LastContactAt time.Time `json:"last_contact_at,omitzero" doc:"absent if there never was a contact"`
	CadenceD      int64     `json:"cadence_d" min:"1" max:"3650" doc:"days between contacts that were agreed"`
	NoticedAt     time.Time `json:"noticed_at"`
}

// Answers cite a policy by its name, so a name is used once.
var policies = &kind{noun: "policy", field: "name", born: "put in force"}

func (e PolicyChanged) decide(a *Account) []Fault {
	if ownsName(e.Name) {
		return fault(policies, "policy %q would be one of those the ledger starts with", e.Name)
	}
	return a.unused(policies, ID(e.Name))
}
func (e PolicyChanged) evolve() change { return set(policies, ID(e.Name), "in force") }

func (e PolicyChanged) check(Envelope) []Fault { return e.faults() }
func (e PolicyCalibrated) check(at Envelope) []Fault {
	faults := checkOwn(at)
	return append(faults, unique("data.priors", "dimension", e.Priors, func(p Prior) string { return p.Dimension })...)
}
func (e DuePassed) check(at Envelope) []Fault      { return append(checkOwn(at), checkItem(e.Item, at)...) }
func (e SilenceNoticed) check(at Envelope) []Fault { return checkOwn(at) }

func (PolicyChanged) EventType() Type    { return "policy.changed" }
func (PolicyCalibrated) EventType() Type { return "policy.calibrated" }
func (DuePassed) EventType() Type        { return "due.passed" }
func (SilenceNoticed) EventType() Type   { return "silence.noticed" }

var ledgerEvents = []Entry{
	define[PolicyChanged]("The rules for trust, follow-ups or the calendar were changed.", ledgerWide),
	define[PolicyCalibrated]("The trust model's priors were set to recent rates.", ledgerWide),
	define[DuePassed]("A follow-up's due date went by."),
	define[SilenceNoticed]("An account was silent for longer than agreed."),
}
