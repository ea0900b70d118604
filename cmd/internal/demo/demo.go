// Package demo makes up a company's last eighteen months: some forty accounts of
// different character, in several systems, with a few stories that a reader can
// follow. The same end date gives the same events.
package demo

import (
	"cmp"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Day is what the ledger is told on one evening.
type Day struct {
	RecordedAt time.Time
	Events     []domain.Envelope
}

// History is everything up to the end, which is cut to a midnight in UTC; in order of
// recording. No event occurred after it was recorded.
func History(end time.Time) []Day {
	end = end.UTC().Truncate(24 * time.Hour)
	all := house(end)
	for i, c := range companies {
		all = append(all, tell(c, i, end)...)
	}
	slices.SortStableFunc(all, func(a, b event) int {
		return cmp.Or(evening(a.recorded).Compare(evening(b.recorded)), a.OccurredAt.Compare(b.OccurredAt))
	})
	var days []Day
	position := make(map[string]domain.Position, len(all)) // by id
	for i, e := range all {
		position[e.ID] = domain.Position(i + 1)
		switch because := e.Data.(type) {
		case domain.PlanCreated:
			because.From = []domain.Position{position[e.from]}
			e.Data = because
		case domain.ImprovementAgreed:
			if e.from != "" {
				because.From = []domain.Position{position[e.from]}
				e.Data = because
			}
		}
		at := evening(e.recorded)
		if len(days) == 0 || !days[len(days)-1].RecordedAt.Equal(at) {
			days = append(days, Day{RecordedAt: at})
		}
		d := &days[len(days)-1]
		d.Events = append(d.Events, e.Envelope)
	}
	return days
}

// evening is when the systems of the demo send what they have seen since the last one.
func evening(t time.Time) time.Time {
	e := t.UTC().Truncate(day).Add(20 * time.Hour)
	if e.Before(t) {
		e = e.Add(day)
	}
	return e
}

func tell(c company, index int, end time.Time) []event {
	if c.manager == "" {
		c.manager = managers[index%len(managers)]
	}
	t := &teller{company: c, rng: rand.New(rand.NewPCG(seed(c.id), 1)), end: end.Add(-4 * time.Hour)}
	first := t.first()
	t.opening(float64(first*7) + 10)
	for w := first; w > c.until; w-- {
		t.week(float64(w * 7))
		if w%13 == index%13 {
			t.survey(float64(w*7), t.character.mood)
		}
	}
	if story := stories[c.id]; story != nil {
		story(t)
	}
	t.rng = rand.New(rand.NewPCG(seed(c.id), 2)) // what follows leaves the rest as it is
	t.known()
	t.listen()
	t.rng = rand.New(rand.NewPCG(seed(c.id), 3))
	t.works(index)
	t.rng = rand.New(rand.NewPCG(seed(c.id), 4))
	t.gather(index)
	t.attend()
	return t.events
}

func seed(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}
