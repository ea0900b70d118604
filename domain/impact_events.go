package domain

// The impact family: what our failures do to the customer, what the customer depends
// on, and who must be there for it. What is not known is said to be unknown, which is
// not the same as nothing.
//
// An impact says what it is of as far as the emitter knows: by position, or by the id
// of the delivery line, complaint, nonconformity or incident.

// ImpactPenaltyAssessed is what the customer charges us for a failure.
type ImpactPenaltyAssessed struct {
	Penalty       ID       `json:"penalty,omitzero" doc:"needed if it is to be settled later"`
	AmountMinor   int64    `json:"amount_minor" min:"0" doc:"amount in the currency's minor unit"`
	Currency      string   `json:"currency" format:"currency"`
	Clause        string   `json:"clause,omitzero" max:"200" doc:"where in the contract it is agreed"`
	Of            Position `json:"of,omitzero" doc:"position of the event that led to it"`
	Line          ID       `json:"line,omitzero"`
	Complaint     ID       `json:"complaint,omitzero"`
	Nonconformity ID       `json:"nonconformity,omitzero"`
	Incident      ID       `json:"incident,omitzero"`
	CauseCode     string   `json:"cause_code,omitzero" max:"64" doc:"our own code of the cause"`
}

// ImpactPenaltySettled is what became of a penalty.
type ImpactPenaltySettled struct {
	Penalty     ID     `json:"penalty"`
	Outcome     string `json:"outcome" enum:"paid reduced waived"`
	AmountMinor *int64 `json:"amount_minor,omitzero" min:"0" doc:"what was paid, in the currency's minor unit"`
	Currency    string `json:"currency,omitzero" format:"currency"`
	Reason      string `json:"reason,omitzero"`
}

// ImpactIdleReported says that people at the customer could not work.
type ImpactIdleReported struct {
	PeopleCount   int64    `json:"people_count" min:"1" max:"1000000"`
	HoursH        float64  `json:"hours_h" min:"0" max:"100000" doc:"how long, in hours"`
	PersonH       *float64 `json:"person_h,omitzero" min:"0" doc:"idle person-hours, where they are not people_count times hours_h"`
	CostMinor     *int64   `json:"cost_minor,omitzero" min:"0" doc:"cost to the customer in the currency's minor unit"`
	Currency      string   `json:"currency,omitzero" format:"currency"`
	Of            Position `json:"of,omitzero" doc:"position of the event that led to it"`
	Line          ID       `json:"line,omitzero"`
	Complaint     ID       `json:"complaint,omitzero"`
	Nonconformity ID       `json:"nonconformity,omitzero"`
	Incident      ID       `json:"incident,omitzero"`
	CauseCode     string   `json:"cause_code,omitzero" max:"64" doc:"our own code of how we failed"`
	Contact       ID       `json:"contact,omitzero" doc:"who reported it"`
}

// ImpactLossEstimated is our failure in the customer's money.
type ImpactLossEstimated struct {
	Loss          ID       `json:"loss,omitzero" doc:"a later estimate with the same id takes the place of this one"`
	AmountMinor   int64    `json:"amount_minor" min:"0" doc:"loss in the currency's minor unit"`
	Currency      string   `json:"currency" format:"currency"`
	Method        string   `json:"method,omitzero" max:"200" doc:"how it was estimated"`
	ConfidencePct *float64 `json:"confidence_pct,omitzero" min:"0" max:"100"`
	Confirmed     bool     `json:"confirmed,omitzero" doc:"whether the customer confirmed it"`
	Of            Position `json:"of,omitzero" doc:"position of the event that led to it"`
	Line          ID       `json:"line,omitzero"`
	Complaint     ID       `json:"complaint,omitzero"`
	Nonconformity ID       `json:"nonconformity,omitzero"`
	Incident      ID       `json:"incident,omitzero"`
}

// ImpactUnknownDeclared says that an effect is there, or may be, and cannot be known.
type ImpactUnknownDeclared struct {
	Kind          string   `json:"kind" enum:"penalty idle loss affected aftermath" doc:"what cannot be known"`
	Reason        string   `json:"reason"`
	Of            Position `json:"of,omitzero" doc:"position of the event whose effect it is"`
	Line          ID       `json:"line,omitzero"`
	Complaint     ID       `json:"complaint,omitzero"`
	Nonconformity ID       `json:"nonconformity,omitzero"`
	Incident      ID       `json:"incident,omitzero"`
}

