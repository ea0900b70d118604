package domain_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

func TestIndependentRules(t *testing.T) {
	t.Parallel()
	published := domain.FigurePublished{Measure: "otif", Period: "2026-01", Value: 97, UOM: "pct", By: "us"}
	theirs := domain.FigurePublished{Measure: "otif", Period: "2026-01", Value: 88, UOM: "pct", By: "customer"}
	reconciled := domain.FigureReconciled{Measure: "otif", Period: "2026-01", AgreedValue: 90, UOM: "pct"}
	challenged := domain.PerformanceChallenged{Measure: "otif", Period: "2026-01"}
	answered := domain.PerformanceAnswered{Measure: "otif", Period: "2026-01", Stance: "disputed"}
	score := func(score, low, high float64, peers ...float64) domain.Event {
		e := domain.AssessmentMade{Assessor: "Kappa", OurScore: &score, ScaleMin: &low, ScaleMax: &high}
		for _, p := range peers {
			e.PeerScores = append(e.PeerScores, domain.PeerScore{Score: p})
		}
		return e
	}
	decide(t, "acme", "bi", []rule{
		{"an assessment may have a score on its scale", nil, score(5, 1, 5, 1, 4), ""},
		{"a score is on the scale", nil, score(6, 1, 5), "data.our_score: must be from 1 to 5, the scale given"},
		{"so are the peers' scores", nil, score(5, 1, 5, 3, 0), "data.peer_scores[1].score: must be from 1 to 5, the scale given"},
		{"an assessment's scale may go down", nil, score(1, 6, 1, 2, 6), ""},
		{"an assessment's scale has more than one value", nil, score(5, 5, 5), "data.scale_max: must not be scale_min"},
		{"a scale has two ends", nil, domain.AssessmentMade{Assessor: "Kappa", OurScore: ptr(3.0), ScaleMax: ptr(5.0)}, "data.scale_max: a scale has two ends: give scale_min and scale_max"},
		{"a score needs no scale", nil, domain.AssessmentMade{Assessor: "Kappa", OurScore: ptr(3.0)}, ""},
		{"a report's digest is one", nil, domain.AssessmentMade{Assessor: "Kappa", OurScore: ptr(3.0), ReportSHA256: "f00"}, "data.report_sha256: must be 64 hexadecimal digits in lower case"},
		{"an audit may have a result instead", nil, domain.AssessmentMade{Assessor: "TUV", Standard: "ISO 9001", Result: "conforming"}, ""},
		{"an assessment has an outcome", nil, domain.AssessmentMade{Assessor: "Kappa"}, "data.our_score: needed, or data.result: an assessment has an outcome"},
		{"figures may differ", given(published), theirs, ""},
		{"a figure may be published again", given(published), published, ""},
		{"a supplier's number says whose", nil, domain.FigurePublished{Measure: "ppm", Period: "2026-01", UOM: "ppm", By: "supplier"}, "data.supplier: needed where the number is a supplier's"},
		{"figures may be reconciled", given(published, theirs), reconciled, ""},
		{"what was only challenged may be reconciled", given(challenged), reconciled, ""},
		{"what nobody published is not reconciled", nil, reconciled, `data.measure: figure for "otif" was never published or challenged`},
		{"another period is another figure", given(domain.FigurePublished{Measure: "otif", Period: "2026-02", By: "us"}), reconciled, `data.measure: figure for "otif" was never published or challenged`},
		{"a supplier's figure is another", given(domain.FigurePublished{Measure: "otif", Period: "2026-01", By: "supplier", Supplier: "S"}), reconciled, `data.measure: figure for "otif" was never published or challenged`},
		{"performance may be challenged, more than once", given(challenged), challenged, ""},
		{"a value in dispute needs a unit", nil, domain.PerformanceChallenged{Measure: "otif", OurValue: ptr(97.0)}, "data.uom: needed where a value is given"},
		{"a challenge may be answered, more than once", given(challenged, answered), answered, ""},
		{"what nobody challenged is not answered", given(published), answered, `data.measure: performance in "otif" was never challenged`},
	})
	decide(t, domain.Ledger, "bi", []rule{
		{"a challenge is of one account", nil, challenged, "subject: performance.challenged needs the id of an account"},
		{"a figure may be of all accounts", nil, theirs, ""},
	})
}

