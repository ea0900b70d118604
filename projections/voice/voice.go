// Package voice is the projection that answers what the customer says: in scores, each by a
// named formula, in their own words, beside what was made of them, and in needs and wishes;
// and whether anybody listened.
package voice

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Name is the projection's name.
const Name = "voice"

// New makes the projector.
func New() *dossier.Projector {
	return dossier.New(Name, 1, "survey", "voice", "wish", "driver", "competitor", "alternative", "need", "problem.disclosed",
		"expectation.stated", "expectation.measured", "figure.published", "assessment.made", "interaction.held", "contact.role_recorded",
		"plan.created", "followup.opened", "improvement.agreed", "improvement.delivered", "improvement.told", "cycle.started",
		"account.classified", "account.fact_learned")
}

// Report is what an account says. The texts in it are personal data: whoever answers puts them in.
type Report struct {
	dossier.Heading
	Sums
	Direct      Direct       `json:"direct"`
	Words       []*Words     `json:"words" doc:"the customer's own words in the period, all of them, the latest first, beside what was made of them"`
	Conclusions []Conclusion `json:"conclusions" doc:"summaries in the period with no words behind them: of none, or of words that do not stand"`
	Unused      []Unused     `json:"unused" doc:"what they told us in the period and nothing came of yet, the oldest first"`
	Sessions    []Session    `json:"sessions" doc:"talks in the period that asked for informants of a certain authority or horizon, the latest first"`
	Informants  []Informant  `json:"informants" doc:"people whose part is known, and what they can speak for: whom to ask"`
	Burdens     []Burden     `json:"burdens" doc:"what surveys asked of each person in a quarter of the period, the heaviest first"`
	Mentions    []Mention    `json:"mentions" doc:"when they spoke of, or looked for, somebody else in the period, the latest first"`
	Needs       []*Need      `json:"needs" doc:"every need that stands: unmet ones first, by priority and age"`
	Conflicts   []Conflict   `json:"conflicts" doc:"needs that cannot be met together: open ones first"`
}

// Sums are the figures about an account, or about all of them.
type Sums struct {
	Scores      []Score      `json:"scores" doc:"a score for each formula of each measure with answers in the period"`
	Trend       []Point      `json:"trend" doc:"each measure by quarter"`
	Surveys     []Surveyed   `json:"surveys" doc:"who was asked in the period, and who answered"`
	Asked       Asked        `json:"asked"`
	Sources     []Source     `json:"sources" doc:"what they say by themselves, to third parties and to us"`
	Functions   []Rated      `json:"functions" doc:"how our functions were rated, period by period"`
	Listening   Listening    `json:"listening"`
	Reach       []Reach      `json:"reach" doc:"functions of ours, and which of the words in the period reached them"`
	Areas       []Area       `json:"areas" doc:"the words in the period by area"`
	Themes      []Theme      `json:"themes" doc:"what the words in the period are about, as the latest version of each classifier says"`
	ThemeTrend  []ThemePoint `json:"theme_trend" doc:"themes by quarter of the words"`
	Wishes      []Wish       `json:"wishes" doc:"what they wish for in the period: by accounts, strength and tier"`
	Validity    Validity     `json:"validity"`
	Burden      Load         `json:"burden"`
	Designers   []Designer   `json:"designers" doc:"who designed the surveys that were sent or answered in the period, and what answers they got"`
	Drivers     []Driver     `json:"drivers" doc:"what they go by when they buy, the weightiest first, and how we do in it beside the best of the others"`
	Factors     []Factor     `json:"factors" doc:"what each role goes by"`
	Competition Competition  `json:"competition"`
	Competitors []Competitor `json:"competitors" doc:"whom else they look at, the strongest first"`
	Pressure    []Pressure   `json:"pressure" doc:"mentions of competitors and searches for alternatives by quarter"`
	Perception  []Gap        `json:"perception" doc:"our figure and theirs for the same thing, the widest gap first"`
	Processes   []Process    `json:"processes" doc:"processes of ours, and whether they heed the customer's words: those that did not this quarter first"`
	Changes     []Change     `json:"changes" doc:"what became different in the period because of what they said, the latest first"`
	NeedsSum    NeedsSum     `json:"needs_sum"`
	Horizons    []Horizon    `json:"horizons" doc:"how far ahead their needs lie"`
}

