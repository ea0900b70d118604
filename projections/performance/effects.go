package performance

import (
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Effects is what our failures did to the customer, as far as it is known. Confirmed and
// estimated losses are never added up.
type Effects struct {
	Penalties     []PenaltySum `json:"penalties" doc:"assessed or settled in the period, by currency"`
	PenaltyCauses []PenaltySum `json:"penalty_causes" doc:"by root cause and currency"`
	Idle          IdleSum      `json:"idle"`
	IdleModes     []IdleSum    `json:"idle_modes" doc:"by what failed, and its root cause"`
	Losses        []LossSum    `json:"losses" doc:"by currency"`
	Unknown       UnknownCount `json:"unknown" doc:"effects that were said to be unknown, and still are"`
}

// IdleSum is time in which the customer's people could not work.
type IdleSum struct {
	Kind        string   `json:"of,omitzero" doc:"what failed; absent if nobody said"`
	CauseCode   string   `json:"cause_code,omitzero" doc:"the root cause; absent if it is not known"`
	PersonH     *float64 `json:"idle_person_h" doc:"null if nobody reported any, which is not to say that there was none"`
	ReportCount int      `json:"report_count"`
}

func (s *IdleSum) count(i Idle) {
	s.PersonH = plus(s.PersonH, i.PersonH)
	s.ReportCount++
}

// Idle is one report of people who could not work.
type Idle struct {
	At          time.Time       `json:"at"`
	PersonH     float64         `json:"idle_person_h"`
	PeopleCount int64           `json:"people_count"`
	CostMinor   *int64          `json:"cost_minor" doc:"to the customer; null if they did not say"`
	Currency    string          `json:"currency,omitzero"`
	Position    domain.Position `json:"position"`
	Cause
}

// idles are the reports in the period, the last first.
func idles(d *dossier.Dossier, causes *causes) []Idle {
	all := []Idle{}
	for _, e := range slices.Backward(d.Events) {
		data, ok := e.Data.(domain.ImpactIdleReported)
		if !ok || !d.Within(e.OccurredAt) {
			continue
		}
		i := Idle{
			At: e.OccurredAt, PersonH: personH(data), PeopleCount: data.PeopleCount, CostMinor: data.CostMinor,
			Currency: data.Currency, Position: e.Position,
			Cause: causes.find(e, about{data.Of, data.Line, data.Complaint, data.Nonconformity, data.Incident}, data.CauseCode),
		}
		all = append(all, i)
	}
	return all
}

// personH is the time lost: as it was said, or that of all the people.
func personH(data domain.ImpactIdleReported) float64 {
	if data.PersonH != nil {
		return *data.PersonH
	}
	return float64(data.PeopleCount) * data.HoursH
}

// LossSum is what our failures cost the customer, in one currency.
type LossSum struct {
	Currency               string   `json:"currency"`
	ConfirmedMinor         int64    `json:"confirmed_minor" doc:"by the customer"`
	ConfirmedCount         int      `json:"confirmed_count"`
	EstimatedMinor         int64    `json:"estimated_minor" doc:"not confirmed"`
	EstimatedCount         int      `json:"estimated_count"`
	EstimatedConfidencePct *float64 `json:"estimated_confidence_pct" doc:"mean confidence of the estimates that say one, weighted by amount; null if none does"`

	sure, of float64
}

func (s *LossSum) count(l Loss) {
	s.Currency = l.Currency
	if l.Confirmed {
		s.ConfirmedMinor += l.AmountMinor
		s.ConfirmedCount++
		return
	}
	s.EstimatedMinor += l.AmountMinor
	s.EstimatedCount++
	if l.ConfidencePct != nil {
		s.sure += *l.ConfidencePct * float64(l.AmountMinor)
		s.of += float64(l.AmountMinor)
	}
	if s.of > 0 {
		s.EstimatedConfidencePct = new(s.sure / s.of)
	}
}

// Loss is what a failure of ours cost the customer, as it was said last.
type Loss struct {
	Loss          string            `json:"loss,omitzero" doc:"the emitter's id"`
	At            time.Time         `json:"at"`
	AmountMinor   int64             `json:"amount_minor"`
	Currency      string            `json:"currency"`
	Confirmed     bool              `json:"confirmed" doc:"by the customer"`
	ConfidencePct *float64          `json:"confidence_pct" doc:"null if nobody said how sure it is"`
	Method        string            `json:"method,omitzero"`
	Position      domain.Position   `json:"position"`
	Earlier       []domain.Position `json:"earlier,omitzero" doc:"estimates that this one took the place of"`
	Cause
}

// losses are what was said last of each in the period, the last first.
func losses(d *dossier.Dossier, causes *causes) []Loss {
	var all []*Loss
	named := map[string]*Loss{}
	for _, e := range d.Events {
		data, ok := e.Data.(domain.ImpactLossEstimated)
		if !ok {
			continue
		}
		l := &Loss{
			Loss: d.Name(e, data.Loss), At: e.OccurredAt, AmountMinor: data.AmountMinor, Currency: data.Currency, Confirmed: data.Confirmed,
			ConfidencePct: data.ConfidencePct, Method: data.Method, Position: e.Position,
			Cause: causes.find(e, about{data.Of, data.Line, data.Complaint, data.Nonconformity, data.Incident}, ""),
		}
		if before := named[l.Loss]; data.Loss != "" && before != nil {
			l.Earlier = append(before.Earlier, before.Position)
			if l.Kind == "" {
				l.Cause = before.Cause
			}
			*before = *l
			continue
		}
		all = append(all, l)
		if data.Loss != "" {
			named[l.Loss] = l
		}
	}
	list := []Loss{}
	for _, l := range all {
		if d.Within(l.At) {
			list = append(list, *l)
		}
	}
	slices.SortStableFunc(list, func(a, b Loss) int { return b.At.Compare(a.At) })
	return list
}

// UnknownCount counts effects of which it is not known how large they are.
type UnknownCount struct {
	UnknownCount   int `json:"unknown_count"`
	PenaltyCount   int `json:"penalty_unknown_count"`
	IdleCount      int `json:"idle_unknown_count"`
	LossCount      int `json:"loss_unknown_count"`
	AffectedCount  int `json:"affected_unknown_count" doc:"who was affected"`
	AftermathCount int `json:"aftermath_unknown_count" doc:"what it still does"`
}

func (c *UnknownCount) count(u Unknown) {
	if u.KnownBy != 0 {
		return
	}
	c.UnknownCount++
	*map[string]*int{
		"penalty": &c.PenaltyCount, "idle": &c.IdleCount, "loss": &c.LossCount, "affected": &c.AffectedCount, "aftermath": &c.AftermathCount,
	}[u.Unknown]++
}

// Unknown is an effect that was said to be unknown.
type Unknown struct {
	Unknown  string          `json:"unknown" enum:"penalty,idle,loss,affected,aftermath"`
	At       time.Time       `json:"at"`
	Reason   string          `json:"reason"`
	Position domain.Position `json:"position"`
	KnownBy  domain.Position `json:"known_by_position,omitzero" doc:"of the later event that says it after all"`
	Cause
}

// unknowns are what was ever said to be unknown, the last first. It becomes known when
// something is recorded later of the same kind and about the same.
func unknowns(d *dossier.Dossier, causes *causes) []Unknown {
	type subject struct{ unknown, kind, of string }
	var all []*Unknown
	open := map[subject][]*Unknown{}
	for _, e := range d.Events {
		kind, a, ok := effect(e)
		if !ok {
			continue
		}
		c := causes.find(e, a, "")
		s := subject{kind, c.Kind, c.Of}
		if data, ok := e.Data.(domain.ImpactUnknownDeclared); ok {
			u := &Unknown{Unknown: data.Kind, At: e.OccurredAt, Reason: data.Reason, Position: e.Position, Cause: c}
			all = append(all, u)
			if c.Of != "" {
				open[s] = append(open[s], u)
			}
			continue
		}
		for _, u := range open[s] {
			u.KnownBy = e.Position
		}
		delete(open, s)
	}
	for s, waiting := range open {
		if s.unknown == "affected" && s.kind == "incident" && !causes.own[s.of] {
			affected(d, domain.ID(s.of), waiting)
		}
	}
	list := []Unknown{}
	for _, u := range slices.Backward(all) {
		list = append(list, *u)
	}
	return list
}

// affected notes what says how many an incident of no single account affects, of those that were said not to be known.
func affected(d *dossier.Dossier, incident domain.ID, unknown []*Unknown) {
	for _, e := range d.General {
		if _, a, ok := effect(e); !ok || a.incident != incident {
			continue
		}
		for _, u := range unknown {
			if u.KnownBy == 0 && !e.OccurredAt.Before(u.At) {
				u.KnownBy = e.Position
			}
		}
	}
}

// effect is which kind of effect an event speaks of, and of what.
func effect(e domain.Recorded) (kind string, a about, ok bool) {
	switch data := e.Data.(type) {
	case domain.ImpactUnknownDeclared:
		return data.Kind, about{data.Of, data.Line, data.Complaint, data.Nonconformity, data.Incident}, true
	case domain.ImpactPenaltyAssessed:
		return "penalty", about{data.Of, data.Line, data.Complaint, data.Nonconformity, data.Incident}, true
	case domain.ImpactIdleReported:
		return "idle", about{data.Of, data.Line, data.Complaint, data.Nonconformity, data.Incident}, true
	case domain.ImpactLossEstimated:
		return "loss", about{data.Of, data.Line, data.Complaint, data.Nonconformity, data.Incident}, true
	case domain.IncidentObserved:
		if data.AffectedCount != nil {
			return "affected", about{incident: data.Incident}, true
		}
	case domain.IncidentEnded:
		if data.AffectedCount != nil {
			return "affected", about{incident: data.Incident}, true
		}
	}
	return "", about{}, false
}

// effects counts effects, of one account or of all.
type effects struct {
	penalties, penaltyCauses groups[PenaltySum]
	idle                     IdleSum
	idleModes                groups[IdleSum]
	losses                   groups[LossSum]
	unknown                  UnknownCount
}

func (s *effects) count(penalties []Penalty, idles []Idle, losses []Loss, unknowns []Unknown) {
	for _, p := range penalties {
		s.penalties.at(p.Currency).count(p)
		byCause := s.penaltyCauses.at(p.Code, p.Currency)
		byCause.CauseCode = p.Code
		byCause.count(p)
	}
	for _, i := range idles {
		s.idle.count(i)
		mode := s.idleModes.at(i.Kind, i.Code)
		mode.Kind, mode.CauseCode = i.Kind, i.Code
		mode.count(i)
	}
	for _, l := range losses {
		s.losses.at(l.Currency).count(l)
	}
	for _, u := range unknowns {
		s.unknown.count(u)
	}
}

func (s *effects) answer() Effects {
	return Effects{
		Penalties: s.penalties.list(), PenaltyCauses: s.penaltyCauses.list(), Idle: s.idle, IdleModes: s.idleModes.list(),
		Losses: s.losses.list(), Unknown: s.unknown,
	}
}
