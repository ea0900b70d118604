package domain_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/domain"
)

// policyEvent occurs on one day and is recorded on another.
func policyEvent(position domain.Position, occurred, recordedOn int, e domain.Event) domain.Recorded {
	return domain.Recorded{
		Envelope:   domain.Envelope{Account: domain.Ledger, OccurredAt: day(occurred), Data: e},
		Position:   position,
		RecordedAt: day(recordedOn),
	}
}

func trustOf(means ...float64) *domain.TrustPolicy {
	t := &domain.TrustPolicy{Cap: 15}
	for i, name := range []string{"voice", "quality"}[:len(means)] {
		t.Dimensions = append(t.Dimensions, domain.DimensionPolicy{Name: name, Weight: 1, PriorMean: means[i]})
	}
	return t
}

func calibrate(mean float64) domain.Event {
	return domain.PolicyCalibrated{Priors: []domain.Prior{{Dimension: "quality", Mean: mean}, {Dimension: "closeness", Mean: 0.5}}}
}

func TestThePolicyInForce(t *testing.T) {
	t.Parallel()
	p1 := domain.PolicyChanged{Name: "p1", Trust: trustOf(0.7, 0.8)}
	p2 := domain.PolicyChanged{Name: "p2", FollowUp: &domain.FollowUpPolicy{DefaultDueH: 7}}
	p3 := domain.PolicyChanged{Name: "p3", Trust: trustOf(0.6, 0.9)}
	retracted := policyEvent(2, 9, 9, domain.EntryRetracted{})
	retracted.Target = 1
	corrected := policyEvent(2, 9, 9, domain.EntryCorrected{Data: domain.PolicyChanged{Name: "p1", Trust: trustOf(0.5, 0.4)}})
	corrected.Target = 1
	type then struct {
		name       string
		quality    float64
		changed    domain.Position
		calibrated domain.Position
	}
	byDefault := then{name: domain.DefaultPolicy().Name, quality: quality(domain.DefaultPolicy())}
	for _, c := range []struct {
		name        string
		given       []domain.Recorded
		at, knownAt int
		then        then
	}{
		{"before any change the default holds", nil, 20, 20, byDefault},
		{"a change holds from the time it occurred", []domain.Recorded{policyEvent(1, 5, 5, p1)}, 5, 20, then{"p1", 0.8, 1, 0}},
		{"a change does not hold before", []domain.Recorded{policyEvent(1, 5, 5, p1)}, 4, 20, byDefault},
		{"a change is known from the time it was recorded", []domain.Recorded{policyEvent(1, 5, 9, p1)}, 20, 9, then{"p1", 0.8, 1, 0}},
		{"a change is not known before", []domain.Recorded{policyEvent(1, 5, 9, p1)}, 20, 8, byDefault},
		{"what changes later in occurred time holds, however it was recorded", []domain.Recorded{policyEvent(1, 8, 8, p3), policyEvent(2, 5, 9, p1)}, 20, 20, then{"p3", 0.9, 1, 0}},
		{"of changes at the same instant the later recorded holds", []domain.Recorded{policyEvent(1, 5, 5, p1), policyEvent(2, 5, 5, p3)}, 20, 20, then{"p3", 0.9, 2, 0}},
		{"a section that is absent stays", []domain.Recorded{policyEvent(1, 5, 5, p1), policyEvent(2, 6, 6, p2)}, 20, 20, then{"p2", 0.8, 2, 0}},
		{"a calibration replaces the priors", []domain.Recorded{policyEvent(1, 5, 5, p1), policyEvent(2, 6, 6, calibrate(0.33))}, 20, 20, then{"p1", 0.33, 1, 2}},
		{"a calibration does not hold before it occurred", []domain.Recorded{policyEvent(1, 5, 5, p1), policyEvent(2, 6, 6, calibrate(0.33))}, 5, 20, then{"p1", 0.8, 1, 0}},
		{"the next calibration replaces the last", []domain.Recorded{policyEvent(1, 5, 5, p1), policyEvent(2, 6, 6, calibrate(0.33)), policyEvent(3, 7, 7, calibrate(0.44))}, 20, 20, then{"p1", 0.44, 1, 3}},
		{"a change of another section leaves the calibration in force", []domain.Recorded{policyEvent(1, 5, 5, p1), policyEvent(2, 6, 6, calibrate(0.33)), policyEvent(3, 7, 7, p2)}, 20, 20, then{"p2", 0.33, 3, 2}},
		{"a change of the trust section ends the calibration", []domain.Recorded{policyEvent(1, 5, 5, p1), policyEvent(2, 6, 6, calibrate(0.33)), policyEvent(3, 7, 7, p3)}, 20, 20, then{"p3", 0.9, 3, 0}},
		{"the default policy can be calibrated", []domain.Recorded{policyEvent(1, 5, 5, calibrate(0.33))}, 20, 20, then{byDefault.name, 0.33, 0, 1}},
		{"a change that was retracted does not hold", []domain.Recorded{policyEvent(1, 5, 5, p1), retracted}, 20, 20, byDefault},
		{"it held as long as nobody knew", []domain.Recorded{policyEvent(1, 5, 5, p1), retracted}, 20, 8, then{"p1", 0.8, 1, 0}},
		{"a change that was corrected holds as corrected", []domain.Recorded{policyEvent(1, 5, 5, p1), corrected}, 20, 20, then{"p1", 0.4, 1, 0}},
		{"other events do not matter", []domain.Recorded{policyEvent(1, 5, 5, heard("a"))}, 20, 20, byDefault},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := domain.NewPolicies(c.given)
			in := p.At(day(c.at), day(c.knownAt))
			got := then{in.Policy.Name, quality(in.Policy), in.Changed, in.Calibrated}
			if got != c.then {
				t.Errorf("in force is %+v, want %+v", got, c.then)
			}
		})
	}
}

