package portfolio

import (
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Tier is a decision about how important the account is.
type Tier struct {
	At            time.Time       `json:"at"`
	TierNow       string          `json:"tier_now" enum:"A,B,C,D"`
	TierFuture    string          `json:"tier_future,omitzero" enum:"A,B,C,D"`
	HorizonMonths int64           `json:"horizon_months,omitzero"`
	Rank          int64           `json:"rank,omitzero"`
	Context       string          `json:"context,omitzero" enum:"planned,crisis"`
	Basis         []string        `json:"basis,omitzero"`
	Functions     []string        `json:"functions,omitzero" doc:"the functions that agreed"`
	Dissent       []string        `json:"dissent,omitzero" doc:"the functions that did not"`
	DecidedBy     []string        `json:"decided_by,omitzero"`
	Position      domain.Position `json:"position"`

	own bool // and not of an account merged into it
}

// tierAt is the decision that held at the time: the account's own, or if it has none, that of an account merged into
// it; null if there was none. Tiers are in the order of time, the last first.
func tierAt(tiers []Tier, at time.Time) (held *Tier) {
	for i := range tiers {
		if t := &tiers[i]; !t.At.After(at) && (held == nil || t.own && !held.own) {
			held = t
		}
	}
	return held
}

// futureKey reports whether a minor account of today is to be a key account.
func futureKey(t Tier) bool {
	return (t.TierNow == "C" || t.TierNow == "D") && (t.TierFuture == "A" || t.TierFuture == "B")
}

// alone reports whether it is one function, however often it is named.
func alone(functions []string) bool {
	return len(functions) > 0 && !slices.ContainsFunc(functions, func(f string) bool { return f != functions[0] })
}

// Move is a step from one stage to another.
type Move struct {
	At       time.Time         `json:"at"`
	From     string            `json:"from,omitzero"`
	To       string            `json:"to"`
	Reason   string            `json:"reason,omitzero"`
	Evidence []domain.Position `json:"evidence" doc:"the events said to speak for it"`
	Before   Before            `json:"before" doc:"what happened in the half year before"`
	Position domain.Position   `json:"position"`
}

// place says how important the account is and where the relationship stands.
func (r *Report) place(d *dossier.Dossier) {
	stage := map[domain.AccountID]string{}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.AccountClassified:
			r.Tiers = append(r.Tiers, Tier{
				At: e.OccurredAt, TierNow: data.TierNow, TierFuture: data.TierFuture, HorizonMonths: data.HorizonMonths, Rank: data.Rank,
				Context: data.Context, Basis: data.Basis, Functions: data.Functions, Dissent: data.Dissent, DecidedBy: data.DecidedBy, Position: e.Position,
				own: e.Account == d.Account,
			})
		case domain.AccountStageChanged:
			m := Move{
				At: e.OccurredAt, From: data.From, To: data.To, Reason: data.Reason, Evidence: data.Evidence, Before: before(d, e.OccurredAt), Position: e.Position,
			}
			if m.From == "" {
				m.From = stage[e.Account]
			}
			if m.Evidence == nil {
				m.Evidence = []domain.Position{}
			}
			stage[e.Account] = data.To
			r.Moves = append(r.Moves, m)
		}
	}
	slices.Reverse(r.Tiers)
	slices.Reverse(r.Moves)
	r.Tier = tierAt(r.Tiers, d.At)
	if e, ok := dossier.Last[domain.AccountStageChanged](d); ok {
		r.Stage = e.Data.(domain.AccountStageChanged).To
	}
}

// Tenure is the time somebody looked after the account.
type Tenure struct {
	Person   string          `json:"person"`
	From     time.Time       `json:"from"`
	To       time.Time       `json:"to,omitzero" doc:"absent while it lasts"`
	Position domain.Position `json:"position"`

	account domain.AccountID // this one, or one merged into it
}

// staff says who looks after the account, and how long nobody did.
func (r *Report) staff(d *dossier.Dossier) {
	r.Managers = []Tenure{}
	met := map[string]time.Time{}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.AccountManagerAssigned:
			r.Managers = append(r.Managers, Tenure{Person: data.Person, From: e.OccurredAt, Position: e.Position, account: e.Account})
		case domain.AccountManagerReleased:
			for i := range r.Managers {
				if m := &r.Managers[i]; m.account == e.Account && m.Person == data.Person && m.To.IsZero() {
					m.To = e.OccurredAt
				}
			}
		case domain.InteractionHeld:
			for _, person := range data.OurPeople {
				if held(e) {
					met[person] = e.OccurredAt
				}
			}
		}
	}
	if e, ok := dossier.Last[domain.AccountSponsorAppointed](d); ok {
		r.Sponsor = e.Data.(domain.AccountSponsorAppointed).Person
		r.SponsorMetAt = met[r.Sponsor]
	}
	r.GapD = dossier.Days(uncovered(r.Managers, d.From, d.At))
	slices.Reverse(r.Managers)
	for _, own := range []bool{false, true} { // whoever looks after this one itself comes first
		if i := slices.IndexFunc(r.Managers, func(m Tenure) bool { return m.To.IsZero() && (m.account == d.Account) == own }); i >= 0 {
			r.Manager = r.Managers[i].Person
		}
	}
}

// uncovered is how long there was nobody, from the first tenure or from on. Tenures are in the
// order of their beginnings.
func uncovered(tenures []Tenure, from, until time.Time) (gap time.Duration) {
	if len(tenures) == 0 {
		return 0
	}
	covered := tenures[0].From
	if from.After(covered) {
		covered = from
	}
	for _, t := range tenures {
		if t.From.After(covered) {
			gap += t.From.Sub(covered)
			covered = t.From
		}
		to := t.To
		if to.IsZero() {
			to = until
		}
		if to.After(covered) {
			covered = to
		}
	}
	if until.After(covered) {
		gap += until.Sub(covered)
	}
	return gap
}

// Override is something served out of turn.
type Override struct {
	Account  domain.AccountID   `json:"account" doc:"whose order it was"`
	At       time.Time          `json:"at"`
	Order    string             `json:"order,omitzero"`
	Consumer string             `json:"consumer,omitzero"`
	Resource string             `json:"resource,omitzero"`
	Reason   string             `json:"reason"`
	Approver string             `json:"approver"`
	Context  string             `json:"context,omitzero" enum:"planned,crisis"`
	Accounts []domain.AccountID `json:"accounts,omitzero" doc:"who had to wait"`
	Position domain.Position    `json:"position"`
}

// overrides are what was served out of turn in the period, the last first.
func overrides(d *dossier.Dossier) []Override {
	all := []Override{}
	for _, e := range slices.Backward(d.Events) {
		if data, ok := e.Data.(domain.PriorityOverridden); ok && d.Within(e.OccurredAt) {
			all = append(all, Override{
				Account: d.Account, At: e.OccurredAt, Order: d.Name(e, data.Order), Consumer: data.Consumer, Resource: data.Resource, Reason: data.Reason,
				Approver: data.Approver, Context: data.Context, Accounts: data.Accounts, Position: e.Position,
			})
		}
	}
	return all
}
