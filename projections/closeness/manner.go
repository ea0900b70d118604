package closeness

import (
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Manner is what brought contacts about.
type Manner struct {
	InteractionCount int      `json:"interaction_count"`
	KnownCount       int      `json:"known_count" doc:"those of which we know what brought them about"`
	CrisisCount      int      `json:"crisis_count"`
	OurAskCount      int      `json:"our_ask_count"`
	CustomerAskCount int      `json:"customer_ask_count"`
	ScheduledCount   int      `json:"scheduled_count"`
	ProactiveCount   int      `json:"proactive_count"`
	ProactivePct     *float64 `json:"proactive_pct" doc:"proactive and scheduled of those known; null if none is"`
	CrisisOnly       bool     `json:"crisis_only" doc:"whether all that are known were crises"`
	LowPressurePct   *float64 `json:"low_pressure_pct" doc:"conferences, focus groups, check-ins and briefings of all; null if there were none"`
	NeverMet         bool     `json:"never_met" doc:"whether there was never one of those"`
	OneOnOnePct      *float64 `json:"one_on_one_pct" doc:"of all; null if there were none"`
	InboundCount     int      `json:"inbound_count" doc:"those they began"`
	OutboundCount    int      `json:"outbound_count" doc:"those we began"`
	OursPct          *float64 `json:"ours_pct" doc:"begun by us, of those of which we know who began; null if of none"`
}

// lowPressure are kinds of contact in which nobody has to buy or sell.
var lowPressure = map[string]bool{"conference": true, "focus_group": true, "check_in": true, "briefing": true}

func (v *view) manner() (m Manner) {
	low, alone := 0, 0
	m.NeverMet = true
	for _, e := range v.Events {
		data, ok := e.Data.(domain.InteractionHeld)
		if !ok {
			continue
		}
		m.NeverMet = m.NeverMet && !lowPressure[data.Kind]
		if !v.Within(e.OccurredAt) {
			continue
		}
		m.InteractionCount++
		m.KnownCount += dossier.Truth(data.Trigger != "")
		m.CrisisCount += dossier.Truth(data.Trigger == "crisis")
		m.OurAskCount += dossier.Truth(data.Trigger == "our_ask")
		m.CustomerAskCount += dossier.Truth(data.Trigger == "customer_ask")
		m.ScheduledCount += dossier.Truth(data.Trigger == "scheduled")
		m.ProactiveCount += dossier.Truth(data.Trigger == "proactive")
		m.InboundCount += dossier.Truth(data.Direction == "inbound")
		m.OutboundCount += dossier.Truth(data.Direction == "outbound")
		low += dossier.Truth(lowPressure[data.Kind])
		alone += dossier.Truth(data.OneOnOne)
	}
	m.ProactivePct = dossier.Percent(m.ProactiveCount+m.ScheduledCount, m.KnownCount)
	m.CrisisOnly = m.KnownCount > 0 && m.CrisisCount == m.KnownCount
	m.LowPressurePct, m.OneOnOnePct = dossier.Percent(low, m.InteractionCount), dossier.Percent(alone, m.InteractionCount)
	m.OursPct = dossier.Percent(m.OutboundCount, m.InboundCount+m.OutboundCount)
	return m
}

// Approaches is how meetings come about, in the period.
type Approaches struct {
	ByUsCount       int       `json:"by_us_count" doc:"proposals of ours, the same meeting again included"`
	ByThemCount     int       `json:"by_them_count"`
	HeldCount       int       `json:"held_count" doc:"meetings proposed that took place"`
	DeclinedCount   int       `json:"declined_count" doc:"a refusal is a busy person, and counts against nobody"`
	MovedCount      int       `json:"moved_count" doc:"proposed again for another time"`
	AttemptsPerHeld *float64  `json:"attempts_per_held" doc:"our proposals for each meeting that we proposed and that took place; null if none did"`
	OursPct         *float64  `json:"ours_pct" doc:"of all proposals, ours; null if there were none"`
	LastProposedAt  time.Time `json:"last_proposed_at,omitzero" doc:"by us, of all time"`
	SinceProposedD  *float64  `json:"since_proposed_d" doc:"days since; null if never"`
	NotBefore       time.Time `json:"not_before,omitzero" doc:"when to try again at the earliest, after their last refusal"`
}

func (v *view) approaches() (a Approaches) {
	proposed, ours := map[string]bool{}, map[string]bool{}
	held := 0 // of those we proposed
	for _, e := range v.Events {
		within := dossier.Truth(v.Within(e.OccurredAt))
		switch data := e.Data.(type) {
		case domain.MeetingProposed:
			meeting := v.Name(e, data.Meeting)
			a.MovedCount += within * dossier.Truth(proposed[meeting])
			proposed[meeting] = true
			if data.By == "us" {
				ours[meeting] = true
				a.ByUsCount += within
				a.LastProposedAt, a.NotBefore = e.OccurredAt, time.Time{}
			} else {
				a.ByThemCount += within
			}
		case domain.MeetingDeclined:
			a.DeclinedCount += within
			if data.By != "us" {
				a.NotBefore = data.NotBefore
			}
		case domain.InteractionHeld:
			if data.Interaction != "" && proposed[v.Name(e, data.Interaction)] {
				a.HeldCount += within
				held += within * dossier.Truth(ours[v.Name(e, data.Interaction)])
			}
		}
	}
	if held > 0 {
		a.AttemptsPerHeld = new(float64(a.ByUsCount) / float64(held))
	}
	a.OursPct, a.SinceProposedD = dossier.Percent(a.ByUsCount, a.ByUsCount+a.ByThemCount), v.since(a.LastProposedAt)
	return a
}

// Problem is something they told us of.
type Problem struct {
	Problem              string          `json:"problem,omitzero"`
	Topic                string          `json:"topic,omitzero"`
	ToldAt               time.Time       `json:"told_at"`
	OccurredAt           time.Time       `json:"occurred_at,omitzero"`
	LagD                 *float64        `json:"lag_d" doc:"days from when it happened until they told us; null if they did not say when"`
	PreviouslyUnreported bool            `json:"previously_unreported"`
	Trigger              string          `json:"trigger,omitzero"`
	Position             domain.Position `json:"position"`
}

func (v *view) problems() []Problem {
	all := []Problem{}
	for _, e := range slices.Backward(v.Events) {
		data, ok := e.Data.(domain.ProblemDisclosed)
		if !ok || !v.Within(e.OccurredAt) {
			continue
		}
		p := Problem{
			Problem: v.Name(e, data.Problem), Topic: data.Topic, ToldAt: e.OccurredAt, OccurredAt: data.ProblemOccurredAt,
			PreviouslyUnreported: data.PreviouslyUnreported, Trigger: data.Trigger, Position: e.Position,
		}
		if !p.OccurredAt.IsZero() {
			p.LagD = new(dossier.Days(p.ToldAt.Sub(p.OccurredAt)))
		}
		all = append(all, p)
	}
	return all
}

// Exchange is what we gave against what we asked for.
type Exchange struct {
	GivenCount    int             `json:"given_count"`
	AskedCount    int64           `json:"asked_count" doc:"items of information we asked for"`
	Balance       *float64        `json:"balance" doc:"given for each item asked for; null if we asked for nothing"`
	TakesOnly     bool            `json:"takes_only" doc:"whether we asked and never gave"`
	Value         []dossier.Money `json:"value" doc:"estimated worth of what we gave"`
	AcceptedCount int             `json:"accepted_count" doc:"what they took up"`
	DisclosureD   *float64        `json:"disclosure_d" doc:"mean days until they told us of a problem; null if none is known"`
	KeptBackCount int             `json:"kept_back_count" doc:"problems they told us of that they had kept from us until then"`
}

// Given is something we gave.
type Given struct {
	At            time.Time       `json:"at"`
	Kind          string          `json:"kind" enum:"insight,data,introduction,saving,revenue_idea,contribution,downstream"`
	Statement     string          `json:"statement,omitzero"`
	EstValueMinor *int64          `json:"est_value_minor" doc:"null if nobody estimated it"`
	Currency      string          `json:"currency,omitzero"`
	Accepted      *bool           `json:"accepted" doc:"null if that is not known"`
	Beneficiary   string          `json:"beneficiary,omitzero" doc:"which of the customer's own customers it helps"`
	Position      domain.Position `json:"position"`
}

func (v *view) exchange() (x Exchange, given []Given) {
	given = []Given{}
	worth := dossier.Purse{}
	for _, e := range slices.Backward(v.Events) {
		if !v.Within(e.OccurredAt) {
			continue
		}
		switch data := e.Data.(type) {
		case domain.ValueShared:
			given = append(given, Given{
				At: e.OccurredAt, Kind: data.Kind, Statement: data.Statement, EstValueMinor: data.EstValueMinor, Currency: data.Currency,
				Accepted: data.Accepted, Beneficiary: data.Beneficiary, Position: e.Position,
			})
			x.AcceptedCount += dossier.Truth(data.Accepted != nil && *data.Accepted)
			if data.EstValueMinor != nil {
				worth[data.Currency] += *data.EstValueMinor
			}
		case domain.InformationRequested:
			x.AskedCount += data.ItemsCount
		}
	}
	x.GivenCount, x.Value = len(given), worth.Money()
	if x.AskedCount > 0 {
		x.Balance = new(float64(x.GivenCount) / float64(x.AskedCount))
		x.TakesOnly = x.GivenCount == 0
	}
	sum, n := 0.0, 0
	for _, p := range v.problems() {
		x.KeptBackCount += dossier.Truth(p.PreviouslyUnreported)
		if p.LagD != nil {
			sum, n = sum+*p.LagD, n+1
		}
	}
	if n > 0 {
		x.DisclosureD = new(sum / float64(n))
	}
	return x, given
}
