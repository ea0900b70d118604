package domain

import "time"

// The capability family: what our people and our suppliers' can do, and what we set
// out to do. Most of it concerns no single account.

// TrainingCompleted says somebody learned something.
type TrainingCompleted struct {
	Person     string   `json:"person" max:"128" doc:"who was trained, by our own id"`
	Audience   string   `json:"audience" enum:"employee supplier" doc:"whose people they are"`
	Supplier   string   `json:"supplier,omitzero" max:"128" doc:"the supplier, by our own id"`
	Programme  string   `json:"programme,omitzero" max:"200"`
	HoursH     *float64 `json:"hours_h,omitzero" min:"0" max:"100000"`
	ScorePct   *float64 `json:"score_pct,omitzero" min:"0" max:"100"`
	Initiative ID       `json:"initiative,omitzero" doc:"the initiative it belongs to"`
}

// CertificateGranted says that a person, a supplier or the company meets a scheme.
type CertificateGranted struct {
	Scheme   string    `json:"scheme" max:"200" doc:"such as ISO 9001, or the name of our own certificate"`
	Person   string    `json:"person,omitzero" max:"128" doc:"who holds it, by our own id; absent if the supplier or the company does"`
	Supplier string    `json:"supplier,omitzero" max:"128" doc:"the supplier who holds it, or whose person does, by our own id; absent if ours"`
	ValidTo  time.Time `json:"valid_to,omitzero" doc:"absent if it does not end"`
	By       string    `json:"by,omitzero" max:"200" doc:"who granted it"`
}

// CertificateExpired says that a certificate no longer holds.
type CertificateExpired struct {
	Scheme   string `json:"scheme" max:"200"`
	Person   string `json:"person,omitzero" max:"128"`
	Supplier string `json:"supplier,omitzero" max:"128"`
	Reason   string `json:"reason,omitzero"`
}

// InitiativeLaunched announces something we want to be better at.
type InitiativeLaunched struct {
	Initiative    ID        `json:"initiative"`
	Name          string    `json:"name" max:"200"`
	Statement     string    `json:"statement,omitzero"`
	Owner         string    `json:"owner,omitzero" max:"128"`
	EndsAt        time.Time `json:"ends_at,omitzero" doc:"until when it is planned"`
	AudienceCount *int64    `json:"audience_count,omitzero" min:"0" doc:"how many people it is meant for"`
}

// InitiativeExplained says that people were told what it means for them.
type InitiativeExplained struct {
	Initiative    ID     `json:"initiative"`
	AudienceCount int64  `json:"audience_count" min:"1" doc:"how many people were there"`
	Function      string `json:"function,omitzero" max:"128"`
}

// InitiativeEnded says that it is over.
type InitiativeEnded struct {
	Initiative ID     `json:"initiative"`
	Reason     string `json:"reason"`
	Outcome    string `json:"outcome,omitzero"`
}

// CycleStarted begins a round of a process that comes round again, such as that of
// measuring satisfaction.
type CycleStarted struct {
	Process  string `json:"process" max:"128" doc:"the process, such as satisfaction"`
	Cycle    ID     `json:"cycle" doc:"the round, such as 2026-Q1"`
	CadenceD int64  `json:"cadence_d,omitzero" min:"1" max:"3650" doc:"days from one round to the next"`
	Owner    string `json:"owner,omitzero" max:"128"`
}

// CycleClosed ends a round.
type CycleClosed struct {
	Process       string `json:"process" max:"128"`
	Cycle         ID     `json:"cycle"`
	FindingsCount int64  `json:"findings_count" min:"0"`
	Outcome       string `json:"outcome,omitzero"`
}

// ObjectiveSet ties a manager's success to a measure of the relationship. Set again for
// the same person, measure and period, it is as it is said last.
type ObjectiveSet struct {
	Person    string   `json:"person" max:"128" doc:"our person, by our own id"`
	Measure   string   `json:"measure" max:"128" doc:"such as nps, otif, retention"`
	WeightPct *float64 `json:"weight_pct,omitzero" min:"0" max:"100" doc:"its share in the person's objectives"`
	Target    *float64 `json:"target,omitzero"`
	UOM       string   `json:"uom,omitzero" max:"32" doc:"unit of measure of target"`
	Period    string   `json:"period,omitzero" max:"32" doc:"such as 2026 or 2026-Q1"`
}

