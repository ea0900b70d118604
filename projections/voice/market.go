package voice

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Driver is what they go by when they buy.
type Driver struct {
	Driver      string            `json:"driver"`
	WeightPct   *float64          `json:"weight_pct" doc:"its share in the decision: the mean of what each said last; null if nobody said"`
	MeanRank    *float64          `json:"mean_rank" doc:"its place among the drivers; null if nobody said"`
	PeopleCount int               `json:"people_count" doc:"who stated it"`
	OursPct     *float64          `json:"ours_pct" doc:"how we do in it, in percent of the scale"`
	TheirsPct   *float64          `json:"theirs_pct" doc:"how the best of the others does"`
	GapPct      *float64          `json:"gap_pct" doc:"ours less theirs, in points"`
	BestOther   string            `json:"best_other,omitzero" doc:"who that is, if anybody said"`
	RatedBy     string            `json:"rated_by,omitzero" enum:"customer,us" doc:"us: nobody else rated, so take it with care; customer: the customer, or a third party"`
	Positions   []domain.Position `json:"positions,omitzero"`
}

// Factor is what people of one role go by.
type Factor struct {
	Role        string   `json:"role" doc:"unknown where it is"`
	Driver      string   `json:"driver"`
	WeightPct   *float64 `json:"weight_pct"`
	MeanRank    *float64 `json:"mean_rank"`
	PeopleCount int      `json:"people_count"`
}

// Competition is how we do beside the others in all that counts.
type Competition struct {
	RelativePct       *float64 `json:"relative_pct" doc:"ours less the best of the others, in points, over all drivers by their weight; null without any that has both"`
	WeightCoveredPct  *float64 `json:"weight_covered_pct" doc:"the part of all drivers' weight that goes into it; null if no weight is known"`
	MentionsCount     int      `json:"mentions_count" doc:"of competitors, in the period"`
	AlternativesCount int      `json:"alternatives_count" doc:"searches for somebody else, in the period"`
}

// Competitor is somebody else they look at.
type Competitor struct {
	Competitor        string    `json:"competitor" doc:"unknown where nobody said"`
	MentionsCount     int       `json:"mentions_count"`
	AlternativesCount int       `json:"alternatives_count"`
	AccountsCount     int       `json:"accounts_count" doc:"in which they came up"`
	LatestAt          time.Time `json:"latest_at,omitzero"`
	RelativePct       *float64  `json:"relative_pct" doc:"ours less theirs, in points, over the drivers in which both are rated, by weight; unweighted if none has one"`
	account           domain.AccountID
}

// Pressure is what was heard of a competitor in a quarter.
type Pressure struct {
	Quarter           string `json:"quarter"`
	Competitor        string `json:"competitor"`
	MentionsCount     int    `json:"mentions_count"`
	AlternativesCount int    `json:"alternatives_count"`
}

// Mention is once that somebody else came up.
type Mention struct {
	dossier.Quote
	At         time.Time `json:"at"`
	Kind       string    `json:"kind" enum:"mentioned,alternative_sought"`
	Competitor string    `json:"competitor,omitzero"`
	Contact    string    `json:"contact,omitzero"`
	Evidence   string    `json:"evidence,omitzero" doc:"how we know"`
}

// market gathers what they go by and whom else they look at.
type market struct {
	Competition
	drivers     map[string]*driver
	factors     map[[2]string]*weighed
	competitors map[string]*Competitor
	pressure    map[[2]string]*Pressure
}

type weighed struct {
	weight, rank mean
	people       int
}

type driver struct {
	weighed
	ratings   map[string]*rivalry // by competitor
	positions []domain.Position
}

// rivalry is how we and a competitor do: as others see it, and as we do.
type rivalry struct{ ours, theirs, oursByUs, theirsByUs mean }

