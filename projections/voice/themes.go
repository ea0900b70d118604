package voice

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Classified is what a classifier says words are about.
type Classified struct {
	Position   domain.Position `json:"position"`
	Theme      string          `json:"theme"`
	Polarity   *int64          `json:"polarity,omitempty" doc:"-2 very negative to 2 very positive"`
	Severity   int64           `json:"severity,omitzero" doc:"1 slight to 5 grave"`
	Classifier string          `json:"classifier,omitzero"`
	Version    string          `json:"classifier_version,omitzero"`
}

// Theme is what words are about.
type Theme struct {
	Theme         string            `json:"theme"`
	WordsCount    int               `json:"words_count"`
	NegativeCount int               `json:"negative_count"`
	MeanPolarity  *float64          `json:"mean_polarity" doc:"-2 to 2"`
	MaxSeverity   int64             `json:"max_severity,omitzero"`
	FirstAt       time.Time         `json:"first_at"`
	LatestAt      time.Time         `json:"latest_at"`
	Positions     []domain.Position `json:"positions,omitzero" doc:"of the words"`
	polarity      mean
}

// ThemePoint is a theme in a quarter.
type ThemePoint struct {
	Theme         string   `json:"theme"`
	Quarter       string   `json:"quarter" doc:"of the words, UTC"`
	WordsCount    int      `json:"words_count"`
	NegativeCount int      `json:"negative_count"`
	MeanPolarity  *float64 `json:"mean_polarity"`
	polarity      mean
}

type classified struct {
	domain.Recorded
	data domain.VoiceClassified
}

// classify finds what counts of what classifiers said: of each, what the version that spoke last says.
func (h *heard) classify() {
	for _, w := range h.words {
		last := map[string]string{} // the version of each classifier
		for _, c := range w.said {
			last[c.data.Classifier] = c.data.ClassifierVersion
		}
		for _, c := range w.said {
			if last[c.data.Classifier] != c.data.ClassifierVersion {
				continue
			}
			theme := Classified{
				Position: c.Position, Theme: c.data.Theme, Polarity: c.data.Polarity, Severity: c.data.Severity,
				Classifier: c.data.Classifier, Version: c.data.ClassifierVersion,
			}
			i := slices.IndexFunc(w.Themes, func(t Classified) bool { return t.Theme == theme.Theme && t.Classifier == theme.Classifier })
			if i < 0 {
				w.Themes = append(w.Themes, theme)
			} else {
				w.Themes[i] = theme // said again by the same version
			}
		}
	}
}

type themes struct {
	themes map[string]*Theme
	trend  map[[2]string]*ThemePoint
}

func (s *themes) take(h *heard, cite bool) {
	for _, w := range h.words {
		if !h.d.Within(w.SaidAt) {
			continue
		}
		seen := map[string]bool{}
		for _, c := range w.Themes { // what two classifiers say alike counts once
			if !seen[c.Theme] {
				seen[c.Theme] = true
				s.add(w, c.Theme, cite)
			}
		}
	}
}

func (s *themes) add(w *Words, name string, cite bool) {
	t := at(&s.themes, name, Theme{Theme: name, FirstAt: w.SaidAt})
	p := at(&s.trend, [2]string{name, quarter(w.SaidAt)}, ThemePoint{Theme: name, Quarter: quarter(w.SaidAt)})
	t.WordsCount++
	p.WordsCount++
	if w.SaidAt.Before(t.FirstAt) {
		t.FirstAt = w.SaidAt
	}
	if w.SaidAt.After(t.LatestAt) {
		t.LatestAt = w.SaidAt
	}
	if cite {
		t.Positions = append(t.Positions, w.Position)
	}
	var said mean // of all classifiers
	for _, c := range w.Themes {
		if c.Theme != name {
			continue
		}
		t.MaxSeverity = max(t.MaxSeverity, c.Severity)
		if c.Polarity != nil {
			said.add(float64(*c.Polarity))
		}
	}
	if v := said.value(); v != nil {
		t.polarity.add(*v)
		p.polarity.add(*v)
		if *v < 0 {
			t.NegativeCount++
			p.NegativeCount++
		}
	}
}

func (s *themes) report(r *Sums) {
	r.Themes = rowsOf(s.themes, func(a, b Theme) int {
		return cmp.Or(b.WordsCount-a.WordsCount, cmp.Compare(a.Theme, b.Theme))
	})
	for i := range r.Themes {
		r.Themes[i].MeanPolarity = r.Themes[i].polarity.value()
	}
	r.ThemeTrend = rowsOf(s.trend, func(a, b ThemePoint) int {
		return cmp.Or(cmp.Compare(a.Theme, b.Theme), cmp.Compare(a.Quarter, b.Quarter))
	})
	for i := range r.ThemeTrend {
		r.ThemeTrend[i].MeanPolarity = r.ThemeTrend[i].polarity.value()
	}
}

// Wish is what they would like.
type Wish struct {
	Topic         string    `json:"topic"`
	AccountsCount int       `json:"accounts_count"`
	StrengthSum   int64     `json:"strength_sum" doc:"of each account the strongest, 1 where nobody said"`
	PeopleCount   int       `json:"people_count" doc:"known ones who wished for it"`
	TimesCount    int       `json:"times_count"`
	LatestAt      time.Time `json:"latest_at"`
	Tiers
	Positions []domain.Position `json:"positions,omitzero"`
}

// Tiers are numbers of accounts by how important they are now.
type Tiers struct {
	A    int `json:"tier_a_count"`
	B    int `json:"tier_b_count"`
	C    int `json:"tier_c_count"`
	D    int `json:"tier_d_count"`
	None int `json:"no_tier_count"`
}

func (t *Tiers) of(tier string) *int {
	switch tier {
	case "A":
		return &t.A
	case "B":
		return &t.B
	case "C":
		return &t.C
	case "D":
		return &t.D
	}
	return &t.None
}

// wish takes in what an account wishes for. Topics are the same whatever their case and the blanks around them.
func (s *sums) wish(h *heard) {
	strengths, people := map[string]int64{}, map[[2]string]bool{}
	for _, e := range h.d.Events {
		data, ok := e.Data.(domain.WishExpressed)
		if !ok || !h.d.Within(e.OccurredAt) {
			continue
		}
		topic := strings.TrimSpace(data.Topic)
		key := strings.ToLower(topic)
		w := at(&s.wishes, key, Wish{Topic: topic})
		w.TimesCount++
		strengths[key] = max(strengths[key], data.Strength, 1)
		if e.OccurredAt.After(w.LatestAt) {
			w.LatestAt = e.OccurredAt
		}
		if s.cite {
			w.Positions = append(w.Positions, e.Position)
		}
		if person := [2]string{key, h.d.Person(e, data.Contact)}; data.Contact != "" && !people[person] {
			people[person] = true
			w.PeopleCount++
		}
	}
	for key, strength := range strengths {
		w := s.wishes[key]
		w.AccountsCount++
		w.StrengthSum += strength
		*w.Tiers.of(h.tier)++
	}
}

func (s *sums) wishList() []Wish {
	return rowsOf(s.wishes, func(a, b Wish) int {
		return cmp.Or(b.AccountsCount-a.AccountsCount, cmp.Compare(b.StrengthSum, a.StrengthSum), b.A-a.A, b.B-a.B,
			b.C-a.C, cmp.Compare(strings.ToLower(a.Topic), strings.ToLower(b.Topic)))
	})
}
