package trust_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mathext"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/trust"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func day(n float64) time.Time { return start.Add(time.Duration(n * 24 * float64(time.Hour))) }

// on is an event of account acme that happened on a day and was recorded at once.
func on(n float64, data domain.Event) domain.Recorded {
	return domain.Recorded{RecordedAt: day(n), Envelope: domain.Envelope{Account: "acme", OccurredAt: day(n), Data: data}}
}

// recorded gives the events their positions.
func recorded(events ...domain.Recorded) []domain.Recorded {
	log := slices.Clone(events)
	for i := range log {
		log[i].Position = domain.Position(i + 1)
		if log[i].Data.EventType().Family() == "policy" {
			log[i].Account = domain.Ledger
		}
	}
	return log
}

func historyOf(events ...domain.Recorded) *trust.History { return trust.HistoryOf(recorded(events...)) }

// unfading is the default policy with evidence that keeps its weight.
func unfading() domain.Recorded {
	p := domain.DefaultPolicy().Trust
	for i := range p.Weights {
		p.Weights[i].HalfLifeD = 36500
	}
	return on(-1000, domain.PolicyChanged{Name: "unfading", Reason: "test", Trust: &p})
}

// evidenceOf writes evidence as "kind +for -against @event", the event being counted from 0.
func evidenceOf(a trust.Assessment) string {
	var parts []string
	for _, c := range a.Contributions {
		s := c.Kind
		if c.For > 0 {
			s += fmt.Sprintf(" +%.2f", c.For)
		}
		if c.Against > 0 {
			s += fmt.Sprintf(" -%.2f", c.Against)
		}
		parts = append(parts, fmt.Sprintf("%s @%d", s, c.Position-2))
	}
	return strings.Join(parts, ", ")
}

func flagsOf(a trust.Assessment) string {
	var parts []string
	for _, f := range a.Flags {
		parts = append(parts, fmt.Sprintf("%s %s from day %v", f.Name, f.Key, f.Since.Sub(start).Hours()/24))
	}
	return strings.Join(parts, ", ")
}

type caseTold struct {
	name   string
	events []domain.Recorded
	want   string
	flags  string
}