func quality(p domain.Policy) float64 {
	for _, d := range p.Trust.Dimensions {
		if d.Name == "quality" {
			return d.PriorMean
		}
	}
	return 0
}

func TestCalibratingDoesNotChangeThePolicyItRestsOn(t *testing.T) {
	t.Parallel()
	changed := domain.PolicyChanged{Name: "p", Trust: trustOf(0.7, 0.8)}
	p := domain.NewPolicies([]domain.Recorded{policyEvent(1, 5, 5, changed), policyEvent(2, 6, 6, calibrate(0.33))})
	p.At(day(20), day(20))
	if got := changed.Trust.Dimensions[1].PriorMean; got != 0.8 {
		t.Errorf("the event's own prior became %v", got)
	}
}

func TestACalibrationReachesWhatThePolicyDoesNotName(t *testing.T) {
	t.Parallel()
	changed := domain.PolicyChanged{Name: "p", Trust: trustOf(0.7, 0.8)} // says nothing of closeness
	calibrated := domain.PolicyCalibrated{Priors: []domain.Prior{{Dimension: "closeness", Mean: 0.42}}}
	p := domain.NewPolicies([]domain.Recorded{policyEvent(1, 5, 5, changed), policyEvent(2, 6, 6, calibrated)})
	dimensions := p.At(day(20), day(20)).Policy.Trust.Dimensions
	i := slices.IndexFunc(dimensions, func(d domain.DimensionPolicy) bool { return d.Name == "closeness" })
	if i < 0 || dimensions[i].PriorMean != 0.42 {
		t.Errorf("got %+v, want 0.42 for closeness", dimensions)
	}
}

// The policy in force is what a naive reading of the rule gives: of all that is known
// and has occurred, in order of occurrence, each change applied to the one before.
func TestThePolicyInForceAgreesWithANaiveReading(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var events []domain.Recorded
		known := 1
		for i := range rapid.IntRange(0, 8).Draw(t, "length") {
			known = min(28, known+rapid.IntRange(0, 4).Draw(t, "later"))
			e := rapid.SampledFrom([]domain.Event{
				domain.PolicyChanged{Name: string(rune('a' + i)), Trust: trustOf(0.1+float64(i)/20, 0.2)},
				domain.PolicyChanged{Name: string(rune('a' + i)), Calendar: &domain.CalendarPolicy{TimeZone: "UTC"}},
				calibrate(0.1 + float64(i)/20),
			}).Draw(t, "event")
			events = append(events, policyEvent(domain.Position(i+1), rapid.IntRange(1, 28).Draw(t, "occurred"), known, e))
		}
		at, knownAt := day(rapid.IntRange(1, 28).Draw(t, "at")), day(rapid.IntRange(1, 28).Draw(t, "known at"))
		p := domain.NewPolicies(events)
		got, want := p.At(at, knownAt).Policy, naivePolicy(events, at, knownAt)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("in force is\n  %+v, want\n  %+v", got, want)
		}
	})
}

func naivePolicy(events []domain.Recorded, at, knownAt time.Time) domain.Policy {
	p := domain.DefaultPolicy()
	for on := 1; on <= 28; on++ {
		for _, e := range events {
			if !e.OccurredAt.Equal(day(on)) || e.OccurredAt.After(at) || e.RecordedAt.After(knownAt) {
				continue
			}
			switch d := e.Data.(type) {
			case domain.PolicyChanged:
				p = p.Apply(d)
			case domain.PolicyCalibrated:
				dimensions := append([]domain.DimensionPolicy(nil), p.Trust.Dimensions...)
				for i := range dimensions {
					if dimensions[i].Name == "quality" {
						dimensions[i].PriorMean = d.Priors[0].Mean
					}
					if dimensions[i].Name == "closeness" {
						dimensions[i].PriorMean = d.Priors[1].Mean
					}
				}
				p.Trust.Dimensions = dimensions
			}
		}
	}
	return p
}
