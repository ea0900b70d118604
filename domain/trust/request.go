package trust

import "time"

// request judges one request by its first answer: when due or late, or, if there is
// none, by its being declined. A request still open is no evidence.
func (j *judge) request(facts []*Fact) {
	received, answered := first(facts, "request.received"), first(facts, "request.answered")
	switch {
	case received == nil:
	case answered == nil:
		if declined := first(facts, "request.declined"); declined != nil {
			j.bad("request.declined", declined, declined.Occurred, 1)
		}
	default:
		late := time.Duration(0)
		if !received.Moment.IsZero() {
			late = answered.Occurred.Sub(received.Moment) - paused(facts, answered.Occurred)
		}
		if late > 0 {
			j.bad("request.late", answered, answered.Occurred, lateness(late))
		} else {
			j.good("request.answered", answered, answered.Occurred)
		}
		if answered.Marks.has("sufficient") {
			j.good("request.first_answer", answered, answered.Occurred)
		}
	}
}

// paused is how long, up to the answer, it was the customer's turn.
func paused(facts []*Fact, until time.Time) time.Duration {
	var sum time.Duration
	var since time.Time
	for _, f := range facts {
		if f.Type != "request.clarified" || f.Occurred.After(until) {
			continue
		}
		switch f.Marks {
		case "customer":
			if since.IsZero() {
				since = f.Occurred
			}
		case "us":
			if !since.IsZero() {
				sum += f.Occurred.Sub(since)
			}
			since = time.Time{}
		}
	}
	if !since.IsZero() {
		sum += until.Sub(since)
	}
	return sum
}
