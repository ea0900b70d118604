package followup

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/calendar"
)

// Item is something we owe the customer. What depends on the instant of reading (is it
// overdue, does it still sleep) is not in it.
//
// An item outlives its end: a further cause opens it again, and another round begins.
type Item struct {
	ID      string
	Account domain.AccountID
	Rule    string
	// Reason is the rule's, or what was given if it was opened by hand.
	Reason string
	// Subject is what it is about, as the emitter names it; "" where the account has a
	// single item of the rule.
	Subject string
	// Causes are the events that opened this round, as they stand, in order.
	Causes []domain.Position
	// Owner is who was given it, and OwnerSince when; see [HandOver].
	Owner      string
	OwnerSince time.Time
	// OpenedAt is when the first cause of this round occurred.
	OpenedAt time.Time
	// DueAt is the date that was given, or what the policy in force at OpenedAt makes
	// it. Time in which the customer's move was awaited puts it off.
	DueAt time.Time
	// DueRecorded is when the last event that bore on the due date was recorded.
	DueRecorded time.Time
	// Noticed says that a due.passed was recorded for DueAt.
	Noticed bool
	// Paused says that the customer's move is awaited now. DueAt is then as if it were
	// made at once.
	Paused       bool
	SnoozedUntil time.Time // zero if it does not sleep; may have passed
	EscalatedTo  string
	// Next is the step of the ladder that comes next; its At is zero if none does.
	Next          Step
	Impact        int // 1 to 5
	CustomerKnows bool
	Done, Told    bool
	// Ending is why the item is closed; "" if it is not.
	Ending   Ending
	ClosedAt time.Time
	Outcome  string
}

// Step is a step of the policy's ladder, which an item climbs while it is overdue.
type Step struct {
	// Number counts from 1.
	Number int
	// At is when the item reaches it, if nothing happens.
	At time.Time
	// To is whom it is taken to: a role or a person, as the policy has it.
	To string
}

// Ending is why an item is closed.
type Ending string

const (
	// Fulfilled is done, and told where that is called for.
	Fulfilled Ending = "fulfilled"
	// Dismissed was found to need nothing.
	Dismissed Ending = "dismissed"
	// Settled was ended by what happened: a promise released, a silence broken.
	Settled Ending = "settled"
	// Withdrawn has no cause left that stands.
	Withdrawn Ending = "withdrawn"
)

// Fold makes an item of all its signals, which may be in any order. It is false if
// there is no item: nothing ever called for one. The terms tell what is due when.
func Fold(signals []Signal, terms *Terms) (Item, bool) {
	f, ok := fold(signals)
	if !ok {
		return Item{}, false
	}
	f.setDue(terms)
	return f.Item, true
}

// folding is an item in the making.
type folding struct {
	Item
	rule     *Rule
	mustTell bool
	grave    bool
	ownDue   time.Time // given, not made by policy
	dueNow   time.Time // what was broken then
	turns    []turnTaken
	noticed  []time.Time
	climbed  []climb
	opened   bool            // by some cause
	holder   string          // of the place that the rule wants filled
	said     map[string]said // by whom, of the number that the rule compares
	aims     []Signal        // numbers that measured ones are held against
}

// said is a number somebody gave, and where.
type said struct {
	number float64
	at     domain.Position
}

// climb says that the item reached a step of the ladder for a due date.
type climb struct {
	due  time.Time
	step int
}

// turnTaken says that from an instant on the next move is the customer's, or ours.
type turnTaken struct {
	at        time.Time
	customers bool
}

func fold(signals []Signal) (*folding, bool) {
	cause := func(s Signal) bool { return s.Does.Has(Cause) }
	first := slices.IndexFunc(signals, cause)
	if first < 0 {
		return nil, false
	}
	rule := ruleOf[signals[first].Rule]
	if rule == nil {
		return nil, false
	}
	f := &folding{rule: rule}
	f.ID, f.Account, f.Rule = signals[first].Item, AccountOf(signals[first].Item), rule.Reason
	f.Reason, f.Subject = rule.Reason, string(signals[first].Key)
	withdrawn := *f
	f.takeAll(signals, rule.Order, func(s Signal) bool { return !s.Void })
	if f.opened {
		return f, true
	}
	// Nothing that stands opened it, as things happened. If it was there once, for what
	// was withdrawn or because something was not known yet, show what it was.
	f = &withdrawn
	f.takeAll(signals, AsRecorded, func(s Signal) bool { return !s.Void || s.Does.any(Cause|AtLeast|AtMost) })
	f.Causes = nil
	f.end(Withdrawn, f.ClosedAt)
	return f, f.opened
}

