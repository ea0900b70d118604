package voice

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Need is one need.
type Need struct {
	dossier.Quote
	Need          string            `json:"need" doc:"the emitter's id"`
	Topic         string            `json:"topic,omitzero"`
	State         string            `json:"state" enum:"anticipated,unmet,met,gone" doc:"anticipated: we foresaw it, they did not speak of it; gone: it is no longer one"`
	StatedAt      time.Time         `json:"stated_at,omitzero"`
	AgeD          *float64          `json:"age_d,omitempty" doc:"days since it was stated"`
	Contact       string            `json:"contact,omitzero"`
	HorizonMonths int64             `json:"horizon_months" doc:"how far ahead it lies; 0 is now"`
	Priority      int64             `json:"priority,omitzero" doc:"1 slight to 5 vital"`
	During        string            `json:"during,omitzero" enum:"crisis,calm"`
	Aspiration    bool              `json:"aspiration,omitzero" doc:"whether it goes beyond what is on time, sound and at its price"`
	MetLevel      string            `json:"met_level,omitzero" enum:"none,poor,partial,met" doc:"as found last; absent if nobody looked"`
	MetBy         string            `json:"met_by,omitzero" enum:"us,customer,third_party" doc:"who found so"`
	Consequence   string            `json:"consequence,omitzero" doc:"of its not being met"`
	RevalidatedAt time.Time         `json:"revalidated_at,omitzero" doc:"when it was last asked whether it still is one"`
	Unchecked     bool              `json:"unchecked" doc:"a warning: it was stated in a crisis and never asked about again"`
	AnticipatedAt time.Time         `json:"anticipated_at,omitzero"`
	AnticipatedBy string            `json:"anticipated_by,omitzero"`
	Foreseen      bool              `json:"foreseen" doc:"whether we foresaw it before they stated it"`
	Positions     []domain.Position `json:"positions"`
}

// UnmetNeed is a need of one of all accounts.
type UnmetNeed struct {
	Account domain.AccountID `json:"account"`
	Need
}

// Conflict is two needs that cannot be met together.
type Conflict struct {
	Position     domain.Position   `json:"position" doc:"of what was said of it last"`
	Need         string            `json:"need"`
	OtherNeed    string            `json:"other_need"`
	OtherAccount domain.AccountID  `json:"other_account,omitzero" doc:"whose the other need is, if another's"`
	State        string            `json:"state" enum:"open,decided"`
	Prevails     string            `json:"prevails,omitzero" enum:"this,other,both,neither" doc:"which need won"`
	DecidedBy    string            `json:"decided_by,omitzero"`
	Resolution   string            `json:"resolution,omitzero"`
	FoundAt      time.Time         `json:"found_at"`
	DecidedAt    time.Time         `json:"decided_at,omitzero"`
	Positions    []domain.Position `json:"positions"`
}

// AccountConflict is a conflict of one of all accounts.
type AccountConflict struct {
	Account domain.AccountID `json:"account"`
	Conflict
}

// NeedsSum counts needs as they stand, whatever the period.
type NeedsSum struct {
	StatedCount       int      `json:"stated_count"`
	UnmetCount        int      `json:"unmet_count"`
	MetCount          int      `json:"met_count"`
	GoneCount         int      `json:"gone_count" doc:"no longer needs"`
	UncheckedCount    int      `json:"unchecked_count" doc:"stated in a crisis and never asked about again"`
	AspirationsCount  int      `json:"aspirations_count" doc:"needs beyond what is on time, sound and at its price"`
	AspirationsMet    int      `json:"aspirations_met_count"`
	OldestUnmetD      *float64 `json:"oldest_unmet_d" doc:"days since it was stated"`
	AnticipatedCount  int      `json:"anticipated_count" doc:"needs that we foresaw"`
	ForeseenCount     int      `json:"foreseen_count" doc:"of them, stated by the customer later"`
	ForeseenPct       *float64 `json:"foreseen_pct" doc:"of those we foresaw; the rest was known before, or they did not speak of it yet"`
	OpenConflicts     int      `json:"open_conflicts_count"`
	NothingAheadCount int      `json:"nothing_ahead_count" doc:"accounts of which we know nothing beyond the current order"`
}