func TestCapabilityRules(t *testing.T) {
	t.Parallel()
	granted := domain.CertificateGranted{Scheme: "welding", Person: "tom"}
	expired := domain.CertificateExpired{Scheme: "welding", Person: "tom"}
	launched := domain.InitiativeLaunched{Initiative: "I", Name: "Closer"}
	explained := domain.InitiativeExplained{Initiative: "I", AudienceCount: 40}
	ended := domain.InitiativeEnded{Initiative: "I", Reason: "over"}
	started := domain.CycleStarted{Process: "satisfaction", Cycle: "2026-Q1"}
	closed := domain.CycleClosed{Process: "satisfaction", Cycle: "2026-Q1"}
	decide(t, domain.Ledger, "hr", []rule{
		{"an employee may be trained", nil, domain.TrainingCompleted{Person: "tom", Audience: "employee"}, ""},
		{"a supplier's people may be trained", nil, domain.TrainingCompleted{Person: "x", Audience: "supplier", Supplier: "S"}, ""},
		{"an employee is no supplier's", nil, domain.TrainingCompleted{Person: "tom", Audience: "employee", Supplier: "S"}, "data.supplier: only a supplier's people have one"},
		{"a certificate may be granted, and again", given(granted), granted, ""},
		{"a certificate may expire", given(granted), expired, ""},
		{"a certificate nobody granted does not expire", nil, expired, `data.scheme: certificate "welding" was never granted`},
		{"another's certificate is another", given(domain.CertificateGranted{Scheme: "welding", Person: "ann"}), expired, `data.scheme: certificate "welding" was never granted`},
		{"a certificate expires once", given(granted, expired), expired, `data.scheme: certificate "welding" is expired`},
		{"a certificate may be renewed, and expire", given(granted, expired, granted), expired, ""},
		{"an initiative may be launched", nil, launched, ""},
		{"an initiative is launched once", given(launched, ended), launched, `data.initiative: initiative "I" was launched before`},
		{"an initiative may be explained, more than once", given(launched, explained), explained, ""},
		{"an initiative nobody launched is not explained", nil, explained, `data.initiative: initiative "I" was never launched`},
		{"an initiative that is over is not explained", given(launched, ended), explained, `data.initiative: initiative "I" is over`},
		{"an initiative may end", given(launched), ended, ""},
		{"an initiative ends once", given(launched, ended), ended, `data.initiative: initiative "I" is over`},
		{"an initiative nobody launched does not end", nil, ended, `data.initiative: initiative "I" was never launched`},
		{"a round may start", nil, started, ""},
		{"a round starts once", given(started, closed), started, `data.cycle: cycle "2026-Q1" was started before`},
		{"another process has rounds of its own", given(started), domain.CycleStarted{Process: "audit", Cycle: "2026-Q1"}, ""},
		{"a round may be closed", given(started), closed, ""},
		{"a round is closed once", given(started, closed), closed, `data.cycle: cycle "2026-Q1" is over`},
		{"a round nobody started is not closed", nil, closed, `data.cycle: cycle "2026-Q1" was never started`},
		{"an objective may be set, and changed", given(domain.ObjectiveSet{Person: "tom", Measure: "nps"}), domain.ObjectiveSet{Person: "tom", Measure: "nps"}, ""},
		{"a target needs a unit", nil, domain.ObjectiveSet{Person: "tom", Measure: "otif", Target: ptr(97.0)}, "data.uom: needed where target is given"},
		{"a review may have left the customer out", nil, domain.ObjectiveReviewed{Person: "tom"}, ""},
		{"what was reached needs a unit", nil, domain.ObjectiveReviewed{Person: "tom", MeasureDiscussed: true, Measure: "nps", Value: ptr(40.0)}, "data.uom: needed where value is given"},
		{"a measure was spoken of or not", nil, domain.ObjectiveReviewed{Person: "tom", Measure: "nps"}, "data.measure: says that a measure was spoken of, which data.measure_discussed denies"},
		{"the checklist may be answered for the whole company", nil, domain.ChecklistAnswered{Item: "voice", Performed: "partial", Assessor: "tom"}, ""},
	})
	decide(t, "acme", "hr", []rule{
		{"a training may be for an account", nil, domain.TrainingCompleted{Person: "tom", Audience: "employee"}, ""},
		{"the checklist may be answered for an account", nil, domain.ChecklistAnswered{Item: "voice", Performed: "no", Assessor: "tom"}, ""},
	})
}

