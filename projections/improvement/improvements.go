package improvement

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Improvement is something agreed to be made better.
type Improvement struct {
	Improvement    string            `json:"improvement" doc:"the emitter's id"`
	State          string            `json:"state" enum:"open,delivered,told,descoped" doc:"told: delivered or descoped, and the customer knows"`
	Owner          string            `json:"owner,omitzero"`
	OwnerLevel     string            `json:"owner_level,omitzero"`
	AgreedAt       time.Time         `json:"agreed_at"`
	DueAt          time.Time         `json:"due_at,omitzero"`
	DeliveredAt    time.Time         `json:"delivered_at,omitzero"`
	LateD          *float64          `json:"late_d" doc:"days past its date until it was delivered, or until now; null if it is not late"`
	ToldAt         time.Time         `json:"told_at,omitzero" doc:"when the customer was told what has become of it"`
	Acknowledged   bool              `json:"acknowledged,omitzero" doc:"whether the customer said so"`
	UntoldD        *float64          `json:"untold_d" doc:"days from its delivery until the customer was told, or until now; null if it is not delivered"`
	Statement      string            `json:"statement,omitzero"`
	Outcome        string            `json:"outcome,omitzero"`
	Signatory      string            `json:"signatory,omitzero" doc:"the contact who agreed to it"`
	ValueMinor     *int64            `json:"value_minor" doc:"worth to the customer in a year, as last estimated; null if nobody did"`
	Currency       string            `json:"currency,omitzero"`
	ValueConfirmed bool              `json:"value_confirmed" doc:"whether the customer confirmed that, or we assume it"`
	RealisticCheck *bool             `json:"realistic_check" doc:"whether it was found to be possible before it was agreed; null if nobody said"`
	PlannedPersonH *float64          `json:"planned_person_h"`
	DescopeToldD   *float64          `json:"descope_told_d" doc:"days from when it was last dropped or cut until the customer was told of that; null if it was not, or nobody told"`
	Offering       string            `json:"offering,omitzero" doc:"the product or service it changed"`
	Because        []domain.Position `json:"because" doc:"the events that led to it"`
	CustomerHelped bool              `json:"customer_helped"`
	SupplierHelped bool              `json:"supplier_helped"`
	Position       domain.Position   `json:"position"`
	Positions      []domain.Position `json:"positions"`

	descopedAt time.Time // last; zero if it never was
	dropped    bool      // descoped, and not delivered after all
	within     bool
}

// ImprovementFigures are about improvements agreed in the period; those not told are counted whenever that was.
type ImprovementFigures struct {
	AgreedCount     int             `json:"agreed_count"`
	DeliveredCount  int             `json:"delivered_count"`
	DescopedCount   int             `json:"descoped_count" doc:"dropped or cut, and not delivered after all"`
	NotToldCount    int             `json:"not_told_count" doc:"delivered, and nobody told the customer"`
	OwnerlessCount  int             `json:"ownerless_count" doc:"neither delivered nor descoped, without an owner"`
	OnTimePct       *float64        `json:"on_time_pct" doc:"delivered by their date, of those with a date that are delivered, or past it and not descoped; null if there are none"`
	ToldPct         *float64        `json:"told_pct" doc:"of those delivered; null if none was"`
	CoAgreedPct     *float64        `json:"co_agreed_pct" doc:"those a contact agreed to, of all"`
	UncheckedCount  int             `json:"unchecked_count" doc:"agreed without having been found to be possible"`
	PlannedPersonH  float64         `json:"planned_person_h" doc:"work that those neither delivered nor descoped are expected to take"`
	CapacityPersonH *float64        `json:"capacity_person_h" doc:"capacity as last published for the account, or for all; null if it was not"`
	Value           []dossier.Money `json:"value" doc:"worth to the customer, confirmed by them"`
	Assumed         []dossier.Money `json:"assumed" doc:"worth to the customer, as we assume"`
	Levels          []Level         `json:"levels" doc:"delivered on time by the owner's level"`

	tally improvementTally
}

// Level is how often owners of a level deliver on time.
type Level struct {
	OwnerLevel string   `json:"owner_level" doc:"empty if nobody said"`
	Count      int      `json:"count"`
	OnTimePct  *float64 `json:"on_time_pct"`
}

type improvementTally struct {
	told, agreed, due, onTime int
	value, assumed            dossier.Purse
	levels                    map[string][2]int // on time, due
}

