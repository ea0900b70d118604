// Package portfolio is the projection that answers how important an account is, now and in
// the future, who looks after it, what it earns and costs, what we know of it, and what went
// before a loss; and for all accounts, what comes first.
package portfolio

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Name is the projection's name.
const Name = "portfolio"

// New makes the projector.
func New() *dossier.Projector {
	return dossier.New(Name, 1,
		"account.opened", "account.classified", "account.manager_assigned", "account.manager_released", "account.sponsor_appointed",
		"account.fact_learned", "account.stage_changed", "account.margin_measured", "account.restructure_agreed", "account.restructured",
		"account.renewed", "account.not_renewed", "account.lost", "order.won", "payment", "referral.given", "priority", "cost.compared",
		"plan.created", "plan.action_added", "plan.action_completed", "cycle", "objective", "initiative", "training.completed",
		"complaint.raised", "delivery.missed", "commitment.broken", "survey.answered", "interaction.held", "silence.noticed",
		"alternative.sought", "competitor.mentioned")
}

// Report is an account's place among all.
type Report struct {
	dossier.Heading
	Name          string    `json:"name,omitzero"`
	Kind          string    `json:"kind,omitzero" enum:"customer,internal,investor,public,partner"`
	Parent        string    `json:"parent,omitzero"`
	Since         time.Time `json:"since,omitzero" doc:"when the relationship began: as was said, or by the first event that this report is made of if that was before"`
	RelationshipD *float64  `json:"relationship_d" doc:"how long it has lasted, in days; null if that is not known"`

	Tier  *Tier  `json:"tier" doc:"how important it is; null if it was never classified"`
	Tiers []Tier `json:"tiers" doc:"how that was decided over time, the last first"`
	Stage string `json:"stage,omitzero"`
	Moves []Move `json:"moves" doc:"from one stage to another, the last first"`

	Manager      string    `json:"manager,omitzero" doc:"who looks after it"`
	Managers     []Tenure  `json:"managers" doc:"who did over time, the last first"`
	GapD         float64   `json:"gap_d" doc:"days without a manager since the first, in the period"`
	Sponsor      string    `json:"sponsor,omitzero"`
	SponsorMetAt time.Time `json:"sponsor_met_at,omitzero" doc:"when the sponsor last took part in a contact"`

	Priorities []Priority `json:"priorities" doc:"what was published of this account alone; that of its tier is in the report on all"`
	Overrides  []Override `json:"overrides" doc:"what was served out of turn in the period, the last first"`

	Earnings
	Renewal    Renewal     `json:"renewal"`
	Loss       *Loss       `json:"loss" doc:"null if the account was not lost, or came back since"`
	Onboarding Onboarding  `json:"onboarding"`
	Knowledge  []Knowledge `json:"knowledge" doc:"what we know of how the customer works, by category; an empty one is a gap"`
	Cycles     []Fact      `json:"cycles" doc:"what of theirs comes round, the next first"`

	losses []Loss // all, in that order
}

// About is the report about an account.
func About(d *dossier.Dossier) Report {
	r := Report{Heading: d.Heading(), Tiers: []Tier{}, Moves: []Move{}, Priorities: ownPriorities(d)}
	r.identify(d)
	r.place(d)
	r.staff(d)
	r.Overrides, r.Earnings = overrides(d), earnings(d)
	r.Renewal, r.Onboarding = renewal(d), onboarding(d, r.Since)
	var lost bool
	if r.losses, lost = losses(d); lost {
		r.Loss = &r.losses[len(r.losses)-1]
	}
	r.Knowledge, r.Cycles = knowledge(d)
	return r
}

// identify says who the account is. A merged account's profile counts for the one it is part of only
// where that has none.
func (r *Report) identify(d *dossier.Dossier) {
	for _, e := range d.Events {
		opened, ok := e.Data.(domain.AccountOpened)
		if ok && (e.Account == d.Account || r.Name == "") {
			r.Name, r.Kind, r.Parent = opened.Name, opened.Kind, string(opened.Parent)
		}
	}
	r.Since = Since(d)
	if !r.Since.IsZero() {
		r.RelationshipD = new(dossier.Days(d.At.Sub(r.Since)))
	}
}

// Since is when the relationship began: as was said, or by the first event if that was before; zero of none.
func Since(d *dossier.Dossier) (since time.Time) {
	if len(d.Events) > 0 {
		since = d.Events[0].OccurredAt
	}
	for _, e := range d.Events {
		if opened, ok := e.Data.(domain.AccountOpened); ok && !opened.Since.IsZero() && opened.Since.Before(since) {
			since = opened.Since
		}
	}
	return since
}

