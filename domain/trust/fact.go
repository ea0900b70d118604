package trust

import (
	"math"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Fact is what the model keeps of one event.
type Fact struct {
	// Position is the event's own place in the log.
	Position domain.Position
	// SpeaksFor is the position of the event whose place it takes: its own, or that
	// of the event it corrects.
	SpeaksFor domain.Position
	Account   domain.AccountID
	Occurred  time.Time
	Recorded  time.Time
	Content
}

// Content is what an event says, as far as it matters for trust. What the fields hold
// depends on the type:
//
//	type                     Moment           Amount                    Tolerance       Marks
//	delivery.promised        promised_at      qty                       tolerance_pct   basis
//	delivery.made            delivered_at     qty                                       damaged documents_wrong clean
//	delivery.missed                           late_min
//	complaint.raised                          severity                                  safety
//	complaint.assessed                        severity
//	complaint.answered                                                                  disputed
//	complaint.closed                                                                    accepted not_accepted
//	request.received         due_at
//	request.clarified                                                                   customer us
//	request.answered                                                                    sufficient
//	commitment.made          due_at
//	commitment.renegotiated  new_due_at                                                 us them
//	improvement.agreed       due_at
//	quality.measured                          share of the scale by ppm, 0..1           supplier
//	return.analysed                                                                     no_fault
//	warranty.claimed                                                                    returned
//	warranty.decided                                                                    accepted
//	job.completed                                                                       right
//	nonconformity.opened                      severity                                  known
//	nonconformity.effect_verified                                                       effective
//	need.met                                  0, 1/3, 2/3 or 1                          us
//	expectation.stated                        target                                    at_least at_most
//	expectation.measured                      value                                     met not_met
//	expectation.validated                     0 or 1                                    us
//	assessment.made                           share of the scale or by result, 0..1     independent
//	performance.answered                                                                disputed
//	competitor.rated                          0..1, half if as good as theirs           us
//	problem.disclosed                                                                   unreported
//	involvement.started                                                                 customer
//	survey.answered                           share of the scale, 0..1                  independent negotiating political
//	voice.captured                            share of the scale, 0..1
//	voice.classified                          share of the scale, 0..1
//	interaction.held                                                                    proactive
//	silence.noticed          last_contact_at
type Content struct {
	Type domain.Type
	// Key is the emitter's id of the thing it is about; "" if it stands alone.
	Key       domain.ID
	Moment    time.Time
	Amount    *float64
	Tolerance *float64
	Unit      string
	Marks     Marks
}

// Marks are words that apply, separated by spaces.
type Marks string

func (m Marks) has(word string) bool {
	for w := range strings.SplitSeq(string(m), " ") {
		if w == word {
			return true
		}
	}
	return false
}

func (m *Marks) add(word string, applies bool) {
	if !applies {
		return
	}
	if *m != "" {
		*m += " "
	}
	*m += Marks(word)
}

// Wants reports whether events of the type leave a fact: those that may be evidence,
// and every touchpoint, because it ends a silence.
func Wants(t domain.Type) bool { return wanted[t] }

var wanted = func() map[domain.Type]bool {
	m := map[domain.Type]bool{}
	for _, e := range domain.Catalogue {
		m[e.Type] = e.Touch
	}
	for _, t := range []domain.Type{
		"delivery.promised", "delivery.made", "delivery.missed", "delivery.excused",
		"complaint.assessed", "complaint.closed",
		"commitment.made", "commitment.renegotiated", "commitment.kept", "commitment.broken", "commitment.released",
		"silence.noticed", "improvement.agreed", "improvement.delivered", "improvement.descoped",
		"quality.measured", "return.received", "return.analysed", "warranty.claimed", "warranty.decided", "job.completed",
		"nonconformity.opened", "nonconformity.effect_verified", "need.met",
		"expectation.stated", "expectation.measured", "expectation.validated", "assessment.made",
		"voice.classified", "competitor.rated", "alternative.sought",
	} {
		m[t] = true
	}
	return m
}()

// FactOf is the fact an event leaves, or false if it leaves none. A correction is not
// asked about itself but about the event it makes of its target.
func FactOf(e domain.Recorded) (Fact, bool) {
	if !Wants(e.Data.EventType()) {
		return Fact{}, false
	}
	return Fact{
		Position: e.Position, SpeaksFor: e.Position, Account: e.Account,
		Occurred: e.OccurredAt, Recorded: e.RecordedAt, Content: contentOf(e.Data),
	}, true
}

func contentOf(data domain.Event) Content {
	c := Content{Type: data.EventType()}
	switch d := data.(type) {
	case domain.DeliveryPromised, domain.DeliveryMade, domain.DeliveryMissed, domain.DeliveryExcused:
		c.delivery(d)
	case domain.ComplaintRaised, domain.ComplaintAcknowledged, domain.ComplaintAssessed, domain.ComplaintAnswered,
		domain.ComplaintClosed, domain.ComplaintReopened:
		c.complaint(d)
	case domain.RequestReceived, domain.RequestClarified, domain.RequestAnswered, domain.RequestDeclined:
		c.request(d)
	case domain.CommitmentMade, domain.CommitmentRenegotiated, domain.CommitmentKept, domain.CommitmentBroken,
		domain.CommitmentReleased:
		c.commitment(d)
	case domain.SurveyAnswered:
		c.survey(d)
	case domain.VoiceCaptured:
		c.Key, c.Amount = d.Voice, tone(d.Polarity)
	case domain.VoiceClassified:
		c.Key, c.Amount = d.Voice, tone(d.Polarity)
	case domain.InteractionHeld:
		c.Marks.add("proactive", d.Trigger == "proactive" || d.Trigger == "scheduled" ||
			d.Kind == "check_in" && d.Trigger != "crisis" && d.Trigger != "our_ask")
	case domain.MeetingOutcomeTold:
		c.Key = d.Meeting
	case domain.InvolvementStarted:
		c.Marks.add("customer", d.Party == "customer")
	case domain.SilenceNoticed:
		c.Moment = d.LastContactAt
	default:
		c.quality(d)
		c.expectation(d)
		c.improvement(d)
		c.opinion(d)
	}
	return c
}

func (c *Content) delivery(data domain.Event) {
	switch d := data.(type) {
	case domain.DeliveryPromised:
		c.Key, c.Moment, c.Amount, c.Tolerance, c.Unit = d.Line, d.PromisedAt, d.Qty, d.TolerancePct, d.UOM
		c.Marks = Marks(d.Basis)
	case domain.DeliveryMade:
		c.Key, c.Moment, c.Amount, c.Unit = d.Line, d.DeliveredAt, d.Qty, d.UOM
		damaged, wrong := isFalse(d.DamageFree), isFalse(d.DocumentsOK)
		c.Marks.add("damaged", damaged)
		c.Marks.add("documents_wrong", wrong)
		c.Marks.add("clean", !damaged && !wrong && (d.DamageFree != nil || d.DocumentsOK != nil))
	case domain.DeliveryMissed:
		c.Key, c.Amount = d.Line, d.LateMin
	case domain.DeliveryExcused:
		c.Key = d.Line
	}
}

func (c *Content) complaint(data domain.Event) {
	switch d := data.(type) {
	case domain.ComplaintRaised:
		c.Key, c.Amount = d.Complaint, new(float64(d.Severity))
		c.Marks.add("safety", d.Safety)
	case domain.ComplaintAcknowledged:
		c.Key = d.Complaint
	case domain.ComplaintAssessed:
		c.Key = d.Complaint
		if d.Severity != 0 {
			c.Amount = new(float64(d.Severity))
		}
	case domain.ComplaintAnswered:
		c.Key = d.Complaint
		c.Marks.add("disputed", d.Stance == "disputed")
	case domain.ComplaintClosed:
		c.Key = d.Complaint
		c.Marks.add("accepted", d.AcceptedByCustomer != nil && *d.AcceptedByCustomer)
		c.Marks.add("not_accepted", isFalse(d.AcceptedByCustomer))
	case domain.ComplaintReopened:
		c.Key = d.Complaint
	}
}

func (c *Content) request(data domain.Event) {
	switch d := data.(type) {
	case domain.RequestReceived:
		c.Key, c.Moment = d.Request, d.DueAt
	case domain.RequestClarified:
		c.Key, c.Marks = d.Request, Marks(d.Awaiting)
	case domain.RequestAnswered:
		c.Key = d.Request
		c.Marks.add("sufficient", d.FirstAnswerSufficient != nil && *d.FirstAnswerSufficient)
	case domain.RequestDeclined:
		c.Key = d.Request
	}
}

func (c *Content) commitment(data domain.Event) {
	switch d := data.(type) {
	case domain.CommitmentMade:
		c.Key, c.Moment = d.Commitment, d.DueAt
	case domain.CommitmentRenegotiated:
		c.Key, c.Moment, c.Marks = d.Commitment, d.NewDueAt, Marks(d.AskedBy)
	case domain.CommitmentKept:
		c.Key = d.Commitment
	case domain.CommitmentBroken:
		c.Key = d.Commitment
	case domain.CommitmentReleased:
		c.Key = d.Commitment
	}
}

func (c *Content) survey(d domain.SurveyAnswered) {
	c.Amount = share(d.Score, d.ScaleMin, d.ScaleMax)
	c.Marks.add("independent", d.Independent)
	c.Marks.add(d.Stance, d.Stance == "negotiating" || d.Stance == "political")
}

// tone is where a polarity lies between very negative and very positive.
func tone(polarity *int64) *float64 {
	if polarity == nil {
		return nil
	}
	return share(float64(*polarity), -2, 2)
}

// share is how far up the scale a score is, from 0 to 1; nil if the scale has no
// length or the numbers are none.
func share(score, lowest, highest float64) *float64 {
	p := (score - lowest) / (highest - lowest)
	if math.IsNaN(p) || math.IsInf(p, 0) {
		return nil
	}
	return new(min(max(p, 0), 1))
}

func isFalse(b *bool) bool { return b != nil && !*b }
