package voice

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Informant is what somebody can speak for.
type Informant struct {
	Contact       string    `json:"contact"`
	Role          string    `json:"role" enum:"economic,technical,user,coach,blocker,order_placer"`
	Authority     string    `json:"authority,omitzero" enum:"orders,operations,strategy,budget"`
	HorizonMonths int64     `json:"horizon_months,omitzero"`
	OrdersOnly    bool      `json:"orders_only" doc:"whether they place orders and no more"`
	WordsCount    int       `json:"words_count" doc:"words and answers of theirs in the period"`
	LatestAt      time.Time `json:"latest_at,omitzero" doc:"their latest word or answer"`
}

// Validity is whether those who spoke in the period can speak for it.
type Validity struct {
	RequiredCount        int      `json:"required_count" doc:"words and answers that ask for an informant of a certain authority or horizon"`
	ValidCount           int      `json:"valid_count" doc:"of those, from one who has it"`
	InvalidCount         int      `json:"invalid_count"`
	UnknownCount         int      `json:"unknown_count" doc:"from one of whom it is not known"`
	ValidPct             *float64 `json:"valid_pct" doc:"valid, of all required"`
	InformantsCount      int      `json:"informants_count" doc:"people in talks that ask for such informants"`
	ValidInformantsCount int      `json:"valid_informants_count"`
	InformantsValidPct   *float64 `json:"informants_valid_pct"`
	SpokenCount          int      `json:"spoken_count" doc:"words and answers in the period"`
	RoleKnownCount       int      `json:"role_known_count" doc:"of them, from people whose part is known"`
	OrdersOnlyCount      int      `json:"orders_only_count" doc:"of them, from people who place orders and no more"`
	MostlyOrderPlacers   bool     `json:"mostly_order_placers" doc:"a warning: most of what comes from people whose part is known comes from such"`
}

// Session is a talk that asked for certain informants.
type Session struct {
	Position              domain.Position `json:"position"`
	Interaction           string          `json:"interaction,omitzero"`
	At                    time.Time       `json:"at"`
	Kind                  string          `json:"kind"`
	Topics                []string        `json:"topics,omitzero"`
	RequiredAuthority     string          `json:"required_authority,omitzero"`
	RequiredHorizonMonths int64           `json:"required_horizon_months,omitzero"`
	InformantsCount       int             `json:"informants_count"`
	ValidCount            int             `json:"valid_count"`
	UnknownCount          int             `json:"unknown_count"`
	ValidPct              *float64        `json:"valid_pct" doc:"valid, of all informants; null without any"`
	MostlyOrderPlacers    bool            `json:"mostly_order_placers" doc:"a warning: most informants only place orders"`
	Valid                 []string        `json:"valid" doc:"contacts who can speak for it"`
	NotValid              []string        `json:"not_valid" doc:"contacts who cannot, or of whom it is not known"`
}

// Load is what surveys ask of people.
type Load struct {
	SurveysCount  int      `json:"surveys_count"`
	BurdenMin     *float64 `json:"burden_min" doc:"minutes, of the surveys that say, for all who were asked; null if none does"`
	UnknownCount  int      `json:"unknown_count" doc:"surveys that do not say how long they take"`
	DeclinedCount int      `json:"declined_count"`
	burden        mean
}

// Burden is what surveys asked of one person in a quarter.
type Burden struct {
	Contact        string            `json:"contact,omitzero" doc:"absent for those not addressed to anybody by name"`
	Quarter        string            `json:"quarter"`
	SurveysCount   int               `json:"surveys_count"`
	QuestionsCount int64             `json:"questions_count"`
	BurdenMin      *float64          `json:"burden_min" doc:"minutes, of the surveys that say; null if none does"`
	UnknownCount   int               `json:"unknown_count" doc:"surveys that do not say how long they take"`
	DeclinedCount  int               `json:"declined_count"`
	Positions      []domain.Position `json:"positions"`
	burden         mean
}

// authority ranks what people decide on. Who may decide on more can speak for less.
var authority = map[string]int{"orders": 1, "operations": 2, "strategy": 3, "budget": 4}

func (p part) ordersOnly() bool {
	return p.Authority == "orders" || p.Authority == "" && p.Role == "order_placer"
}

// able is whether the person can speak for what takes the authority and the horizon: valid, invalid
// or unknown.
func (h *heard) able(person string, at time.Time, required string, months int64) string {
	p, ok := h.roles.At(person, at)
	switch {
	case !ok:
		return "unknown"
	case required != "" && p.Authority != "" && authority[p.Authority] < authority[required],
		months > 0 && p.HorizonMonths > 0 && p.HorizonMonths < months:
		return "invalid"
	case required != "" && p.Authority == "", months > 0 && p.HorizonMonths == 0:
		return "unknown"
	}
	return "valid"
}

