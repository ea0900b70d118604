package improvement

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Request is something the customer asked.
type Request struct {
	Request         string            `json:"request" doc:"the emitter's id"`
	State           string            `json:"state" enum:"open,answered,declined"`
	ReceivedAt      time.Time         `json:"received_at"`
	DueAt           time.Time         `json:"due_at,omitzero" doc:"if it was said; else the policy says how long there is"`
	AnswerMin       *float64          `json:"answer_min" doc:"business minutes until it was answered or declined; null if it was not"`
	AgeMin          float64           `json:"age_min" doc:"business minutes until then, or until now"`
	Late            bool              `json:"late" doc:"whether that is more than is allowed"`
	ClarifiedCount  int               `json:"clarified_count"`
	FirstSufficient *bool             `json:"first_sufficient" doc:"whether the first answer was enough; null if nobody said"`
	Topic           string            `json:"topic,omitzero"`
	Outcome         string            `json:"outcome,omitzero"`
	Reason          string            `json:"reason,omitzero" doc:"why it was declined"`
	Shortcoming     string            `json:"shortcoming,omitzero"`
	Contact         string            `json:"contact,omitzero"`
	Position        domain.Position   `json:"position"`
	Positions       []domain.Position `json:"positions"`

	waits  waits
	within bool
}

// RequestFigures are about requests received in the period; unanswered ones are counted whenever they came.
type RequestFigures struct {
	ReceivedCount     int      `json:"received_count"`
	UnansweredCount   int      `json:"unanswered_count"`
	DeclinedCount     int      `json:"declined_count"`
	MedianAnswerMin   *float64 `json:"median_answer_min" doc:"business minutes; null if none was answered"`
	ClarificationPct  *float64 `json:"clarification_pct" doc:"of all, those that had to be clarified"`
	FirstAnswerPct    *float64 `json:"first_answer_pct" doc:"first answers that were enough, of those of which somebody said; null if of none"`
	ContactsPerAnswer *float64 `json:"contacts_per_answer" doc:"contacts it took for each that was answered: the request, its clarifications and answers"`
	Shortcomings      []Count  `json:"shortcomings" doc:"what was missing on our side, the most frequent first"`

	tally requestTally
}

type requestTally struct {
	answered, clarified, said, sufficient, contacts int
	minutes                                         []float64
	shortcomings                                    map[string]int
}

func (v *view) requests() ([]Request, RequestFigures) {
	var all []*Request
	named := map[string]*Request{}
	for _, e := range v.Events {
		if data, ok := e.Data.(domain.RequestReceived); ok {
			r := &Request{
				Request: v.Name(e, data.Request), State: "open", ReceivedAt: e.OccurredAt, DueAt: data.DueAt, Topic: data.Topic,
				Contact: v.Person(e, data.Contact), Position: e.Position, Positions: []domain.Position{e.Position}, within: v.Within(e.OccurredAt),
			}
			all, named[r.Request] = append(all, r), r
		}
	}
	for _, e := range v.Events {
		switch data := e.Data.(type) {
		case domain.RequestClarified:
			if r := named[v.Name(e, data.Request)]; r != nil {
				r.ClarifiedCount++
				r.waits.turn(data.Awaiting, e.OccurredAt)
				r.Positions = append(r.Positions, e.Position)
			}
		case domain.RequestAnswered:
			if r := named[v.Name(e, data.Request)]; r != nil {
				r.end(v, e, "answered")
				r.Outcome, r.FirstSufficient, r.Shortcoming = data.Outcome, data.FirstAnswerSufficient, data.Shortcoming
			}
		case domain.RequestDeclined:
			if r := named[v.Name(e, data.Request)]; r != nil {
				r.end(v, e, "declined")
				r.Reason, r.Shortcoming = data.Reason, data.Shortcoming
			}
		}
	}
	figures := RequestFigures{tally: requestTally{shortcomings: map[string]int{}}}
	list := make([]Request, 0, len(all))
	for _, r := range all {
		r.judge(v)
		figures.count(r)
		list = append(list, *r)
	}
	figures.rate()
	slices.SortStableFunc(list, func(a, b Request) int {
		return cmp.Or(dossier.Truth(b.State == "open")-dossier.Truth(a.State == "open"), a.ReceivedAt.Compare(b.ReceivedAt), cmp.Compare(a.Position, b.Position))
	})
	return list, figures
}

func (r *Request) end(v *view, e domain.Recorded, state string) {
	r.Positions = append(r.Positions, e.Position)
	if r.State == "open" {
		r.AnswerMin = new(v.worked(r.ReceivedAt, e.OccurredAt, r.waits.until(e.OccurredAt)...).Minutes())
		if !r.DueAt.IsZero() {
			r.Late = e.OccurredAt.After(r.DueAt)
		}
	}
	r.State = state
}

func (r *Request) judge(v *view) {
	if r.AnswerMin != nil {
		r.AgeMin = *r.AnswerMin
	} else {
		r.AgeMin = v.worked(r.ReceivedAt, v.At, r.waits.until(v.At)...).Minutes()
	}
	switch {
	case r.DueAt.IsZero():
		r.Late = r.AgeMin > v.allowed("request").Minutes()
	case r.State == "open":
		r.Late = v.At.After(r.DueAt)
	}
}

func (f *RequestFigures) count(r *Request) {
	f.UnansweredCount += dossier.Truth(r.State == "open")
	if !r.within {
		return
	}
	f.ReceivedCount++
	f.DeclinedCount += dossier.Truth(r.State == "declined")
	f.tally.clarified += dossier.Truth(r.ClarifiedCount > 0)
	if r.State == "answered" {
		f.tally.answered++
		f.tally.contacts += len(r.Positions)
		f.tally.minutes = append(f.tally.minutes, *r.AnswerMin)
	}
	if r.FirstSufficient != nil {
		f.tally.said++
		f.tally.sufficient += dossier.Truth(*r.FirstSufficient)
	}
	if r.Shortcoming != "" {
		f.tally.shortcomings[r.Shortcoming]++
	}
}

func (f *RequestFigures) add(g RequestFigures) {
	f.ReceivedCount += g.ReceivedCount
	f.UnansweredCount += g.UnansweredCount
	f.DeclinedCount += g.DeclinedCount
	f.tally.answered += g.tally.answered
	f.tally.clarified += g.tally.clarified
	f.tally.said += g.tally.said
	f.tally.sufficient += g.tally.sufficient
	f.tally.contacts += g.tally.contacts
	f.tally.minutes = append(f.tally.minutes, g.tally.minutes...)
	for name, n := range g.tally.shortcomings {
		f.tally.shortcomings[name] += n
	}
}

func (f *RequestFigures) rate() {
	t := &f.tally
	f.MedianAnswerMin = dossier.Median(t.minutes)
	f.ClarificationPct, f.FirstAnswerPct = dossier.Percent(t.clarified, f.ReceivedCount), dossier.Percent(t.sufficient, t.said)
	if t.answered > 0 {
		f.ContactsPerAnswer = new(float64(t.contacts) / float64(t.answered))
	}
	f.Shortcomings = counts(t.shortcomings)
}
