// Package performance is the projection that answers how well we do what we are paid for:
// on time and in full by every date there is, good, at what cost, and what our failures do
// to the customer. What is not known is shown as unknown.
package performance

import (
	"cmp"
	"iter"
	"slices"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Name is the projection's name.
const Name = "performance"

// New makes the projector.
func New() *dossier.Projector {
	return dossier.New(Name, 1, "delivery", "quality", "return", "warranty", "cost", "freight", "job", "impact", "incident",
		"figure", "performance", "assessment", "nonconformity.opened", "nonconformity.cause_found", "complaint.raised", "complaint.answered",
		"expectation.stated", "involvement.started", "training.completed", "certificate")
}

// Summary is figures over the period, of an account or of all.
type Summary struct {
	Delivery Delivery `json:"delivery"`
	Quality  Quality  `json:"quality"`
	Warranty Warranty `json:"warranty"`
	Cost     Cost     `json:"cost"`
	Effects  Effects  `json:"effects" doc:"what our failures did to the customer"`
	Disputes Disputes `json:"disputes"`
}

// Report is how well we do for an account.
type Report struct {
	dossier.Heading
	Summary
	Targets        []Target        `json:"targets" doc:"what the customer or we set for lines, each while it held"`
	Misses         []Miss          `json:"misses" doc:"lines not on time or not in full, the last first"`
	RepeatFailures []RepeatFailure `json:"repeat_failures" doc:"things that failed more than once in warranty"`
	Compared       []Compared      `json:"compared" doc:"costs and prices, the last first"`
	PremiumFreight []Freight       `json:"premium_freight" doc:"the log, the last first"`
	Penalties      []Penalty       `json:"penalties" doc:"the last first"`
	Idle           []Idle          `json:"idle" doc:"the last first"`
	Losses         []Loss          `json:"losses" doc:"what was said last of each, the last first"`
	Unknown        []Unknown       `json:"unknown" doc:"what was said to be unknown, the last first"`
	Incidents      []Incident      `json:"incidents" doc:"the last first"`
	Figures        []Figure        `json:"figures" doc:"numbers for the same measure and period side by side, those that differ first"`
	Assessments    []Assessment    `json:"assessments" doc:"of the account and of us as a whole, the last first"`
	Challenges     []Challenge     `json:"challenges" doc:"the last first"`
	Suppliers      []Supplier      `json:"suppliers" doc:"what is known of the suppliers behind our deliveries"`
}

// facts are what is folded of an account's events.
type facts struct {
	causes     *causes
	lines      []*line
	claims     []*claim
	penalties  []Penalty
	idles      []Idle
	losses     []Loss
	unknowns   []Unknown // in the period
	ever       []Unknown // all of them
	challenges []Challenge
}

func factsOf(d *dossier.Dossier) *facts {
	causes := causesOf(d)
	f := &facts{
		causes: causes, lines: linesOf(d), claims: claimsOf(d), penalties: penalties(d, causes), idles: idles(d, causes), losses: losses(d, causes),
		ever: unknowns(d, causes), challenges: challenges(d), unknowns: []Unknown{},
	}
	for _, u := range f.ever {
		if d.Within(u.At) {
			f.unknowns = append(f.unknowns, u)
		}
	}
	return f
}

// sums counts facts, of one account or of all.
type sums struct {
	rules rules

	deliveries deliveries
	qualities  qualities
	warranties warranties
	costs      costs
	effects    effects
	disputes   Disputes
	computed   *computed
}

func newSums(rules rules) *sums {
	return &sums{
		rules:      rules,
		deliveries: deliveries{months: groups[Month]{}},
		qualities:  qualities{measured: groups[PPM]{}, products: groups[PPM]{}, returns: groups[Returned]{}, kinds: groups[Work]{}},
		warranties: warranties{products: groups[Claims]{}, costs: groups[Claim]{}, failures: groups[Failed]{}},
		costs:      costs{compared: groups[Comparison]{}, freight: groups[PremiumFreight]{}},
		effects: effects{
			penalties: groups[PenaltySum]{}, penaltyCauses: groups[PenaltySum]{}, idleModes: groups[IdleSum]{}, losses: groups[LossSum]{},
		},
		computed: newComputed(),
	}
}

func (s *sums) count(d *dossier.Dossier, f *facts) {
	for _, l := range f.lines {
		s.deliveries.count(d, s.rules, l)
	}
	s.qualities.count(d)
	s.warranties.count(d, f.claims, f.lines)
	s.costs.count(d)
	s.effects.count(f.penalties, f.idles, f.losses, f.unknowns)
	s.disputes.count(d, f.challenges)
	s.computed.count(d, f.lines, s.rules)
}

func (s *sums) answer(span dossier.Span) Summary {
	a := Summary{
		Delivery: s.deliveries.answer(s.rules.at(span.At).formula), Quality: s.qualities.answer(), Warranty: s.warranties.answer(),
		Cost: s.costs.answer(), Effects: s.effects.answer(), Disputes: s.disputes,
	}
	a.Disputes.rate()
	return a
}

// About is the report about an account.
func About(d *dossier.Dossier) Report {
	rules, f := rulesOf(d.Policies), factsOf(d)
	s := newSums(rules)
	s.count(d, f)
	r := Report{
		Heading: d.Heading(), Summary: s.answer(d.Span), Targets: targets(d, f.lines, rules), Misses: misses(d, f.lines, rules), RepeatFailures: repeats(f.claims),
		Compared: compared(d), PremiumFreight: freight(d), Penalties: f.penalties, Idle: f.idles, Losses: f.losses, Unknown: f.unknowns,
		Incidents: incidents(d, f.ever, f.causes), Figures: figures(d, s.computed),
		Assessments: assessments(d.Span, slices.Concat(d.General, d.Events)), Challenges: f.challenges,
	}
	r.Suppliers = suppliers(slices.Concat(d.General, d.Events), r.Misses)
	return r
}

// Total is all accounts together, and what concerns none in particular.
type Total struct {
	Summary
	Incidents   []Incident   `json:"incidents" doc:"those recorded for no single account, the last first"`
	Figures     []Figure     `json:"figures" doc:"published of us as a whole"`
	Assessments []Assessment `json:"assessments" doc:"of us as a whole, the last first"`
}

// Row is an account among all. What is null is not known.
type Row struct {
	Account           domain.AccountID `json:"account"`
	LineCount         int              `json:"line_count"`
	OTIFPct           *float64         `json:"otif_pct"`
	OnTimePct         *float64         `json:"on_time_pct"`
	InFullPct         *float64         `json:"in_full_pct"`
	OTIFExcusedPct    *float64         `json:"otif_excused_pct"`
	PerfectPct        *float64         `json:"perfect_pct"`
	NotOTIFCount      int              `json:"not_otif_count"`
	ExcusedCount      int              `json:"excused_count"`
	PPM               *float64         `json:"nonconforming_ppm" doc:"of what we measured ourselves; null if that was in several units"`
	ClaimsPer1000     *float64         `json:"claims_per_1000"`
	FirstTimeRightPct *float64         `json:"first_time_right_pct"`
	IdlePersonH       *float64         `json:"idle_person_h"`
	PenaltyCount      int              `json:"penalty_count"`
	LossCount         int              `json:"loss_count" doc:"confirmed and estimated"`
	UnknownCount      int              `json:"unknown_count" doc:"effects that are not known"`
	FigureGapCount    int              `json:"figure_gap_count" doc:"numbers of ours that differ from others' for the same"`
	ChallengeCount    int              `json:"challenge_count"`
}

// Overall is all accounts together, and those of which there is anything, the ones with most lines
// missed and not excused first.
func Overall(all iter.Seq2[*dossier.Dossier, error]) (total Total, rows []Row, err error) {
	var whole *sums
	var general *dossier.Dossier
	for d, err := range all {
		if err != nil {
			return Total{}, nil, err
		}
		if whole == nil {
			whole = newSums(rulesOf(d.Policies))
			general = &dossier.Dossier{Account: domain.Ledger, Span: d.Span, Events: d.General, Policies: d.Policies}
		}
		if len(d.Events) > 0 {
			rows = append(rows, whole.row(d))
		}
	}
	if whole == nil {
		whole, general = newSums(rulesOf(domain.PolicyCourse{})), &dossier.Dossier{}
	}
	total = Total{
		Summary: whole.answer(general.Span), Incidents: incidents(general, nil, causesOf(general)), Figures: figures(general, whole.computed),
		Assessments: assessments(general.Span, general.Events),
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or((b.NotOTIFCount-b.ExcusedCount)-(a.NotOTIFCount-a.ExcusedCount), b.UnknownCount-a.UnknownCount, cmp.Compare(a.Account, b.Account))
	})
	return total, rows, nil
}

