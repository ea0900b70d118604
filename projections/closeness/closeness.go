// Package closeness is the projection that answers who knows whom at an account, by which
// channels and in which rhythm, who gets in touch and why, what we give and take, and what
// silence may hide.
package closeness

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Name is the projection's name.
const Name = "closeness"

// New makes the projector. It keeps every touchpoint: each is a contact.
func New() *dossier.Projector {
	wanted := []string{
		"account.opened", "account.classified", "account.cadence_agreed", "account.channel_opened", "account.channel_closed",
		"account.fact_learned", "account.lost", "contact", "interaction.held", "meeting", "effort.logged", "value.shared", "information.requested",
		"work.handed_over", "briefing.held", "problem.disclosed", "silence", "alternative.sought", "survey.answered",
		"delivery.missed", "quality.measured", "complaint.raised", "performance.challenged", "need.stated",
	}
	for _, entry := range domain.Catalogue {
		if entry.Touch {
			wanted = append(wanted, string(entry.Type))
		}
	}
	return dossier.New(Name, 1, wanted...)
}

// Report is how close we are to an account.
type Report struct {
	dossier.Heading
	LastContactAt time.Time `json:"last_contact_at,omitzero" doc:"absent if there never was a contact"`
	Silence       Silence   `json:"silence"`
	Manner        Manner    `json:"manner" doc:"what brought contacts about, in the period"`
	Exchange      Exchange  `json:"exchange" doc:"what we gave and asked for, in the period"`
	Work          Work      `json:"work" doc:"time and talks, in the period"`

	Contacts     []Contact  `json:"contacts" doc:"the people we know, those met longest ago first"`
	MissingRoles []string   `json:"missing_roles" doc:"buying influences of which we know nobody, or never met anybody"`
	Matrix       []Cell     `json:"matrix" doc:"contacts of the period by the customer's level and the channel"`
	Links        []Link     `json:"links" doc:"who of ours is tied to whom"`
	Channels     []Channel  `json:"channels" doc:"ways of contact, those unused longest first"`
	Cadences     []Cadence  `json:"cadences" doc:"rhythms that were agreed, the most overdue first"`
	Unspoken     []Unspoken `json:"unspoken" doc:"misses in the period about which nobody complained"`
	Problems     []Problem  `json:"problems" doc:"what they told us of in the period, and how late"`
	Given        []Given    `json:"given" doc:"what we gave in the period, the last first"`
	Meetings     []Meeting  `json:"meetings" doc:"meetings of the period that led to nothing, or whose outcome nobody told them of"`
	Handovers    []Chain    `json:"handovers" doc:"how work was handed on, by project"`
	Briefings    []Briefing `json:"briefings" doc:"who of ours was told what, the last first"`
	Approaches   Approaches `json:"approaches" doc:"how meetings come about"`
	Ease         []Ease     `json:"ease" doc:"how easy it is to work with us, by process"`
}

// About is the report about an account.
func About(d *dossier.Dossier) Report {
	v := newView(d)
	r := Report{Heading: d.Heading(), LastContactAt: v.lastContact, Contacts: v.people(), Links: v.links(), Channels: v.channels(), Cadences: v.cadences()}
	r.MissingRoles = missingRoles(r.Contacts)
	r.Matrix = v.matrix()
	r.Silence = v.silence(r.Cadences)
	r.Manner, r.Approaches, r.Problems = v.manner(), v.approaches(), v.problems()
	r.Exchange, r.Given = v.exchange()
	r.Work, r.Meetings, r.Handovers, r.Briefings, r.Ease = v.work(), v.meetings(), v.handovers(), v.briefings(), v.ease()
	r.Unspoken = v.unspoken()
	return r
}

// view is a dossier with what several answers need of it.
type view struct {
	*dossier.Dossier
	touches     []time.Time // in order
	lastContact time.Time
	met         map[string]time.Time    // when each person was last in contact, by name
	times       map[string]int          // and how often
	level       dossier.Courses[string] // of each person
}

func newView(d *dossier.Dossier) *view {
	v := &view{Dossier: happened(d), met: map[string]time.Time{}, times: map[string]int{}, level: dossier.Courses[string]{}}
	for _, e := range v.Events {
		switch data := e.Data.(type) {
		case domain.ContactAdded:
			v.rise(e, data.Contact, data.Level)
		case domain.ContactRoleRecorded:
			v.rise(e, data.Contact, data.Level)
		}
		entry, _ := domain.Lookup(e.Data.EventType())
		if !entry.Touch || !domain.InContact(e.OccurredAt, e.RecordedAt) {
			continue
		}
		v.touches = append(v.touches, e.OccurredAt)
		v.lastContact = e.OccurredAt
		for _, person := range v.named(e) {
			v.met[person] = e.OccurredAt
			v.times[person]++
		}
	}
	return v
}

// happened is the dossier without the meetings that were recorded before they can have happened: no figure
// counts them, as no rhythm does.
func happened(d *dossier.Dossier) *dossier.Dossier {
	ahead := func(e domain.Recorded) bool {
		_, held := e.Data.(domain.InteractionHeld)
		return held && !domain.InContact(e.OccurredAt, e.RecordedAt)
	}
	if !slices.ContainsFunc(d.Events, ahead) {
		return d
	}
	without := *d
	without.Events = slices.DeleteFunc(slices.Clone(d.Events), ahead)
	return &without
}

