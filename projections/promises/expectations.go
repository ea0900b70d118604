package promises

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Expectations counts what the customer expects of us, as it stands at the end of the period.
type Expectations struct {
	StatedCount         int      `json:"stated_count" doc:"expectations that stand; one whose place another took does not"`
	ConfirmedCount      int      `json:"confirmed_count" doc:"those the customer confirmed"`
	ConfirmedPct        *float64 `json:"confirmed_pct"`
	NeverValidatedCount int      `json:"never_validated_count" doc:"those of which the customer never said whether they are met"`
	MeasuredCount       int      `json:"measured_count" doc:"those whose last value can be judged"`
	AttainedCount       int      `json:"attained_count" doc:"those met by their last value"`
	AttainedPct         *float64 `json:"attained_pct" doc:"of those; null if there are none"`
	GoalCount           int      `json:"goal_count" doc:"the customer's own goals, to which we contribute"`
	GoalAtRiskCount     int      `json:"goal_at_risk_count" doc:"goals missed, not met by their last value, or near their date without our help"`
	UncheckedCount      int      `json:"unchecked_count" doc:"what we set ourselves without checking that it can be met"`
}

// Expectation is something the customer counts on.
type Expectation struct {
	Expectation       string            `json:"expectation" doc:"the emitter's id"`
	Kind              string            `json:"kind" enum:"expectation,requirement,goal,standard"`
	Statement         string            `json:"statement"`
	State             string            `json:"state" enum:"met,unmet,unknown" doc:"by the last finding: the customer's or a third party's before our own, else the last value"`
	Position          domain.Position   `json:"position"`
	StatedAt          time.Time         `json:"stated_at"`
	By                string            `json:"by,omitzero" enum:"us,customer,third_party"`
	Contact           string            `json:"contact,omitzero"`
	Priority          int64             `json:"priority,omitzero"`
	Measure           string            `json:"measure,omitzero"`
	Target            *float64          `json:"target,omitempty"`
	UOM               string            `json:"uom,omitzero"`
	Direction         string            `json:"direction,omitzero" enum:"at_least,at_most"`
	DueAt             time.Time         `json:"due_at,omitzero"`
	Clause            string            `json:"clause,omitzero"`
	ConfirmedAt       time.Time         `json:"confirmed_at,omitzero" doc:"when the customer did so last"`
	Values            []Value           `json:"values" doc:"what was measured, the last first"`
	AttainedPct       *float64          `json:"attained_pct" doc:"of the values that can be judged, those that met it; null if there are none"`
	Validations       []Validation      `json:"validations" doc:"whether it is met, by whom, the last first"`
	CustomerValidated bool              `json:"customer_validated"`
	SinceValidatedD   *float64          `json:"since_validated_d" doc:"days since the customer last said whether it is met; null if never"`
	RealisticCheck    *bool             `json:"realistic_check,omitempty"`
	HelpCount         int               `json:"help_count,omitzero" doc:"what we contributed to a goal"`
	AtRisk            bool              `json:"at_risk,omitzero" doc:"of a goal"`
	ReplacedBy        string            `json:"replaced_by,omitzero" doc:"what took its place"`
	Plan              string            `json:"plan,omitzero"`
	Positions         []domain.Position `json:"positions"`

	confirmedFirst, replacedAt time.Time // replacedAt is when what took its place was stated
}

// Value is one measurement.
type Value struct {
	At       time.Time       `json:"at"`
	Period   string          `json:"period,omitzero"`
	Value    float64         `json:"value"`
	Met      *bool           `json:"met" doc:"null if nothing says when it is met"`
	Position domain.Position `json:"position"`
}

// Validation is a finding whether an expectation is met.
type Validation struct {
	At       time.Time       `json:"at"`
	Met      string          `json:"met" enum:"below,met,exceeded"`
	By       string          `json:"by" enum:"us,customer,third_party"`
	Position domain.Position `json:"position"`
}

// near is how long before its date a goal without our help is at risk.
const near = 30 * 24 * time.Hour

