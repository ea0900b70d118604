package portfolio

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Company is what concerns no single account, beside what of the same concerns one alone.
type Company struct {
	Priorities    []Priority   `json:"priorities" doc:"what holds for whom, and what will: for each consumer, resource, tier and account what is valid last, and what is to be valid later"`
	Cycles        []Cycle      `json:"cycles" doc:"processes that are to run at intervals, missed ones first"`
	Managers      []Objective  `json:"managers" doc:"our people with objectives, or reviewed"`
	ObjectivesPct *float64     `json:"objectives_pct" doc:"of those, with an objective that is a customer's measure; null if there are none"`
	SkippedCount  int          `json:"skipped_count" doc:"reviews in the period in which no measure of the customer's was spoken of"`
	Initiatives   []Initiative `json:"initiatives" doc:"the last first"`
}

// Cycle is a process that is to run at intervals.
type Cycle struct {
	Account     domain.AccountID `json:"account,omitzero" doc:"whose it is, if that of one account alone"`
	Process     string           `json:"process"`
	Owner       string           `json:"owner,omitzero"`
	CadenceD    int64            `json:"cadence_d,omitzero"`
	RunCount    int              `json:"run_count" doc:"rounds started"`
	ClosedCount int              `json:"closed_count"`
	MissedCount int              `json:"missed_count" doc:"rounds that should have started and did not, by the cadence last said; one that started late by less than half of it is none"`
	Findings    int64            `json:"findings_count"`
	LastAt      time.Time        `json:"last_at"`
	NextAt      time.Time        `json:"next_at,omitzero" doc:"when the next is to start"`

	starts []time.Time
}

// Objective is what one of our people is measured by.
type Objective struct {
	Person       string   `json:"person"`
	Measures     []string `json:"measures" doc:"customers' measures among the objectives"`
	WeightPct    *float64 `json:"weight_pct" doc:"their share; null if nobody said it of any"`
	ReviewCount  int      `json:"review_count"`
	SkippedCount int      `json:"skipped_count" doc:"reviews in which no measure of the customer's was spoken of"`

	shares []share // as set last
}

// share is the weight of an objective; pct is null if nobody said it.
type share struct {
	account domain.AccountID // "" of none alone
	measure string
	pct     *float64
}

// Initiative is a programme of ours, and how it lasted.
type Initiative struct {
	Account        domain.AccountID `json:"account,omitzero" doc:"whose it is, if for one account alone"`
	Initiative     string           `json:"initiative"`
	Name           string           `json:"name"`
	LaunchedAt     time.Time        `json:"launched_at"`
	EndedAt        time.Time        `json:"ended_at,omitzero"`
	Reason         string           `json:"reason,omitzero" doc:"why it ended"`
	AudienceCount  *int64           `json:"audience_count" doc:"how many people it is meant for; null if nobody said"`
	ExplainedCount int64            `json:"explained_count" doc:"people to whom it was explained"`
	TrainedCount   int              `json:"trained_count" doc:"people who were trained for it"`
	TrainedPct     *float64         `json:"trained_pct" doc:"of the audience; null if that is not known"`
	Weeks          []int            `json:"weeks" doc:"what was done for it in each week since its launch: explained, trained, planned"`
	Position       domain.Position  `json:"position"`

	trained map[string]bool // who
	stream  domain.AccountID
	id      domain.ID
}

// part is an event that has to do with the company as a whole, whoever's stream it is in.
type part struct {
	domain.Recorded
	account domain.AccountID // whose it is; "" of none alone
	name    string           // of an initiative that it launches
}

// parts are those of the account.
func parts(d *dossier.Dossier) (all []part) {
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.InitiativeLaunched:
			all = append(all, part{e, d.Account, d.Name(e, data.Initiative)})
		case domain.CycleStarted, domain.CycleClosed, domain.ObjectiveSet, domain.ObjectiveReviewed:
			all = append(all, part{e, d.Account, ""})
		default:
			if initiativeOf(data) != "" {
				all = append(all, part{e, d.Account, ""})
			}
		}
	}
	return all
}

// company looks at what concerns no single account; d is any account's dossier. Parts are those of the accounts, in any
// order.
func company(d *dossier.Dossier, parts []part) Company {
	c := Company{Priorities: []Priority{}, Cycles: []Cycle{}, Managers: []Objective{}, Initiatives: []Initiative{}}
	if d == nil {
		return c
	}
	tied := 0
	c.Priorities = priorities("", d.General, d.At)
	for _, e := range d.General {
		p := part{Recorded: e}
		if launched, ok := e.Data.(domain.InitiativeLaunched); ok {
			p.name = string(launched.Initiative)
		}
		parts = append(parts, p)
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.Position, b.Position))
	})
	for _, e := range parts {
		c.begin(e, d.Span)
	}
	for _, e := range parts {
		c.follow(e)
	}
	for i := range c.Managers {
		m := &c.Managers[i]
		tied += min(1, len(m.Measures))
		for _, s := range m.shares {
			if s.pct == nil {
				continue
			}
			if m.WeightPct == nil {
				m.WeightPct = new(0.0)
			}
			*m.WeightPct += *s.pct
		}
	}
	c.ObjectivesPct = dossier.Percent(tied, len(c.Managers))
	c.finish(d.At)
	return c
}

// begin takes in what others may follow, and what is to be taken in order.
func (c *Company) begin(e part, s dossier.Span) {
	switch data := e.Data.(type) {
	case domain.CycleStarted:
		c.start(e, data)
	case domain.ObjectiveSet:
		c.manager(data.Person).set(e.account, data)
	case domain.ObjectiveReviewed:
		m := c.manager(data.Person)
		m.ReviewCount++
		if !data.MeasureDiscussed {
			m.SkippedCount++
			c.SkippedCount += dossier.Truth(s.Within(e.OccurredAt))
		}
	case domain.InitiativeLaunched:
		c.launch(e, data, s.At)
	}
}