// required is what the words ask of who speaks: by themselves or by the talk they were said in.
func (h *heard) required(e domain.Recorded) (authority string, months int64) {
	switch data := e.Data.(type) {
	case domain.VoiceCaptured:
		talk := h.talks[h.d.Name(e, data.Interaction)]
		return cmp.Or(data.RequiredAuthority, talk.RequiredAuthority), cmp.Or(data.RequiredHorizonMonths, talk.RequiredHorizonMonths)
	case domain.SurveyAnswered:
		talk := h.talks[h.d.Name(e, data.Interaction)]
		return talk.RequiredAuthority, talk.RequiredHorizonMonths
	}
	return "", 0
}

// spoken is who spoke, of an event that is a word or an answer.
func spoken(data domain.Event) (contact domain.ID, ok bool) {
	switch data := data.(type) {
	case domain.VoiceCaptured:
		return data.Contact, true
	case domain.SurveyAnswered:
		return data.Contact, true
	}
	return "", false
}

func (h *heard) sessions() []Session {
	all := []Session{}
	for _, e := range slices.Backward(h.d.Events) {
		data, ok := e.Data.(domain.InteractionHeld)
		if !ok || !h.d.Within(e.OccurredAt) || data.RequiredAuthority == "" && data.RequiredHorizonMonths == 0 {
			continue
		}
		all = append(all, h.session(e, data))
	}
	return all
}

func (h *heard) session(e domain.Recorded, data domain.InteractionHeld) Session {
	s := Session{
		Position: e.Position, Interaction: h.d.Name(e, data.Interaction), At: e.OccurredAt, Kind: data.Kind, Topics: data.Topics,
		RequiredAuthority: data.RequiredAuthority, RequiredHorizonMonths: data.RequiredHorizonMonths, Valid: []string{}, NotValid: []string{},
	}
	ordersOnly := 0
	seen := map[string]bool{}
	for _, contact := range data.Contacts {
		person := h.d.Person(e, contact)
		if seen[person] {
			continue
		}
		seen[person] = true
		s.InformantsCount++
		if p, ok := h.roles.At(person, e.OccurredAt); ok && p.ordersOnly() {
			ordersOnly++
		}
		switch h.able(person, e.OccurredAt, data.RequiredAuthority, data.RequiredHorizonMonths) {
		case "valid":
			s.ValidCount++
			s.Valid = append(s.Valid, person)
			continue
		case "unknown":
			s.UnknownCount++
		}
		s.NotValid = append(s.NotValid, person)
	}
	s.ValidPct, s.MostlyOrderPlacers = dossier.Percent(s.ValidCount, s.InformantsCount), 2*ordersOnly > s.InformantsCount
	return s
}

func (h *heard) informants() []Informant {
	all := map[string]*Informant{}
	for person := range h.roles {
		p, _ := h.roles.At(person, h.d.At)
		all[person] = &Informant{Contact: person, Role: p.Role, Authority: p.Authority, HorizonMonths: p.HorizonMonths, OrdersOnly: p.ordersOnly()}
	}
	for _, e := range h.d.Events {
		contact, ok := spoken(e.Data)
		i := all[h.d.Person(e, contact)]
		if !ok || i == nil {
			continue
		}
		i.LatestAt = e.OccurredAt
		if h.d.Within(e.OccurredAt) {
			i.WordsCount++
		}
	}
	return rowsOf(all, func(a, b Informant) int {
		return cmp.Or(authority[b.Authority]-authority[a.Authority], cmp.Compare(b.HorizonMonths, a.HorizonMonths), cmp.Compare(a.Contact, b.Contact))
	})
}

// burdens are what surveys asked of each person, by quarter.
func (h *heard) burdens() []Burden {
	all, names := map[[2]string]*Burden{}, map[string]*Burden{}
	for _, e := range h.d.Events {
		data, ok := e.Data.(domain.SurveySent)
		if !ok || !h.d.Within(e.OccurredAt) {
			continue
		}
		person := h.d.Person(e, data.Contact)
		b := at(&all, [2]string{person, quarter(e.OccurredAt)}, Burden{Contact: person, Quarter: quarter(e.OccurredAt)})
		b.SurveysCount++
		b.QuestionsCount += data.QuestionsCount
		b.Positions = append(b.Positions, e.Position)
		if data.BurdenMin != nil {
			b.burden.add(*data.BurdenMin)
			b.BurdenMin = new(b.burden.sum)
		} else {
			b.UnknownCount++
		}
		names[h.d.Name(e, data.Survey)] = b
	}
	for _, e := range h.d.Events {
		if data, ok := e.Data.(domain.SurveyDeclined); ok {
			if b := names[h.d.Name(e, data.Survey)]; b != nil {
				b.DeclinedCount++
			}
		}
	}
	return rowsOf(all, func(a, b Burden) int {
		return cmp.Or(cmp.Compare(b.burden.sum, a.burden.sum), cmp.Compare(a.Contact, b.Contact), cmp.Compare(a.Quarter, b.Quarter))
	})
}

