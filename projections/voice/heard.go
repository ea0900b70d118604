package voice

import (
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// heard is what an account said, and what was said of that.
type heard struct {
	d     *dossier.Dossier
	tier  string
	spoke bool // whether they said anything in the period

	words      []*Words // in order, also those before the period
	byPosition map[domain.Position]*Words
	byVoice    map[string]*Words
	loose      []Conclusion
	talks      map[string]domain.InteractionHeld
	surveys    map[string]sent       // by name, also those before the period
	roles      dossier.Courses[part] // of people
	needs      []*Need
	conflicts  []Conflict
}

// part is the part that a person plays.
type part struct{ domain.ContactRoleRecorded }

// sent is a survey, and when it was sent.
type sent struct {
	at time.Time
	domain.SurveySent
}

func listen(d *dossier.Dossier) *heard {
	h := &heard{
		d: d, byPosition: map[domain.Position]*Words{}, byVoice: map[string]*Words{},
		talks: map[string]domain.InteractionHeld{}, surveys: map[string]sent{}, roles: dossier.Courses[part]{}, needs: []*Need{},
	}
	if e, ok := dossier.Last[domain.AccountClassified](d); ok {
		h.tier = e.Data.(domain.AccountClassified).TierNow
	}
	for _, e := range d.Events {
		h.speech(e)
	}
	for _, e := range d.Events {
		h.said(e)
	}
	h.told()
	h.classify()
	h.words = slices.DeleteFunc(h.words, func(w *Words) bool { return w.answer && !w.named })
	h.register()
	return h
}

// speech takes in who said what and where, and what we asked. What is dated to the day may answer a survey of
// later that day, so answers are looked at when all surveys are known.
func (h *heard) speech(e domain.Recorded) {
	switch data := e.Data.(type) {
	case domain.VoiceCaptured:
		h.add(e, data.Voice, &Words{
			Contact: h.d.Person(e, data.Contact), Area: data.Area, Topic: data.Topic, Language: data.Language,
			Polarity: data.Polarity, Severity: data.Severity, Solicited: data.Solicited,
		})
	case domain.SurveyAnswered:
		h.add(e, data.Voice, &Words{
			Contact: h.d.Person(e, data.Contact), Instrument: data.Instrument, Language: data.Language, Solicited: solicited(data.Survey),
			answer: true, named: data.Voice != "" || data.Language != "",
		})
	case domain.InteractionHeld:
		if data.Interaction != "" {
			h.talks[h.d.Name(e, data.Interaction)] = data
		}
	case domain.SurveySent:
		h.surveys[h.d.Name(e, data.Survey)] = sent{e.OccurredAt, data}
	case domain.ContactRoleRecorded:
		h.roles.Add(h.d.Person(e, data.Contact), e.OccurredAt, part{data})
	}
	_, answered := spoken(e.Data)
	kind, _ := insight(e.Data)
	h.spoke = h.spoke || (answered || kind != "") && h.d.Within(e.OccurredAt)
}

// solicited is so of an answer to a survey; of another it is not known.
func solicited(survey domain.ID) *bool {
	if survey == "" {
		return nil
	}
	return new(true)
}

func (h *heard) add(e domain.Recorded, voice domain.ID, w *Words) {
	w.Quote, w.SaidAt, w.Voice = dossier.QuoteOf(e), e.OccurredAt, h.d.Name(e, voice)
	h.words = append(h.words, w)
	h.byPosition[e.Position] = w
	if voice != "" {
		h.byVoice[w.Voice] = w
	}
}

// find is the words that are spoken of; nil if they do not stand.
func (h *heard) find(e domain.Recorded, voice domain.ID, of domain.Position) *Words {
	w := h.byPosition[of]
	if voice != "" {
		w = h.byVoice[h.d.Name(e, voice)]
	}
	if w != nil {
		w.named = true
	}
	return w
}

// said takes in what was made of words.
func (h *heard) said(e domain.Recorded) {
	switch data := e.Data.(type) {
	case domain.VoiceSummarised:
		s := Summary{Quote: dossier.QuoteOf(e), At: e.OccurredAt, Author: data.Author, Method: data.Method}
		if w := h.find(e, data.Voice, data.Of); w != nil {
			w.Summaries = append(w.Summaries, s)
		} else {
			h.loose = append(h.loose, Conclusion{Summary: s, Of: data.Of, Voice: h.d.Name(e, data.Voice)})
		}
	case domain.VoiceClassified:
		if w := h.find(e, data.Voice, data.Of); w != nil {
			w.said = append(w.said, classified{e, data})
		}
	case domain.VoiceDistributed:
		if w := h.find(e, data.Voice, data.Of); w != nil {
			w.sent(e, data.Functions)
		}
	case domain.VoiceRead:
		if w := h.find(e, data.Voice, data.Of); w != nil {
			w.read(e, data)
		}
	case domain.VoiceUsed:
		if w := h.find(e, data.Voice, data.Of); w != nil {
			w.used(e, data)
		}
	case domain.PlanCreated:
		h.led(e, data.From, data.Owner)
	case domain.FollowUpOpened:
		h.led(e, data.Causes, data.Owner)
	case domain.ImprovementAgreed:
		h.led(e, data.From, data.Owner)
	case domain.ImprovementDelivered:
		h.led(e, data.From, "")
	}
}

func (h *heard) led(e domain.Recorded, from []domain.Position, owner string) {
	for _, p := range from {
		if w := h.byPosition[p]; w != nil {
			w.led(e.Position, e.OccurredAt, owner)
		}
	}
}

// told finds when the customer heard what became of their words: with the improvement made of them.
func (h *heard) told() {
	because := map[string][]domain.Position{}
	for _, e := range h.d.Events {
		switch data := e.Data.(type) {
		case domain.ImprovementAgreed:
			because[h.d.Name(e, data.Improvement)] = append(because[h.d.Name(e, data.Improvement)], data.From...)
		case domain.ImprovementDelivered:
			because[h.d.Name(e, data.Improvement)] = append(because[h.d.Name(e, data.Improvement)], data.From...)
		}
	}
	for _, e := range h.d.Events {
		data, ok := e.Data.(domain.ImprovementTold)
		if !ok {
			continue
		}
		for _, p := range because[h.d.Name(e, data.Improvement)] {
			if w := h.byPosition[p]; w != nil && w.ToldAt.IsZero() {
				w.ToldAt = e.OccurredAt
			}
		}
	}
}

// inPeriod is the words of the period, the latest first.
func (h *heard) inPeriod() []*Words {
	all := []*Words{}
	for _, w := range slices.Backward(h.words) {
		if h.d.Within(w.SaidAt) {
			all = append(all, w)
		}
	}
	return all
}

// conclusions are the summaries of the period without words.
func (h *heard) conclusions() []Conclusion {
	all := []Conclusion{}
	for _, c := range h.loose {
		if h.d.Within(c.At) {
			all = append(all, c)
		}
	}
	return all
}
