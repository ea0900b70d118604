package trust

import "time"

// promptly is the time within which a complaint should be acknowledged. Two days of
// the clock, because the model knows no business hours.
const promptly = 48 * time.Hour

// severe is the severity from which an open complaint is flagged.
const severe = 4

// complaint judges one complaint. That it was raised counts against quality by the
// graver of the customer's view and ours; how it was dealt with counts for or against
// responsiveness. Of several closings only the last counts, and only if it held.
func (j *judge) complaint(facts []*Fact) {
	raised := first(facts, "complaint.raised")
	if raised == nil {
		return
	}
	severity := graveness(facts)
	times := severity / 3
	if raised.Marks.has("safety") {
		times *= 2
	}
	j.bad("complaint.raised", raised, raised.Occurred, times)

	if ack := first(facts, "complaint.acknowledged"); ack != nil && ack.Occurred.Sub(raised.Occurred) <= promptly {
		j.good("complaint.acknowledged", ack, ack.Occurred)
	}
	j.complaintAnswers(facts)
	for _, f := range facts {
		if f.Type == "complaint.reopened" {
			j.bad("complaint.reopened", f, f.Occurred, 1)
		}
	}
	closed, open := last(facts, "complaint.closed"), true
	if closed != nil {
		reopened := last(facts, "complaint.reopened")
		open = reopened != nil && !reopened.Occurred.Before(closed.Occurred)
	}
	if !open && closed.Marks.has("accepted") {
		j.good("complaint.accepted", closed, closed.Occurred)
	}
	if !open && closed.Marks.has("not_accepted") {
		j.bad("complaint.not_accepted", closed, closed.Occurred, 1)
	}
	if open && (severity >= severe || raised.Marks.has("safety")) {
		j.flag(FlagComplaintSevere, raised.Key, raised.Occurred, raised)
	}
}

// complaintAnswers judges the first answer of each sort: one that disputes the
// complaint does not undo one that does not, nor the other way round.
func (j *judge) complaintAnswers(facts []*Fact) {
	var answered, disputed bool
	for _, f := range facts {
		switch {
		case f.Type != "complaint.answered":
		case f.Marks.has("disputed") && !disputed:
			disputed = true
			j.bad("complaint.disputed", f, f.Occurred, 1)
		case !f.Marks.has("disputed") && !answered:
			answered = true
			j.good("complaint.answered", f, f.Occurred)
		}
	}
}

// graveness is the largest severity anybody saw in the complaint. Our assessment may
// raise what the customer said but not lower it.
func graveness(facts []*Fact) float64 {
	var most float64
	for _, f := range facts {
		if f.Amount != nil {
			most = max(most, *f.Amount)
		}
	}
	return most
}
