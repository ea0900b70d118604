package portfolio

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// categories are what one has to know of a customer.
var categories = []string{"thinking", "cycle", "process", "technology", "constraint"}

// Knowledge is what we know of one side of the customer.
type Knowledge struct {
	Category string   `json:"category" enum:"thinking,cycle,process,technology,constraint"`
	Gap      bool     `json:"gap" doc:"whether we know nothing that still holds"`
	AgeD     *float64 `json:"age_d" doc:"days since we learnt something last; null if never"`
	Facts    []Fact   `json:"facts" doc:"what we learnt, the last first"`
}

// Fact is something we learnt.
type Fact struct {
	Fact          string          `json:"fact,omitzero" doc:"the emitter's id"`
	Category      string          `json:"category"`
	Statement     string          `json:"statement"`
	LearntAt      time.Time       `json:"learnt_at"`
	ValidTo       time.Time       `json:"valid_to,omitzero"`
	Holds         bool            `json:"holds" doc:"whether it is true at the time, as far as we know"`
	NextAt        time.Time       `json:"next_at,omitzero" doc:"when it comes round next"`
	ContactBefore bool            `json:"contact_before,omitzero" doc:"of a cycle to come: whether we were in contact in the 30 days before, so far"`
	ConfidencePct *float64        `json:"confidence_pct,omitempty"`
	Strategic     bool            `json:"strategic,omitzero"`
	Contact       string          `json:"contact,omitzero" doc:"who told us"`
	Position      domain.Position `json:"position"`

	since time.Time // when it became true; zero if that was always so
}

// holds reports whether it is true at the time, as far as we know.
func (f *Fact) holds(at time.Time) bool {
	return !f.since.After(at) && (f.ValidTo.IsZero() || f.ValidTo.After(at))
}

// talkBefore is how long before a cycle comes round there is a point in talking.
const talkBefore = 30 * 24 * time.Hour

// knowledge is what we know, by category, and what comes round.
func knowledge(d *dossier.Dossier) ([]Knowledge, []Fact) {
	all := make([]Knowledge, len(categories))
	for i, c := range categories {
		all[i] = Knowledge{Category: c, Gap: true, Facts: []Fact{}}
	}
	cycles := []Fact{}
	for _, f := range facts(d) {
		k := &all[slices.Index(categories, f.Category)]
		k.Facts = append(k.Facts, f)
		k.Gap = k.Gap && !f.Holds
		k.AgeD = new(dossier.Days(d.At.Sub(f.LearntAt)))
		if f.NextAt.After(d.At) && f.holds(f.NextAt) {
			cycles = append(cycles, f)
		}
	}
	for i := range all {
		slices.Reverse(all[i].Facts)
	}
	slices.SortStableFunc(cycles, func(a, b Fact) int { return cmp.Or(a.NextAt.Compare(b.NextAt), cmp.Compare(a.Position, b.Position)) })
	return all, cycles
}

// facts are what we learnt, in that order. The same fact again takes the place of what was known of it.
func facts(d *dossier.Dossier) []Fact {
	var all []Fact
	again := map[string]bool{}
	for _, e := range slices.Backward(d.Events) {
		data, ok := e.Data.(domain.AccountFactLearned)
		if !ok {
			continue
		}
		f := Fact{
			Fact: d.Name(e, data.Fact), Category: data.Category, Statement: data.Statement, LearntAt: e.OccurredAt, ValidTo: data.ValidTo,
			NextAt: data.NextAt, ConfidencePct: data.ConfidencePct, Strategic: data.Strategic, Contact: d.Person(e, data.Contact),
			Position: e.Position, since: data.ValidFrom,
		}
		if f.Fact != "" && again[f.Fact] {
			continue
		}
		again[f.Fact] = true
		f.Holds = f.holds(d.At)
		f.ContactBefore = contactBefore(d, f.NextAt)
		all = append(all, f)
	}
	slices.Reverse(all)
	return all
}

func contactBefore(d *dossier.Dossier, next time.Time) bool {
	if !next.After(d.At) {
		return false
	}
	return slices.ContainsFunc(d.Events, func(e domain.Recorded) bool {
		_, ok := e.Data.(domain.InteractionHeld)
		return ok && held(e) && e.OccurredAt.After(next.Add(-talkBefore))
	})
}