func casesTold() []caseTold {
	promised := func(n float64, basis string, due float64) domain.Recorded {
		return on(n, domain.DeliveryPromised{Line: "L", Basis: basis, PromisedAt: day(due)})
	}
	made := func(n float64) domain.Recorded {
		return on(n, domain.DeliveryMade{Line: "L", DeliveredAt: day(n)})
	}
	part := func(n, qty float64) domain.Recorded {
		return on(n, domain.DeliveryMade{Line: "L", DeliveredAt: day(n), Qty: &qty, UOM: "pcs"})
	}
	hundred := on(0, domain.DeliveryPromised{Line: "L", Basis: "requested", PromisedAt: day(5), Qty: new(100.0), UOM: "pcs", TolerancePct: new(10.0)})
	missed := on(5, domain.DeliveryMissed{Line: "L"})
	raised := on(0, domain.ComplaintRaised{Complaint: "C", Severity: 3})
	closed := func(n float64, accepted bool) domain.Recorded {
		return on(n, domain.ComplaintClosed{Complaint: "C", AcceptedByCustomer: &accepted})
	}
	request := on(0, domain.RequestReceived{Request: "R", DueAt: day(2)})
	answered := func(n float64) domain.Recorded { return on(n, domain.RequestAnswered{Request: "R"}) }
	promise := on(0, domain.CommitmentMade{Commitment: "P", Statement: "we will", DueAt: day(5)})
	kept := func(n float64) domain.Recorded { return on(n, domain.CommitmentKept{Commitment: "P"}) }
	survey := func(score, lowest, highest float64) domain.SurveyAnswered {
		return domain.SurveyAnswered{Instrument: "csat", Score: score, ScaleMin: lowest, ScaleMax: highest}
	}
	return append(moreCases(), []caseTold{
		{"a line on time", []domain.Recorded{promised(0, "requested", 5), made(5)}, "delivery.on_time +1.00 @1", ""},
		{"a line a day late, with no miss recorded", []domain.Recorded{promised(0, "requested", 5), made(6)}, "delivery.missed -1.50 @1", ""},
		{"a line late by a moment weighs half", []domain.Recorded{promised(0, "requested", 5), made(5.0001)}, "delivery.missed -0.75 @1", ""},
		{"a line very late weighs nearly twice", []domain.Recorded{promised(0, "requested", 5), made(25)}, "delivery.missed -2.79 @1", ""},
		{"the first confirmed promise holds, whatever came after", []domain.Recorded{promised(0, "first_confirmed", 5), promised(4, "reconfirmed", 8), made(6)}, "delivery.missed -1.50 @2", ""},
		{"the latest promise holds where none was confirmed", []domain.Recorded{promised(0, "requested", 5), promised(4, "reconfirmed", 8), made(6)}, "delivery.on_time +1.00 @2", ""},
		{"a miss without an arrival is flagged", []domain.Recorded{promised(0, "requested", 5), missed}, "delivery.missed -1.50 @1", "delivery_open L from day 5"},
		{"a miss that knows how late", []domain.Recorded{on(5, domain.DeliveryMissed{Line: "L", LateMin: new(2.0 * 24 * 60)}), made(7)}, "delivery.missed -1.87 @0", ""},
		{"a miss and a late arrival are one miss", []domain.Recorded{promised(0, "requested", 5), missed, made(6)}, "delivery.missed -1.50 @1", ""},
		{"an excused miss weighs nothing and stays visible", []domain.Recorded{promised(0, "requested", 5), missed, on(6, domain.DeliveryExcused{Line: "L", Code: "flood", By: "customer"})}, "delivery.missed @1", ""},
		{"a promise past its time without a word is no evidence", []domain.Recorded{promised(0, "requested", 5)}, "", ""},
		{"a delivery nobody had promised is no evidence of punctuality", []domain.Recorded{made(5)}, "", ""},
		{"in full within tolerance, in two parts", []domain.Recorded{hundred, part(3, 50), part(5, 40)}, "delivery.on_time +1.00 @2", ""},
		{"in full only with the late part", []domain.Recorded{hundred, part(3, 50), part(6, 50)}, "delivery.missed -1.50 @2", ""},
		{"short and still open", []domain.Recorded{hundred, part(5, 50)}, "", ""},
		{"damage and wrong documents", []domain.Recorded{on(5, domain.DeliveryMade{Line: "L", DeliveredAt: day(5), DamageFree: new(false), DocumentsOK: new(false)})},
			"delivery.damaged -1.50 @0, delivery.documents_wrong -0.50 @0", ""},
		{"found to be right", []domain.Recorded{on(5, domain.DeliveryMade{Line: "L", DeliveredAt: day(5), DamageFree: new(true)})}, "delivery.clean +0.50 @0", ""},

		{"a complaint of middling severity", []domain.Recorded{raised}, "complaint.raised -1.00 @0", ""},
		{"our assessment may raise its severity", []domain.Recorded{raised, on(1, domain.ComplaintAssessed{Complaint: "C", Severity: 5})}, "complaint.raised -1.67 @0", "complaint_severe C from day 0"},
		{"but not lower it", []domain.Recorded{raised, on(1, domain.ComplaintAssessed{Complaint: "C", Severity: 1})}, "complaint.raised -1.00 @0", ""},
		{"a complaint about safety", []domain.Recorded{on(0, domain.ComplaintRaised{Complaint: "C", Severity: 3, Safety: true})}, "complaint.raised -2.00 @0", "complaint_severe C from day 0"},
		{"acknowledged promptly", []domain.Recorded{raised, on(1, domain.ComplaintAcknowledged{Complaint: "C"})}, "complaint.raised -1.00 @0, complaint.acknowledged +0.50 @1", ""},
		{"acknowledged late", []domain.Recorded{raised, on(3, domain.ComplaintAcknowledged{Complaint: "C"})}, "complaint.raised -1.00 @0", ""},
		{"answered, and closed to the customer's content", []domain.Recorded{raised, on(2, domain.ComplaintAnswered{Complaint: "C", Stance: "accepted"}), closed(3, true)},
			"complaint.raised -1.00 @0, complaint.answered +1.00 @1, complaint.accepted +1.00 @2", ""},
		{"disputed, and closed against the customer's will", []domain.Recorded{raised, on(2, domain.ComplaintAnswered{Complaint: "C", Stance: "disputed"}), closed(3, false)},
			"complaint.raised -1.00 @0, complaint.disputed -0.50 @1, complaint.not_accepted -1.00 @2", ""},
		{"closed without asking the customer", []domain.Recorded{raised, on(3, domain.ComplaintClosed{Complaint: "C"})}, "complaint.raised -1.00 @0", ""},
		{"closed and reopened", []domain.Recorded{raised, closed(3, true), on(4, domain.ComplaintReopened{Complaint: "C"})}, "complaint.raised -1.00 @0, complaint.reopened -1.00 @2", ""},
		{"a grave one, reopened", []domain.Recorded{on(0, domain.ComplaintRaised{Complaint: "C", Severity: 4}), closed(3, true), on(4, domain.ComplaintReopened{Complaint: "C"})},
			"complaint.raised -1.33 @0, complaint.reopened -1.00 @2", "complaint_severe C from day 0"},

		{"a request answered when due", []domain.Recorded{request, answered(2)}, "request.answered +1.00 @1", ""},
		{"a request answered a day late", []domain.Recorded{request, answered(3)}, "request.late -0.75 @1", ""},
		{"a request answered late because the customer had the next turn", []domain.Recorded{request,
			on(0.5, domain.RequestClarified{Request: "R", Awaiting: "customer"}), on(1.5, domain.RequestClarified{Request: "R", Awaiting: "us"}), answered(3)}, "request.answered +1.00 @3", ""},
		{"a first answer that was enough", []domain.Recorded{request, on(1, domain.RequestAnswered{Request: "R", FirstAnswerSufficient: new(true)})},
			"request.answered +1.00 @1, request.first_answer +0.25 @1", ""},
		{"a request declined", []domain.Recorded{request, on(1, domain.RequestDeclined{Request: "R", Reason: "no"})}, "request.declined -0.25 @1", ""},
		{"a request still open", []domain.Recorded{request}, "", ""},

		{"a promise kept", []domain.Recorded{promise, kept(5)}, "commitment.kept +1.00 @1", ""},
		{"a promise kept a day late", []domain.Recorded{promise, kept(6)}, "commitment.kept_late +0.50 -0.50 @1", ""},
		{"a promise broken", []domain.Recorded{promise, on(4, domain.CommitmentBroken{Commitment: "P"})}, "commitment.broken -1.50 @1", "commitment_overdue P from day 4"},
		{"a promise broken and made good", []domain.Recorded{promise, on(5, domain.CommitmentBroken{Commitment: "P"}), kept(6)}, "commitment.kept_late +0.50 -0.50 @2", ""},
		{"a promise we were released from", []domain.Recorded{promise, on(4, domain.CommitmentReleased{Commitment: "P"})}, "", ""},
		{"a promise past its date without a word", []domain.Recorded{promise}, "", "commitment_overdue P from day 5"},
		{"kept by the date we asked for", []domain.Recorded{promise, on(4, domain.CommitmentRenegotiated{Commitment: "P", NewDueAt: day(9), AskedBy: "us"}), kept(8)},
			"commitment.renegotiated -0.25 @1, commitment.kept +1.00 @2", ""},
		{"kept by the date they asked for", []domain.Recorded{promise, on(4, domain.CommitmentRenegotiated{Commitment: "P", NewDueAt: day(9), AskedBy: "them"}), kept(8)},
			"commitment.kept +1.00 @2", ""},

		{"an answer at three quarters of its scale", []domain.Recorded{on(1, survey(4, 1, 5))}, "survey.answered +0.75 -0.25 @0", ""},
		{"an answer on a scale where 1 is best", []domain.Recorded{on(1, survey(1, 7, 1))}, "survey.answered +1.00 @0", ""},
		{"an answer given while negotiating", []domain.Recorded{on(1, domain.SurveyAnswered{Instrument: "nps", Score: 0, ScaleMax: 10, Stance: "negotiating"})}, "survey.answered -0.50 @0", ""},
		{"an answer to a third party", []domain.Recorded{on(1, domain.SurveyAnswered{Instrument: "nps", Score: 10, ScaleMax: 10, Independent: true})}, "survey.independent +1.25 @0", ""},
		{"an answer on a scale of no length", []domain.Recorded{on(1, survey(3, 3, 3))}, "", ""},
		{"words with their tone", []domain.Recorded{on(1, domain.VoiceCaptured{Verbatim: "!", Polarity: new(int64(-2))})}, "voice.captured -1.50 @0", ""},
		{"words without", []domain.Recorded{on(1, domain.VoiceCaptured{Verbatim: "!"})}, "", ""},

		{"contact of our own accord", []domain.Recorded{on(1, domain.InteractionHeld{Kind: "visit", Trigger: "proactive"})}, "interaction.proactive +0.50 @0", ""},
		{"contact in a crisis", []domain.Recorded{on(1, domain.InteractionHeld{Kind: "visit", Trigger: "crisis"})}, "", ""},
		{"a check-in", []domain.Recorded{on(1, domain.InteractionHeld{Kind: "check_in"})}, "interaction.proactive +0.50 @0", ""},
		{"an outcome told twice is told once", []domain.Recorded{on(1, domain.MeetingOutcomeTold{Meeting: "M"}), on(2, domain.MeetingOutcomeTold{Meeting: "M"})}, "meeting.outcome_told +0.50 @0", ""},
		{"an improvement told, a value shared", []domain.Recorded{on(1, domain.ImprovementTold{Improvement: "I"}), on(2, domain.ValueShared{Kind: "insight"})},
			"improvement.told +0.50 @0, value.shared +0.25 @1", ""},
		{"a meeting declined", []domain.Recorded{on(1, domain.MeetingDeclined{Meeting: "M"})}, "", ""},
		{"an order is no evidence", []domain.Recorded{on(1, domain.OrderWon{Order: "O", ValueMinor: 1, Currency: "EUR"})}, "", ""},
		{"silence", []domain.Recorded{on(1, domain.ValueShared{Kind: "insight"}), on(9, domain.SilenceNoticed{LastContactAt: day(1), CadenceD: 8, NoticedAt: day(9)})},
			"value.shared +0.25 @0", "silent  from day 9"},
		{"silence broken", []domain.Recorded{on(1, domain.ValueShared{Kind: "insight"}), on(9, domain.SilenceNoticed{LastContactAt: day(1), CadenceD: 8, NoticedAt: day(9)}),
			on(10, domain.InteractionHeld{Kind: "call", Trigger: "crisis"})}, "value.shared +0.25 @0", ""},
		{"silence refuted by a contact we heard of late", []domain.Recorded{on(9, domain.SilenceNoticed{LastContactAt: day(1), CadenceD: 8, NoticedAt: day(9)}),
			on(4, domain.InteractionHeld{Kind: "call", Trigger: "crisis"})}, "", ""},
		{"silence not broken by a contact recorded before it can have been", []domain.Recorded{on(9, domain.SilenceNoticed{LastContactAt: day(1), CadenceD: 8, NoticedAt: day(9)}),
			{RecordedAt: day(8), Envelope: domain.Envelope{Account: "acme", OccurredAt: day(10), Data: domain.InteractionHeld{Kind: "call", Trigger: "crisis"}}}}, "", "silent  from day 9"},
	}...)
}

