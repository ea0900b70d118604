package trust

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Change splits how the score came from the instant since, as it was known then, to
// the instant at, as known at knownAt. Where knownAt is before since, the start is as
// known at knownAt.
//
// The parts are found by going from the one view of the history to the other, a step
// for each cause, always in the same order, and the effect of a step is what the score
// did in it. So the parts add up, and each is given on top of those before it:
//
//  1. correction: entries recorded in between are taken into account
//  2. late_arrival: then events that had occurred by since but were recorded later
//  3. merge: then merges recorded in between
//  4. fading: then all that is up to since is read at the later instant
//  5. new_evidence: then events that occurred in between
//  6. calibration: then the priors that were calibrated in between
//  7. policy: then the rest of the policy
func (h *History) Change(account domain.AccountID, since, at, knownAt time.Time) Change {
	startKnown := since
	if knownAt.Before(since) {
		startKnown = knownAt
	}
	v, start := h.view(since, startKnown)
	goal, end := h.view(at, knownAt)
	w := walk{h: h, account: account}
	w.stand(v)
	c := Change{From: w.reading()}

	apart := h.accounts(account, v.mergesBy, v.entriesBy)
	v.entriesBy = goal.entriesBy
	corrected := h.accounts(account, v.mergesBy, v.entriesBy)
	w.step(CauseCorrection, v, func(before, after []*Fact, _ bool) []domain.Position {
		touched := changed(before, after)
		for _, m := range h.merges {
			if apart[m.Account] != corrected[m.Account] && !m.Recorded.After(startKnown) {
				touched[m.SpeaksFor] = true
			}
		}
		return h.entriesBetween(startKnown, knownAt, touched)
	})
	v.factsBy = goal.factsBy
	w.step(CauseLateArrival, v, arrivals)
	v.mergesBy = goal.mergesBy
	together := h.accounts(account, v.mergesBy, v.entriesBy)
	w.step(CauseMerge, v, func([]*Fact, []*Fact, bool) []domain.Position {
		return h.mergesBetween(startKnown, knownAt, corrected, together)
	})
	v.readAt = goal.readAt
	w.step(CauseFading, v, nil)
	v.occurredBy = goal.occurredBy
	w.step(CauseNewEvidence, v, arrivals)
	v.policy = recalibrated(v.policy, end)
	w.step(CauseCalibration, v, func(_, _ []*Fact, moved bool) []domain.Position {
		return whatHolds(end.Calibrated != start.Calibrated && end.Calibrated != 0 || moved, end.Calibrated)
	})
	v.policy = goal.policy
	w.step(CausePolicy, v, func(_, _ []*Fact, moved bool) []domain.Position {
		switch {
		case end.Changed != start.Changed:
			return whatHolds(true, cmp.Or(end.Changed, start.Changed))
		case end.Calibrated == 0 && start.Calibrated != 0: // the calibration was retracted
			return whatHolds(moved, start.Calibrated)
		}
		return whatHolds(moved, end.Changed)
	})

	c.To, c.Parts = w.reading(), w.parts
	return c
}

// walk goes from view to view.
type walk struct {
	h       *History
	account domain.AccountID

	at     view
	facts  []*Fact
	pieces []piece
	score  scored
	parts  []Part
}

func (w *walk) stand(v view) {
	w.at = v
	w.facts = w.h.visible(w.account, v)
	w.pieces = judgement(w.facts, v.occurredBy).pieces
	w.score = weighed(w.pieces, v)
}