// Row is an account among all.
type Row struct {
	Account       domain.AccountID `json:"account"`
	Name          string           `json:"name,omitzero"`
	Kind          string           `json:"kind,omitzero"`
	TierNow       string           `json:"tier_now,omitzero"`
	TierFuture    string           `json:"tier_future,omitzero"`
	Stage         string           `json:"stage,omitzero"`
	Manager       string           `json:"manager,omitzero"`
	Sponsor       string           `json:"sponsor,omitzero"`
	GapD          float64          `json:"gap_d"`
	OneFunction   bool             `json:"one_function" doc:"whether one function alone decided on the tier"`
	FutureKey     bool             `json:"future_key" doc:"whether it is a minor account today and a key account in the future"`
	MarginMinor   *int64           `json:"margin_minor" doc:"of the last period; null if nobody measured it"`
	CostToServe   *int64           `json:"cost_to_serve_minor"`
	Currency      string           `json:"currency,omitzero"`
	RenewalDueAt  time.Time        `json:"renewal_due_at,omitzero"`
	LateCount     int              `json:"late_count" doc:"payments that were late in the period"`
	SalesMinor    []dossier.Money  `json:"sales" doc:"orders won in the half year to at"`
	SalesBefore   []dossier.Money  `json:"sales_before" doc:"orders won in the half year before that"`
	SatisfiedPct  *float64         `json:"satisfied_pct" doc:"mean of the scores given in the half year before the last, of their scale; null if there were none"`
	Lost          bool             `json:"lost"`
	KnowledgeGaps int              `json:"knowledge_gaps_count" doc:"categories we know nothing current of"`
}

func row(r Report, d *dossier.Dossier) Row {
	w := Row{
		Account: r.Account, Name: r.Name, Kind: r.Kind, Stage: r.Stage, Manager: r.Manager, Sponsor: r.Sponsor, GapD: r.GapD,
		RenewalDueAt: r.Renewal.DueAt, LateCount: r.LateCount, Lost: r.Loss != nil,
	}
	if t := r.Tier; t != nil {
		w.TierNow, w.TierFuture, w.OneFunction, w.FutureKey = t.TierNow, t.TierFuture, alone(t.Functions), futureKey(*t)
	}
	if len(r.Margins) > 0 {
		m := r.Margins[0]
		w.MarginMinor, w.CostToServe, w.Currency = &m.MarginMinor, m.CostToServeMinor, m.Currency
	}
	for _, k := range r.Knowledge {
		if k.Gap {
			w.KnowledgeGaps++
		}
	}
	middle := d.At.Add(-halfYear)
	w.SalesMinor, w.SalesBefore = sales(d, middle, d.At), sales(d, middle.Add(-halfYear), middle)
	w.SatisfiedPct = satisfied(d, middle.Add(-halfYear), middle)
	return w
}

// halfYear is how far back a look goes that asks what led to something.
const halfYear = 180 * 24 * time.Hour

// Total is all accounts together.
type Total struct {
	AccountsCount     int             `json:"accounts_count"`
	Tiers             []Count         `json:"tiers" doc:"accounts by tier today; unclassified ones without a name"`
	FutureTiers       []Count         `json:"future_tiers"`
	Kinds             []Count         `json:"kinds"`
	Stages            []Count         `json:"stages"`
	UnclassifiedCount int             `json:"unclassified_count"`
	OneFunctionCount  int             `json:"one_function_count" doc:"accounts whose tier one function alone decided on"`
	FutureKeyCount    int             `json:"future_key_count" doc:"minor accounts of today that are key accounts in the future"`
	DecisionsCount    int             `json:"decisions_count" doc:"times a tier was decided on in the period"`
	CrisisPct         *float64        `json:"crisis_pct" doc:"of those, decided in a crisis; null if nothing was decided"`
	UnmanagedCount    int             `json:"unmanaged_count" doc:"accounts without a manager"`
	SponsoredPct      *float64        `json:"sponsored_pct" doc:"of tier A accounts, those with a sponsor"`
	RenewedCount      int             `json:"renewed_count" doc:"in the period"`
	NotRenewedCount   int             `json:"not_renewed_count"`
	RetentionPct      *float64        `json:"retention_pct" doc:"of those that came up, renewed; null if none came up"`
	KeepMinor         []dossier.Money `json:"keep" doc:"cost to serve measured in the period"`
	WinMinor          []dossier.Money `json:"win" doc:"what it cost to win the orders of the period"`
	Losses            []Loss          `json:"losses" doc:"what was lost in the period, the last first, with the half year before; also where they came back since"`
	Overrides         []Override      `json:"overrides" doc:"what was served out of turn in the period, the last first"`
	PressurePct       *float64        `json:"pressure_pct" doc:"of those, in a crisis; null if there were none"`
	KeyWaitedCount    int             `json:"key_waited_count" doc:"of those, in which an account that was tier A then had to wait for one that was not"`
	Company
}