// expectations folds the events about each, in the order in which they were stated.
func expectations(d *dossier.Dossier) []*Expectation {
	var all []*Expectation
	named := map[string]*Expectation{}
	for _, e := range d.Events {
		if data, ok := e.Data.(domain.ExpectationStated); ok {
			x := &Expectation{
				Expectation: d.Name(e, data.Expectation), Kind: data.Kind, Statement: data.Statement, Position: e.Position, StatedAt: e.OccurredAt,
				By: data.By, Contact: d.Person(e, data.Contact), Priority: data.Priority, Measure: data.Measure, Target: data.Target, UOM: data.UOM,
				Direction: data.Direction, DueAt: data.DueAt, Clause: data.Clause, RealisticCheck: data.RealisticCheck, Plan: d.Name(e, data.Plan),
				Values: []Value{}, Validations: []Validation{}, Positions: []domain.Position{e.Position},
			}
			all, named[x.Expectation] = append(all, x), x
		}
	}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.ExpectationStated:
			if old := named[d.Name(e, data.Replaces)]; old != nil {
				old.ReplacedBy, old.replacedAt = d.Name(e, data.Expectation), e.OccurredAt
			}
		case domain.ExpectationConfirmed:
			if x := named[d.Name(e, data.Expectation)]; x != nil {
				if x.ConfirmedAt.IsZero() {
					x.confirmedFirst = e.OccurredAt
				}
				x.ConfirmedAt = e.OccurredAt
				x.Positions = append(x.Positions, e.Position)
			}
		case domain.ExpectationMeasured:
			named[d.Name(e, data.Expectation)].measured(e, data)
		case domain.ExpectationValidated:
			named[d.Name(e, data.Expectation)].validated(e, data)
		case domain.ValueShared:
			if x := named[d.Name(e, data.Expectation)]; x != nil {
				x.HelpCount++
				x.Positions = append(x.Positions, e.Position)
			}
		}
	}
	for _, x := range all {
		x.judge(d.At)
	}
	return all
}

func (x *Expectation) measured(e domain.Recorded, data domain.ExpectationMeasured) {
	if x == nil { // its beginning was retracted
		return
	}
	v := Value{At: e.OccurredAt, Period: data.Period, Value: data.Value, Met: data.Met, Position: e.Position}
	if comparable := data.UOM == "" || dossier.Unit(data.UOM) == dossier.Unit(x.UOM); v.Met == nil && x.Target != nil && comparable {
		switch x.Direction {
		case "at_least":
			v.Met = new(data.Value >= *x.Target)
		case "at_most":
			v.Met = new(data.Value <= *x.Target)
		}
	}
	x.Values = append(x.Values, v)
	x.Positions = append(x.Positions, e.Position)
}

func (x *Expectation) validated(e domain.Recorded, data domain.ExpectationValidated) {
	if x == nil {
		return
	}
	x.Validations = append(x.Validations, Validation{At: e.OccurredAt, Met: data.Met, By: data.By, Position: e.Position})
	x.Positions = append(x.Positions, e.Position)
	x.CustomerValidated = x.CustomerValidated || data.By == "customer"
}

// judge says what the findings and values come to.
func (x *Expectation) judge(now time.Time) {
	judged, met := 0, 0
	x.State = "unknown"
	for _, v := range x.Values {
		if v.Met != nil {
			judged++
			x.State = "unmet"
			if *v.Met {
				met++
				x.State = "met"
			}
		}
	}
	x.AttainedPct = dossier.Percent(met, judged)
	foreign := slices.ContainsFunc(x.Validations, func(v Validation) bool { return v.By != "us" })
	for _, v := range x.Validations {
		if v.By == "customer" {
			x.SinceValidatedD = new(dossier.Days(now.Sub(v.At)))
		}
		if !foreign || v.By != "us" {
			x.State = map[bool]string{true: "unmet", false: "met"}[v.Met == "below"]
		}
	}
	slices.Reverse(x.Values)
	slices.Reverse(x.Validations)
	if x.Kind == "goal" && x.State != "met" && x.ReplacedBy == "" {
		x.AtRisk = x.State == "unmet" || !x.DueAt.IsZero() && (now.After(x.DueAt) || x.HelpCount == 0 && now.Add(near).After(x.DueAt))
	}
}

