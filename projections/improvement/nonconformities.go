package improvement

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Nonconformity is something that did not meet what was required, and how far its correction
// has come (stages after 8D).
type Nonconformity struct {
	Nonconformity string            `json:"nonconformity" doc:"the emitter's id"`
	Stage         string            `json:"stage" enum:"D2,D3,D4,D5,D6,D7,D8" doc:"D2 described, D3 contained, D4 cause found, D5 action planned, D6 action done, D7 effect verified, D8 closed"`
	Open          bool              `json:"open"`
	Severity      int64             `json:"severity" doc:"1 to 5"`
	OpenedAt      time.Time         `json:"opened_at"`
	Clocks        []Clock           `json:"clocks" doc:"how long each stage took, in business hours; the last until now while it is open"`
	Owner         string            `json:"owner,omitzero"`
	Causes        []string          `json:"causes" doc:"level and code of each"`
	ActionsCount  int               `json:"actions_count"`
	OverdueCount  int               `json:"overdue_count" doc:"actions past their date and not done, also after it was closed"`
	Effective     *bool             `json:"effective" doc:"whether the actions worked; null if nobody verified it"`
	RecurredCount int64             `json:"recurred_count" doc:"how often it came back: found when the effect was verified, or recorded as another"`
	Repeats       string            `json:"repeats,omitzero" doc:"the earlier one that it is the return of"`
	CostMinor     *int64            `json:"cost_minor" doc:"what it cost so far, or in all; null if nobody said"`
	Currency      string            `json:"currency,omitzero"`
	QtyAffected   *float64          `json:"qty_affected" doc:"null if nobody said"`
	UOM           string            `json:"uom,omitzero"`
	Complaint     string            `json:"complaint,omitzero"`
	Product       string            `json:"product,omitzero"`
	Supplier      string            `json:"supplier,omitzero"`
	Position      domain.Position   `json:"position"`
	Positions     []domain.Position `json:"positions"`

	reached time.Time               // the stage
	actions map[domain.ID]time.Time // due
	done    map[domain.ID]bool      // may be known before the action is: they are in the order in which they occurred
	within  bool
}

// Clock is the time a stage took.
type Clock struct {
	Stage  string  `json:"stage"`
	HoursH float64 `json:"hours_h" doc:"business hours until the next stage was reached"`
}

// NonconformityFigures are about nonconformities opened in the period; open ones are counted whenever that was.
type NonconformityFigures struct {
	OpenedCount         int             `json:"opened_count"`
	OpenCount           int             `json:"open_count"`
	OverdueActionsCount int             `json:"overdue_actions_count"`
	Stages              []Stage         `json:"stages" doc:"time in each stage"`
	EffectivePct        *float64        `json:"effective_pct" doc:"of those verified; null if none was"`
	RecurrencePct       *float64        `json:"recurrence_pct" doc:"of all, those that came back"`
	Cost                []dossier.Money `json:"cost" doc:"of unmet requirements, as far as anybody said"`
	UncostedCount       int             `json:"uncosted_count" doc:"those of which nobody said what they cost"`

	tally nonconformityTally
}

// Stage is how long nonconformities were in a stage.
type Stage struct {
	Stage   string   `json:"stage"`
	Count   int      `json:"count" doc:"those that left it"`
	MedianH *float64 `json:"median_h" doc:"business hours"`
}

type nonconformityTally struct {
	verified, effective, recurred int
	hours                         map[string][]float64
	cost                          dossier.Purse
}

var disciplines = []string{"D2", "D3", "D4", "D5", "D6", "D7", "D8"}

func (v *view) nonconformities() ([]Nonconformity, NonconformityFigures) {
	var all []*Nonconformity
	named := map[string]*Nonconformity{}
	for _, e := range v.Events {
		if data, ok := e.Data.(domain.NonconformityOpened); ok {
			n := &Nonconformity{
				Nonconformity: v.Name(e, data.Nonconformity), Stage: "D2", Open: true, Severity: data.Severity, OpenedAt: e.OccurredAt, Clocks: []Clock{}, Owner: data.Owner,
				Causes: []string{}, Repeats: v.Name(e, data.Repeats), CostMinor: data.CostMinor, Currency: data.Currency, QtyAffected: data.QtyAffected, UOM: data.UOM,
				Complaint: v.Name(e, data.Complaint), Product: data.Product, Supplier: data.Supplier, Position: e.Position,
				Positions: []domain.Position{e.Position}, reached: e.OccurredAt, actions: map[domain.ID]time.Time{}, done: map[domain.ID]bool{}, within: v.Within(e.OccurredAt),
			}
			all, named[n.Nonconformity] = append(all, n), n
		}
	}
	for _, n := range all {
		if earlier := named[n.Repeats]; earlier != nil {
			earlier.RecurredCount++
		}
	}
	for _, e := range v.Events {
		if id, ok := nonconformityOf(e.Data); ok {
			if n := named[v.Name(e, id)]; n != nil {
				n.Positions = append(n.Positions, e.Position)
				n.take(v, e)
			}
		}
	}
	figures := NonconformityFigures{tally: nonconformityTally{hours: map[string][]float64{}, cost: dossier.Purse{}}}
	list := make([]Nonconformity, 0, len(all))
	for _, n := range all {
		n.judge(v)
		figures.count(n)
		list = append(list, *n)
	}
	figures.rate()
	slices.SortStableFunc(list, func(a, b Nonconformity) int {
		return cmp.Or(dossier.Truth(b.Open)-dossier.Truth(a.Open), cmp.Compare(b.Severity, a.Severity), a.OpenedAt.Compare(b.OpenedAt))
	})
	return list, figures
}