// Count is how many there are of something.
type Count struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Overall is all accounts, key accounts first.
func Overall(all iter.Seq2[*dossier.Dossier, error]) (total Total, rows []Row, err error) {
	total.Losses, total.Overrides = []Loss{}, []Override{}
	tallies := map[string]map[string]int{"tier": {}, "future": {}, "kind": {}, "stage": {}}
	crises, keyAccounts, sponsored, pressed := 0, 0, 0, 0
	keep, win := dossier.Purse{}, dossier.Purse{}
	var last *dossier.Dossier
	var own []Priority // of single accounts
	var concerns []part
	tiers := map[domain.AccountID][]Tier{} // of accounts and those merged into them
	for d, err := range all {
		if err != nil {
			return Total{}, nil, err
		}
		r := About(d)
		w := row(r, d)
		rows, last = append(rows, w), d
		total.count(r, w)
		tallies["tier"][w.TierNow]++
		tallies["future"][w.TierFuture]++
		tallies["kind"][w.Kind]++
		tallies["stage"][w.Stage]++
		for _, t := range r.Tiers {
			if d.Within(t.At) {
				total.DecisionsCount++
				if t.Context == "crisis" {
					crises++
				}
			}
		}
		if w.TierNow == "A" {
			keyAccounts++
			if w.Sponsor != "" {
				sponsored++
			}
		}
		for _, id := range append(slices.Clone(r.Merged), d.Account) {
			tiers[id] = r.Tiers
		}
		for _, o := range r.Overrides {
			if o.Context == "crisis" {
				pressed++
			}
		}
		total.Overrides = append(total.Overrides, r.Overrides...)
		concerns, own = append(concerns, parts(d)...), append(own, r.Priorities...)
		spent(d, keep, win)
	}
	total.Tiers, total.FutureTiers = counts(tallies["tier"]), counts(tallies["future"])
	total.Kinds, total.Stages = counts(tallies["kind"]), counts(tallies["stage"])
	total.CrisisPct, total.SponsoredPct = dossier.Percent(crises, total.DecisionsCount), dossier.Percent(sponsored, keyAccounts)
	for _, o := range total.Overrides {
		key := func(a domain.AccountID) bool { t := tierAt(tiers[a], o.At); return t != nil && t.TierNow == "A" }
		total.KeyWaitedCount += dossier.Truth(!key(o.Account) && slices.ContainsFunc(o.Accounts, key))
	}
	total.PressurePct = dossier.Percent(pressed, len(total.Overrides))
	slices.SortStableFunc(total.Overrides, func(a, b Override) int { return b.At.Compare(a.At) })
	total.RetentionPct = dossier.Percent(total.RenewedCount, total.RenewedCount+total.NotRenewedCount)
	total.KeepMinor, total.WinMinor = keep.Money(), win.Money()
	slices.SortStableFunc(total.Losses, func(a, b Loss) int { return b.At.Compare(a.At) })
	total.Company = company(last, concerns)
	total.Priorities = append(total.Priorities, own...)
	inOrder(total.Priorities)
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(cmp.Or(a.TierNow, "E"), cmp.Or(b.TierNow, "E")), cmp.Compare(a.Account, b.Account))
	})
	return total, rows, nil
}

func (t *Total) count(r Report, w Row) {
	t.AccountsCount++
	if w.TierNow == "" {
		t.UnclassifiedCount++
	}
	if w.OneFunction {
		t.OneFunctionCount++
	}
	if w.FutureKey {
		t.FutureKeyCount++
	}
	if w.Manager == "" {
		t.UnmanagedCount++
	}
	t.RenewedCount += r.Renewal.RenewedCount
	t.NotRenewedCount += r.Renewal.NotRenewedCount
	for _, l := range r.losses {
		if !l.At.Before(r.From) {
			t.Losses = append(t.Losses, l)
		}
	}
}

// counts are in the order of their names, what has none at the end.
func counts(tally map[string]int) []Count {
	all := []Count{}
	for name, n := range tally {
		all = append(all, Count{name, n})
	}
	slices.SortFunc(all, func(a, b Count) int { return cmp.Compare(cmp.Or(a.Name, "\xff"), cmp.Or(b.Name, "\xff")) })
	return all
}