// named are the people a touchpoint names, each once.
func (v *view) named(e domain.Recorded) []string {
	var names []string
	for _, id := range codec.Contacts(e.Data) {
		if name := v.Person(e, id); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// since is how many days ago it was; null if it never was.
func (v *view) since(t time.Time) *float64 {
	if t.IsZero() {
		return nil
	}
	return new(dossier.Days(v.At.Sub(t)))
}

// Row is an account among all.
type Row struct {
	Account       domain.AccountID `json:"account"`
	Risk          float64          `json:"risk" doc:"how long it is silent against what is expected, times the weight of its tier: A 4, B 3, C 2, D and unknown 1"`
	SilentD       *float64         `json:"silent_d" doc:"days since the last contact; null if there never was one"`
	ExpectedD     *float64         `json:"expected_d" doc:"days between contacts, as agreed or usual; null if neither is known"`
	Tier          string           `json:"tier,omitzero"`
	LastContactAt time.Time        `json:"last_contact_at,omitzero"`
	ProactivePct  *float64         `json:"proactive_pct"`
	CrisisOnly    bool             `json:"crisis_only" doc:"whether all contacts of which we know the reason were crises"`
	NeverMet      bool             `json:"never_met" doc:"whether we never met without something to buy or to sell"`
	LevelCount    int              `json:"level_count" doc:"the customer's levels met in the period"`
	ChannelCount  int              `json:"channel_count" doc:"channels used in the period"`
	MissingRoles  int              `json:"missing_roles_count"`
	HoursH        float64          `json:"hours_h"`
	PlannedH      float64          `json:"planned_h" doc:"hours set aside"`
	RelationshipH float64          `json:"relationship_h" doc:"hours for the relationship and not for a transaction"`
	OverServed    bool             `json:"over_served" doc:"whether a C or D account takes more hours than the tier A account in the middle"`
	TakesOnly     bool             `json:"takes_only" doc:"whether we only ever asked and never gave"`
	UnspokenCount int              `json:"unspoken_count" doc:"misses about which nobody complained"`
	ToldNotCount  int              `json:"told_not_count" doc:"meetings whose outcome nobody told them of"`
}

// Total is all accounts together.
type Total struct {
	AccountsCount    int        `json:"accounts_count"`
	SilentCount      int        `json:"silent_count" doc:"accounts silent for longer than expected"`
	CrisisOnlyCount  int        `json:"crisis_only_count"`
	NeverMetCount    int        `json:"never_met_count"`
	SingleChannel    int        `json:"single_channel_count" doc:"accounts with one channel used in the period"`
	TakesOnlyCount   int        `json:"takes_only_count"`
	NoTimeCount      int        `json:"no_time_count" doc:"accounts without an hour for the relationship in the period"`
	UnspokenCount    int        `json:"unspoken_count"`
	ProactivePct     *float64   `json:"proactive_pct" doc:"of all contacts of which we know the reason"`
	TaughtNothingPct *float64   `json:"taught_nothing_pct" doc:"of all contacts, those that taught us nothing"`
	Tiers            []TierTime `json:"tiers" doc:"time spent, by tier"`
	SilencesCount    int        `json:"silences_count" doc:"silences noticed in the period, that are half a year old or led to a loss"`
	LossesAfterCount int        `json:"losses_after_count" doc:"of those, followed by the loss of the account within half a year"`
	LossAfterPct     *float64   `json:"loss_after_pct" doc:"null if there were none; compare with lost_pct"`
	LostPct          *float64   `json:"lost_pct" doc:"of all accounts, lost in the period"`
}

// TierTime is the time spent on the accounts of a tier.
type TierTime struct {
	Tier          string          `json:"tier" doc:"empty if not classified"`
	AccountsCount int             `json:"accounts_count"`
	PlannedH      float64         `json:"planned_h" doc:"hours set aside"`
	HoursH        float64         `json:"hours_h"`
	RelationshipH float64         `json:"relationship_h" doc:"hours for the relationship and not for a transaction"`
	MedianH       float64         `json:"median_h" doc:"of the account in the middle"`
	Cost          []dossier.Money `json:"cost"`
}

var weights = map[string]float64{"A": 4, "B": 3, "C": 2}

// Overall is all accounts, those most at risk by their silence first.
func Overall(all iter.Seq2[*dossier.Dossier, error]) (total Total, rows []Row, err error) {
	var sums sums
	for d, err := range all {
		if err != nil {
			return Total{}, nil, err
		}
		r := About(d)
		w := row(d, r)
		sums.add(d, r, w)
		rows = append(rows, w)
	}
	total = sums.total(rows)
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Or(cmp.Compare(b.Risk, a.Risk), cmp.Compare(a.Account, b.Account)) })
	return total, rows, nil
}

