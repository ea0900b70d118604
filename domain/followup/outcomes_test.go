package followup_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
)

func TestAnItemSaysHowItCameOut(t *testing.T) {
	t.Parallel()
	unmet := domain.NeedMet{Need: "n1", Level: "none"}
	conflict := domain.NeedConflictFound{Need: "n1", OtherNeed: "n2"}
	target := domain.ExpectationStated{Expectation: "e1", Target: new(98.0), UOM: "pct", Direction: "at_least", DueAt: day(9)}
	missed := domain.ExpectationMeasured{Expectation: "e1", Value: 90, UOM: "pct"}
	notice := domain.AccountStageChanged{To: "on_notice"}
	ann, bob := domain.AccountManagerAssigned{Person: "ann"}, domain.AccountManagerAssigned{Person: "bob"}
	released := func(person string) domain.AccountManagerReleased {
		return domain.AccountManagerReleased{Person: person}
	}
	for _, tt := range []struct {
		rule, key string
		given     events
		want      string
	}{
		{"need_unmet", "n1", events{unmet}, ""},
		{"need_unmet", "n1", events{unmet, domain.NeedMet{Need: "n1", Level: "partial"}}, "partial"},
		{"need_unmet", "n1", events{unmet, domain.NeedRevalidated{Need: "n1"}}, "no longer a need"},
		{"need_conflict", "n1/n2", events{conflict, domain.NeedConflictFound{Need: "n1", OtherNeed: "n2", Prevails: "both", Resolution: "two lines"}}, "two lines"},
		{"expectation_unvalidated", "e1", events{target, domain.ExpectationValidated{Expectation: "e1", Met: "exceeded", By: "customer"}}, "exceeded"},
		{"expectation_unmet", "e1", events{target, missed, domain.ExpectationMeasured{Expectation: "e1", Value: 98, UOM: "pct"}}, ""},
		{"expectation_unmet", "e1", events{target, missed, domain.ExpectationValidated{Expectation: "e1", Met: "met", By: "us"}}, "met"},
		{"expectation_unmet", "e1", events{target, missed, domain.ExpectationStated{Expectation: "e2", Replaces: "e1"}}, "replaced by e2"},
		{"alternative_sought", "", events{domain.AlternativeSought{}, domain.AccountLost{}}, "lost"},
		{"on_notice", "", events{notice, domain.AccountLost{}}, "lost"},
		{"on_notice", "", events{notice, domain.AccountStageChanged{To: "approved"}}, "approved"},
		{"manager_gap", "", events{ann, released("ann"), bob}, "bob"},
		{"manager_gap", "", events{ann, bob, released("ann")}, "bob"},
		{"manager_gap", "", events{ann, released("ann"), released("bob")}, ""}, // there was nobody to leave
	} {
		got, ok := of(tt.given...).items()[item(tt.rule, tt.key)]
		if !ok || got.Outcome != tt.want {
			t.Errorf("%s after %+v: %q, %v, want %q", tt.rule, tt.given, got.Outcome, ok, tt.want)
		}
	}
	if got := of(target).items()[item("expectation_unvalidated", "e1")]; !got.DueAt.Equal(day(9)) {
		t.Errorf("due %v, want the expectation's own date", got.DueAt)
	}
}