func TestWhatACaseAmountsTo(t *testing.T) {
	t.Parallel()
	for _, c := range casesTold() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := historyOf(append([]domain.Recorded{unfading()}, c.events...)...)
			a := h.Explain("acme", day(30), day(30))
			if got := evidenceOf(a); got != c.want {
				t.Errorf("evidence:\ngot  %s\nwant %s", got, c.want)
			}
			if got := flagsOf(a); got != c.flags {
				t.Errorf("flags:\ngot  %s\nwant %s", got, c.flags)
			}
		})
	}
}

func TestEveryKindOfEvidenceIsToldInACase(t *testing.T) {
	t.Parallel()
	var told string
	for _, c := range casesTold() {
		told += c.want + ", "
	}
	for _, k := range domain.EvidenceKinds {
		if !strings.Contains(told, k.Kind+" ") {
			t.Errorf("no case yields %s", k.Kind)
		}
	}
}

func TestWithoutEvidenceThereIsThePriorAndNothingIsKnown(t *testing.T) {
	t.Parallel()
	a := historyOf(on(1, domain.OrderWon{Order: "O"})).Assess("acme", day(2), day(2))
	if a.Known || a.Score() != nil || a.Evidence != 0 {
		t.Errorf("got known %v, score %v, evidence %v", a.Known, a.Score(), a.Evidence)
	}
	if want := 100 * (4*0.9 + 3*0.8 + 2*0.8 + 3*0.8 + 2*0.75 + 1*0.5) / 15; math.Abs(a.Mean-want) > 1e-9 || a.Prior != a.Mean {
		t.Errorf("got mean %v and prior %v, want %v", a.Mean, a.Prior, want)
	}
	if a.Policy != "default-2" || len(a.Dimensions) != 6 {
		t.Errorf("got policy %q and %d dimensions", a.Policy, len(a.Dimensions))
	}
}

