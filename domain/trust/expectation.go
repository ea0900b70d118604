package trust

// ourselves is how much less counts what we found out about ourselves.
func ourselves(m Marks) float64 {
	if m.has("us") {
		return 0.5
	}
	return 1
}

// need judges one need by how well it was found to be met last.
func (j *judge) need(facts []*Fact) {
	if met := last(facts, "need.met"); met != nil && met.Amount != nil {
		j.shared("need.met", met, ourselves(met.Marks), *met.Amount)
	}
}

// expectation judges one expectation: by whether it was found to be met last, and by
// each value that was measured for it.
func (j *judge) expectation(facts []*Fact) {
	stated := last(facts, "expectation.stated")
	for _, f := range facts {
		if f.Type != "expectation.measured" {
			continue
		}
		if met, known := meets(f, stated); known {
			j.shared("expectation.measured", f, 1, met)
		}
	}
	if validated := last(facts, "expectation.validated"); validated != nil {
		j.shared("expectation.validated", validated, ourselves(validated.Marks), *validated.Amount)
	}
}

// meets tells whether a value meets what was stated, as it says itself or by the
// target, if both are in the same unit.
func meets(measured, stated *Fact) (met float64, known bool) {
	switch {
	case measured.Marks.has("met"):
		return 1, true
	case measured.Marks.has("not_met"):
		return 0, true
	case stated == nil || stated.Amount == nil || measured.Amount == nil,
		measured.Unit != "" && measured.Unit != stated.Unit:
		return 0, false
	}
	value, target := *measured.Amount, *stated.Amount
	switch {
	case stated.Marks.has("at_least") && value >= target, stated.Marks.has("at_most") && value <= target:
		return 1, true
	case stated.Marks == "":
		return 0, false
	}
	return 0, true
}

// improvement judges one that was agreed as a promise: done by its date counts for,
// later partly against, descoped against. That the customer was told is a contact.
func (j *judge) improvement(facts []*Fact) {
	if told := first(facts, "improvement.told"); told != nil {
		j.good("improvement.told", told, told.Occurred)
	}
	agreed := first(facts, "improvement.agreed")
	if agreed == nil {
		return
	}
	delivered, descoped := first(facts, "improvement.delivered"), first(facts, "improvement.descoped")
	switch {
	case delivered != nil && !agreed.Moment.IsZero() && delivered.Occurred.After(agreed.Moment):
		j.shared("improvement.delivered", delivered, 1, 1-lateness(delivered.Occurred.Sub(agreed.Moment))/2)
	case delivered != nil:
		j.good("improvement.delivered", delivered, delivered.Occurred)
	case descoped != nil:
		j.bad("improvement.descoped", descoped, descoped.Occurred, 1)
	}
}

// performance judges a dispute of how well we say we do, by measure and period.
func (j *judge) performance(facts []*Fact) {
	challenged := first(facts, "performance.challenged")
	if challenged == nil {
		return
	}
	j.bad("performance.challenged", challenged, challenged.Occurred, 1)
	switch answered := last(facts, "performance.answered"); {
	case answered == nil:
	case answered.Marks.has("disputed"):
		j.bad("performance.disputed", answered, answered.Occurred, 1)
	default:
		j.good("performance.answered", answered, answered.Occurred)
	}
}

// voice judges the customer's words by their tone as it was heard, or else as they were
// classified last. What is said of words that were not captured here, such as those of
// a survey, whose score counts, is no evidence; nor are classifications that name the words
// by position.
func (j *judge) voice(facts []*Fact) {
	captured := first(facts, "voice.captured")
	if captured == nil {
		return
	}
	heard := captured.Amount
	for _, f := range facts {
		if captured.Amount == nil && f.Type == "voice.classified" && f.Amount != nil {
			heard = f.Amount
		}
	}
	if heard != nil {
		j.shared("voice.captured", captured, 1, *heard)
	}
}