// About is the report about an account.
func About(d *dossier.Dossier) Report {
	h := listen(d)
	s := sums{cite: true}
	s.take(h)
	return Report{
		Heading: d.Heading(), Sums: s.report(d), Direct: h.direct(), Words: h.inPeriod(), Conclusions: h.conclusions(), Unused: h.unused(),
		Sessions: h.sessions(), Informants: h.informants(), Burdens: h.burdens(), Mentions: h.mentions(), Needs: h.needs, Conflicts: h.conflicts,
	}
}

// Total is all accounts together.
type Total struct {
	AccountsCount int `json:"accounts_count"`
	UnheardCount  int `json:"unheard_count" doc:"accounts that told us nothing in the period, as far as we know"`
	Sums
	Unmet     []UnmetNeed       `json:"unmet" doc:"needs that are not met, by priority and age"`
	Conflicts []AccountConflict `json:"conflicts" doc:"needs that cannot be met together: open ones first"`
}

// Row is an account among all.
type Row struct {
	Account            domain.AccountID `json:"account"`
	Tier               string           `json:"tier,omitzero"`
	UnansweredBadCount int              `json:"unanswered_bad_count" doc:"negative words that nothing came of"`
	UnmetCount         int              `json:"unmet_count" doc:"needs that are not met"`
	UnreadCount        int              `json:"unread_count" doc:"words that no function of ours has read"`
	WordsCount         int              `json:"words_count"`
	NPS                *float64         `json:"nps" doc:"-100 to 100, by the formula in scores"`
	AnswersCount       int              `json:"answers_count"`
	LastCheckInD       *float64         `json:"last_check_in_d" doc:"days since we asked them face to face how we are doing; null: never"`
	NothingAhead       bool             `json:"nothing_ahead" doc:"whether we know of nothing beyond the current order"`
	Heard              bool             `json:"heard" doc:"whether they told us anything in the period"`
	CSATPct            *float64         `json:"csat_pct" doc:"by the formula in scores"`
	CESPct             *float64         `json:"ces_pct" doc:"by the formula in scores"`
	DirectGapPct       *float64         `json:"direct_gap_pct" doc:"what they say to our face less what they say in surveys, in points of the scale"`
	ValidPct           *float64         `json:"valid_pct" doc:"of what asked for certain informants, said by such"`
	UncheckedCount     int              `json:"unchecked_count" doc:"needs stated in a crisis and never asked about again"`
	PressureCount      int              `json:"pressure_count" doc:"mentions of competitors and searches for alternatives"`
	BurdenMin          *float64         `json:"burden_min" doc:"most minutes of surveys in a quarter that were asked of one person"`
}

// Overall is all accounts together, and each, those too that we never heard: first the ones with most
// negative words that nothing came of, then with most unmet needs.
func Overall(all iter.Seq2[*dossier.Dossier, error]) (total Total, rows []Row, err error) {
	var s sums
	var last *dossier.Dossier
	total = Total{Unmet: []UnmetNeed{}, Conflicts: []AccountConflict{}}
	for d, err := range all {
		if err != nil {
			return Total{}, nil, err
		}
		last = &dossier.Dossier{Span: d.Span, General: d.General, Policies: d.Policies}
		h := listen(d)
		s.take(h)
		rows = append(rows, h.row())
		total.AccountsCount++
		if !h.spoke {
			total.UnheardCount++
		}
		for _, n := range h.needs {
			if n.unmet() {
				total.Unmet = append(total.Unmet, UnmetNeed{Account: d.Account, Need: *n})
			}
		}
		for _, c := range h.conflicts {
			total.Conflicts = append(total.Conflicts, AccountConflict{Account: d.Account, Conflict: c})
		}
	}
	if last == nil {
		last = &dossier.Dossier{}
	}
	s.scores.general(last)
	total.Sums = s.report(last)
	slices.SortStableFunc(total.Unmet, func(a, b UnmetNeed) int { return byNeed(&a.Need, &b.Need) })
	slices.SortStableFunc(total.Conflicts, func(a, b AccountConflict) int { return byConflict(a.Conflict, b.Conflict) })
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(b.UnansweredBadCount-a.UnansweredBadCount, b.UnmetCount-a.UnmetCount, cmp.Compare(a.Account, b.Account))
	})
	return total, rows, nil
}