func TestTheScoreFollowsItsFormula(t *testing.T) {
	t.Parallel()
	// A promise kept 90 days ago counts half a piece, one broken today one and a half.
	h := historyOf(
		on(-1, domain.CommitmentMade{Commitment: "1", DueAt: day(1)}), on(0, domain.CommitmentKept{Commitment: "1"}),
		on(-1, domain.CommitmentMade{Commitment: "2", DueAt: day(90)}), on(90, domain.CommitmentBroken{Commitment: "2"}),
	)
	a := h.Explain("acme", day(90), day(90))
	alpha, beta := 8*0.8+0.5, 8*0.2+1.5
	promises := a.Dimensions[3]
	if math.Abs(promises.Mean-100*alpha/(alpha+beta)) > 1e-9 || math.Abs(promises.Evidence-2) > 1e-12 || !promises.Known {
		t.Errorf("got %+v", promises)
	}
	if got := mathext.RegIncBeta(alpha, beta, promises.Low/100); math.Abs(got-0.05) > 1e-9 {
		t.Errorf("%v lies below the interval, want 0.05", got)
	}
	if got := mathext.RegIncBeta(alpha, beta, promises.High/100); math.Abs(got-0.95) > 1e-9 {
		t.Errorf("%v lies up to the interval's end, want 0.95", got)
	}
	if got, want := a.Contributions[0].Effect, 100*0.2*(0.5*0.2)/(alpha+beta); math.Abs(got-want) > 1e-12 {
		t.Errorf("the kept promise: got %v points, want %v", got, want)
	}
}

