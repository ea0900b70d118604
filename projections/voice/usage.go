package voice

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Process is a process of ours that used the customer's words or runs in cycles.
type Process struct {
	Process          string            `json:"process"`
	UsedCount        int               `json:"used_count" doc:"times that words counted in it, in the period"`
	ThisQuarterCount int               `json:"this_quarter_count"`
	LatestAt         time.Time         `json:"latest_at,omitzero" doc:"the last time of all; absent if never"`
	CyclesCount      int               `json:"cycles_count" doc:"rounds it ran in the period"`
	Positions        []domain.Position `json:"positions,omitzero" doc:"of the decisions in the period"`
}

// Change is something that is different because of what they said.
type Change struct {
	Position    domain.Position   `json:"position"`
	At          time.Time         `json:"at"`
	Account     domain.AccountID  `json:"account"`
	Offering    string            `json:"offering,omitzero"`
	Improvement string            `json:"improvement,omitzero"`
	Process     string            `json:"process,omitzero"`
	Decision    string            `json:"decision,omitzero"`
	Because     []domain.Position `json:"because" doc:"positions of what they said"`
}

// Unused is something they told us that nothing came of.
type Unused struct {
	Position domain.Position `json:"position"`
	Kind     string          `json:"kind" enum:"words,wish,need,problem,insight"`
	Topic    string          `json:"topic,omitzero"`
	At       time.Time       `json:"at"`
	AgeD     float64         `json:"age_d"`
}

type usage struct {
	processes map[string]*Process
	changes   []Change
}

func (s *usage) take(h *heard, cite bool) {
	for _, e := range h.d.Events {
		switch data := e.Data.(type) {
		case domain.VoiceUsed:
			s.used(h, e, data, cite)
		case domain.ImprovementDelivered:
			if len(data.From) > 0 && h.d.Within(e.OccurredAt) {
				s.changes = append(s.changes, Change{
					Position: e.Position, At: e.OccurredAt, Account: h.d.Account, Offering: data.Offering, Improvement: h.d.Name(e, data.Improvement), Because: data.From,
				})
			}
		}
	}
	s.cycles(h.d, h.d.Events)
}

func (s *usage) used(h *heard, e domain.Recorded, data domain.VoiceUsed, cite bool) {
	w := h.find(e, data.Voice, data.Of)
	if w == nil {
		return // no words stand behind it
	}
	p := at(&s.processes, data.Process, Process{Process: data.Process})
	if e.OccurredAt.After(p.LatestAt) {
		p.LatestAt = e.OccurredAt
	}
	if quarter(e.OccurredAt) == quarter(h.d.At) {
		p.ThisQuarterCount++
	}
	if !h.d.Within(e.OccurredAt) {
		return
	}
	p.UsedCount++
	if cite {
		p.Positions = append(p.Positions, e.Position)
	}
	if data.Offering != "" || data.Decision != "" {
		s.changes = append(s.changes, Change{
			Position: e.Position, At: e.OccurredAt, Account: h.d.Account, Offering: data.Offering, Process: data.Process, Decision: data.Decision,
			Because: []domain.Position{w.Position},
		})
	}
}

// cycles takes in the rounds of our processes: those that never heed the customer are known by them.
func (s *usage) cycles(d *dossier.Dossier, events []domain.Recorded) {
	for _, e := range events {
		if data, ok := e.Data.(domain.CycleStarted); ok {
			p := at(&s.processes, data.Process, Process{Process: data.Process})
			if d.Within(e.OccurredAt) {
				p.CyclesCount++
			}
		}
	}
}

func (s *usage) report(d *dossier.Dossier, r *Sums) {
	s.cycles(d, d.General)
	r.Processes = rowsOf(s.processes, func(a, b Process) int {
		return cmp.Or(min(a.ThisQuarterCount, 1)-min(b.ThisQuarterCount, 1), a.LatestAt.Compare(b.LatestAt), cmp.Compare(a.Process, b.Process))
	})
	r.Changes = slices.Clone(s.changes)
	if r.Changes == nil {
		r.Changes = []Change{}
	}
	slices.SortFunc(r.Changes, func(a, b Change) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Position, a.Position)) })
}

// unused is what they told us in the period that no plan, improvement, follow-up or decision names.
func (h *heard) unused() []Unused {
	because := map[domain.Position]bool{}
	for _, e := range h.d.Events {
		for _, p := range causes(e.Data) {
			because[p] = true
		}
	}
	all := []Unused{}
	for _, e := range h.d.Events {
		kind, topic := insight(e.Data)
		if w := h.byPosition[e.Position]; w != nil {
			if w.acted() || w.answer && !w.named {
				continue
			}
			kind = "words"
		}
		if kind == "" || because[e.Position] || !h.d.Within(e.OccurredAt) {
			continue
		}
		all = append(all, Unused{Position: e.Position, Kind: kind, Topic: topic, At: e.OccurredAt, AgeD: dossier.Days(h.d.At.Sub(e.OccurredAt))})
	}
	return all
}

// causes are what an event says it came of.
func causes(data domain.Event) []domain.Position {
	switch data := data.(type) {
	case domain.PlanCreated:
		return data.From
	case domain.FollowUpOpened:
		return data.Causes
	case domain.ImprovementAgreed:
		return data.From
	case domain.ImprovementDelivered:
		return data.From
	}
	return nil
}

// insight is what sort of thing they told us, if the event is one.
func insight(data domain.Event) (kind, topic string) {
	switch data := data.(type) {
	case domain.VoiceCaptured:
		return "words", data.Topic
	case domain.WishExpressed:
		return "wish", data.Topic
	case domain.NeedStated:
		return "need", data.Topic
	case domain.ProblemDisclosed:
		return "problem", data.Topic
	case domain.AccountFactLearned:
		if data.Strategic {
			return "insight", data.Category
		}
	}
	return "", ""
}