// Horizon is the needs that lie about as far ahead, stated or foreseen, and not met or gone.
type Horizon struct {
	Horizon          string `json:"horizon" enum:"now,to_12_months,to_36_months,beyond"`
	StatedCount      int    `json:"stated_count"`
	AnticipatedCount int    `json:"anticipated_count"`
	AccountsCount    int    `json:"accounts_count"`
	account          domain.AccountID
}

func (n *Need) unmet() bool { return n.State == "unmet" }

// register folds what was said of each need.
func (h *heard) register() {
	named := map[string]*Need{}
	for _, e := range h.d.Events {
		switch data := e.Data.(type) {
		case domain.NeedStated:
			h.need(named, e, data.Need).stated(h.d, e, data)
		case domain.NeedAnticipated:
			h.need(named, e, data.Need).anticipated(e, data)
		}
	}
	for _, e := range h.d.Events {
		switch data := e.Data.(type) {
		case domain.NeedMet:
			named[h.d.Name(e, data.Need)].met(e, data)
		case domain.NeedRevalidated:
			named[h.d.Name(e, data.Need)].revalidated(e, data)
		}
	}
	for _, n := range h.needs {
		n.settle(h.d.At)
	}
	slices.SortStableFunc(h.needs, byNeed)
	h.dispute()
}

func (h *heard) need(named map[string]*Need, e domain.Recorded, id domain.ID) *Need {
	name := h.d.Name(e, id)
	if named[name] == nil {
		named[name] = &Need{Need: name}
		h.needs = append(h.needs, named[name])
	}
	return named[name]
}

func (n *Need) stated(d *dossier.Dossier, e domain.Recorded, data domain.NeedStated) {
	n.Quote, n.StatedAt, n.Contact = dossier.QuoteOf(e), e.OccurredAt, d.Person(e, data.Contact)
	n.Topic, n.HorizonMonths = cmp.Or(data.Topic, n.Topic), data.HorizonMonths
	n.Priority, n.During, n.Aspiration = data.Priority, data.During, data.Aspiration
	n.Positions = append(n.Positions, e.Position)
}

func (n *Need) anticipated(e domain.Recorded, data domain.NeedAnticipated) {
	n.AnticipatedAt, n.AnticipatedBy = e.OccurredAt, data.Person
	n.Positions = append(n.Positions, e.Position)
	if n.StatedAt.IsZero() {
		n.Quote, n.Topic, n.HorizonMonths = dossier.QuoteOf(e), data.Topic, data.HorizonMonths
		n.Text = data.Statement // ours, and no personal data
	}
}

// There is no need to speak of if its beginning was retracted.
func (n *Need) met(e domain.Recorded, data domain.NeedMet) {
	if n == nil {
		return
	}
	n.MetLevel, n.MetBy, n.Consequence = data.Level, data.By, cmp.Or(data.Consequence, n.Consequence)
	n.Positions = append(n.Positions, e.Position)
}

func (n *Need) revalidated(e domain.Recorded, data domain.NeedRevalidated) {
	if n == nil {
		return
	}
	n.RevalidatedAt, n.State = e.OccurredAt, "gone"
	if data.StillTrue {
		n.State = ""
	}
	n.Positions = append(n.Positions, e.Position)
}

func (n *Need) settle(now time.Time) {
	stated := !n.StatedAt.IsZero()
	switch {
	case n.State == "gone":
	case n.MetLevel == "met":
		n.State = "met"
	case !stated:
		n.State = "anticipated"
	default:
		n.State = "unmet"
	}
	if stated {
		n.AgeD = new(dossier.Days(now.Sub(n.StatedAt)))
		n.Foreseen = !n.AnticipatedAt.IsZero() && n.AnticipatedAt.Before(n.StatedAt)
	}
	n.Unchecked = n.During == "crisis" && n.RevalidatedAt.IsZero()
}

// byNeed puts what is unmet first, by priority and then age.
func byNeed(a, b *Need) int {
	states := []string{"unmet", "anticipated", "met", "gone"}
	return cmp.Or(order(states, a.State)-order(states, b.State), cmp.Compare(b.Priority, a.Priority),
		a.StatedAt.Compare(b.StatedAt), a.AnticipatedAt.Compare(b.AnticipatedAt), cmp.Compare(a.Position, b.Position))
}