func width(r trust.Reading) float64 { return r.High - r.Low }

func TestEvidenceBeyondTheCapDoesNotNarrowTheInterval(t *testing.T) {
	t.Parallel()
	var events []domain.Recorded
	for i := range 200 {
		score := 5.0
		if i%4 == 0 {
			score = 1
		}
		events = append(events, on(0, domain.SurveyAnswered{Instrument: "csat", Score: score, ScaleMin: 1, ScaleMax: 5}))
	}
	voice := historyOf(events...).Assess("acme", day(0), day(0)).Dimensions[4]
	if math.Abs(voice.Mean-75) > 1e-9 || math.Abs(voice.Evidence-200) > 1e-9 {
		t.Errorf("got %+v, want the mean of all 200", voice)
	}
	want := 100 * mathext.InvRegIncBeta(15*0.75, 15*0.25, 0.05)
	if math.Abs(voice.Low-want) > 1e-9 {
		t.Errorf("got low %v, want that of 15 pieces, %v", voice.Low, want)
	}
}

func TestSilenceWidensTheIntervalAndMovesNothing(t *testing.T) {
	t.Parallel()
	events := []domain.Recorded{on(1, domain.ValueShared{Kind: "insight"})}
	before := historyOf(events...).Assess("acme", day(20), day(20))
	after := historyOf(append(events, on(9, domain.SilenceNoticed{LastContactAt: day(1), CadenceD: 8, NoticedAt: day(9)}))...).Assess("acme", day(20), day(20))
	if after.Mean != before.Mean || after.Evidence != before.Evidence {
		t.Errorf("silence moved %v to %v", before.Mean, after.Mean)
	}
	if width(after.Reading) <= width(before.Reading) {
		t.Errorf("the interval is %v wide, was %v", width(after.Reading), width(before.Reading))
	}
	for i := range after.Dimensions {
		if width(after.Dimensions[i].Reading) <= width(before.Dimensions[i].Reading) {
			t.Errorf("%s: the interval is %v wide, was %v", after.Dimensions[i].Name,
				width(after.Dimensions[i].Reading), width(before.Dimensions[i].Reading))
		}
	}
}

