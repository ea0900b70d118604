package voice

import (
	"iter"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Quotes implements dossier.Quoting.
func (r *Report) Quotes() iter.Seq[*dossier.Quote] {
	return func(yield func(*dossier.Quote) bool) {
		for _, w := range r.Words {
			if !yield(&w.Quote) {
				return
			}
			for i := range w.Summaries {
				if !yield(&w.Summaries[i].Quote) {
					return
				}
			}
		}
		for i := range r.Conclusions {
			if !yield(&r.Conclusions[i].Quote) {
				return
			}
		}
		for i := range r.Mentions {
			if !yield(&r.Mentions[i].Quote) {
				return
			}
		}
		for _, n := range r.Needs {
			if !yield(&n.Quote) {
				return
			}
		}
	}
}

// Words are the customer's own, with what was made of them.
type Words struct {
	dossier.Quote
	Voice      string            `json:"voice,omitzero" doc:"the emitter's id"`
	SaidAt     time.Time         `json:"said_at"`
	Contact    string            `json:"contact,omitzero"`
	Instrument string            `json:"instrument,omitzero" doc:"the survey they were said in, if any"`
	Area       string            `json:"area,omitzero" enum:"relations,product,field_service"`
	Topic      string            `json:"topic,omitzero"`
	Language   string            `json:"language,omitzero"`
	Polarity   *int64            `json:"polarity,omitempty" doc:"-2 very negative to 2 very positive, as heard"`
	Severity   int64             `json:"severity,omitzero" doc:"1 slight to 5 grave, as heard"`
	Solicited  *bool             `json:"solicited,omitempty" doc:"whether we had asked; absent if that is not known"`
	Informant  string            `json:"informant,omitzero" enum:"valid,invalid,unknown" doc:"whether who spoke can speak for it; absent where that was not asked for"`
	Summaries  []Summary         `json:"summaries,omitzero"`
	Themes     []Classified      `json:"themes,omitzero" doc:"as the latest version of each classifier says"`
	Functions  []Reading         `json:"functions,omitzero" doc:"functions of ours that they were sent to, or that read them"`
	Used       []Use             `json:"used,omitzero" doc:"decisions in which they counted"`
	LedTo      []domain.Position `json:"led_to,omitzero" doc:"plans, improvements and follow-ups that name them"`
	OwnedMin   *float64          `json:"owned_min,omitempty" doc:"minutes until somebody owned a plan or follow-up because of them; absent if nobody does"`
	ToldAt     time.Time         `json:"told_at,omitzero" doc:"when the customer heard what became of them"`

	answer bool // a survey's, of which is not known whether it has words until something names them
	named  bool
	said   []classified
}

// Summary is what somebody made of words.
type Summary struct {
	dossier.Quote
	At     time.Time `json:"at"`
	Author string    `json:"author,omitzero"`
	Method string    `json:"method" enum:"human,model"`
}

// Conclusion is a summary that has no words behind it.
type Conclusion struct {
	Summary
	Of    domain.Position `json:"of,omitzero" doc:"the position it names, at which no words stand"`
	Voice string          `json:"voice,omitzero" doc:"the id it names, of which no words stand"`
}

// Reading is what became of words in a function of ours.
type Reading struct {
	Function string    `json:"function"`
	SentAt   time.Time `json:"sent_at,omitzero"`
	ReadAt   time.Time `json:"read_at,omitzero" doc:"first; absent if it has not read them"`
	ElapsedH *float64  `json:"elapsed_h,omitempty" doc:"hours from the words to the reading"`
	Person   string    `json:"person,omitzero" doc:"who read them first"`
}

// Use is a decision in which words counted.
type Use struct {
	Position domain.Position `json:"position"`
	At       time.Time       `json:"at"`
	Process  string          `json:"process"`
	Decision string          `json:"decision,omitzero"`
	Offering string          `json:"offering,omitzero"`
}

func (w *Words) reading(function string) *Reading {
	i := slices.IndexFunc(w.Functions, func(r Reading) bool { return r.Function == function })
	if i < 0 {
		i = len(w.Functions)
		w.Functions = append(w.Functions, Reading{Function: function})
	}
	return &w.Functions[i]
}

func (w *Words) sent(e domain.Recorded, functions []string) {
	for _, f := range functions {
		if r := w.reading(f); r.SentAt.IsZero() {
			r.SentAt = e.OccurredAt
		}
	}
}

func (w *Words) read(e domain.Recorded, data domain.VoiceRead) {
	r := w.reading(data.Function)
	if !r.ReadAt.IsZero() {
		return
	}
	r.ReadAt, r.Person, r.ElapsedH = e.OccurredAt, data.Person, new(max(0, e.OccurredAt.Sub(w.SaidAt).Hours()))
}

func (w *Words) used(e domain.Recorded, data domain.VoiceUsed) {
	w.Used = append(w.Used, Use{Position: e.Position, At: e.OccurredAt, Process: data.Process, Decision: data.Decision, Offering: data.Offering})
}

// led notes something that came of the words. Owner is who looks after it.
func (w *Words) led(p domain.Position, at time.Time, owner string) {
	if !slices.Contains(w.LedTo, p) {
		w.LedTo = append(w.LedTo, p)
	}
	if owner != "" && w.OwnedMin == nil {
		w.OwnedMin = new(max(0, at.Sub(w.SaidAt).Minutes()))
	}
}

func (w *Words) wasRead() bool {
	return slices.ContainsFunc(w.Functions, func(r Reading) bool { return !r.ReadAt.IsZero() })
}

// acted reports whether anything came of the words.
func (w *Words) acted() bool { return len(w.Used) > 0 || len(w.LedTo) > 0 }

// bad reports whether the words are negative, as heard or else as classified.
func (w *Words) bad() bool {
	if w.Polarity != nil {
		return *w.Polarity < 0
	}
	return slices.ContainsFunc(w.Themes, func(c Classified) bool { return c.Polarity != nil && *c.Polarity < 0 })
}