// step goes on to a view and notes what the score did on the way. responsible finds
// the events, given what was and is visible and whether the score moved.
func (w *walk) step(cause Cause, v view, responsible func(before, after []*Fact, moved bool) []domain.Position) {
	before, mean := w.facts, w.score.mean()
	if v.occurredBy.Equal(w.at.occurredBy) && v.factsBy.Equal(w.at.factsBy) &&
		v.entriesBy.Equal(w.at.entriesBy) && v.mergesBy.Equal(w.at.mergesBy) {
		w.at = v
		w.score = weighed(w.pieces, v)
	} else {
		w.stand(v)
	}
	p := Part{Cause: cause, Effect: 100*w.score.mean() - 100*mean}
	if responsible != nil {
		p.Positions = responsible(before, w.facts, p.Effect != 0)
		slices.Sort(p.Positions)
		p.Positions = slices.Compact(p.Positions)
	}
	if p.Effect != 0 || len(p.Positions) > 0 {
		w.parts = append(w.parts, p)
	}
}

func (w *walk) reading() Reading {
	r, _ := w.score.readings(silent(w.facts) != nil)
	return r
}

// arrivals are the events that became visible and bear on the evidence: the case they
// are in does not come out as it did without them. Both lists are in the history's
// order.
func arrivals(before, after []*Fact, _ bool) []domain.Position {
	was := map[domain.Position]bool{}
	for _, f := range before {
		was[f.Position] = true
	}
	var found []domain.Position
	cases(after, func(facts []*Fact) {
		fresh := slices.DeleteFunc(slices.Clone(facts), func(f *Fact) bool { return was[f.Position] })
		if len(fresh) == 0 {
			return
		}
		known := slices.DeleteFunc(slices.Clone(facts), func(f *Fact) bool { return !was[f.Position] })
		if slices.EqualFunc(evidence(known), evidence(facts), piece.equal) {
			return
		}
		for _, f := range fresh {
			found = append(found, f.SpeaksFor)
		}
	})
	return found
}

// evidence is what a case comes to; nothing, if there is no fact of it.
func evidence(facts []*Fact) []piece {
	var j judge
	if len(facts) > 0 {
		j.judge(facts)
	}
	return j.pieces
}

// changed are the events of which other facts are visible than before.
func changed(before, now []*Fact) map[domain.Position]bool {
	visible := map[*Fact]int{}
	for _, f := range before {
		visible[f]++
	}
	for _, f := range now {
		visible[f]--
	}
	events := map[domain.Position]bool{}
	for f, n := range visible {
		if n != 0 {
			events[f.SpeaksFor] = true
		}
	}
	return events
}

// entriesBetween are the corrections and retractions recorded in a span of the events
// that were touched.
func (h *History) entriesBetween(after, upTo time.Time, touched map[domain.Position]bool) []domain.Position {
	entries := h.known(upTo)
	var found []domain.Position
	for _, e := range h.entries {
		if e.Recorded.After(after) && !e.Recorded.After(upTo) && touched[entries.About(e.Target)] {
			found = append(found, e.Position)
		}
	}
	return found
}

// mergesBetween are the merges recorded in a span of the accounts that are read as part of
// another before or after it and not both: a merge that was undone meanwhile moved nothing.
func (h *History) mergesBetween(after, upTo time.Time, before, now map[domain.AccountID]bool) []domain.Position {
	var found []domain.Position
	for _, m := range h.merges {
		if before[m.Account] != now[m.Account] && m.Recorded.After(after) && !m.Recorded.After(upTo) {
			found = append(found, m.SpeaksFor)
		}
	}
	return found
}

// recalibrated is the policy with the priors of the end, if a calibration set those.
func recalibrated(p domain.TrustPolicy, end domain.InForce) domain.TrustPolicy {
	if end.Calibrated == 0 {
		return p
	}
	p.Dimensions = slices.Clone(p.Dimensions)
	for _, to := range end.Policy.Trust.Dimensions {
		for i := range p.Dimensions {
			if p.Dimensions[i].Name == to.Name {
				p.Dimensions[i].PriorMean = to.PriorMean
			}
		}
	}
	return p
}

// whatHolds is the event that came to hold, or was corrected, if it bears on the change.
func whatHolds(bears bool, event domain.Position) []domain.Position {
	if !bears {
		return nil
	}
	return []domain.Position{event}
}