// dispute folds what was said of needs that conflict.
func (h *heard) dispute() {
	all := map[[3]string]*Conflict{}
	for _, e := range h.d.Events {
		data, ok := e.Data.(domain.NeedConflictFound)
		if !ok {
			continue
		}
		c := Conflict{Need: h.d.Name(e, data.Need), OtherNeed: string(data.OtherNeed), OtherAccount: data.OtherAccount, FoundAt: e.OccurredAt, State: "open"}
		if data.OtherAccount == "" || data.OtherAccount == e.Account {
			c.OtherNeed, c.OtherAccount = h.d.Name(e, data.OtherNeed), ""
		}
		said := at(&all, [3]string{c.Need, c.OtherNeed, string(c.OtherAccount)}, c)
		said.Position, said.Positions = e.Position, append(said.Positions, e.Position)
		if data.Prevails != "" {
			said.State, said.Prevails, said.DecidedBy, said.Resolution, said.DecidedAt = "decided", data.Prevails, data.DecidedBy, data.Resolution, e.OccurredAt
		}
	}
	h.conflicts = rowsOf(all, byConflict)
}

// byConflict puts open ones first, the oldest of them before.
func byConflict(a, b Conflict) int {
	return cmp.Or(cmp.Compare(b.State, a.State), a.FoundAt.Compare(b.FoundAt), cmp.Compare(a.Position, b.Position))
}

// nothingAhead reports whether we know of no need, nor of any plan of theirs, beyond the current order.
func (h *heard) nothingAhead() bool {
	for _, n := range h.needs {
		if n.HorizonMonths > 0 && (n.State == "unmet" || n.State == "anticipated") {
			return false
		}
	}
	return !slices.ContainsFunc(h.d.Events, func(e domain.Recorded) bool {
		data, ok := e.Data.(domain.AccountFactLearned)
		return ok && data.Strategic && (data.ValidTo.IsZero() || data.ValidTo.After(h.d.At))
	})
}

// needsSums gathers needs.
type needsSums struct {
	NeedsSum
	horizons map[string]*Horizon
}

func (s *needsSums) take(h *heard) {
	for _, n := range h.needs {
		s.count(n)
		if n.State == "unmet" || n.State == "anticipated" {
			s.ahead(h.d.Account, n)
		}
	}
	for _, c := range h.conflicts {
		if c.State == "open" {
			s.OpenConflicts++
		}
	}
	if h.nothingAhead() {
		s.NothingAheadCount++
	}
}

func (s *needsSums) count(n *Need) {
	if !n.AnticipatedAt.IsZero() {
		s.AnticipatedCount++
	}
	if n.Foreseen {
		s.ForeseenCount++
	}
	if n.StatedAt.IsZero() {
		return
	}
	s.StatedCount++
	switch n.State {
	case "unmet":
		s.UnmetCount++
		if s.OldestUnmetD == nil || *n.AgeD > *s.OldestUnmetD {
			s.OldestUnmetD = n.AgeD
		}
	case "met":
		s.MetCount++
	case "gone":
		s.GoneCount++
	}
	if n.Unchecked {
		s.UncheckedCount++
	}
	if n.Aspiration {
		s.AspirationsCount++
		if n.State == "met" {
			s.AspirationsMet++
		}
	}
}

var horizons = []string{"now", "to_12_months", "to_36_months", "beyond"}

func (s *needsSums) ahead(account domain.AccountID, n *Need) {
	name := horizons[0]
	switch {
	case n.HorizonMonths > 36:
		name = horizons[3]
	case n.HorizonMonths > 12:
		name = horizons[2]
	case n.HorizonMonths > 0:
		name = horizons[1]
	}
	h := at(&s.horizons, name, Horizon{Horizon: name})
	if h.account != account {
		h.account = account
		h.AccountsCount++
	}
	if n.State == "anticipated" {
		h.AnticipatedCount++
	} else {
		h.StatedCount++
	}
}

func (s *needsSums) report(r *Sums) {
	r.NeedsSum = s.NeedsSum
	r.NeedsSum.ForeseenPct = dossier.Percent(s.ForeseenCount, s.AnticipatedCount)
	r.Horizons = rowsOf(s.horizons, func(a, b Horizon) int { return order(horizons, a.Horizon) - order(horizons, b.Horizon) })
}