// What we do outweighs how pleasant we are: a year of praise does not make up for a
// year of missed deliveries.
func TestDeliveryOutweighsPleasantness(t *testing.T) {
	t.Parallel()
	var events []domain.Recorded
	for i := range 50 {
		n := float64(i * 7)
		events = append(events,
			on(n, domain.DeliveryMissed{Line: domain.ID(fmt.Sprint(i))}),
			on(n, domain.SurveyAnswered{Instrument: "csat", Score: 5, ScaleMin: 1, ScaleMax: 5}),
			on(n, domain.InteractionHeld{Kind: "visit", Trigger: "proactive"}))
	}
	a := historyOf(events...).Assess("acme", day(350), day(350))
	if a.Mean >= a.Prior {
		t.Errorf("praised and never on time: got %v, more than the %v of somebody unknown", a.Mean, a.Prior)
	}
}

func TestAPolicyGivesAKindAnotherWeightAndKeepsTheOthers(t *testing.T) {
	t.Parallel()
	changed := on(10, domain.PolicyChanged{Name: "strict", Reason: "test", Trust: &domain.TrustPolicy{
		Dimensions:    []domain.DimensionPolicy{{Name: domain.Closeness, Weight: 1, PriorMean: 0.5, HalfLifeD: 36500}},
		PriorStrength: 8, Cap: 15,
		Weights: []domain.EvidenceWeight{{Kind: "value.shared", Weight: 2}},
	}})
	h := historyOf(on(1, domain.ValueShared{Kind: "insight"}), on(2, domain.ImprovementTold{Improvement: "I"}), changed)
	before, after := h.Explain("acme", day(9), day(20)), h.Explain("acme", day(10), day(20))
	if before.Policy != "default-2" || after.Policy != "strict" {
		t.Errorf("got policies %q and %q", before.Policy, after.Policy)
	}
	for i, want := range []float64{2, 0.5} {
		if got := after.Contributions[i].For; math.Abs(got-want) > 1e-3 {
			t.Errorf("%s: got %v, want %v", after.Contributions[i].Kind, got, want)
		}
	}
	if got := h.Assess("acme", day(20), day(9)).Policy; got != "default-2" {
		t.Errorf("before the change was known: got %q", got)
	}
}

