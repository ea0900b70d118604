package closeness

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/measure"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Work is the time spent, and what came of talks.
type Work struct {
	HoursH           float64         `json:"hours_h"`
	PlannedH         float64         `json:"planned_h" doc:"hours set aside"`
	RelationshipH    float64         `json:"relationship_h" doc:"hours for the relationship and not for a transaction"`
	Cost             []dossier.Money `json:"cost"`
	ContactCount     int             `json:"contact_count" doc:"contacts held"`
	TaughtCount      int             `json:"taught_count" doc:"those that taught us something about the customer"`
	TaughtNothingPct *float64        `json:"taught_nothing_pct" doc:"of all, those that did not; null if there were none"`
	ReviewCount      int             `json:"review_count" doc:"joint reviews"`
	SupplierReviews  int             `json:"supplier_review_count" doc:"those with suppliers"`
	DecisionCount    int64           `json:"decision_count" doc:"decisions of meetings"`
	WithoutCustomer  int             `json:"without_customer_count" doc:"meetings that decided without the customer"`
}

func (v *view) work() (w Work) {
	cost := dossier.Purse{}
	taught := map[string]bool{}
	for _, e := range v.Events {
		if data, ok := e.Data.(domain.AccountFactLearned); ok && data.Interaction != "" {
			taught[v.Name(e, data.Interaction)] = true
		}
	}
	for _, e := range v.Events {
		if !v.Within(e.OccurredAt) {
			continue
		}
		switch data := e.Data.(type) {
		case domain.EffortLogged:
			w.HoursH += data.HoursH
			if data.Relationship {
				w.RelationshipH += data.HoursH
			}
			if data.PlannedH != nil {
				w.PlannedH += *data.PlannedH
			}
			if data.CostMinor != nil {
				cost[data.Currency] += *data.CostMinor
			}
		case domain.InteractionHeld:
			w.ContactCount++
			w.TaughtCount += dossier.Truth(data.Interaction != "" && taught[v.Name(e, data.Interaction)])
			if data.Kind == "joint_review" {
				w.ReviewCount++
				w.SupplierReviews += dossier.Truth(len(data.Suppliers) > 0)
			}
		case domain.MeetingOutcomeRecorded:
			if data.DecisionsCount != nil {
				w.DecisionCount += *data.DecisionsCount
			}
			w.WithoutCustomer += dossier.Truth(data.CustomerDecided != nil && !*data.CustomerDecided)
		}
	}
	w.Cost, w.TaughtNothingPct = cost.Money(), dossier.Percent(w.ContactCount-w.TaughtCount, w.ContactCount)
	return w
}

// Meeting is one that led to nothing, or whose outcome nobody told.
type Meeting struct {
	Meeting  string          `json:"meeting"`
	HeldAt   time.Time       `json:"held_at"`
	AgeD     float64         `json:"age_d" doc:"days since"`
	Missing  string          `json:"missing" enum:"outcome,telling" doc:"what nobody recorded: what it led to, or that the customer was told"`
	Position domain.Position `json:"position"`
}

// meetings are those of the period that lack something, the oldest first.
func (v *view) meetings() []Meeting {
	type state struct{ outcome, told bool }
	states := map[string]state{}
	for _, e := range v.Events {
		switch data := e.Data.(type) {
		case domain.MeetingOutcomeRecorded:
			s := states[v.Name(e, data.Meeting)]
			s.outcome = true
			states[v.Name(e, data.Meeting)] = s
		case domain.MeetingOutcomeTold:
			s := states[v.Name(e, data.Meeting)]
			s.told = true
			states[v.Name(e, data.Meeting)] = s
		}
	}
	all := []Meeting{}
	for _, e := range v.Events {
		data, ok := e.Data.(domain.InteractionHeld)
		if !ok || data.Interaction == "" || !v.Within(e.OccurredAt) || data.Kind != "meeting" && data.Kind != "joint_review" && data.Kind != "focus_group" {
			continue
		}
		m := Meeting{Meeting: v.Name(e, data.Interaction), HeldAt: e.OccurredAt, AgeD: dossier.Days(v.At.Sub(e.OccurredAt)), Position: e.Position}
		switch s := states[m.Meeting]; {
		case !s.outcome:
			m.Missing = "outcome"
		case !s.told:
			m.Missing = "telling"
		default:
			continue
		}
		all = append(all, m)
	}
	return all
}