func (h *heard) row() Row {
	s := sums{}
	s.take(h)
	r := s.report(h.d)
	row := Row{
		Account: h.d.Account, Tier: h.tier, Heard: h.spoke, WordsCount: r.Listening.WordsCount, UnreadCount: r.Listening.UnreadCount,
		UnansweredBadCount: r.Listening.UnansweredBadCount, ValidPct: r.Validity.ValidPct, UnmetCount: r.NeedsSum.UnmetCount,
		UncheckedCount: r.NeedsSum.UncheckedCount, NothingAhead: h.nothingAhead(), PressureCount: r.Competition.MentionsCount + r.Competition.AlternativesCount,
	}
	for _, score := range r.Scores {
		row.AnswersCount += score.headline(score.Count)
		into := map[string]**float64{"nps": &row.NPS, "csat": &row.CSATPct, "ces": &row.CESPct}[score.Measure]
		if into != nil && score.Headline {
			*into = score.Value
		}
	}
	direct := h.direct()
	row.LastCheckInD, row.DirectGapPct = direct.SinceD, direct.GapPct
	for _, b := range h.burdens() {
		if b.BurdenMin != nil && (row.BurdenMin == nil || *b.BurdenMin > *row.BurdenMin) {
			row.BurdenMin = b.BurdenMin
		}
	}
	return row
}

// sums gathers the figures of accounts, one after the other.
type sums struct {
	cite      bool // whether to name the events behind figures, for one account
	scores    scores
	listening listening
	themes    themes
	wishes    map[string]*Wish
	informing informing
	market    market
	gaps      map[string]*perceived
	usage     usage
	needs     needsSums
}

func (s *sums) take(h *heard) {
	s.scores.take(h)
	s.listening.take(h)
	s.themes.take(h, s.cite)
	s.wish(h)
	s.informing.take(h)
	s.market.take(h, s.cite)
	s.perceive(h)
	s.usage.take(h, s.cite)
	s.needs.take(h)
}

// report is what was gathered. The dossier is any that was: it has the clocks, the rules and what
// concerns no single account.
func (s *sums) report(d *dossier.Dossier) Sums {
	var r Sums
	s.scores.report(d, s.cite, &r)
	s.listening.report(&r)
	s.themes.report(&r)
	r.Wishes = s.wishList()
	s.informing.report(&r)
	s.market.report(&r)
	r.Perception = s.perception()
	s.usage.report(d, &r)
	s.needs.report(&r)
	return r
}

// rowsOf are a map's values, in order.
func rowsOf[K comparable, V any](m map[K]*V, order func(a, b V) int) []V {
	all := make([]V, 0, len(m))
	for _, v := range m {
		all = append(all, *v)
	}
	slices.SortFunc(all, order)
	return all
}

// at is the map's value for the key, made if it is not there.
func at[K comparable, V any](m *map[K]*V, key K, begin V) *V {
	if *m == nil {
		*m = map[K]*V{}
	}
	v := (*m)[key]
	if v == nil {
		v = &begin
		(*m)[key] = v
	}
	return v
}

func quarter(t time.Time) string {
	const format = "2006"
	return t.Format(format) + "-Q" + string(rune('1'+(t.Month()-1)/3))
}

// percent is how far up its scale a rating is. The ledger takes none that is off its scale.
func percent(rating, worst, best float64) float64 { return 100 * (rating - worst) / (best - worst) }

// mean counts up to a mean.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(v float64) { m.sum, m.n = m.sum+v, m.n+1 }

func (m mean) value() *float64 {
	if m.n == 0 {
		return nil
	}
	return new(m.sum / float64(m.n))
}