// improvements are all, those delivered and not told first.
func (v *view) improvements(efforts []Effort) ([]Improvement, ImprovementFigures) {
	var all []*Improvement
	named := map[string]*Improvement{}
	for _, e := range v.Events {
		if data, ok := e.Data.(domain.ImprovementAgreed); ok {
			i := &Improvement{
				Improvement: v.Name(e, data.Improvement), State: "open", Owner: data.Owner, OwnerLevel: data.OwnerLevel, AgreedAt: e.OccurredAt, DueAt: data.DueAt,
				Statement: data.Statement, Signatory: v.Person(e, data.CustomerSignatory), RealisticCheck: data.RealisticCheck, PlannedPersonH: data.PlannedPersonH,
				Because: append([]domain.Position{}, data.From...), Position: e.Position, Positions: []domain.Position{e.Position}, within: v.Within(e.OccurredAt),
			}
			all, named[i.Improvement] = append(all, i), i
		}
	}
	for _, e := range v.Events {
		if id, ok := improvementOf(e.Data); ok {
			if i := named[v.Name(e, id)]; i != nil {
				i.Positions = append(i.Positions, e.Position)
				i.take(e, v.At)
			}
		}
	}
	for _, e := range efforts {
		if i := named[e.Improvement]; i != nil {
			i.CustomerHelped = i.CustomerHelped || e.Customer
			i.SupplierHelped = i.SupplierHelped || len(e.Suppliers) > 0
		}
	}
	figures := ImprovementFigures{tally: improvementTally{value: dossier.Purse{}, assumed: dossier.Purse{}, levels: map[string][2]int{}}}
	list := make([]Improvement, 0, len(all))
	for _, i := range all {
		i.judge(v.At)
		figures.count(i, v.At)
		list = append(list, *i)
	}
	figures.CapacityPersonH = capacity(slices.Concat(v.General, v.Events))
	figures.rate()
	order := []string{"delivered", "open", "descoped", "told"}
	slices.SortStableFunc(list, func(a, b Improvement) int {
		return cmp.Or(slices.Index(order, a.State)-slices.Index(order, b.State), a.AgreedAt.Compare(b.AgreedAt), cmp.Compare(a.Position, b.Position))
	})
	return list, figures
}

// improvementOf is the one that an event after its agreement is about.
func improvementOf(e domain.Event) (domain.ID, bool) {
	switch data := e.(type) {
	case domain.ImprovementOwnerAssigned:
		return data.Improvement, true
	case domain.ImprovementValueEstimated:
		return data.Improvement, true
	case domain.ImprovementDescoped:
		return data.Improvement, true
	case domain.ImprovementDelivered:
		return data.Improvement, true
	case domain.ImprovementTold:
		return data.Improvement, true
	}
	return "", false
}

func (i *Improvement) take(e domain.Recorded, now time.Time) {
	switch data := e.Data.(type) {
	case domain.ImprovementOwnerAssigned:
		i.Owner, i.OwnerLevel = data.Owner, data.OwnerLevel
	case domain.ImprovementValueEstimated:
		i.ValueMinor, i.Currency, i.ValueConfirmed = &data.AmountMinor, data.Currency, data.ConfirmedByCustomer
	case domain.ImprovementDescoped:
		if i.State == "delivered" {
			return // said to be dropped when it was done already
		}
		i.become("descoped", data.Reason)
		i.descopedAt, i.DescopeToldD = e.OccurredAt, nil
		if told := data.CustomerToldAt; !told.IsZero() && !told.After(now) {
			i.tell(told)
		}
	case domain.ImprovementDelivered:
		i.become("delivered", data.Outcome)
		i.DeliveredAt, i.Offering = e.OccurredAt, data.Offering
		for _, p := range data.From {
			if !slices.Contains(i.Because, p) {
				i.Because = append(i.Because, p)
			}
		}
	case domain.ImprovementTold:
		i.tell(e.OccurredAt)
		i.Acknowledged = i.Acknowledged || data.Acknowledged
	}
}

// tell says that the customer was told then: the first time counts.
func (i *Improvement) tell(at time.Time) {
	if i.ToldAt.IsZero() || at.Before(i.ToldAt) {
		i.ToldAt = at
	}
}

// become says what has become of it. What the customer was told before was about what had become of
// it then; or about this, where nothing had.
func (i *Improvement) become(state, outcome string) {
	i.noteDescopeTold()
	if i.State != "open" {
		i.ToldAt, i.Acknowledged = time.Time{}, false
	}
	i.State, i.Outcome = state, outcome
}

