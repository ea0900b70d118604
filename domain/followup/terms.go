package followup

import (
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/calendar"
)

// Terms are the business hours and the times allowed, as the policies had them.
type Terms struct {
	course domain.PolicyCourse
	terms  map[domain.Position]*Term
}

// Term is what held while one policy was in force.
type Term struct {
	Calendar *calendar.Calendar
	policy   domain.FollowUpPolicy
}

// NewTerms makes the terms of a course of policies. They are for one goroutine.
func NewTerms(course domain.PolicyCourse) *Terms {
	return &Terms{course: course, terms: make(map[domain.Position]*Term)}
}

// At is what held at an instant. It panics if the ledger accepted a calendar that
// never opens, or whose time zone this machine does not know.
func (t *Terms) At(at time.Time) *Term {
	inForce := t.course.At(at)
	if term, ok := t.terms[inForce.Changed]; ok {
		return term
	}
	c, err := calendar.New(inForce.Policy.Calendar)
	if err != nil {
		panic(fmt.Sprintf("followup: policy %q: %v", inForce.Policy.Name, err))
	}
	term := &Term{Calendar: c, policy: inForce.Policy.FollowUp}
	t.terms[inForce.Changed] = term
	return term
}

// Allowed is the business time until something is due: by the policy's line for the
// first of the reasons that has one.
func (t *Term) Allowed(reasons ...string) time.Duration {
	for _, r := range reasons {
		for _, sla := range t.policy.SLAs {
			if sla.Reason == r {
				return hours(sla.DueH)
			}
		}
	}
	return hours(t.policy.DefaultDueH)
}

func hours(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }
