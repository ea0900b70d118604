package domain

import (
	"cmp"
	"slices"
	"time"
)

// Policies is the history of the rules: what the [Ledger] stream's policy events say
// was in force when, and what was known of it when. The zero value has only
// [DefaultPolicy].
type Policies struct {
	events []Recorded // policy.* and entry.*, in recorded order
}

// NewPolicies gathers the policy events of a history, which is in recorded order.
// Other events are ignored, entries about policy events are honoured.
func NewPolicies(events []Recorded) Policies {
	var p Policies
	for _, e := range events {
		p.Add(e)
	}
	return p
}

// Add takes in one more event of the ledger, which was recorded after all others.
func (p *Policies) Add(e Recorded) {
	switch e.Data.(type) {
	case PolicyChanged, PolicyCalibrated, EntryCorrected, EntryRetracted:
		p.events = append(p.events, e)
	}
}

// At is the policy in force at an instant of the occurred clock, as far as was known
// at an instant of the recorded clock; both inclusive.
func (p Policies) At(at, knownAt time.Time) InForce { return p.Known(knownAt).At(at) }

// Known is the course of the rules as far as it was known at an instant of the
// recorded clock, inclusive. Whoever asks for many instants keeps it.
func (p Policies) Known(knownAt time.Time) PolicyCourse {
	n, _ := slices.BinarySearchFunc(p.events, knownAt, func(e Recorded, t time.Time) int {
		if e.RecordedAt.After(t) {
			return 1
		}
		return -1
	})
	stands := Standing(p.events[:n])
	slices.SortStableFunc(stands, func(a, b Recorded) int {
		return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.Position, b.Position))
	})
	return courseOf(stands)
}

// PolicyCourse is which rules follow which, each from its instant on.
type PolicyCourse struct {
	steps []PolicyStep // by From
}

// PolicyStep is rules that are in force from an instant on.
type PolicyStep struct {
	From time.Time
	// Event is the policy.changed or policy.calibrated that put them in force, as last
	// corrected.
	Event Recorded
	InForce
}

// Steps are the rules that follow one another after [DefaultPolicy], in the order in
// which they take effect.
func (c PolicyCourse) Steps() []PolicyStep { return slices.Clone(c.steps) }

// InForce is a policy with where it comes from.
type InForce struct {
	// Policy has the calibrated priors in it.
	Policy Policy
	// Changed is the policy.changed it rests on; 0 if it is the default.
	Changed Position
	// Calibrated is the policy.calibrated whose priors hold; 0 if they are the policy's own.
	Calibrated Position
}

// byDefault is what is in force until something else is.
var byDefault = InForce{Policy: DefaultPolicy()}

// At is the policy in force at an instant of the occurred clock, inclusive. It is the same for
// all who ask, and not to be changed.
func (c PolicyCourse) At(at time.Time) InForce {
	n, _ := slices.BinarySearchFunc(c.steps, at, func(s PolicyStep, t time.Time) int {
		if s.From.After(t) {
			return 1
		}
		return -1
	})
	if n == 0 {
		return byDefault
	}
	return c.steps[n-1].InForce
}

// courseOf folds policy events that are in the order in which they take effect. A
// calibration replaces the priors until the trust section changes again; changes to
// other sections leave it in force.
func courseOf(events []Recorded) PolicyCourse {
	c := PolicyCourse{steps: make([]PolicyStep, 0, len(events))}
	now := byDefault
	for _, e := range events {
		switch d := e.Data.(type) {
		case PolicyChanged:
			now.Policy, now.Changed = now.Policy.Apply(d), e.Position
			if d.Trust != nil {
				now.Calibrated = 0
			}
		case PolicyCalibrated:
			now.Policy.Trust = now.Policy.Trust.calibrated(d.Priors)
			now.Calibrated = e.Position
		}
		c.steps = append(c.steps, PolicyStep{From: e.OccurredAt, Event: e, InForce: now})
	}
	return c
}

// calibrated is the policy with other prior means; it shares nothing that it changes.
func (t TrustPolicy) calibrated(priors []Prior) TrustPolicy {
	t.Dimensions = slices.Clone(t.Dimensions)
	for _, prior := range priors {
		for i := range t.Dimensions {
			if t.Dimensions[i].Name == prior.Dimension {
				t.Dimensions[i].PriorMean = prior.Mean
			}
		}
	}
	return t
}