// DependencyRecorded says what of the customer's stops without us, and when. Recorded
// again, it is as it is said last.
type DependencyRecorded struct {
	Dependency      ID       `json:"dependency"`
	CustomerProcess string   `json:"customer_process" max:"200"`
	OurDeliverable  string   `json:"our_deliverable" max:"200"`
	LeadH           *float64 `json:"lead_h,omitzero" min:"0" max:"100000" doc:"how long before they need it they must have it, in hours"`
	BufferH         *float64 `json:"buffer_h,omitzero" min:"0" max:"100000" doc:"how long they can go on without it, in hours"`
	PeopleCount     *int64   `json:"people_count,omitzero" min:"0" max:"1000000" doc:"people who stop when the buffer ends"`
	CostPerHMinor   *int64   `json:"cost_per_h_minor,omitzero" min:"0" doc:"cost of an hour's stop in the currency's minor unit"`
	Currency        string   `json:"currency,omitzero" format:"currency"`
	Critical        bool     `json:"critical,omitzero" doc:"whether the process is critical for the customer"`
	RecoveryTargetH *float64 `json:"recovery_target_h,omitzero" min:"0" max:"100000" doc:"hours within which the process must run again"`
	Lines           []ID     `json:"lines,omitzero" doc:"the delivery lines it is about, if it is about some only"`
	Contact         ID       `json:"contact,omitzero" doc:"who told us"`
}

// DependencyRetired says they no longer depend on it.
type DependencyRetired struct {
	Dependency ID     `json:"dependency"`
	Reason     string `json:"reason,omitzero"`
}

// IncidentStarted says that something of ours stopped working, for one account or for
// all of them.
type IncidentStarted struct {
	Incident      ID     `json:"incident"`
	System        string `json:"system" max:"200" doc:"what stopped working"`
	Severity      int64  `json:"severity,omitzero" min:"1" max:"5" doc:"1 slight to 5 grave"`
	AffectedCount *int64 `json:"affected_count,omitzero" min:"0" doc:"parties affected, as far as it is known by then"`
	Statement     string `json:"statement,omitzero"`
}

// IncidentObserved is what an incident does, also long after its end.
type IncidentObserved struct {
	Incident      ID     `json:"incident"`
	DayN          int64  `json:"day_n" min:"0" max:"36500" doc:"day since it started; 0 is the day itself"`
	Effect        string `json:"effect"`
	AffectedCount *int64 `json:"affected_count,omitzero" min:"0" doc:"parties affected, as far as it is known by then"`
}

// IncidentEnded says it works again. The effects may go on.
type IncidentEnded struct {
	Incident      ID       `json:"incident"`
	DurationMin   *float64 `json:"duration_min,omitzero" min:"0" doc:"where it is not the time between start and end"`
	AffectedCount *int64   `json:"affected_count,omitzero" min:"0" doc:"parties affected, as far as it is known by then"`
	Outcome       string   `json:"outcome,omitzero"`
}

// RoleAssigned puts one of ours into a role that is critical for the customer.
type RoleAssigned struct {
	Role    string `json:"role" max:"128" doc:"the critical role, such as on-call planner"`
	Person  string `json:"person" max:"128" doc:"our person, by our own id"`
	Backup  string `json:"backup,omitzero" max:"128" doc:"who stands in, by our own id; absent if nobody does"`
	Process string `json:"process,omitzero" max:"200" doc:"the customer's process the role is for"`
}

// RoleVacated says nobody is in the role.
type RoleVacated struct {
	Role   string `json:"role" max:"128"`
	Reason string `json:"reason,omitzero"`
}

var (
	penalties     = &kind{noun: "penalty", field: "penalty", born: "assessed"}
	dependencies  = &kind{noun: "dependency", field: "dependency", born: "recorded"}
	incidents     = &kind{noun: "incident", field: "incident", born: "started"}
	criticalRoles = &kind{noun: "role", field: "role", born: "assigned"}
)