func TestAChangeIsSplitByCause(t *testing.T) {
	t.Parallel()
	late := on(20, domain.ValueShared{Kind: "insight"})
	late.OccurredAt = day(5)
	corrected := on(21, domain.EntryCorrected{Reason: "mistyped", Data: domain.SurveyAnswered{Instrument: "csat", Score: 5, ScaleMin: 1, ScaleMax: 5}})
	corrected.Target = 1
	other := on(2, domain.SurveyAnswered{Instrument: "csat", Score: 1, ScaleMin: 1, ScaleMax: 5})
	other.Account = "bolt"
	merged := on(22, domain.AccountMerged{Into: "acme"})
	merged.Account = "bolt"
	p := domain.DefaultPolicy().Trust
	p.PriorStrength = 4
	h := historyOf(
		on(1, domain.SurveyAnswered{Instrument: "csat", Score: 2, ScaleMin: 1, ScaleMax: 5}), // 1
		other, late, corrected, merged, // 2 to 5
		on(23, domain.SurveyAnswered{Instrument: "csat", Score: 4, ScaleMin: 1, ScaleMax: 5}),                     // 6
		on(24, domain.PolicyCalibrated{HalfLifeD: 30, Priors: []domain.Prior{{Dimension: "voice", Mean: 0.6}}}),   // 7
		on(26, domain.PolicyChanged{Name: "p", Reason: "test", FollowUp: &domain.FollowUpPolicy{DefaultDueH: 8}}), // 8
		on(27, domain.OrderWon{Order: "O"}), // 9
		on(28, domain.PolicyCalibrated{HalfLifeD: 30, Priors: []domain.Prior{{Dimension: "closeness", Mean: 0.6}}}), // 10
		on(50, domain.SurveyAnswered{Instrument: "csat", Score: 1, ScaleMin: 1, ScaleMax: 5}),                       // 11
		on(51, domain.PolicyChanged{Name: "weak", Reason: "test", Trust: &p}),                                       // 12
	)
	got := ""
	for _, part := range h.Change("acme", day(10), day(30), day(30)).Parts {
		got += fmt.Sprintf("%s %+.0f %v, ", part.Cause, 10*part.Effect, part.Positions)
	}
	want := "correction +11 [4], late_arrival +1 [3], merge -10 [5], fading +0 [], new_evidence +1 [6], calibration -8 [10], policy +0 [8], "
	if got != want {
		t.Errorf("in tenths of a point:\ngot  %s\nwant %s", got, want)
	}
	policy := h.Change("acme", day(30), day(60), day(60)).Parts
	if last := policy[len(policy)-1]; last.Cause != trust.CausePolicy || !slices.Equal(last.Positions, []domain.Position{12}) || last.Effect == 0 {
		t.Errorf("got %+v, want the policy at position 12", last)
	}
}

// bolt is an event of an account that is merged into others.
func bolt(n float64, data domain.Event) domain.Recorded {
	e := on(n, data)
	e.Account = "bolt"
	return e
}

func TestAMergeThatWasUndoneMovedNothing(t *testing.T) {
	t.Parallel()
	h := historyOf(
		bolt(1, domain.SurveyAnswered{Instrument: "csat", Score: 1, ScaleMin: 1, ScaleMax: 5}),
		bolt(11, domain.AccountMerged{Into: "acme"}),
		bolt(12, domain.AccountUnmerged{From: "acme"}),
	)
	if got := h.Change("acme", day(10), day(30), day(30)).Parts; len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	if got := h.Change("acme", day(10), day(30), day(11)).Parts; len(got) == 0 || got[0].Cause != trust.CauseMerge {
		t.Errorf("before it was undone: got %+v", got)
	}
}

func TestARetractedMergeIsNamedAsTheCorrectionThatItIs(t *testing.T) {
	t.Parallel()
	undo := bolt(15, domain.EntryRetracted{Reason: "another company"})
	undo.Target = 2
	h := historyOf(
		bolt(1, domain.SurveyAnswered{Instrument: "csat", Score: 1, ScaleMin: 1, ScaleMax: 5}),
		bolt(2, domain.AccountMerged{Into: "acme"}),
		undo,
	)
	got := h.Change("acme", day(10), day(30), day(30)).Parts
	if len(got) == 0 || got[0].Cause != trust.CauseCorrection || got[0].Effect <= 0 || !slices.Equal(got[0].Positions, []domain.Position{3}) {
		t.Errorf("got %+v, want the retraction to have raised the score", got)
	}
}

func TestAnAccountIsPartOfTheOneItWasMergedIntoLast(t *testing.T) {
	t.Parallel()
	undo := bolt(4, domain.EntryRetracted{Reason: "it was the same"})
	undo.Target = 2
	h := historyOf(
		bolt(1, domain.AccountMerged{Into: "acme"}), bolt(2, domain.AccountUnmerged{From: "acme"}),
		bolt(3, domain.AccountMerged{Into: "cane"}), undo,
	)
	if got := h.Merged("acme", day(9)); got != nil {
		t.Errorf("acme has %v", got)
	}
	if got := h.Merged("cane", day(9)); !slices.Equal(got, []domain.AccountID{"bolt"}) {
		t.Errorf("cane has %v", got)
	}
}