func (c *Expectations) count(x *Expectation) {
	if x.ReplacedBy != "" {
		return
	}
	c.StatedCount++
	if !x.ConfirmedAt.IsZero() {
		c.ConfirmedCount++
	}
	if !x.CustomerValidated {
		c.NeverValidatedCount++
	}
	if len(x.Values) > 0 && x.Values[0].Met != nil {
		c.MeasuredCount++
		if *x.Values[0].Met {
			c.AttainedCount++
		}
	}
	if x.Kind == "goal" {
		c.GoalCount++
		if x.AtRisk {
			c.GoalAtRiskCount++
		}
	}
	if x.By == "us" && (x.RealisticCheck == nil || !*x.RealisticCheck) {
		c.UncheckedCount++
	}
}

func (c *Expectations) rate() {
	c.ConfirmedPct, c.AttainedPct = dossier.Percent(c.ConfirmedCount, c.StatedCount), dossier.Percent(c.AttainedCount, c.MeasuredCount)
}

// byNeed puts what is not met first, then what the customer never said anything about.
func byNeed(a, b Expectation) int {
	rank := func(x Expectation) int {
		switch {
		case x.ReplacedBy != "":
			return 3
		case x.State == "unmet":
			return 0
		case !x.CustomerValidated:
			return 1
		}
		return 2
	}
	return cmp.Or(rank(a)-rank(b), cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Position, b.Position))
}

// Phase is a part of a project, and what was known of its requirements when it ended.
type Phase struct {
	Plan                 string          `json:"plan"`
	Project              string          `json:"project,omitzero"`
	Phase                string          `json:"phase,omitzero"`
	StartedAt            time.Time       `json:"started_at"`
	DueAt                time.Time       `json:"due_at,omitzero"`
	EndedAt              time.Time       `json:"ended_at,omitzero"`
	PlannedD             *float64        `json:"planned_d" doc:"days from its start to its date; null if it has none"`
	UsedD                float64         `json:"used_d" doc:"days from its start to its end, or until now"`
	RequirementsCount    int             `json:"requirements_count" doc:"expectations and requirements that belong to it, without those whose place another took before it ended"`
	ConfirmedInTimeCount int             `json:"confirmed_in_time_count" doc:"those the customer confirmed before it ended"`
	ConfirmedInTimePct   *float64        `json:"confirmed_in_time_pct"`
	CapturedLateCount    int             `json:"captured_late_count" doc:"those stated after it had ended"`
	Position             domain.Position `json:"position"`
}

// phases are the parts of projects that requirements belong to, in the order of their beginnings.
func phases(d *dossier.Dossier, expectations []*Expectation) []Phase {
	all := []Phase{}
	at := map[string]int{}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.PlanCreated:
			if data.Kind == "project_phase" {
				p := Phase{Plan: d.Name(e, data.Plan), Project: data.Project, Phase: data.Phase, StartedAt: e.OccurredAt, DueAt: data.DueAt, Position: e.Position}
				if !p.DueAt.IsZero() {
					p.PlannedD = new(dossier.Days(p.DueAt.Sub(p.StartedAt)))
				}
				at[p.Plan], all = len(all), append(all, p)
			}
		case domain.PlanClosed:
			if i, ok := at[d.Name(e, data.Plan)]; ok {
				all[i].EndedAt = e.OccurredAt
			}
		}
	}
	for _, x := range expectations {
		i, ok := at[x.Plan]
		if !ok {
			continue
		}
		p := &all[i]
		inTime := func(t time.Time) bool { return !t.IsZero() && (p.EndedAt.IsZero() || !t.After(p.EndedAt)) }
		if inTime(x.replacedAt) {
			continue
		}
		p.RequirementsCount++
		if !inTime(x.StatedAt) {
			p.CapturedLateCount++
		}
		if inTime(x.confirmedFirst) {
			p.ConfirmedInTimeCount++
		}
	}
	for i := range all {
		p := &all[i]
		until := p.EndedAt
		if until.IsZero() {
			until = d.At
		}
		p.UsedD, p.ConfirmedInTimePct = dossier.Days(until.Sub(p.StartedAt)), dossier.Percent(p.ConfirmedInTimeCount, p.RequirementsCount)
	}
	return all
}