// ObjectiveReviewed says that a manager's results were gone through.
type ObjectiveReviewed struct {
	Person           string   `json:"person" max:"128" doc:"our person, by our own id"`
	Measure          string   `json:"measure,omitzero" max:"128" doc:"the customer measure spoken of; absent if none was"`
	MeasureDiscussed bool     `json:"measure_discussed" doc:"whether a measure of the customer's was spoken of"`
	Value            *float64 `json:"value,omitzero" doc:"what was reached"`
	UOM              string   `json:"uom,omitzero" max:"32" doc:"unit of measure of value"`
	Period           string   `json:"period,omitzero" max:"32"`
	Reviewer         string   `json:"reviewer,omitzero" max:"128"`
}

var (
	certificates = &kind{noun: "certificate", field: "scheme", born: "granted"}
	initiatives  = &kind{noun: "initiative", field: "initiative", born: "launched"}
	cycles       = &kind{noun: "cycle", field: "cycle", born: "started"}
)

// certificate is the name of who holds what.
func certificate(scheme, person, supplier string) ID {
	return inside(inside(ID(supplier), ID(person)), ID(scheme))
}

func (e TrainingCompleted) check(Envelope) []Fault {
	if e.Supplier != "" && e.Audience != "supplier" {
		return []Fault{{"data.supplier", "only a supplier's people have one"}}
	}
	return nil
}
func (e ObjectiveSet) check(Envelope) []Fault {
	return together(e.Target != nil, e.UOM, "uom", "target")
}
func (e ObjectiveReviewed) check(Envelope) []Fault {
	faults := together(e.Value != nil, e.UOM, "uom", "value")
	if !e.MeasureDiscussed && e.Measure != "" {
		faults = append(faults, Fault{"data.measure", "says that a measure was spoken of, which data.measure_discussed denies"})
	}
	return faults
}

func (e CertificateExpired) decide(a *Account) []Fault {
	return a.in(certificates, certificate(e.Scheme, e.Person, e.Supplier), "valid")
}
func (e InitiativeLaunched) decide(a *Account) []Fault { return a.unused(initiatives, e.Initiative) }
func (e InitiativeExplained) decide(a *Account) []Fault {
	return a.in(initiatives, e.Initiative, "running")
}
func (e InitiativeEnded) decide(a *Account) []Fault {
	return a.in(initiatives, e.Initiative, "running")
}
func (e CycleStarted) decide(a *Account) []Fault {
	return a.unused(cycles, inside(ID(e.Process), e.Cycle))
}
func (e CycleClosed) decide(a *Account) []Fault {
	return a.in(cycles, inside(ID(e.Process), e.Cycle), "running")
}

func (e CertificateGranted) evolve() change {
	return set(certificates, certificate(e.Scheme, e.Person, e.Supplier), "valid")
}
func (e CertificateExpired) evolve() change {
	return move(certificates, certificate(e.Scheme, e.Person, e.Supplier), "expired")
}
func (e InitiativeLaunched) evolve() change { return set(initiatives, e.Initiative, "running") }
func (e InitiativeEnded) evolve() change    { return move(initiatives, e.Initiative, "over") }
func (e CycleStarted) evolve() change       { return set(cycles, inside(ID(e.Process), e.Cycle), "running") }
func (e CycleClosed) evolve() change        { return move(cycles, inside(ID(e.Process), e.Cycle), "over") }

func (TrainingCompleted) EventType() Type   { return "training.completed" }
func (CertificateGranted) EventType() Type  { return "certificate.granted" }
func (CertificateExpired) EventType() Type  { return "certificate.expired" }
func (InitiativeLaunched) EventType() Type  { return "initiative.launched" }
func (InitiativeExplained) EventType() Type { return "initiative.explained" }
func (InitiativeEnded) EventType() Type     { return "initiative.ended" }
func (CycleStarted) EventType() Type        { return "cycle.started" }
func (CycleClosed) EventType() Type         { return "cycle.closed" }
func (ObjectiveSet) EventType() Type        { return "objective.set" }
func (ObjectiveReviewed) EventType() Type   { return "objective.reviewed" }

var capabilityEvents = []Entry{
	define[TrainingCompleted]("Somebody completed a training.", anywhere),
	define[CertificateGranted]("A certificate was granted.", anywhere),
	define[CertificateExpired]("A certificate expired.", anywhere),
	define[InitiativeLaunched]("An initiative was launched.", anywhere),
	define[InitiativeExplained]("An initiative was explained to people.", anywhere),
	define[InitiativeEnded]("An initiative ended.", anywhere),
	define[CycleStarted]("A round of a recurring process started.", anywhere),
	define[CycleClosed]("A round of a recurring process was closed.", anywhere),
	define[ObjectiveSet]("A manager's objective was set.", anywhere),
	define[ObjectiveReviewed]("A manager's objectives were reviewed.", anywhere),
}