func TestRatesNeedEvidenceOfBothSorts(t *testing.T) {
	t.Parallel()
	rates := trust.NewRates(domain.DefaultPolicy().Trust, day(0))
	var events []domain.Recorded
	for i := range 100 {
		key := domain.ID(fmt.Sprint(i))
		events = append(events, on(-1, domain.ValueShared{Kind: "insight"}), on(-1, domain.CommitmentMade{Commitment: key, DueAt: day(1)}))
		if i%5 == 0 {
			events = append(events, on(0, domain.CommitmentBroken{Commitment: key}))
		} else {
			events = append(events, on(0, domain.CommitmentKept{Commitment: key}))
		}
	}
	rates.Add(historyOf(events...), "acme", day(0))
	c, ok := rates.Calibration()
	if !ok || len(c.Priors) != 1 || c.Priors[0].Dimension != "promises" || math.Abs(c.Priors[0].Mean-80.0/(80+30)) > 1e-9 {
		t.Errorf("got %+v", c)
	}
	if c.EvidenceCount != 110 {
		t.Errorf("got %d pieces, want the 110 about promises", c.EvidenceCount)
	}
	if _, ok := trust.NewRates(domain.DefaultPolicy().Trust, day(0)).Calibration(); ok {
		t.Error("without evidence there is nothing to calibrate by")
	}
}

// Intervals stay finite and ordered for any policy that can be recorded.
func TestIntervalsHoldAtTheLimitsOfAPolicy(t *testing.T) {
	t.Parallel()
	for _, strength := range []float64{0.1, 1, 1000} {
		for _, most := range []float64{1, 15, 100000} {
			for _, mean := range []float64{0.01, 0.5, 0.99} {
				p := domain.DefaultPolicy().Trust
				p.PriorStrength, p.Cap = strength, most
				for i := range p.Dimensions {
					p.Dimensions[i].PriorMean = mean
				}
				for _, n := range []int{0, 1, 300} {
					events := []domain.Recorded{on(0, domain.PolicyChanged{Name: "p", Trust: &p})}
					for range n {
						events = append(events, on(0, domain.SurveyAnswered{Score: 1, ScaleMax: 1}))
					}
					a := historyOf(events...).Assess("acme", day(1), day(1))
					readings := []trust.Reading{a.Reading}
					for _, d := range a.Dimensions {
						readings = append(readings, d.Reading)
					}
					for _, r := range readings {
						if !(r.Low >= 0 && r.Low <= r.High && r.High <= 100) {
							t.Errorf("strength %v, cap %v, prior %v, %d answers: got %+v", strength, most, mean, n, r)
						}
					}
				}
			}
		}
	}
}

// S4-5: satisfaction is partly stance. What was said for a purpose counts less, and the
// score without it can be had.
func TestTheScoreIsGivenWithAndWithoutFlaggedEvidence(t *testing.T) {
	t.Parallel()
	answer := func(n, score float64, stance string) domain.Recorded {
		return on(n, domain.SurveyAnswered{Instrument: "nps", Score: score, ScaleMax: 10, Stance: stance})
	}
	plain, angry := answer(1, 9, "none"), answer(2, 0, "negotiating")
	with, without := historyOf(plain, angry), historyOf(plain)
	if a := without.Explain("acme", day(3), day(3)); a.Unflagged != nil || a.Contributions[0].Flagged {
		t.Errorf("nothing was flagged, got %+v and %+v", a.Unflagged, a.Contributions)
	}
	a := with.Explain("acme", day(3), day(3))
	if want := without.Assess("acme", day(3), day(3)).Reading; a.Unflagged == nil || *a.Unflagged != want {
		t.Errorf("without what was flagged: got %+v, want %+v", a.Unflagged, want)
	}
	if a.Mean >= a.Unflagged.Mean {
		t.Errorf("flagged evidence against should still count a little: %v with it, %v without", a.Mean, a.Unflagged.Mean)
	}
	if a.Contributions[0].Flagged || !a.Contributions[1].Flagged {
		t.Errorf("got %+v", a.Contributions)
	}
}
