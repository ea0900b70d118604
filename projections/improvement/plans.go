package improvement

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Plan is words turned into actions.
type Plan struct {
	Plan          string            `json:"plan" doc:"the emitter's id"`
	Open          bool              `json:"open"`
	Overdue       bool              `json:"overdue" doc:"whether it, or an action of it, is past its date and not done"`
	CustomerKnows bool              `json:"customer_knows"`
	Owner         string            `json:"owner,omitzero"`
	CreatedAt     time.Time         `json:"created_at"`
	DueAt         time.Time         `json:"due_at,omitzero"`
	ActionsCount  int               `json:"actions_count"`
	DoneCount     int               `json:"done_count"`
	OverdueCount  int               `json:"overdue_count" doc:"actions past their date and not done"`
	OverdueH      *float64          `json:"overdue_h" doc:"business hours since the first of those dates; null if none has passed"`
	From          []domain.Position `json:"from" doc:"the events that led to it"`
	Position      domain.Position   `json:"position"`

	actions map[domain.ID]time.Time // due
	done    map[domain.ID]bool      // may be known before the action is: they are in the order in which they occurred
}

// Inputs are what customers told us in the period that wants a plan, and how much of it led to one: their own
// words where they are no praise, wishes, and problems they disclosed, as by the follow-up rule input_without_plan.
type Inputs struct {
	InputsCount       int      `json:"inputs_count" doc:"words that are no praise, wishes, problems disclosed"`
	PlannedPct        *float64 `json:"planned_pct" doc:"of those, cited by a plan, an improvement or a nonconformity; null if there were none"`
	UnplannedCount    int      `json:"unplanned_count" doc:"those nobody cited, though the time that the policy allows for it is over"`
	KnownOverdueCount int      `json:"known_overdue_count" doc:"plans overdue, by themselves or by an action and whenever they were made, that the customer knows of"`

	planned int
}

// plans are all, those overdue that the customer knows of first.
func (v *view) plans() ([]Plan, Inputs) {
	var all []*Plan
	named := map[string]*Plan{}
	cited := map[domain.Position]bool{}
	cite := func(from []domain.Position) {
		for _, p := range from {
			cited[p] = true
		}
	}
	for _, e := range v.Events {
		switch data := e.Data.(type) {
		case domain.PlanCreated:
			p := &Plan{
				Plan: v.Name(e, data.Plan), Open: true, CustomerKnows: data.CustomerKnows, Owner: data.Owner, CreatedAt: e.OccurredAt, DueAt: data.DueAt,
				From: append([]domain.Position{}, data.From...), Position: e.Position, actions: map[domain.ID]time.Time{}, done: map[domain.ID]bool{},
			}
			all, named[p.Plan] = append(all, p), p
			cite(data.From)
		case domain.ImprovementAgreed:
			cite(data.From)
		case domain.ImprovementDelivered:
			cite(data.From)
		case domain.NonconformityOpened:
			cited[data.Of] = true
		}
	}
	for _, e := range v.Events {
		switch data := e.Data.(type) {
		case domain.PlanActionAdded:
			if p := named[v.Name(e, data.Plan)]; p != nil {
				p.ActionsCount++
				p.actions[data.Action] = data.DueAt
			}
		case domain.PlanActionCompleted:
			if p := named[v.Name(e, data.Plan)]; p != nil {
				p.DoneCount++
				p.done[data.Action] = true
			}
		case domain.PlanClosed:
			if p := named[v.Name(e, data.Plan)]; p != nil {
				p.Open = false
			}
		}
	}
	inputs := v.inputs(cited)
	list := make([]Plan, 0, len(all))
	for _, p := range all {
		p.judge(v)
		inputs.KnownOverdueCount += dossier.Truth(p.Overdue && p.CustomerKnows)
		list = append(list, *p)
	}
	slices.SortStableFunc(list, func(a, b Plan) int {
		return cmp.Or(dossier.Truth(b.Overdue && b.CustomerKnows)-dossier.Truth(a.Overdue && a.CustomerKnows), dossier.Truth(b.Overdue)-dossier.Truth(a.Overdue),
			dossier.Truth(b.Open)-dossier.Truth(a.Open), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.Position, b.Position))
	})
	return list, inputs
}

// judge finds what is overdue: the plan itself while it is open, and actions, which closing does not stop.
func (p *Plan) judge(v *view) {
	var first time.Time
	passed := func(due time.Time) bool {
		if due.IsZero() || !v.At.After(due) {
			return false
		}
		if first.IsZero() || due.Before(first) {
			first = due
		}
		return true
	}
	for action, due := range p.actions {
		p.OverdueCount += dossier.Truth(!p.done[action] && passed(due))
	}
	p.Overdue = p.Open && passed(p.DueAt) || p.OverdueCount > 0
	if p.Overdue {
		p.OverdueH = new(v.worked(first, v.At).Hours())
	}
}

func (v *view) inputs(cited map[domain.Position]bool) (i Inputs) {
	allowed := v.allowed("input_without_plan")
	for _, e := range v.Events {
		if !wantsPlan(e.Data) || !v.Within(e.OccurredAt) {
			continue
		}
		i.InputsCount++
		if cited[e.Position] {
			i.planned++
		} else if v.worked(e.OccurredAt, v.At) > allowed {
			i.UnplannedCount++
		}
	}
	i.rate()
	return i
}

func wantsPlan(e domain.Event) bool {
	switch data := e.(type) {
	case domain.VoiceCaptured:
		return data.Polarity == nil || *data.Polarity <= 0
	case domain.WishExpressed, domain.ProblemDisclosed:
		return true
	}
	return false
}

func (i *Inputs) add(j Inputs) {
	i.InputsCount += j.InputsCount
	i.UnplannedCount += j.UnplannedCount
	i.KnownOverdueCount += j.KnownOverdueCount
	i.planned += j.planned
}

func (i *Inputs) rate() { i.PlannedPct = dossier.Percent(i.planned, i.InputsCount) }
