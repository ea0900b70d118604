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
	// Measures replaces what is said of the same measures; all others stay as they were.
	Measures []MeasureDefinition `json:"measures,omitzero" doc:"what measures mean from now on"`
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

// SilenceBroken says that a silence that was noticed is over. It occurred with the
// contact that broke it.
type SilenceBroken struct {
	By            string    `json:"by,omitzero" enum:"us them" doc:"who got in touch, if the contact says so"`
	Contact       Position  `json:"contact_position" doc:"position of the event that was the contact"`
	Silence       Position  `json:"silence_position" doc:"position of the silence.noticed that is over"`
	LastContactAt time.Time `json:"last_contact_at,omitzero" doc:"the contact before; absent if there never was one"`
	NoticedAt     time.Time `json:"noticed_at"`
}

// ChecklistAnswered is what somebody says we do about one of the points of interaction,
// for an account or in general.
type ChecklistAnswered struct {
	Item      string `json:"item" enum:"planning suppliers tracking corrective_action voice training conferences involvement time channels" doc:"the point: time to plan and understand requirements, suppliers included, requirements tracked, corrective action, voice of the customer, training and certificates, conferences and user meetings, customers in our efforts, time for the relationship, channels at many levels"`
	Performed string `json:"performed" enum:"yes partial no"`
	Assessor  string `json:"assessor" max:"128" doc:"our person, by our own id"`
	Note      string `json:"note,omitzero"`
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
func (e SilenceBroken) check(at Envelope) []Fault  { return checkOwn(at) }

func (PolicyChanged) EventType() Type     { return "policy.changed" }
func (PolicyCalibrated) EventType() Type  { return "policy.calibrated" }
func (DuePassed) EventType() Type         { return "due.passed" }
func (SilenceNoticed) EventType() Type    { return "silence.noticed" }
func (SilenceBroken) EventType() Type     { return "silence.broken" }
func (ChecklistAnswered) EventType() Type { return "checklist.answered" }

var ledgerEvents = []Entry{
	define[PolicyChanged]("The rules for trust, follow-ups or the calendar were changed.", ledgerWide),
	define[PolicyCalibrated]("The trust model's priors were set to recent rates.", ledgerWide),
	define[DuePassed]("A follow-up's due date went by.", anywhere),
	define[SilenceNoticed]("An account was silent for longer than agreed."),
	define[SilenceBroken]("A silence that was noticed came to its end."),
	define[ChecklistAnswered]("A point of the interaction checklist was answered.", anywhere),
}