// takeAll takes those of the signals that count. What the ledger noticed it noticed,
// whatever became of the event that says so.
func (f *folding) takeAll(signals []Signal, order Order, counts func(Signal) bool) {
	var counting []Signal
	for _, s := range signals {
		if s.Does.Has(Climbs) {
			f.climbed = append(f.climbed, climb{s.DueAt, int(s.Number)})
		}
		switch {
		case s.Does.Has(Noticed):
			f.noticed = append(f.noticed, s.DueAt)
		case counts(s):
			counting = append(counting, s)
		}
	}
	for _, s := range inOrder(counting, order) {
		f.take(f.weigh(s))
	}
}

// inOrder sorts the signals by the rule's order.
func inOrder(sorted []Signal, order Order) []Signal {
	slices.SortStableFunc(sorted, func(a, b Signal) int { return cmp.Compare(a.Position, b.Position) })
	if order == AsRecorded {
		return sorted
	}
	// Between two decisions by when it happened: a decision was made in the knowledge
	// of what was recorded before it, and not of what came later.
	from := 0
	for to := 0; to <= len(sorted); to++ {
		if to == len(sorted) || sorted[to].Does.Has(Decides) {
			slices.SortStableFunc(sorted[from:to], byOccurred)
			from = to + 1
		}
	}
	return sorted
}

// byOccurred has causes precede what else happened at the same time, which may be no
// more than a date.
func byOccurred(a, b Signal) int {
	return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(b.Does&Cause, a.Does&Cause))
}

func (f *folding) take(s Signal) {
	if s.Does.Has(Cause) {
		f.addCause(s)
	}
	if len(f.Causes) == 0 {
		return // it precedes every cause
	}
	f.CustomerKnows = f.CustomerKnows || s.Does.Has(Knows)
	f.mustTell = f.mustTell || s.Does.Has(MustTell)
	f.grave = f.grave || s.Does.Has(Grave)
	f.takeImpact(s)
	f.takeClock(s)
	f.takeHandling(s)
	f.takeEnding(s)
}

// addCause begins another round if the item is closed, or is the first to open it.
func (f *folding) addCause(s Signal) {
	f.opened = true
	if f.Ending != "" || len(f.Causes) == 0 || s.Does.Has(Anew) {
		f.Causes, f.OpenedAt, f.ClosedAt, f.Ending = nil, s.OccurredAt, time.Time{}, ""
		f.EscalatedTo, f.ownDue, f.dueNow = "", time.Time{}, time.Time{}
		if s.Impact > 0 {
			f.Impact = 0
		}
	}
	f.Impact = max(f.Impact, s.Impact, 1) // what said how grave it is may be withdrawn
	if s.OccurredAt.Before(f.OpenedAt) {
		f.OpenedAt = s.OccurredAt
	}
	// There is something to do again, and to tell.
	f.Done, f.Told, f.Outcome, f.SnoozedUntil = false, false, "", time.Time{}
	cites := s.Cites
	if len(cites) == 0 {
		cites = []domain.Position{s.Position}
	}
	f.Causes = append(f.Causes, cites...)
	slices.Sort(f.Causes)
	f.Causes = slices.Compact(f.Causes)
	if f.rule.Reason == ByHand {
		f.Reason = s.Text
	}
	if s.Who != "" && !s.Does.Has(Leaves) {
		f.Owner, f.OwnerSince = s.Who, s.OccurredAt
	}
}

func (f *folding) takeImpact(s Signal) {
	if !s.Does.Has(Cause) && s.Impact > 0 {
		f.Impact = s.Impact
	}
	if f.grave {
		f.Impact = 5
	}
}

// takeClock keeps what bears on the due date.
func (f *folding) takeClock(s Signal) {
	if s.Does.any(Pauses | Resumes | Cause | Done | Settles | Dismisses) {
		f.turns = append(f.turns, turnTaken{s.OccurredAt, s.Does.Has(Pauses)})
	}
	given := !s.DueAt.IsZero() && !s.Does.Has(Climbs)
	if given {
		f.ownDue = s.DueAt
	}
	if s.Does.Has(DueNow) {
		f.dueNow = s.OccurredAt
	}
	if moves := s.Does.any(Cause|Pauses|Resumes|DueNow) || given; moves && s.RecordedAt.After(f.DueRecorded) {
		f.DueRecorded = s.RecordedAt
	}
}