// cycle is that process of the account's, or of none alone; null if no round of it was started.
func (c *Company) cycle(account domain.AccountID, process string) *Cycle {
	i := slices.IndexFunc(c.Cycles, func(x Cycle) bool { return x.Account == account && x.Process == process })
	if i < 0 {
		return nil
	}
	return &c.Cycles[i]
}

func (c *Company) start(e part, data domain.CycleStarted) {
	x := c.cycle(e.account, data.Process)
	if x == nil {
		c.Cycles = append(c.Cycles, Cycle{Account: e.account, Process: data.Process})
		x = &c.Cycles[len(c.Cycles)-1]
	}
	x.RunCount++
	x.LastAt, x.Owner, x.CadenceD = e.OccurredAt, cmp.Or(data.Owner, x.Owner), cmp.Or(data.CadenceD, x.CadenceD)
	x.starts = append(x.starts, e.OccurredAt)
}

func (c *Company) manager(person string) *Objective {
	i := slices.IndexFunc(c.Managers, func(m Objective) bool { return m.Person == person })
	if i < 0 {
		i, c.Managers = len(c.Managers), append(c.Managers, Objective{Person: person, Measures: []string{}})
	}
	return &c.Managers[i]
}

// set takes in an objective. Set again, it has another weight.
func (m *Objective) set(account domain.AccountID, data domain.ObjectiveSet) {
	if !slices.Contains(m.Measures, data.Measure) {
		m.Measures = append(m.Measures, data.Measure)
	}
	m.shares = slices.DeleteFunc(m.shares, func(s share) bool { return s.account == account && s.measure == data.Measure })
	m.shares = append(m.shares, share{account, data.Measure, data.WeightPct})
}

func (c *Company) launch(e part, data domain.InitiativeLaunched, now time.Time) {
	i := Initiative{
		Account: e.account, Initiative: e.name, Name: data.Name, LaunchedAt: e.OccurredAt, AudienceCount: data.AudienceCount, Position: e.Position,
		stream: e.Account, id: data.Initiative,
	}
	i.Weeks, i.trained = make([]int, int(now.Sub(e.OccurredAt)/week)+1), map[string]bool{}
	c.Initiatives = append(c.Initiatives, i)
}

// initiativeOf is the initiative that an event after its launch has to do with; "" if none.
func initiativeOf(e domain.Event) domain.ID {
	switch data := e.(type) {
	case domain.InitiativeExplained:
		return data.Initiative
	case domain.InitiativeEnded:
		return data.Initiative
	case domain.TrainingCompleted:
		return data.Initiative
	case domain.PlanCreated:
		return data.Initiative
	}
	return ""
}

// follow takes in what came of a round or an initiative.
func (c *Company) follow(e part) {
	if closed, ok := e.Data.(domain.CycleClosed); ok {
		if x := c.cycle(e.account, closed.Process); x != nil {
			x.ClosedCount++
			x.Findings += closed.FindingsCount
		}
	}
	i := c.initiative(e)
	if i == nil {
		return
	}
	switch data := e.Data.(type) {
	case domain.InitiativeEnded:
		i.EndedAt, i.Reason = e.OccurredAt, data.Reason
		return
	case domain.InitiativeExplained:
		i.ExplainedCount += data.AudienceCount
	case domain.TrainingCompleted:
		i.trained[data.Person] = true
		i.TrainedCount = len(i.trained)
	}
	if since := e.OccurredAt.Sub(i.LaunchedAt); since >= 0 {
		i.Weeks[since/week]++
	}
}

// initiative is the one that the event has to do with: of its account, or for trainings and plans of the whole company; null
// if there is none.
func (c *Company) initiative(e part) *Initiative {
	id, streams := initiativeOf(e.Data), []domain.AccountID{e.Account}
	switch e.Data.(type) {
	case domain.TrainingCompleted, domain.PlanCreated:
		streams = append(streams, domain.Ledger)
	}
	for _, stream := range streams {
		if i := slices.IndexFunc(c.Initiatives, func(x Initiative) bool { return id != "" && x.stream == stream && x.id == id }); i >= 0 {
			return &c.Initiatives[i]
		}
	}
	return nil
}

const week = 7 * 24 * time.Hour

// finish judges what is known now.
func (c *Company) finish(now time.Time) {
	for i := range c.Cycles {
		x := &c.Cycles[i]
		if x.CadenceD == 0 {
			continue
		}
		cadence := time.Duration(x.CadenceD) * 24 * time.Hour
		x.NextAt = x.LastAt.Add(cadence)
		for n, start := range x.starts[1:] {
			x.MissedCount += max(0, int(start.Sub(x.starts[n]).Round(cadence)/cadence)-1)
		}
		x.MissedCount += max(0, int((now.Sub(x.LastAt)-1)/cadence)) // one that is to start now is no miss
	}
	for i := range c.Initiatives {
		if x := &c.Initiatives[i]; x.AudienceCount != nil {
			x.TrainedPct = dossier.Percent(x.TrainedCount, int(*x.AudienceCount))
		}
	}
	slices.SortStableFunc(c.Cycles, func(a, b Cycle) int {
		return cmp.Or(b.MissedCount-a.MissedCount, cmp.Compare(a.Process, b.Process), cmp.Compare(a.Account, b.Account))
	})
	slices.Reverse(c.Initiatives)
}