func (e ImpactPenaltySettled) check(Envelope) []Fault {
	return together(e.AmountMinor != nil, e.Currency, "currency", "amount_minor")
}
func (e ImpactIdleReported) check(Envelope) []Fault {
	return together(e.CostMinor != nil, e.Currency, "currency", "cost_minor")
}
func (e DependencyRecorded) check(Envelope) []Fault {
	return together(e.CostPerHMinor != nil, e.Currency, "currency", "cost_per_h_minor")
}
func (e RoleAssigned) check(Envelope) []Fault {
	if e.Backup == e.Person {
		return []Fault{{"data.backup", "nobody stands in for themselves"}}
	}
	return nil
}

func (e ImpactPenaltyAssessed) decide(a *Account) []Fault {
	if e.Penalty == "" {
		return nil
	}
	return a.unused(penalties, e.Penalty)
}
func (e ImpactPenaltySettled) decide(a *Account) []Fault { return a.in(penalties, e.Penalty, "open") }
func (e DependencyRetired) decide(a *Account) []Fault {
	return a.in(dependencies, e.Dependency, "there")
}
func (e IncidentStarted) decide(a *Account) []Fault  { return a.unused(incidents, e.Incident) }
func (e IncidentObserved) decide(a *Account) []Fault { return a.known(incidents, e.Incident) }
func (e IncidentEnded) decide(a *Account) []Fault    { return a.in(incidents, e.Incident, "going on") }
func (e RoleVacated) decide(a *Account) []Fault      { return a.in(criticalRoles, ID(e.Role), "filled") }

func (e ImpactPenaltyAssessed) evolve() change {
	if e.Penalty == "" {
		return change{}
	}
	return set(penalties, e.Penalty, "open")
}
func (e ImpactPenaltySettled) evolve() change { return move(penalties, e.Penalty, "settled") }
func (e DependencyRecorded) evolve() change   { return set(dependencies, e.Dependency, "there") }
func (e DependencyRetired) evolve() change    { return move(dependencies, e.Dependency, "retired") }
func (e IncidentStarted) evolve() change      { return set(incidents, e.Incident, "going on") }
func (e IncidentEnded) evolve() change        { return move(incidents, e.Incident, "over") }
func (e RoleAssigned) evolve() change         { return set(criticalRoles, ID(e.Role), "filled") }
func (e RoleVacated) evolve() change          { return move(criticalRoles, ID(e.Role), "vacant") }

func (ImpactPenaltyAssessed) EventType() Type { return "impact.penalty_assessed" }
func (ImpactPenaltySettled) EventType() Type  { return "impact.penalty_settled" }
func (ImpactIdleReported) EventType() Type    { return "impact.idle_reported" }
func (ImpactLossEstimated) EventType() Type   { return "impact.loss_estimated" }
func (ImpactUnknownDeclared) EventType() Type { return "impact.unknown_declared" }
func (DependencyRecorded) EventType() Type    { return "dependency.recorded" }
func (DependencyRetired) EventType() Type     { return "dependency.retired" }
func (IncidentStarted) EventType() Type       { return "incident.started" }
func (IncidentObserved) EventType() Type      { return "incident.observed" }
func (IncidentEnded) EventType() Type         { return "incident.ended" }
func (RoleAssigned) EventType() Type          { return "role.assigned" }
func (RoleVacated) EventType() Type           { return "role.vacated" }

var impactEvents = []Entry{
	define[ImpactPenaltyAssessed]("The customer charged us for a failure."),
	define[ImpactPenaltySettled]("A penalty was paid, reduced or waived."),
	define[ImpactIdleReported]("People at the customer could not work because of us."),
	define[ImpactLossEstimated]("What a failure of ours cost the customer was estimated."),
	define[ImpactUnknownDeclared]("An effect on the customer was said to be unknown."),
	define[DependencyRecorded]("What the customer depends on us for was recorded."),
	define[DependencyRetired]("The customer no longer depends on something."),
	define[IncidentStarted]("Something of ours stopped working.", anywhere),
	define[IncidentObserved]("What an incident does was observed.", anywhere),
	define[IncidentEnded]("An incident ended.", anywhere),
	define[RoleAssigned]("One of ours took a role that is critical for the customer."),
	define[RoleVacated]("A role that is critical for the customer became vacant."),
}
