package improvement

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Complaint is one, and the stage it has come to (stages after ISO 10002).
type Complaint struct {
	Complaint       string            `json:"complaint" doc:"the emitter's id"`
	Stage           string            `json:"stage" enum:"raised,acknowledged,assessed,investigated,answered,closed"`
	Open            bool              `json:"open"`
	Severity        int64             `json:"severity" doc:"1 to 5; as assessed, if it was"`
	Safety          bool              `json:"safety,omitzero"`
	RaisedAt        time.Time         `json:"raised_at"`
	AcknowledgedMin *float64          `json:"acknowledged_min" doc:"business minutes until the customer knew that we had heard, by our word for it or by an answer; null if there was neither"`
	AnsweredH       *float64          `json:"answered_h" doc:"business hours until it was answered; null if it was not"`
	ClosedH         *float64          `json:"closed_h" doc:"business hours until it was closed last; null if it is open"`
	AgeH            float64           `json:"age_h" doc:"business hours until it was closed, or until now"`
	InTime          *bool             `json:"in_time" doc:"whether it was answered in the time that the policy allows; null while there is time"`
	Accepted        *bool             `json:"accepted" doc:"whether the customer accepted the end; null if nobody asked or it is open"`
	ReopenedCount   int               `json:"reopened_count"`
	Stance          string            `json:"stance,omitzero" enum:"accepted,explained,disputed"`
	Awaiting        string            `json:"awaiting,omitzero" enum:"customer,us"`
	Topic           string            `json:"topic,omitzero"`
	Product         string            `json:"product,omitzero"`
	Contact         string            `json:"contact,omitzero"`
	Position        domain.Position   `json:"position"`
	Positions       []domain.Position `json:"positions"`

	waits     waits
	within    bool
	ackInTime *bool // as InTime, but until the customer knew that we had heard
}

// ComplaintFigures are about complaints raised in the period; open ones are counted whenever they were raised.
type ComplaintFigures struct {
	RaisedCount       int        `json:"raised_count"`
	OpenCount         int        `json:"open_count"`
	OpenSafetyCount   int        `json:"open_safety_count"`
	MedianAckMin      *float64   `json:"median_ack_min" doc:"business minutes until the customer knew that we had heard; null if none does"`
	AckInTimePct      *float64   `json:"ack_in_time_pct" doc:"of those acknowledged, answered or past their time: in what the policy's times allow for complaint_acknowledged, or for complaint if they do not name that; null if there are none"`
	AnsweredInTimePct *float64   `json:"answered_in_time_pct" doc:"of those answered or past their time; null if there are none"`
	AcceptedPct       *float64   `json:"accepted_pct" doc:"of those closed where the customer was asked; null if nobody was"`
	ReopenedPct       *float64   `json:"reopened_pct" doc:"of those closed at least once"`
	RecoveredPct      *float64   `json:"recovered_pct" doc:"of all raised, closed and accepted"`
	Severities        []Severity `json:"severities" doc:"time until closed, by severity"`

	tally complaintTally
}

// Severity is how long complaints of a severity take.
type Severity struct {
	Severity int64    `json:"severity"`
	Count    int      `json:"count" doc:"closed ones"`
	MedianH  *float64 `json:"median_h" doc:"business hours"`
	P90H     *float64 `json:"p90_h" doc:"business hours that nine of ten do not exceed"`
}

// complaintTally is what figures of several accounts are added up from.
type complaintTally struct {
	ackInTime, ackTimed, inTime, timed, accepted, asked, reopened, closed int

	ack   []float64
	hours map[int64][]float64
}

// stages in their order.
var stages = []string{"raised", "acknowledged", "assessed", "investigated", "answered", "closed"}

// complaints are all, open ones first.
func (v *view) complaints() ([]Complaint, ComplaintFigures) {
	var all []*Complaint
	named := map[string]*Complaint{}
	for _, e := range v.Events {
		if data, ok := e.Data.(domain.ComplaintRaised); ok {
			c := &Complaint{
				Complaint: v.Name(e, data.Complaint), Stage: "raised", Open: true, Severity: data.Severity, Safety: data.Safety, RaisedAt: e.OccurredAt, Topic: data.Topic,
				Product: data.Product, Contact: v.Person(e, data.Contact), Position: e.Position, within: v.Within(e.OccurredAt),
			}
			all, named[c.Complaint] = append(all, c), c
		}
	}
	for _, e := range v.Events {
		if id, ok := complaintOf(e.Data); ok {
			if c := named[v.Name(e, id)]; c != nil {
				c.Positions = append(c.Positions, e.Position)
				c.take(v, e)
			}
		}
	}
	figures := ComplaintFigures{tally: complaintTally{hours: map[int64][]float64{}}}
	list := make([]Complaint, 0, len(all))
	for _, c := range all {
		c.judge(v)
		figures.count(c)
		list = append(list, *c)
	}
	figures.rate()
	slices.SortStableFunc(list, func(a, b Complaint) int {
		return cmp.Or(dossier.Truth(b.Open)-dossier.Truth(a.Open), dossier.Truth(b.Safety)-dossier.Truth(a.Safety), cmp.Compare(b.Severity, a.Severity), a.RaisedAt.Compare(b.RaisedAt))
	})
	return list, figures
}

func complaintOf(e domain.Event) (domain.ID, bool) {
	switch data := e.(type) {
	case domain.ComplaintRaised:
		return data.Complaint, true
	case domain.ComplaintAcknowledged:
		return data.Complaint, true
	case domain.ComplaintAssessed:
		return data.Complaint, true
	case domain.ComplaintInvestigated:
		return data.Complaint, true
	case domain.ComplaintAnswered:
		return data.Complaint, true
	case domain.ComplaintClosed:
		return data.Complaint, true
	case domain.ComplaintReopened:
		return data.Complaint, true
	}
	return "", false
}

