package domain

import "time"

// The plan family: words turned into actions.

// PlanCreated turns what was heard into a plan.
type PlanCreated struct {
	Plan          ID         `json:"plan"`
	Kind          string     `json:"kind,omitzero" enum:"actions onboarding project_phase" doc:"actions if absent; the actions of an onboarding are its milestones"`
	Project       string     `json:"project,omitzero" max:"128" doc:"the project a phase belongs to"`
	Phase         string     `json:"phase,omitzero" max:"64" doc:"the phase, such as define, measure, analyse, improve, control"`
	Initiative    ID         `json:"initiative,omitzero" doc:"the initiative it is part of"`
	From          []Position `json:"from,omitzero" doc:"positions of the events that led to it"`
	Owner         string     `json:"owner,omitzero" max:"128"`
	DueAt         time.Time  `json:"due_at,omitzero"`
	CustomerKnows bool       `json:"customer_knows,omitzero"`
	Statement     string     `json:"statement,omitzero"`
}

// PlanActionAdded adds a step.
type PlanActionAdded struct {
	Plan      ID        `json:"plan"`
	Action    ID        `json:"action"`
	Owner     string    `json:"owner,omitzero" max:"128"`
	DueAt     time.Time `json:"due_at,omitzero"`
	Statement string    `json:"statement,omitzero"`
}

// PlanActionCompleted finishes a step.
type PlanActionCompleted struct {
	Plan    ID     `json:"plan"`
	Action  ID     `json:"action"`
	Outcome string `json:"outcome,omitzero"`
}

// PlanClosed ends the plan.
type PlanClosed struct {
	Plan    ID     `json:"plan"`
	Outcome string `json:"outcome,omitzero"`
}

// InvolvementStarted says somebody from outside works with us on something.
type InvolvementStarted struct {
	Effort      ID     `json:"effort"`
	Party       string `json:"party" enum:"customer supplier"`
	Kind        string `json:"kind" enum:"planning problem_solving benchmark design pilot measurement" doc:"what sort of effort it is"`
	PeopleCount int64  `json:"people_count,omitzero" min:"1" max:"100000"`
	Contacts    []ID   `json:"contacts,omitzero" doc:"the customer's people who take part"`
	Supplier    string `json:"supplier,omitzero" max:"128" doc:"the supplier, by our own id"`
	Role        string `json:"role,omitzero" max:"128" doc:"the part they play in it"`
	Improvement ID     `json:"improvement,omitzero" doc:"the improvement it is for"`
}

// InvolvementEnded says they no longer do: one of the parties, or all of them because
// the effort is over.
type InvolvementEnded struct {
	Effort   ID     `json:"effort"`
	Party    string `json:"party,omitzero" enum:"customer supplier" doc:"who left while the effort goes on; absent if it is over"`
	Supplier string `json:"supplier,omitzero" max:"128" doc:"which supplier left, by our own id"`
	Reason   string `json:"reason,omitzero"`
	Outcome  string `json:"outcome,omitzero"`
	Reached  *bool  `json:"reached,omitzero" doc:"whether the effort reached what it was for"`
}

var (
	plans   = &kind{noun: "plan", field: "plan", born: "created"}
	actions = &kind{noun: "action", field: "action", born: "added to the plan"}
	efforts = &kind{noun: "involvement in effort", field: "effort", born: "started"}
)

func (e InvolvementStarted) check(Envelope) []Fault { return checkParty(e.Party, e.Supplier) }
func (e InvolvementEnded) check(Envelope) []Fault   { return checkParty(e.Party, e.Supplier) }

func checkParty(party, supplier string) []Fault {
	if supplier != "" && party != "supplier" {
		return []Fault{{"data.supplier", "only a supplier's involvement has one"}}
	}
	return nil
}

func (e PlanCreated) decide(a *Account) []Fault { return a.unused(plans, e.Plan) }
func (e PlanActionAdded) decide(a *Account) []Fault {
	return append(a.in(plans, e.Plan, "open"), a.unused(actions, inside(e.Plan, e.Action))...)
}

// A step may be completed after its plan was closed: closing does not stop the work.
func (e PlanActionCompleted) decide(a *Account) []Fault {
	return append(a.known(plans, e.Plan), a.in(actions, inside(e.Plan, e.Action), "open")...)
}
func (e PlanClosed) decide(a *Account) []Fault       { return a.in(plans, e.Plan, "open") }
func (e InvolvementEnded) decide(a *Account) []Fault { return a.in(efforts, e.Effort, "running") }

func (e PlanCreated) evolve() change     { return set(plans, e.Plan, "open") }
func (e PlanActionAdded) evolve() change { return set(actions, inside(e.Plan, e.Action), "open") }
func (e PlanActionCompleted) evolve() change {
	return move(actions, inside(e.Plan, e.Action), "completed")
}
func (e PlanClosed) evolve() change         { return move(plans, e.Plan, "closed") }
func (e InvolvementStarted) evolve() change { return set(efforts, e.Effort, "running") }
func (e InvolvementEnded) evolve() change {
	if e.Party != "" {
		return change{} // the others go on
	}
	return move(efforts, e.Effort, "over")
}

func (PlanCreated) EventType() Type         { return "plan.created" }
func (PlanActionAdded) EventType() Type     { return "plan.action_added" }
func (PlanActionCompleted) EventType() Type { return "plan.action_completed" }
func (PlanClosed) EventType() Type          { return "plan.closed" }
func (InvolvementStarted) EventType() Type  { return "involvement.started" }
func (InvolvementEnded) EventType() Type    { return "involvement.ended" }

var planEvents = []Entry{
	define[PlanCreated]("A plan was made of what was heard."),
	define[PlanActionAdded]("A step was added to a plan."),
	define[PlanActionCompleted]("A step of a plan was completed."),
	define[PlanClosed]("A plan was closed."),
	define[InvolvementStarted]("The customer or a supplier joined an effort.", touch),
	define[InvolvementEnded]("The customer or a supplier left an effort."),
}