// nonconformityOf is the one that an event after its opening is about.
func nonconformityOf(e domain.Event) (domain.ID, bool) {
	switch data := e.(type) {
	case domain.NonconformityContained:
		return data.Nonconformity, true
	case domain.NonconformityCauseFound:
		return data.Nonconformity, true
	case domain.NonconformityActionPlanned:
		return data.Nonconformity, true
	case domain.NonconformityActionImplemented:
		return data.Nonconformity, true
	case domain.NonconformityEffectVerified:
		return data.Nonconformity, true
	case domain.NonconformityClosed:
		return data.Nonconformity, true
	}
	return "", false
}

func (n *Nonconformity) take(v *view, e domain.Recorded) {
	switch data := e.Data.(type) {
	case domain.NonconformityContained:
		n.to(v, "D3", e.OccurredAt)
	case domain.NonconformityCauseFound:
		n.Causes = append(n.Causes, data.Level+" "+data.Code)
		n.to(v, "D4", e.OccurredAt)
	case domain.NonconformityActionPlanned:
		n.ActionsCount++
		n.actions[data.Action] = data.DueAt
		n.to(v, "D5", e.OccurredAt)
	case domain.NonconformityActionImplemented:
		n.done[data.Action] = true
		n.to(v, "D6", e.OccurredAt)
	case domain.NonconformityEffectVerified:
		n.Effective = new(data.Effective)
		n.RecurredCount += data.RecurrencesCount
		n.to(v, "D7", e.OccurredAt)
	case domain.NonconformityClosed:
		if data.CostMinor != nil {
			n.CostMinor, n.Currency = data.CostMinor, data.Currency
		}
		n.to(v, "D8", e.OccurredAt)
		n.Open = false
	}
}

// to moves it on to a later stage, and notes how long the one before took. Closed it stays so: actions may
// be done and their effect verified after that.
func (n *Nonconformity) to(v *view, stage string, at time.Time) {
	if slices.Index(disciplines, stage) <= slices.Index(disciplines, n.Stage) {
		return
	}
	n.Clocks = append(n.Clocks, Clock{n.Stage, v.worked(n.reached, at).Hours()})
	n.Stage, n.reached = stage, at
}

// judge finds what is overdue, which closing does not stop, and how long the stage has lasted.
func (n *Nonconformity) judge(v *view) {
	for action, due := range n.actions {
		n.OverdueCount += dossier.Truth(!n.done[action] && !due.IsZero() && v.At.After(due))
	}
	if !n.Open {
		return
	}
	n.Clocks = append(n.Clocks, Clock{n.Stage, v.worked(n.reached, v.At).Hours()})
}

func (f *NonconformityFigures) count(n *Nonconformity) {
	f.OpenCount += dossier.Truth(n.Open)
	f.OverdueActionsCount += n.OverdueCount
	if !n.within {
		return
	}
	f.OpenedCount++
	f.tally.verified += dossier.Truth(n.Effective != nil)
	f.tally.effective += dossier.Truth(n.Effective != nil && *n.Effective)
	f.tally.recurred += dossier.Truth(n.RecurredCount > 0)
	if n.CostMinor != nil {
		f.tally.cost[n.Currency] += *n.CostMinor
	} else {
		f.UncostedCount++
	}
	for i, c := range n.Clocks {
		if !n.Open || i < len(n.Clocks)-1 {
			f.tally.hours[c.Stage] = append(f.tally.hours[c.Stage], c.HoursH)
		}
	}
}

func (f *NonconformityFigures) add(g NonconformityFigures) {
	f.OpenedCount += g.OpenedCount
	f.OpenCount += g.OpenCount
	f.OverdueActionsCount += g.OverdueActionsCount
	f.UncostedCount += g.UncostedCount
	f.tally.verified += g.tally.verified
	f.tally.effective += g.tally.effective
	f.tally.recurred += g.tally.recurred
	for stage, hours := range g.tally.hours {
		f.tally.hours[stage] = append(f.tally.hours[stage], hours...)
	}
	for currency, amount := range g.tally.cost {
		f.tally.cost[currency] += amount
	}
}

func (f *NonconformityFigures) rate() {
	t := &f.tally
	f.EffectivePct, f.RecurrencePct = dossier.Percent(t.effective, t.verified), dossier.Percent(t.recurred, f.OpenedCount)
	f.Cost, f.Stages = t.cost.Money(), []Stage{}
	for _, d := range disciplines {
		if hours := t.hours[d]; len(hours) > 0 {
			f.Stages = append(f.Stages, Stage{d, len(hours), dossier.Median(hours)})
		}
	}
}