// Chain is how work on a project was handed on.
type Chain struct {
	Project     string   `json:"project"`
	Count       int      `json:"count" doc:"times it was handed on"`
	Functions   []string `json:"functions" doc:"in the order in which they had it"`
	SilentPct   *float64 `json:"silent_pct" doc:"of those, without talking about it"`
	ReviewCount int      `json:"review_count" doc:"joint reviews of the project"`
}

func (v *view) handovers() []Chain {
	all := []Chain{}
	silent := map[string]int{}
	find := func(project string) *Chain {
		i := slices.IndexFunc(all, func(c Chain) bool { return c.Project == project })
		if i < 0 {
			i, all = len(all), append(all, Chain{Project: project, Functions: []string{}})
		}
		return &all[i]
	}
	for _, e := range v.Events {
		switch data := e.Data.(type) {
		case domain.WorkHandedOver:
			c := find(v.Name(e, data.Project))
			if c.Count++; len(c.Functions) == 0 {
				c.Functions = append(c.Functions, data.FromFunction)
			}
			c.Functions = append(c.Functions, data.ToFunction)
			silent[c.Project] += dossier.Truth(!data.Interactive)
		case domain.InteractionHeld:
			if data.Kind == "joint_review" && data.Project != "" {
				find(v.Name(e, data.Project)).ReviewCount++
			}
		}
	}
	for i := range all {
		all[i].SilentPct = dossier.Percent(silent[all[i].Project], all[i].Count)
	}
	slices.SortStableFunc(all, func(a, b Chain) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Project, b.Project)) })
	return all
}

// Briefing is that some of ours were told something about the account.
type Briefing struct {
	At        time.Time         `json:"at"`
	Topics    []string          `json:"topics,omitzero"`
	Functions []string          `json:"functions,omitzero"`
	OurLevels []string          `json:"our_levels,omitzero"`
	OurPeople []string          `json:"our_people,omitzero"`
	From      []domain.Position `json:"from,omitzero" doc:"the events they were told of"`
	Position  domain.Position   `json:"position"`
}

func (v *view) briefings() []Briefing {
	all := []Briefing{}
	for _, e := range slices.Backward(v.Events) {
		if data, ok := e.Data.(domain.BriefingHeld); ok && v.Within(e.OccurredAt) {
			all = append(all, Briefing{
				At: e.OccurredAt, Topics: data.Topics, Functions: data.Functions, OurLevels: data.OurLevels, OurPeople: data.OurPeople, From: data.From, Position: e.Position,
			})
		}
	}
	return all
}

// Ease is how easy customers find a process of ours.
type Ease struct {
	Process string  `json:"process" doc:"the dimension asked about; empty: in general"`
	Formula string  `json:"formula"`
	Count   int     `json:"count"`
	MeanPct float64 `json:"mean_pct" doc:"of the scale; higher is easier"`
}

// ease is by what customers answered on how easy it was, in the period.
func (v *view) ease() []Ease {
	asked := map[string]*measure.Tally{}
	for _, e := range v.Events {
		s, ok := e.Data.(domain.SurveyAnswered)
		if !ok || s.Instrument != "ease" && s.Instrument != "ces" || !v.Within(e.OccurredAt) {
			continue
		}
		if asked[s.Dimension] == nil {
			asked[s.Dimension] = new(measure.By(measure.CESMean1))
		}
		asked[s.Dimension].Add(measure.Answer{Score: s.Score, ScaleMin: s.ScaleMin, ScaleMax: s.ScaleMax})
	}
	all := []Ease{}
	for process, answers := range asked {
		if r := answers.Result(); r.Value != nil {
			all = append(all, Ease{Process: process, Formula: r.Formula, Count: r.Count, MeanPct: *r.Value})
		}
	}
	slices.SortFunc(all, func(a, b Ease) int {
		return cmp.Or(cmp.Compare(a.MeanPct, b.MeanPct), cmp.Compare(a.Process, b.Process))
	})
	return all
}