func (i *Improvement) noteDescopeTold() {
	if i.State == "descoped" && !i.ToldAt.IsZero() {
		i.DescopeToldD = new(max(0, dossier.Days(i.ToldAt.Sub(i.descopedAt))))
	}
}

func (i *Improvement) judge(now time.Time) {
	i.noteDescopeTold()
	i.dropped = i.State == "descoped"
	if i.State != "open" && !i.ToldAt.IsZero() {
		i.State = "told"
	}
	delivered := i.DeliveredAt
	if delivered.IsZero() {
		delivered = now
	}
	if late := delivered.Sub(i.DueAt); !i.DueAt.IsZero() && !i.dropped && late > 0 {
		i.LateD = new(dossier.Days(late))
	}
	if !i.DeliveredAt.IsZero() {
		told := i.ToldAt
		if told.IsZero() {
			told = now
		}
		i.UntoldD = new(max(0, dossier.Days(told.Sub(i.DeliveredAt))))
	}
}

func (f *ImprovementFigures) count(i *Improvement, now time.Time) {
	delivered := !i.DeliveredAt.IsZero()
	f.NotToldCount += dossier.Truth(i.State == "delivered")
	if i.State == "open" {
		f.OwnerlessCount += dossier.Truth(i.Owner == "")
		if i.PlannedPersonH != nil {
			f.PlannedPersonH += *i.PlannedPersonH
		}
	}
	if !i.within {
		return
	}
	f.AgreedCount++
	f.DeliveredCount += dossier.Truth(delivered)
	f.DescopedCount += dossier.Truth(i.dropped)
	f.UncheckedCount += dossier.Truth(i.RealisticCheck == nil || !*i.RealisticCheck)
	f.tally.told += dossier.Truth(delivered && !i.ToldAt.IsZero())
	f.tally.agreed += dossier.Truth(i.Signatory != "")
	if !i.DueAt.IsZero() && !i.dropped && (delivered || now.After(i.DueAt)) {
		onTime := dossier.Truth(i.LateD == nil)
		level := f.tally.levels[i.OwnerLevel]
		f.tally.levels[i.OwnerLevel] = [2]int{level[0] + onTime, level[1] + 1}
		f.tally.due++
		f.tally.onTime += onTime
	}
	switch {
	case i.ValueMinor == nil:
	case i.ValueConfirmed:
		f.tally.value[i.Currency] += *i.ValueMinor
	default:
		f.tally.assumed[i.Currency] += *i.ValueMinor
	}
}

func (f *ImprovementFigures) add(g ImprovementFigures) {
	f.AgreedCount += g.AgreedCount
	f.DeliveredCount += g.DeliveredCount
	f.DescopedCount += g.DescopedCount
	f.NotToldCount += g.NotToldCount
	f.OwnerlessCount += g.OwnerlessCount
	f.UncheckedCount += g.UncheckedCount
	f.PlannedPersonH += g.PlannedPersonH
	f.tally.told += g.tally.told
	f.tally.agreed += g.tally.agreed
	f.tally.due += g.tally.due
	f.tally.onTime += g.tally.onTime
	for currency, amount := range g.tally.value {
		f.tally.value[currency] += amount
	}
	for currency, amount := range g.tally.assumed {
		f.tally.assumed[currency] += amount
	}
	for name, n := range g.tally.levels {
		level := f.tally.levels[name]
		f.tally.levels[name] = [2]int{level[0] + n[0], level[1] + n[1]}
	}
}

func (f *ImprovementFigures) rate() {
	t := &f.tally
	f.OnTimePct, f.ToldPct, f.CoAgreedPct = dossier.Percent(t.onTime, t.due), dossier.Percent(t.told, f.DeliveredCount), dossier.Percent(t.agreed, f.AgreedCount)
	f.Value, f.Assumed, f.Levels = t.value.Money(), t.assumed.Money(), []Level{}
	for name, n := range t.levels {
		f.Levels = append(f.Levels, Level{name, n[1], dossier.Percent(n[0], n[1])})
	}
	slices.SortFunc(f.Levels, func(a, b Level) int { return cmp.Compare(a.OwnerLevel, b.OwnerLevel) })
}

// capacity is what was published last, for the account before for all.
func capacity(events []domain.Recorded) (hours *float64) {
	for _, e := range events {
		if data, ok := e.Data.(domain.FigurePublished); ok && data.Measure == "capacity" && data.UOM == "person_h" && data.By == "us" && data.Supplier == "" {
			hours = new(data.Value)
		}
	}
	return hours
}
