package domain

import "time"

// The corrective family: from something that was not as required to the proof that it
// no longer happens (stages after 8D).

// NonconformityOpened says that something was not as required, and how much of it.
type NonconformityOpened struct {
	Nonconformity ID       `json:"nonconformity"`
	Severity      int64    `json:"severity" min:"1" max:"5" doc:"1 slight to 5 grave"`
	Of            Position `json:"of,omitzero" doc:"position of the event that showed it"`
	Complaint     ID       `json:"complaint,omitzero" doc:"the complaint that showed it"`
	Line          ID       `json:"line,omitzero" doc:"the delivery line it was found on"`
	Expectation   ID       `json:"expectation,omitzero" doc:"the expectation or requirement that was not met"`
	Repeats       ID       `json:"repeats,omitzero" doc:"the earlier nonconformity that has come back with it"`
	Product       string   `json:"product,omitzero" max:"200"`
	Supplier      string   `json:"supplier,omitzero" max:"128" doc:"the supplier it came from, by our own id"`
	QtyAffected   *float64 `json:"qty_affected,omitzero" min:"0"`
	UOM           string   `json:"uom,omitzero" max:"32" doc:"unit of measure of qty_affected"`
	CostMinor     *int64   `json:"cost_minor,omitzero" min:"0" doc:"cost so far in the currency's minor unit"`
	Currency      string   `json:"currency,omitzero" format:"currency"`
	Owner         string   `json:"owner,omitzero" max:"128"`
	Statement     string   `json:"statement,omitzero"`
}

// NonconformityContained says the customer is protected from more of it.
type NonconformityContained struct {
	Nonconformity ID       `json:"nonconformity"`
	Statement     string   `json:"statement,omitzero" doc:"what was done"`
	QtyHeld       *float64 `json:"qty_held,omitzero" min:"0" doc:"how much was stopped on its way"`
	UOM           string   `json:"uom,omitzero" max:"32" doc:"unit of measure of qty_held"`
}

// NonconformityCauseFound names a cause; there may be several.
type NonconformityCauseFound struct {
	Nonconformity ID     `json:"nonconformity"`
	Code          string `json:"code" max:"64" doc:"our own code of the cause"`
	Level         string `json:"level" enum:"occurrence escape system" doc:"why it happened, why nobody saw it, or what allowed both"`
	Statement     string `json:"statement,omitzero"`
}

// NonconformityActionPlanned is a step against a cause.
type NonconformityActionPlanned struct {
	Nonconformity ID        `json:"nonconformity"`
	Action        ID        `json:"action"`
	Owner         string    `json:"owner,omitzero" max:"128"`
	DueAt         time.Time `json:"due_at,omitzero"`
	Statement     string    `json:"statement,omitzero"`
}

// NonconformityActionImplemented says the step was taken.
type NonconformityActionImplemented struct {
	Nonconformity ID     `json:"nonconformity"`
	Action        ID     `json:"action"`
	Outcome       string `json:"outcome,omitzero"`
}

// NonconformityEffectVerified says whether the actions helped, after a time of watching.
type NonconformityEffectVerified struct {
	Nonconformity    ID    `json:"nonconformity"`
	Effective        bool  `json:"effective"`
	WindowD          int64 `json:"window_d,omitzero" min:"1" max:"3650" doc:"how long was watched, in days"`
	RecurrencesCount int64 `json:"recurrences_count,omitzero" min:"0" max:"1000000" doc:"how often it came back meanwhile"`
}

// NonconformityClosed ends the work on it.
type NonconformityClosed struct {
	Nonconformity ID     `json:"nonconformity"`
	Outcome       string `json:"outcome,omitzero"`
	CostMinor     *int64 `json:"cost_minor,omitzero" min:"0" doc:"what it cost in all, in the currency's minor unit"`
	Currency      string `json:"currency,omitzero" format:"currency"`
}

