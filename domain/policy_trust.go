package domain

// The dimensions of trust.
const (
	Delivery       = "delivery"
	Quality        = "quality"
	Responsiveness = "responsiveness"
	Promises       = "promises"
	Voice          = "voice"
	Closeness      = "closeness"
)

// TrustDimensions lists the dimensions in the order in which answers show them.
var TrustDimensions = []string{Delivery, Quality, Responsiveness, Promises, Voice, Closeness}

// EvidenceKind is a kind of evidence for or against trust, with what it counts by default.
type EvidenceKind struct {
	// Kind is its name: an event type, or one with the way it went.
	Kind      string
	Dimension string
	// Weight is how many pieces of evidence it counts as, before what Doc says is
	// taken into account.
	Weight float64
	// HalfLifeD is instead of the dimension's, in days; 0 for the dimension's own.
	HalfLifeD float64
	Doc       string
}

// Half-lives, in days. Opinions predicted later opinions for about a year, incidents
// like complaints for 14 to 30 days, all else for about a quarter.
const (
	halfLife         = 90
	opinionHalfLife  = 365
	incidentHalfLife = 30
)

// EvidenceKinds is every kind of evidence the trust model weighs. A policy may give
// any of them another weight and half-life; those it does not name keep what is here.
//
// Some things are no evidence on purpose. What follows from what counts already is not
// counted twice (penalties, idle hours, premium freight). What trust is to foretell is
// none of its grounds (orders, renewals, losses, payments, referrals). A refusal is a busy
// person: who declines a meeting or a survey says nothing of us. Our own opinion of ourselves
// says nothing either (the checklist, a rating by us), or half as much where somebody
// has to have one.
//
// Lateness l is 0.5 for a moment late, 1 for one day, and approaches 2; it is 1 if not
// known. Package trust has the formula.
var EvidenceKinds = []EvidenceKind{
	{"delivery.on_time", Delivery, 1, 0, "for: the line arrived in full by the promised time, and no miss was recorded"},
	{"delivery.missed", Delivery, 1.5, 0, "against, times lateness: the line was missed, or arrived in full only after the promised time"},

	{"delivery.clean", Quality, 0.5, 0, "for: documents or goods were found to be right, and neither wrong"},
	{"delivery.damaged", Quality, 1.5, 0, "against: goods arrived damaged"},
	{"delivery.documents_wrong", Quality, 0.5, 0, "against: documents were wrong"},
	{"job.first_time_right", Quality, 1, 0, "for: a piece of work was right the first time"},
	{"job.reworked", Quality, 1, 0, "against: a piece of work had to be done again"},
	{"quality.measured", Quality, 1, 0, "for and against by what was found not good: all for at 10 parts in a million, all against at 10,000, evenly in orders of magnitude between"},
	{"return.received", Quality, 1, 0, "against: goods came back, and a fault was not ruled out"},
	{"warranty.claimed", Quality, 1, 0, "against: warranty was claimed, and not for goods whose return counts already"},
	{"nonconformity.opened", Quality, 1, 0, "against, times a third of the severity: something was not as required, and it was not a complaint, a line or another event that showed it"},
	{"nonconformity.effective", Quality, 1, 0, "for: what was done against a nonconformity was verified to have helped"},
	{"nonconformity.not_effective", Quality, 1, 0, "against: what was done against a nonconformity was found not to have helped"},
	{"need.met", Quality, 1, 0, "for and against by how well a need is met, as found last; half if we found so ourselves"},
	{"expectation.validated", Quality, 1, 0, "for if an expectation is met or exceeded, as found last, else against; half if we found so ourselves"},
	{"expectation.measured", Quality, 0.5, 0, "for or against: what was measured for an expectation meets its target, or not"},
	{"assessment.independent", Quality, 1.5, 0, "for and against by the share of the scale or the result of an audit: a third party assessed us"},
	{"assessment.made", Quality, 1, 0, "for and against in the same way: the customer or we ourselves assessed"},
	{"complaint.raised", Quality, 1, incidentHalfLife, "against, times a third of the severity, twice that if people could be harmed"},

	{"complaint.acknowledged", Responsiveness, 0.5, incidentHalfLife, "for: the complaint was acknowledged within 48 hours"},
	{"complaint.answered", Responsiveness, 1, 0, "for: the complaint was answered, and not disputed"},
	{"complaint.disputed", Responsiveness, 0.5, 0, "against: our answer disputed the complaint"},
	{"complaint.accepted", Responsiveness, 1, 0, "for: the complaint was closed, the customer accepted it and it stayed closed"},
	{"complaint.not_accepted", Responsiveness, 1, 0, "against: the complaint was closed and the customer did not accept it"},
	{"complaint.reopened", Responsiveness, 1, 0, "against: a closed complaint was opened again"},
	{"request.answered", Responsiveness, 1, 0, "for: the request was answered when due, or had no due time"},
	{"request.first_answer", Responsiveness, 0.25, 0, "for: the first answer was sufficient"},
	{"request.late", Responsiveness, 0.75, 0, "against, times lateness: the request was answered after it was due"},
	{"request.declined", Responsiveness, 0.25, 0, "against: the request was declined"},

	{"warranty.accepted", Responsiveness, 0.5, 0, "for: a warranty claim was accepted"},
	{"warranty.refused", Responsiveness, 0.5, 0, "against: a warranty claim was refused"},
	{"performance.answered", Responsiveness, 0.5, 0, "for: what the customer disputed of our performance was answered, and not disputed"},
	{"performance.disputed", Responsiveness, 0.5, 0, "against: our answer disputed it"},

	{"commitment.kept", Promises, 1, 0, "for: the promise was kept by its last date"},
	{"commitment.kept_late", Promises, 1, 0, "partly against: half the lateness counts against, the rest for"},
	{"commitment.broken", Promises, 1.5, 0, "against: the promise was broken and not made good"},
	{"commitment.renegotiated", Promises, 0.25, 0, "against, each time: we asked for another date"},

	{"improvement.delivered", Promises, 1, 0, "for: an improvement that was agreed is done; partly against if it was late, as a promise kept late"},
	{"improvement.descoped", Promises, 0.5, 0, "against: an improvement that was agreed will not be done"},
	{"performance.challenged", Promises, 0.5, 0, "against: the customer does not believe what we say of our performance"},

	// What the customer says by themselves weighs more than what they answer a third
	// party, and that more than what they answer us: own surveys tire people and flatter us.
	{"voice.captured", Voice, 1.5, 0, "for and against by polarity as heard, or else as the words were classified last"},
	{"survey.independent", Voice, 1.25, 0, "for and against by the share of the scale, a third party having asked; less by stance, as survey.answered"},
	{"survey.answered", Voice, 1, 0, "for and against by the share of the scale, we having asked; half if negotiating, a quarter if political"},

	{"competitor.rated", Voice, 1, 0, "for and against by how much better or worse than a competitor the customer or a third party finds us"},
	{"alternative.sought", Voice, 2, halfLife, "against: the customer looks for somebody else"},

	{"problem.disclosed", Closeness, 0.5, 0, "for: the customer let us know of a problem; half if we knew of it"},
	{"involvement.started", Closeness, 0.5, 0, "for: the customer joined an effort of ours"},
	{"interaction.proactive", Closeness, 0.5, 0, "for: contact that was scheduled, proactive or a check-in; contact in a crisis or for our own sake is no evidence"},
	{"meeting.outcome_told", Closeness, 0.5, 0, "for: the customer heard what became of a meeting"},
	{"improvement.told", Closeness, 0.5, 0, "for: the customer heard of an improvement"},
	{"value.shared", Closeness, 0.25, 0, "for: we gave something of value"},
}