func TestCommerceRules(t *testing.T) {
	t.Parallel()
	decide(t, "acme", "erp", []rule{
		{"money may come in parts, for an invoice nobody knows", given(domain.PaymentReceived{Invoice: "1", AmountMinor: 5, Currency: "EUR"}), domain.PaymentReceived{Invoice: "1", AmountMinor: 5, Currency: "EUR"}, ""},
		{"what is missing needs a currency", nil, domain.PaymentLate{LateD: 3, AmountMinor: ptr[int64](1)}, "data.currency: needed where amount_minor is given"},
		{"that money is late is enough", nil, domain.PaymentLate{LateD: 3}, ""},
		{"a customer may recommend us", nil, domain.ReferralGiven{}, ""},
		{"an account may have a priority", nil, domain.PriorityPublished{Consumer: "sales", Tier: "A"}, ""},
		{"a priority says who comes first", nil, domain.PriorityPublished{Consumer: "sales"}, "data.tier: needed, or data.rank or data.accounts: a priority says who comes first"},
		{"an override is of an account", nil, domain.PriorityOverridden{Reason: "line down", Approver: "tom"}, ""},
	})
	decide(t, domain.Ledger, "erp", []rule{
		{"a tier may have a priority", nil, domain.PriorityPublished{Consumer: "dispatch", Tier: "B", Rank: 2}, ""},
		{"accounts may be put in an order", nil, domain.PriorityPublished{Consumer: "scheduling", Resource: "press 3", Accounts: []domain.AccountID{"a", "b"}}, ""},
		{"an account has one place in it", nil, domain.PriorityPublished{Consumer: "scheduling", Accounts: []domain.AccountID{"a", "b", "a"}}, `data.accounts[2]: "a" is given twice`},
		{"an override is not of all accounts", nil, domain.PriorityOverridden{Reason: "x", Approver: "tom"}, "subject: priority.overridden needs the id of an account"},
	})
}

func TestInvolvementRules(t *testing.T) {
	t.Parallel()
	customer := domain.InvolvementStarted{Effort: "E", Party: "customer", Kind: "pilot"}
	supplier := domain.InvolvementStarted{Effort: "E", Party: "supplier", Kind: "pilot", Supplier: "S"}
	left := domain.InvolvementEnded{Effort: "E", Party: "customer"}
	over := domain.InvolvementEnded{Effort: "E", Reached: ptr(true)}
	agreed := domain.ImprovementAgreed{Improvement: "I"}
	decide(t, "acme", "crm", []rule{
		{"a supplier may join", given(customer), supplier, ""},
		{"a customer is no supplier", nil, domain.InvolvementStarted{Effort: "E", Party: "customer", Kind: "pilot", Supplier: "S"}, "data.supplier: only a supplier's involvement has one"},
		{"a customer does not leave as a supplier", given(customer), domain.InvolvementEnded{Effort: "E", Supplier: "S"}, "data.supplier: only a supplier's involvement has one"},
		{"who leaves does not end the effort", given(customer, supplier, left), over, ""},
		{"nobody leaves an effort that is over", given(customer, over), left, `data.effort: involvement in effort "E" is over`},
		{"an improvement may get another owner, also afterwards", given(agreed, domain.ImprovementDelivered{Improvement: "I"}), domain.ImprovementOwnerAssigned{Improvement: "I", Owner: "ann"}, ""},
		{"what nobody agreed gets no owner", nil, domain.ImprovementOwnerAssigned{Improvement: "I", Owner: "ann"}, `data.improvement: improvement "I" was never agreed`},
	})
}

func TestMeasureDefinitionsStayUntilTheyAreReplaced(t *testing.T) {
	t.Parallel()
	define := func(name string, measures ...domain.MeasureDefinition) domain.PolicyChanged {
		return domain.PolicyChanged{Name: name, Reason: "said what it means", Measures: measures}
	}
	nps1 := domain.MeasureDefinition{Measure: "nps", Version: "1", Text: "detractors 0 to 6"}
	nps2 := domain.MeasureDefinition{Measure: "nps", Version: "2", Text: "detractors 1 to 6"}
	otif := domain.MeasureDefinition{Measure: "otif", Version: "1", Text: "early counts"}
	decide(t, domain.Ledger, "office", []rule{
		{"a measure may be defined alone", nil, define("a", nps1, otif), ""},
		{"a measure means one thing at a time", nil, define("a", nps1, nps2), `data.measures[1].measure: "nps" is given twice`},
	})
	policies := domain.NewPolicies([]domain.Recorded{
		recorded(1, domain.Ledger, define("a", otif, nps1)), recorded(3, domain.Ledger, define("b", nps2)),
	})
	for at, want := range map[time.Time][]domain.MeasureDefinition{
		day(1).Add(-1): nil,
		day(2):         {nps1, otif},
		day(3):         {nps2, otif},
	} {
		if got := policies.At(at, day(9)).Policy.Measures; !slices.Equal(got, want) {
			t.Errorf("at %v: got %v, want %v", at, got, want)
		}
	}
}
