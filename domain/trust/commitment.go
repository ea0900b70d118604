package trust

// commitment judges one promise by its last date. Kept by then counts for, kept later
// (or after it had been called broken) partly against, broken against. Asking for
// another date counts against a little, each time. Released is neutral, and a date
// that passed without a word is a flag.
func (j *judge) commitment(facts []*Fact) {
	made := first(facts, "commitment.made")
	if made == nil {
		return
	}
	due := made.Moment
	for _, f := range facts {
		if f.Type != "commitment.renegotiated" {
			continue
		}
		due = f.Moment
		if f.Marks == "us" {
			j.bad("commitment.renegotiated", f, f.Occurred, 1)
		}
	}
	kept, broken := first(facts, "commitment.kept"), first(facts, "commitment.broken")
	switch {
	case kept != nil && broken == nil && !kept.Occurred.After(due):
		j.good("commitment.kept", kept, kept.Occurred)
	case kept != nil:
		j.shared("commitment.kept_late", kept, 1, 1-lateness(kept.Occurred.Sub(due))/2)
	case broken != nil:
		j.bad("commitment.broken", broken, broken.Occurred, 1)
	}
	if kept != nil || first(facts, "commitment.released") != nil {
		return
	}
	if broken != nil && broken.Occurred.Before(due) {
		due = broken.Occurred
	}
	if due.Before(j.at) {
		j.flag(FlagCommitmentOverdue, made.Key, due, made, broken)
	}
}