var (
	nonconformities   = &kind{noun: "nonconformity", field: "nonconformity", born: "opened"}
	correctiveActions = &kind{noun: "action", field: "action", born: "planned against the nonconformity"}
)

func (e NonconformityOpened) check(Envelope) []Fault {
	faults := together(e.QtyAffected != nil, e.UOM, "uom", "qty_affected")
	faults = append(faults, together(e.CostMinor != nil, e.Currency, "currency", "cost_minor")...)
	if e.Repeats != "" && e.Repeats == e.Nonconformity {
		faults = append(faults, Fault{"data.repeats", "a nonconformity cannot repeat itself"})
	}
	return faults
}
func (e NonconformityContained) check(Envelope) []Fault {
	return together(e.QtyHeld != nil, e.UOM, "uom", "qty_held")
}
func (e NonconformityClosed) check(Envelope) []Fault {
	return together(e.CostMinor != nil, e.Currency, "currency", "cost_minor")
}

func (e NonconformityOpened) decide(a *Account) []Fault {
	return a.unused(nonconformities, e.Nonconformity)
}
func (e NonconformityContained) decide(a *Account) []Fault {
	return a.in(nonconformities, e.Nonconformity, "open")
}
func (e NonconformityCauseFound) decide(a *Account) []Fault {
	return a.in(nonconformities, e.Nonconformity, "open")
}
func (e NonconformityActionPlanned) decide(a *Account) []Fault {
	return append(a.in(nonconformities, e.Nonconformity, "open"),
		a.unused(correctiveActions, inside(e.Nonconformity, e.Action))...)
}

// A step may be taken after the nonconformity was closed: closing does not stop the work.
func (e NonconformityActionImplemented) decide(a *Account) []Fault {
	return append(a.known(nonconformities, e.Nonconformity),
		a.in(correctiveActions, inside(e.Nonconformity, e.Action), "planned")...)
}

// The time of watching often ends after the closing.
func (e NonconformityEffectVerified) decide(a *Account) []Fault {
	return a.known(nonconformities, e.Nonconformity)
}
func (e NonconformityClosed) decide(a *Account) []Fault {
	return a.in(nonconformities, e.Nonconformity, "open")
}

func (e NonconformityOpened) evolve() change { return set(nonconformities, e.Nonconformity, "open") }
func (e NonconformityActionPlanned) evolve() change {
	return set(correctiveActions, inside(e.Nonconformity, e.Action), "planned")
}
func (e NonconformityActionImplemented) evolve() change {
	return move(correctiveActions, inside(e.Nonconformity, e.Action), "implemented")
}
func (e NonconformityClosed) evolve() change { return move(nonconformities, e.Nonconformity, "closed") }

func (NonconformityOpened) EventType() Type            { return "nonconformity.opened" }
func (NonconformityContained) EventType() Type         { return "nonconformity.contained" }
func (NonconformityCauseFound) EventType() Type        { return "nonconformity.cause_found" }
func (NonconformityActionPlanned) EventType() Type     { return "nonconformity.action_planned" }
func (NonconformityActionImplemented) EventType() Type { return "nonconformity.action_implemented" }
func (NonconformityEffectVerified) EventType() Type    { return "nonconformity.effect_verified" }
func (NonconformityClosed) EventType() Type            { return "nonconformity.closed" }

var correctiveEvents = []Entry{
	define[NonconformityOpened]("Something was found not to be as required."),
	define[NonconformityContained]("The customer was protected from more of a nonconformity."),
	define[NonconformityCauseFound]("A cause of a nonconformity was found."),
	define[NonconformityActionPlanned]("A step against a nonconformity's cause was planned."),
	define[NonconformityActionImplemented]("A step against a nonconformity's cause was taken."),
	define[NonconformityEffectVerified]("Whether the steps against a nonconformity helped was verified."),
	define[NonconformityClosed]("A nonconformity was closed."),
}