func (s *market) take(h *heard, cite bool) {
	stated, ratings := map[[2]string]domain.Recorded{}, map[[4]string]domain.Recorded{} // the last of each
	for _, e := range h.d.Events {
		switch data := e.Data.(type) {
		case domain.DriverStated:
			stated[[2]string{h.d.Person(e, data.Contact), data.Driver}] = e
		case domain.CompetitorRated:
			ratings[[4]string{data.Driver, data.Competitor, data.By, h.d.Person(e, data.Contact)}] = e
		case domain.CompetitorMentioned, domain.AlternativeSought:
			if h.d.Within(e.OccurredAt) {
				s.mentioned(h, mention(h, e))
			}
		}
	}
	for _, e := range lasting(stated) {
		s.stated(h, e, cite)
	}
	for _, e := range lasting(ratings) {
		s.compared(e, cite)
	}
}

// lasting are the events that were the last of their kind, in order.
func lasting[K comparable](last map[K]domain.Recorded) []domain.Recorded {
	var all []domain.Recorded
	for _, e := range last {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b domain.Recorded) int {
		return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.Position, b.Position))
	})
	return all
}

func (s *market) stated(h *heard, e domain.Recorded, cite bool) {
	data := e.Data.(domain.DriverStated)
	d := at(&s.drivers, data.Driver, driver{})
	d.add(data)
	if cite {
		d.positions = append(d.positions, e.Position)
	}
	role := "unknown"
	if p, ok := h.roles.At(h.d.Person(e, data.Contact), h.d.At); ok {
		role = p.Role
	}
	at(&s.factors, [2]string{role, data.Driver}, weighed{}).add(data)
}

func (w *weighed) add(data domain.DriverStated) {
	w.people++
	if data.WeightPct != nil {
		w.weight.add(*data.WeightPct)
	}
	if data.Rank > 0 {
		w.rank.add(float64(data.Rank))
	}
}

func (s *market) compared(e domain.Recorded, cite bool) {
	data := e.Data.(domain.CompetitorRated)
	d := at(&s.drivers, data.Driver, driver{})
	r := at(&d.ratings, data.Competitor, rivalry{})
	ours, theirs := percent(data.Ours, data.ScaleMin, data.ScaleMax), percent(data.Theirs, data.ScaleMin, data.ScaleMax)
	if data.By == "us" {
		r.oursByUs.add(ours)
		r.theirsByUs.add(theirs)
	} else {
		r.ours.add(ours)
		r.theirs.add(theirs)
	}
	if cite {
		d.positions = append(d.positions, e.Position)
	}
}

// settle says how we and they do: as others see it, if any other said.
func (r *rivalry) settle() (ours, theirs float64, by string) {
	if r.ours.n > 0 {
		return *r.ours.value(), *r.theirs.value(), "customer"
	}
	return *r.oursByUs.value(), *r.theirsByUs.value(), "us"
}

func (s *market) mentioned(h *heard, m Mention) {
	name := cmp.Or(m.Competitor, "unknown")
	c := at(&s.competitors, name, Competitor{Competitor: name})
	p := at(&s.pressure, [2]string{quarter(m.At), name}, Pressure{Quarter: quarter(m.At), Competitor: name})
	if c.account != h.d.Account {
		c.account = h.d.Account
		c.AccountsCount++
	}
	if m.At.After(c.LatestAt) {
		c.LatestAt = m.At
	}
	if m.Kind == "mentioned" {
		s.MentionsCount++
		c.MentionsCount++
		p.MentionsCount++
	} else {
		s.AlternativesCount++
		c.AlternativesCount++
		p.AlternativesCount++
	}
}

func mention(h *heard, e domain.Recorded) Mention {
	switch data := e.Data.(type) {
	case domain.CompetitorMentioned:
		return Mention{Quote: dossier.QuoteOf(e), At: e.OccurredAt, Kind: "mentioned", Competitor: data.Competitor, Contact: h.d.Person(e, data.Contact)}
	case domain.AlternativeSought:
		return Mention{
			Quote: dossier.QuoteOf(e), At: e.OccurredAt, Kind: "alternative_sought", Competitor: data.Competitor, Contact: h.d.Person(e, data.Contact),
			Evidence: data.Evidence,
		}
	}
	return Mention{}
}