func row(d *dossier.Dossier, r Report) Row {
	w := Row{
		Account: d.Account, Tier: tier(d), LastContactAt: r.LastContactAt, SilentD: r.Silence.SilentD, ExpectedD: r.Silence.ExpectedD,
		ProactivePct: r.Manner.ProactivePct, CrisisOnly: r.Manner.CrisisOnly, NeverMet: r.Manner.NeverMet, MissingRoles: len(r.MissingRoles),
		HoursH: r.Work.HoursH, PlannedH: r.Work.PlannedH, RelationshipH: r.Work.RelationshipH, TakesOnly: r.Exchange.TakesOnly, UnspokenCount: len(r.Unspoken),
	}
	if r.Silence.Ratio != nil {
		w.Risk = *r.Silence.Ratio * max(1, weights[w.Tier])
	}
	levels, channels := map[string]bool{}, map[string]bool{}
	for _, c := range r.Matrix {
		if c.Level != "" {
			levels[c.Level] = true
		}
		channels[c.Channel] = true
	}
	w.LevelCount, w.ChannelCount = len(levels), len(channels)
	for _, m := range r.Meetings {
		if m.Missing == "telling" {
			w.ToldNotCount++
		}
	}
	return w
}

func tier(d *dossier.Dossier) string {
	if e, ok := dossier.Last[domain.AccountClassified](d); ok {
		return e.Data.(domain.AccountClassified).TierNow
	}
	return ""
}

// sums is what the total is made of.
type sums struct {
	Total
	proactive, reasons, taught, contacts, lost int
	hours                                      map[string][]float64
	cost                                       map[string]dossier.Purse
}

func (s *sums) add(d *dossier.Dossier, r Report, w Row) {
	if s.hours == nil {
		s.hours, s.cost = map[string][]float64{}, map[string]dossier.Purse{}
	}
	s.AccountsCount++
	s.SilentCount += dossier.Truth(r.Silence.Ratio != nil && *r.Silence.Ratio > 1)
	s.CrisisOnlyCount += dossier.Truth(w.CrisisOnly)
	s.NeverMetCount += dossier.Truth(w.NeverMet)
	s.SingleChannel += dossier.Truth(w.ChannelCount == 1)
	s.TakesOnlyCount += dossier.Truth(w.TakesOnly)
	s.NoTimeCount += dossier.Truth(w.RelationshipH == 0)
	s.UnspokenCount += w.UnspokenCount
	s.proactive += r.Manner.ProactiveCount + r.Manner.ScheduledCount
	s.reasons += r.Manner.KnownCount
	s.taught += r.Work.TaughtCount
	s.contacts += r.Work.ContactCount
	s.hours[w.Tier] = append(s.hours[w.Tier], w.HoursH)
	if s.cost[w.Tier] == nil {
		s.cost[w.Tier] = dossier.Purse{}
	}
	for _, m := range r.Work.Cost {
		s.cost[w.Tier][m.Currency] += m.AmountMinor
	}
	s.silences(d)
}

// silences counts what came of them. Of one noticed less than half a year ago that is not known yet.
func (s *sums) silences(d *dossier.Dossier) {
	var lost time.Time
	for _, e := range d.Events {
		if _, ok := e.Data.(domain.AccountLost); ok && d.Within(e.OccurredAt) {
			lost = e.OccurredAt
		}
	}
	if !lost.IsZero() {
		s.lost++
	}
	for _, e := range d.Events {
		if _, ok := e.Data.(domain.SilenceNoticed); !ok || !d.Within(e.OccurredAt) {
			continue
		}
		end := e.OccurredAt.Add(halfYear)
		led := !lost.Before(e.OccurredAt) && !lost.After(end)
		if led {
			s.LossesAfterCount++
		}
		if led || !end.After(d.At) {
			s.SilencesCount++
		}
	}
}

// halfYear is how long after a silence a loss is put down to it.
const halfYear = 180 * 24 * time.Hour

func (s *sums) total(rows []Row) Total {
	t := s.Total
	t.ProactivePct, t.TaughtNothingPct = dossier.Percent(s.proactive, s.reasons), dossier.Percent(s.contacts-s.taught, s.contacts)
	t.LossAfterPct, t.LostPct = dossier.Percent(t.LossesAfterCount, t.SilencesCount), dossier.Percent(s.lost, t.AccountsCount)
	t.Tiers = []TierTime{}
	for _, tier := range []string{"A", "B", "C", "D", ""} {
		hours := s.hours[tier]
		if len(hours) == 0 {
			continue
		}
		x := TierTime{Tier: tier, AccountsCount: len(hours), MedianH: *dossier.Median(hours), Cost: s.cost[tier].Money()}
		for _, w := range rows {
			if w.Tier == tier {
				x.PlannedH, x.HoursH, x.RelationshipH = x.PlannedH+w.PlannedH, x.HoursH+w.HoursH, x.RelationshipH+w.RelationshipH
			}
		}
		t.Tiers = append(t.Tiers, x)
	}
	if middle := dossier.Median(s.hours["A"]); middle != nil {
		for i := range rows {
			rows[i].OverServed = (rows[i].Tier == "C" || rows[i].Tier == "D") && rows[i].HoursH > *middle
		}
	}
	return t
}
