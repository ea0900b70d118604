package domain_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
)

func TestNeedRules(t *testing.T) {
	t.Parallel()
	stated := domain.NeedStated{Need: "N", Statement: "spare parts within a day"}
	anticipated := domain.NeedAnticipated{Need: "N", Statement: "they will want spare parts sooner"}
	revalidated := domain.NeedRevalidated{Need: "N"}
	met := domain.NeedMet{Need: "N", Level: "poor"}
	other := domain.NeedStated{Need: "M", Statement: "lower stock"}
	conflict := domain.NeedConflictFound{Need: "N", OtherNeed: "M"}
	elsewhere := domain.NeedConflictFound{Need: "N", OtherNeed: "N", OtherAccount: "bell"}
	never := `data.need: need "N" was never stated`
	decide(t, "acme", "crm", []rule{
		{"a need may be stated", nil, stated, ""},
		{"a need is stated once", given(stated), stated, `data.need: need "N" was stated before`},
		{"a need that was foreseen may be stated, under its id", given(anticipated), stated, ""},
		{"and that once", given(anticipated, stated), stated, `data.need: need "N" was stated before`},
		{"a need may be foreseen", nil, anticipated, ""},
		{"a need is foreseen once", given(anticipated), anticipated, `data.need: need "N" is anticipated`},
		{"that a need was foreseen may be heard of late", given(stated), anticipated, ""},
		{"and then it stays stated", given(stated, anticipated), stated, `data.need: need "N" was stated before`},
		{"a stated need may be asked for again, and again", given(stated, revalidated), revalidated, ""},
		{"a foreseen need may be asked for", given(anticipated), revalidated, ""},
		{"a need nobody knows of is not asked for", nil, revalidated, never},
		{"a stated need may be met", given(stated), met, ""},
		{"a met need may fall behind", given(stated, domain.NeedMet{Need: "N", Level: "met"}), met, ""},
		{"a foreseen need may be met before it is stated", given(anticipated), met, ""},
		{"a need nobody knows of is not met", nil, met, never},
		{"two needs may conflict", given(stated, other), conflict, ""},
		{"who prevails may be said later", given(stated, other, conflict), domain.NeedConflictFound{Need: "N", OtherNeed: "M", Prevails: "other"}, ""},
		{"both needs of this account are known", nil, conflict, never + `; data.other_need: need "M" was never stated`},
		{"this account's other need is known though it is named", given(stated), domain.NeedConflictFound{Need: "N", OtherNeed: "M", OtherAccount: "acme"}, `data.other_need: need "M" was never stated`},
		{"another account's need is not looked up", given(stated), elsewhere, ""},
		{"but this account's is", nil, elsewhere, never},
		{"a need does not conflict with itself", given(stated), domain.NeedConflictFound{Need: "N", OtherNeed: "N"}, "data.other_need: a need does not conflict with itself"},
		{"nor if its account is named", given(stated), domain.NeedConflictFound{Need: "N", OtherNeed: "N", OtherAccount: "acme"}, "data.other_need: a need does not conflict with itself"},
	})
}

func TestProblemRules(t *testing.T) {
	t.Parallel()
	const future = "data.problem_occurred_at: must not be after the time of the event"
	decide(t, "acme", "crm", []rule{
		{"a problem may be disclosed on its day", nil, domain.ProblemDisclosed{ProblemOccurredAt: day(20)}, ""},
		{"a problem may be disclosed whenever it happened", nil, domain.ProblemDisclosed{Problem: "P"}, ""},
		{"a problem is not disclosed before it happens", nil, domain.ProblemDisclosed{ProblemOccurredAt: day(21)}, future},
		{"a problem may be spoken of again", given(domain.ProblemDisclosed{Problem: "P"}), domain.ProblemDisclosed{Problem: "P"}, ""},
	})
}

func TestExpectationRules(t *testing.T) {
	t.Parallel()
	stated := domain.ExpectationStated{Expectation: "E", Kind: "requirement", Statement: "answers within a day"}
	replacing := domain.ExpectationStated{Expectation: "F", Kind: "requirement", Statement: "answers within an hour", Replaces: "E"}
	confirmed := domain.ExpectationConfirmed{Expectation: "E"}
	measured := domain.ExpectationMeasured{Expectation: "E", Value: 3}
	validated := domain.ExpectationValidated{Expectation: "E", Met: "met", By: "customer"}
	never := `data.expectation: expectation "E" was never stated`
	decide(t, "acme", "crm", []rule{
		{"an expectation may be stated", nil, stated, ""},
		{"an expectation is stated once", given(stated), stated, `data.expectation: expectation "E" was stated before`},
		{"an expectation may take the place of another", given(stated), replacing, ""},
		{"nothing takes the place of what nobody stated", nil, replacing, `data.replaces: expectation "E" was never stated`},
		{"an expectation does not take its own place", nil, domain.ExpectationStated{Expectation: "E", Replaces: "E"}, "data.replaces: an expectation does not take its own place"},
		{"a target needs a unit", nil, domain.ExpectationStated{Expectation: "E", Target: ptr(1.0)}, "data.uom: needed where target is given"},
		{"a target with a unit is fine", nil, domain.ExpectationStated{Expectation: "E", Target: ptr(1.0), UOM: "d"}, ""},
		{"what was stated may be confirmed, and again", given(stated, confirmed), confirmed, ""},
		{"what nobody stated is not confirmed", nil, confirmed, never},
		{"what was stated may be measured without being confirmed, and again", given(stated, measured), measured, ""},
		{"what nobody stated is not measured", nil, measured, never},
		{"what was stated may be validated without being measured, and again", given(stated, validated), validated, ""},
		{"what nobody stated is not validated", nil, validated, never},
	})
}