// takeHandling keeps who looks after the item, and how.
func (f *folding) takeHandling(s Signal) {
	if f.Ending != "" {
		return
	}
	switch {
	case s.Does.Has(Assigns):
		f.Owner, f.OwnerSince = s.Who, s.OccurredAt
	case s.Does.Has(Snoozes):
		f.SnoozedUntil = s.Until
	case s.Does.Has(Escalates):
		f.EscalatedTo, f.SnoozedUntil = s.Who, time.Time{}
	}
}

func (f *folding) takeEnding(s Signal) {
	f.Told = f.Told || s.Does.Has(Told)
	if f.Ending != "" {
		return
	}
	if s.Does.Has(Done) || f.Told && f.rule.Loop == TellOnly {
		f.Done, f.SnoozedUntil = true, time.Time{}
	}
	if s.Does.any(Done|Settles|Dismisses) && s.Text != "" {
		f.Outcome = s.Text
	}
	switch {
	case s.Does.Has(Dismisses):
		f.end(Dismissed, s.OccurredAt)
	case s.Does.Has(Settles):
		f.end(Settled, s.OccurredAt)
	case f.fulfilled():
		f.end(Fulfilled, s.OccurredAt)
	}
}

func (f *folding) fulfilled() bool {
	return f.Done && (f.Told || f.rule.Loop == Work && !f.mustTell)
}

func (f *folding) end(why Ending, at time.Time) {
	f.Ending, f.ClosedAt, f.SnoozedUntil = why, at, time.Time{}
	f.mustTell = false
}

// setDue sets everything about the due date.
func (f *folding) setDue(terms *Terms) {
	term := terms.At(f.OpenedAt)
	pauses, paused := f.pauses()
	f.Paused = paused && f.Ending == "" && !f.Done
	due := f.ownDue
	switch {
	case due.IsZero():
		due = term.Calendar.Add(f.OpenedAt, term.Allowed(f.Reason, f.rule.Reason), pauses...)
	case len(pauses) > 0:
		allowed := term.Calendar.Between(f.OpenedAt, due)
		if later := term.Calendar.Add(f.OpenedAt, allowed, pauses...); later.After(due) {
			due = later
		}
	}
	if !f.dueNow.IsZero() && f.dueNow.Before(due) {
		due = f.dueNow
	}
	f.DueAt = due
	f.Noticed = slices.ContainsFunc(f.noticed, due.Equal)
	if f.waits() {
		f.SnoozedUntil = term.Calendar.Sub(due, term.Allowed(f.Reason, f.rule.Reason))
	}
	f.setNext(term, pauses)
}

// waits reports whether the item is put aside until its date is near.
func (f *folding) waits() bool {
	untouched := f.SnoozedUntil.IsZero() && f.EscalatedTo == "" && !f.Done && f.Ending == ""
	return f.rule.Ahead && untouched && !f.ownDue.IsZero() && f.dueNow.IsZero()
}

// setNext sets the next step of the ladder. Each is reached once for a due date; one
// that was passed over because it is for others is not gone back to. Putting an item
// aside does not stop the ladder; the customer's move does.
func (f *folding) setNext(term *Term, pauses []calendar.Interval) {
	if f.Ending != "" || f.Paused {
		return
	}
	reached := 0
	for _, c := range f.climbed {
		if c.due.Equal(f.DueAt) {
			reached = max(reached, c.step)
		}
	}
	for i, step := range term.policy.Escalations {
		if i < reached || !f.isFor(step) {
			continue
		}
		at := term.Calendar.Add(f.DueAt, hours(step.AfterH), pauses...)
		f.Next = Step{Number: i + 1, At: at, To: step.To}
		return
	}
}

func (f *folding) isFor(s domain.EscalationStep) bool {
	if s.CustomerKnown && !f.CustomerKnows {
		return false
	}
	return len(s.Reasons) == 0 || slices.Contains(s.Reasons, f.Reason) || slices.Contains(s.Reasons, f.rule.Reason)
}

// pauses are the times since the item opened in which the customer's move was awaited
// and that have ended, and whether it is awaited now.
func (f *folding) pauses() (ended []calendar.Interval, now bool) {
	slices.SortStableFunc(f.turns, func(a, b turnTaken) int { return a.at.Compare(b.at) })
	var since time.Time
	for _, t := range f.turns {
		switch {
		case t.customers && since.IsZero():
			since = t.at
		case !t.customers && !since.IsZero():
			if t.at.After(f.OpenedAt) {
				ended = append(ended, calendar.Interval{From: since, To: t.at})
			}
			since = time.Time{}
		}
	}
	return ended, !since.IsZero()
}