// defaultTrust holds what is assumed before anything was measured here.
//
// The shares let what we do outweigh how pleasant we are: delivery, quality and
// promises are two thirds of the whole, voice and closeness a fifth. The prior means are ordinary
// rates of good outcomes: nine deliveries in ten on time, four in five promises kept,
// complaints and requests handled, opinions at three quarters of the scale (a four of
// five), and even odds for closeness, which only has evidence in favour. They hold
// until policy.calibrated replaces them by the ledger's own rates.
//
// A prior of strength 8 and a cap of 15 are what held up on five data sets; with the
// plain posterior, intervals meant to hold 80% held 47 to 77%.
func defaultTrust() TrustPolicy {
	p := TrustPolicy{
		Dimensions: []DimensionPolicy{
			{Name: Delivery, Weight: 4, PriorMean: 0.9, HalfLifeD: halfLife},
			{Name: Quality, Weight: 3, PriorMean: 0.8, HalfLifeD: halfLife},
			{Name: Responsiveness, Weight: 2, PriorMean: 0.8, HalfLifeD: halfLife},
			{Name: Promises, Weight: 3, PriorMean: 0.8, HalfLifeD: halfLife},
			{Name: Voice, Weight: 2, PriorMean: 0.75, HalfLifeD: opinionHalfLife},
			{Name: Closeness, Weight: 1, PriorMean: 0.5, HalfLifeD: halfLife},
		},
		PriorStrength: 8,
		Cap:           15,
	}
	for _, k := range EvidenceKinds {
		p.Weights = append(p.Weights, EvidenceWeight{Kind: k.Kind, Weight: k.Weight, HalfLifeD: k.HalfLifeD})
	}
	return p
}