// row takes in an account and gives its row.
func (s *sums) row(d *dossier.Dossier) Row {
	f, one := factsOf(d), newSums(s.rules)
	one.count(d, f)
	s.count(d, f)
	lines, perfect := one.deliveries.lines, one.deliveries.perfect
	lines.rate()
	perfect.rate()
	r := Row{
		Account: d.Account, LineCount: lines.LineCount, OTIFPct: lines.OTIFPct, OnTimePct: lines.OnTimePct, InFullPct: lines.InFullPct,
		OTIFExcusedPct: lines.OTIFExcusedPct, PerfectPct: perfect.PerfectPct, NotOTIFCount: lines.NotOTIFCount, ExcusedCount: lines.ExcusedCount,
		PPM: one.qualities.ppm(), ClaimsPer1000: one.warranties.all.rated().ClaimsPer1000, FirstTimeRightPct: one.qualities.work.FirstTimeRightPct,
		IdlePersonH: one.effects.idle.PersonH, PenaltyCount: len(f.penalties), LossCount: len(f.losses), UnknownCount: one.effects.unknown.UnknownCount,
		ChallengeCount: len(f.challenges),
	}
	for _, g := range figures(d, one.computed) {
		if g.State == "gap" {
			r.FigureGapCount++
		}
	}
	return r
}
