package portfolio

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Company is what concerns no single account.
type Company struct {
	Priorities    []Priority   `json:"priorities" doc:"what holds for whom, and what will: for each consumer, resource and tier what is valid last, and what is to be valid later"`
	Cycles        []Cycle      `json:"cycles" doc:"processes that are to run at intervals, missed ones first"`
	Managers      []Objective  `json:"managers" doc:"our people with objectives, or reviewed"`
	ObjectivesPct *float64     `json:"objectives_pct" doc:"of those, with an objective that is a customer's measure; null if there are none"`
	SkippedCount  int          `json:"skipped_count" doc:"reviews in the period in which no measure of the customer's was spoken of"`
	Initiatives   []Initiative `json:"initiatives" doc:"the last first"`
}

// Priority is who comes first.
type Priority struct {
	Consumer  string             `json:"consumer" enum:"sales,scheduling,dispatch"`
	Tier      string             `json:"tier,omitzero"`
	Rank      int64              `json:"rank,omitzero"`
	Resource  string             `json:"resource,omitzero"`
	Accounts  []domain.AccountID `json:"accounts,omitzero" doc:"in the order in which they are served"`
	ValidFrom time.Time          `json:"valid_from"`
	Position  domain.Position    `json:"position"`
}

// Cycle is a process that is to run at intervals.
type Cycle struct {
	Process     string    `json:"process"`
	Owner       string    `json:"owner,omitzero"`
	CadenceD    int64     `json:"cadence_d,omitzero"`
	RunCount    int       `json:"run_count" doc:"rounds started"`
	ClosedCount int       `json:"closed_count"`
	MissedCount int       `json:"missed_count" doc:"rounds that should have started and did not, by the cadence last said; one that started late by less than half of it is none"`
	Findings    int64     `json:"findings_count"`
	LastAt      time.Time `json:"last_at"`
	NextAt      time.Time `json:"next_at,omitzero" doc:"when the next is to start"`

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
	measure string
	pct     *float64
}

// Initiative is a programme of ours, and how it lasted.
type Initiative struct {
	Initiative     string          `json:"initiative"`
	Name           string          `json:"name"`
	LaunchedAt     time.Time       `json:"launched_at"`
	EndedAt        time.Time       `json:"ended_at,omitzero"`
	Reason         string          `json:"reason,omitzero" doc:"why it ended"`
	AudienceCount  *int64          `json:"audience_count" doc:"how many people it is meant for; null if nobody said"`
	ExplainedCount int64           `json:"explained_count" doc:"people to whom it was explained"`
	TrainedCount   int             `json:"trained_count" doc:"people who were trained for it"`
	TrainedPct     *float64        `json:"trained_pct" doc:"of the audience; null if that is not known"`
	Weeks          []int           `json:"weeks" doc:"what was done for it in each week since its launch: explained, trained, planned"`
	Position       domain.Position `json:"position"`

	trained map[string]bool // who
}

// company looks at what concerns no single account; d is any account's dossier. Parts are what accounts have to
// do with initiatives, in any order.
func company(d *dossier.Dossier, parts []domain.Recorded) Company {
	c := Company{Priorities: []Priority{}, Cycles: []Cycle{}, Managers: []Objective{}, Initiatives: []Initiative{}}
	if d == nil {
		return c
	}
	tied := 0
	for _, e := range d.General {
		switch data := e.Data.(type) {
		case domain.PriorityPublished:
			c.publish(e, data, d.At)
		case domain.CycleStarted:
			c.start(e, data)
		case domain.CycleClosed:
			if i := slices.IndexFunc(c.Cycles, func(x Cycle) bool { return x.Process == data.Process }); i >= 0 {
				c.Cycles[i].ClosedCount++
				c.Cycles[i].Findings += data.FindingsCount
			}
		case domain.ObjectiveSet:
			c.manager(data.Person).set(data)
		case domain.ObjectiveReviewed:
			m := c.manager(data.Person)
			m.ReviewCount++
			if !data.MeasureDiscussed {
				m.SkippedCount++
				if d.Within(e.OccurredAt) {
					c.SkippedCount++
				}
			}
		case domain.InitiativeLaunched:
			c.launch(e, data, d.At)
		default:
			parts = append(parts, e)
		}
	}
	for _, e := range parts {
		c.follow(e)
	}
	for i := range c.Managers {
		m := &c.Managers[i]
		tied += min(1, len(m.Measures))
		for _, s := range m.shares {
			if s.pct != nil {
				m.WeightPct = new(*cmp.Or(m.WeightPct, new(0.0)) + *s.pct)
			}
		}
	}
	c.ObjectivesPct = dossier.Percent(tied, len(c.Managers))
	c.finish(d.At)
	return c
}

// publish takes in what comes first. What is valid later only does not end what is valid now.
func (c *Company) publish(e domain.Recorded, data domain.PriorityPublished, now time.Time) {
	p := Priority{
		Consumer: data.Consumer, Tier: data.Tier, Rank: data.Rank, Resource: data.Resource, Accounts: data.Accounts, ValidFrom: data.ValidFrom, Position: e.Position,
	}
	if p.ValidFrom.IsZero() {
		p.ValidFrom = e.OccurredAt
	}
	same := func(x Priority) bool { return x.Consumer == p.Consumer && x.Tier == p.Tier && x.Resource == p.Resource }
	late := func(x Priority) bool { return x.ValidFrom.After(now) }
	if slices.ContainsFunc(c.Priorities, func(x Priority) bool { return same(x) && !late(x) && x.ValidFrom.After(p.ValidFrom) }) {
		return // what is valid since later has taken its place
	}
	c.Priorities = slices.DeleteFunc(c.Priorities, func(x Priority) bool {
		return same(x) && (!late(p) && !late(x) || x.ValidFrom.Equal(p.ValidFrom))
	})
	c.Priorities = append(c.Priorities, p)
}

func (c *Company) start(e domain.Recorded, data domain.CycleStarted) {
	i := slices.IndexFunc(c.Cycles, func(x Cycle) bool { return x.Process == data.Process })
	if i < 0 {
		i, c.Cycles = len(c.Cycles), append(c.Cycles, Cycle{Process: data.Process})
	}
	x := &c.Cycles[i]
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
func (m *Objective) set(data domain.ObjectiveSet) {
	if !slices.Contains(m.Measures, data.Measure) {
		m.Measures = append(m.Measures, data.Measure)
	}
	m.shares = slices.DeleteFunc(m.shares, func(s share) bool { return s.measure == data.Measure })
	m.shares = append(m.shares, share{data.Measure, data.WeightPct})
}

func (c *Company) launch(e domain.Recorded, data domain.InitiativeLaunched, now time.Time) {
	i := Initiative{Initiative: string(data.Initiative), Name: data.Name, LaunchedAt: e.OccurredAt, AudienceCount: data.AudienceCount, Position: e.Position}
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

// follow takes in what came of an initiative.
func (c *Company) follow(e domain.Recorded) {
	id := initiativeOf(e.Data)
	n := slices.IndexFunc(c.Initiatives, func(x Initiative) bool { return id != "" && x.Initiative == string(id) })
	if n < 0 {
		return
	}
	i := &c.Initiatives[n]
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
	slices.SortStableFunc(c.Cycles, func(a, b Cycle) int { return cmp.Or(b.MissedCount-a.MissedCount, cmp.Compare(a.Process, b.Process)) })
	slices.SortStableFunc(c.Priorities, func(a, b Priority) int {
		return cmp.Or(cmp.Compare(a.Consumer, b.Consumer), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Tier, b.Tier))
	})
	slices.Reverse(c.Initiatives)
}