// Designer is who designed surveys.
type Designer struct {
	DesignedBy   string   `json:"designed_by" doc:"unknown where nobody said"`
	SurveysCount int      `json:"surveys_count" doc:"sent in the period"`
	AnswersCount int      `json:"answers_count" doc:"to surveys of theirs, whenever sent"`
	MeanPct      *float64 `json:"mean_pct" doc:"those answers, in percent of the scale"`
	OthersPct    *float64 `json:"others_pct" doc:"all other answers"`
	MayFlatter   bool     `json:"may_flatter" doc:"a warning: we designed them, or nobody knows who did, so that they may be biased in our favour"`
}

// informing gathers who spoke, and what was asked of them.
type informing struct {
	Validity
	load      Load
	designers map[string]*designer
	answers   mean // all, in percent
}

type designer struct {
	surveys int
	answers mean
}

func (s *informing) take(h *heard) {
	for _, e := range h.d.Events {
		if !h.d.Within(e.OccurredAt) {
			continue
		}
		if contact, ok := spoken(e.Data); ok {
			s.spoke(h, e, contact)
		}
	}
	for _, session := range h.sessions() {
		s.InformantsCount += session.InformantsCount
		s.ValidInformantsCount += session.ValidCount
	}
	s.surveys(h)
}

func (s *informing) spoke(h *heard, e domain.Recorded, contact domain.ID) {
	s.SpokenCount++
	person := h.d.Person(e, contact)
	if p, ok := h.roles.At(person, e.OccurredAt); ok {
		s.RoleKnownCount++
		if p.ordersOnly() {
			s.OrdersOnlyCount++
		}
	}
	authority, months := h.required(e)
	if authority == "" && months == 0 {
		return
	}
	able := h.able(person, e.OccurredAt, authority, months)
	if w := h.byPosition[e.Position]; w != nil {
		w.Informant = able
	}
	s.RequiredCount++
	*map[string]*int{"valid": &s.ValidCount, "invalid": &s.InvalidCount, "unknown": &s.UnknownCount}[able]++
}

func (s *informing) surveys(h *heard) {
	for _, e := range h.d.Events {
		if !h.d.Within(e.OccurredAt) {
			continue
		}
		switch data := e.Data.(type) {
		case domain.SurveySent:
			s.load.SurveysCount++
			if data.BurdenMin != nil {
				s.load.burden.add(*data.BurdenMin * float64(max(1, data.SampleCount)))
			} else {
				s.load.UnknownCount++
			}
			s.designer(data).surveys++
		case domain.SurveyDeclined:
			s.load.DeclinedCount++
		case domain.SurveyAnswered:
			pct := percent(data.Score, data.ScaleMin, data.ScaleMax)
			s.answers.add(pct)
			if sent, ok := h.surveys[h.d.Name(e, data.Survey)]; ok { // which may have been before the period
				s.designer(sent.SurveySent).answers.add(pct)
			}
		}
	}
}

func (s *informing) designer(data domain.SurveySent) *designer {
	return at(&s.designers, cmp.Or(data.DesignedBy, "unknown"), designer{})
}

func (s *informing) report(r *Sums) {
	r.Validity = s.Validity
	r.Validity.ValidPct = dossier.Percent(s.ValidCount, s.RequiredCount)
	r.Validity.InformantsValidPct = dossier.Percent(s.ValidInformantsCount, s.InformantsCount)
	r.Validity.MostlyOrderPlacers = 2*s.OrdersOnlyCount > s.RoleKnownCount
	r.Burden = s.load
	if s.load.burden.n > 0 {
		r.Burden.BurdenMin = new(s.load.burden.sum)
	}
	r.Designers = []Designer{}
	for name, d := range s.designers {
		others := mean{s.answers.sum - d.answers.sum, s.answers.n - d.answers.n}
		r.Designers = append(r.Designers, Designer{
			DesignedBy: name, SurveysCount: d.surveys, AnswersCount: d.answers.n, MeanPct: d.answers.value(), OthersPct: others.value(),
			MayFlatter: name == "us" || name == "unknown",
		})
	}
	slices.SortFunc(r.Designers, func(a, b Designer) int { return cmp.Compare(a.DesignedBy, b.DesignedBy) })
}