// take takes in what happened to it after it was raised.
func (c *Complaint) take(v *view, e domain.Recorded) {
	to := func(stage string) {
		if slices.Index(stages, stage) > slices.Index(stages, c.Stage) {
			c.Stage = stage
		}
	}
	worked := func() float64 { return v.worked(c.RaisedAt, e.OccurredAt, c.waits.until(e.OccurredAt)...).Hours() }
	heard := func() {
		if c.AcknowledgedMin == nil {
			c.AcknowledgedMin = new(60 * worked())
		}
	}
	switch data := e.Data.(type) {
	case domain.ComplaintAcknowledged:
		heard()
		to("acknowledged")
	case domain.ComplaintAssessed:
		c.Severity = cmp.Or(data.Severity, c.Severity)
		to("assessed")
	case domain.ComplaintInvestigated:
		c.Awaiting = data.Awaiting
		c.waits.turn(data.Awaiting, e.OccurredAt)
		to("investigated")
	case domain.ComplaintAnswered:
		if c.AnsweredH == nil {
			c.AnsweredH = new(worked())
		}
		heard() // who has an answer knows
		c.Stance = data.Stance
		to("answered")
	case domain.ComplaintClosed:
		c.Stage, c.Open, c.Accepted, c.ClosedH, c.Awaiting = "closed", false, data.AcceptedByCustomer, new(worked()), ""
		c.waits.turn("", e.OccurredAt) // if it is opened again, nobody waits for the customer
	case domain.ComplaintReopened:
		c.Stage, c.Open, c.Accepted, c.ClosedH = "raised", true, nil, nil
		c.ReopenedCount++
	}
}

// judge holds it against the time that is allowed.
func (c *Complaint) judge(v *view) {
	if c.ClosedH != nil {
		c.AgeH = *c.ClosedH
	} else {
		c.AgeH = v.worked(c.RaisedAt, v.At, c.waits.until(v.At)...).Hours()
	}
	answered := c.AnsweredH
	if answered == nil {
		answered = c.ClosedH
	}
	c.InTime = c.inTime(answered, v.allowed("complaint"))
	heard := c.ClosedH // if nobody said a word before
	if c.AcknowledgedMin != nil {
		heard = new(*c.AcknowledgedMin / 60)
	}
	c.ackInTime = c.inTime(heard, v.allowed("complaint_acknowledged", "complaint"))
}

// inTime is whether what took so many hours was done in time; nil while there is time.
func (c *Complaint) inTime(hours *float64, allowed time.Duration) *bool {
	switch {
	case hours != nil:
		return new(*hours <= allowed.Hours())
	case c.AgeH > allowed.Hours():
		return new(false)
	}
	return nil
}

func (f *ComplaintFigures) count(c *Complaint) {
	f.OpenCount += dossier.Truth(c.Open)
	f.OpenSafetyCount += dossier.Truth(c.Open && c.Safety)
	if !c.within {
		return
	}
	f.RaisedCount++
	if c.AcknowledgedMin != nil {
		f.tally.ack = append(f.tally.ack, *c.AcknowledgedMin)
	}
	if c.ackInTime != nil {
		f.tally.ackTimed++
		f.tally.ackInTime += dossier.Truth(*c.ackInTime)
	}
	if c.InTime != nil {
		f.tally.timed++
		f.tally.inTime += dossier.Truth(*c.InTime)
	}
	if c.Accepted != nil {
		f.tally.asked++
		f.tally.accepted += dossier.Truth(*c.Accepted)
	}
	f.tally.reopened += dossier.Truth(c.ReopenedCount > 0)
	f.tally.closed += dossier.Truth(c.ClosedH != nil || c.ReopenedCount > 0)
	if c.ClosedH != nil {
		f.tally.hours[c.Severity] = append(f.tally.hours[c.Severity], *c.ClosedH)
	}
}

func (f *ComplaintFigures) add(g ComplaintFigures) {
	f.RaisedCount += g.RaisedCount
	f.OpenCount += g.OpenCount
	f.OpenSafetyCount += g.OpenSafetyCount
	f.tally.ack = append(f.tally.ack, g.tally.ack...)
	f.tally.ackInTime += g.tally.ackInTime
	f.tally.ackTimed += g.tally.ackTimed
	f.tally.inTime += g.tally.inTime
	f.tally.timed += g.tally.timed
	f.tally.accepted += g.tally.accepted
	f.tally.asked += g.tally.asked
	f.tally.reopened += g.tally.reopened
	f.tally.closed += g.tally.closed
	for severity, hours := range g.tally.hours {
		f.tally.hours[severity] = append(f.tally.hours[severity], hours...)
	}
}

func (f *ComplaintFigures) rate() {
	t := &f.tally
	f.MedianAckMin = dossier.Median(t.ack)
	f.AckInTimePct = dossier.Percent(t.ackInTime, t.ackTimed)
	f.AnsweredInTimePct, f.AcceptedPct = dossier.Percent(t.inTime, t.timed), dossier.Percent(t.accepted, t.asked)
	f.ReopenedPct, f.RecoveredPct = dossier.Percent(t.reopened, t.closed), dossier.Percent(t.accepted, f.RaisedCount)
	f.Severities = []Severity{}
	for severity := int64(1); severity <= 5; severity++ {
		if hours := t.hours[severity]; len(hours) > 0 {
			f.Severities = append(f.Severities, Severity{severity, len(hours), dossier.Median(hours), dossier.Percentile(90, hours)})
		}
	}
}