func (h *heard) mentions() []Mention {
	all := []Mention{}
	for _, e := range slices.Backward(h.d.Events) {
		if m := mention(h, e); m.Position != 0 && h.d.Within(e.OccurredAt) {
			all = append(all, m)
		}
	}
	return all
}

func (s *market) report(r *Sums) {
	r.Drivers = []Driver{}
	var relative, covered, weight float64
	rivals := map[string]*relation{}
	for name, d := range s.drivers {
		row := Driver{
			Driver: name, WeightPct: d.weight.value(), MeanRank: d.rank.value(), PeopleCount: d.people, Positions: slices.Sorted(slices.Values(d.positions)),
		}
		row.best(d)
		r.Drivers = append(r.Drivers, row)
	}
	slices.SortFunc(r.Drivers, byWeight)
	for _, row := range r.Drivers { // in order, so that sums are the same each time
		if row.WeightPct != nil {
			weight += *row.WeightPct
		}
		if row.WeightPct != nil && row.GapPct != nil {
			relative += *row.WeightPct * *row.GapPct
			covered += *row.WeightPct
		}
		for name, rating := range s.drivers[row.Driver].ratings {
			ours, theirs, _ := rating.settle()
			at(&rivals, cmp.Or(name, "unknown"), relation{}).add(row.WeightPct, ours-theirs)
		}
	}
	r.Competition = s.Competition
	if weight > 0 {
		r.Competition.WeightCoveredPct = new(100 * covered / weight)
	}
	if covered > 0 {
		r.Competition.RelativePct = new(relative / covered)
	}
	for name, rival := range rivals {
		at(&s.competitors, name, Competitor{Competitor: name}).RelativePct = rival.value()
	}
	r.Competitors = rowsOf(s.competitors, func(a, b Competitor) int {
		return cmp.Or(b.AlternativesCount-a.AlternativesCount, b.MentionsCount-a.MentionsCount, cmp.Compare(a.Competitor, b.Competitor))
	})
	r.Pressure = rowsOf(s.pressure, func(a, b Pressure) int {
		return cmp.Or(cmp.Compare(a.Quarter, b.Quarter), cmp.Compare(a.Competitor, b.Competitor))
	})
	r.Factors = []Factor{}
	for key, w := range s.factors {
		r.Factors = append(r.Factors, Factor{Role: key[0], Driver: key[1], WeightPct: w.weight.value(), MeanRank: w.rank.value(), PeopleCount: w.people})
	}
	slices.SortFunc(r.Factors, func(a, b Factor) int { return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Driver, b.Driver)) })
}

// best sets us beside the best of the others.
func (row *Driver) best(d *driver) {
	var names []string
	for name := range d.ratings {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		ours, theirs, by := d.ratings[name].settle()
		if row.RatedBy == "customer" && by == "us" {
			continue
		}
		if row.TheirsPct == nil || row.RatedBy != by || theirs > *row.TheirsPct {
			row.OursPct, row.TheirsPct, row.GapPct, row.BestOther, row.RatedBy = new(ours), new(theirs), new(ours-theirs), name, by
		}
	}
}

// byWeight puts drivers of no known weight last.
func byWeight(a, b Driver) int {
	weight := func(d Driver) float64 {
		if d.WeightPct == nil {
			return -1
		}
		return *d.WeightPct
	}
	return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(a.Driver, b.Driver))
}

// relation is how we do beside one competitor.
type relation struct {
	weighted, weight float64
	plain            mean
}

func (r *relation) add(weight *float64, gap float64) {
	r.plain.add(gap)
	if weight != nil {
		r.weighted += *weight * gap
		r.weight += *weight
	}
}

func (r *relation) value() *float64 {
	if r.weight > 0 {
		return new(r.weighted / r.weight)
	}
	return r.plain.value()
}
