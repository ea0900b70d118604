package portfolio_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

func TestALossSaysWhatItCostsAndWhatCameBefore(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	score := func(at string, score float64) {
		l.Add("acme", at, domain.SurveyAnswered{Instrument: "csat", Score: score, ScaleMin: 1, ScaleMax: 5})
	}
	l.Add("acme", "2026-01-01", domain.ComplaintRaised{Complaint: "too early", Severity: 2}) // the half year begins with 2 January
	score("2026-01-01", 1)
	score("2026-01-02", 5)
	score("2026-03-01", 2)
	score("2026-07-01", 1) // with the loss, not before it
	l.Add("acme", "2026-01-02", domain.ComplaintRaised{Complaint: "C-1", Severity: 2})
	for range 2 {
		l.Add("acme", "2026-02-01", domain.DeliveryMissed{Line: "L-1"})
	}
	for range 3 {
		l.Add("acme", "2026-03-01", domain.CommitmentBroken{Commitment: "P-1"})
	}
	for range 4 {
		l.Add("acme", "2026-04-01", domain.SilenceNoticed{CadenceD: 30, NoticedAt: dossiertest.Time("2026-04-01")})
	}
	l.Add("acme", "2026-05-01", domain.InteractionHeld{Kind: "call"})
	l.Add("acme", "2026-06-01", domain.CompetitorMentioned{Competitor: "rival"})
	l.Add("acme", "2026-06-02", domain.AlternativeSought{Evidence: "a tender"})
	l.Add("acme", "2026-07-01", domain.AccountLost{To: "rival", Reason: "price", RevenueLostMinor: new(int64(5000)), Currency: "EUR"})
	dossiertest.Same(t, about(l, "2026-12-31").Loss, `{
		"account":"acme","at":"2026-07-01T00:00:00Z","to":"rival","reason":"price","revenue_lost_minor":5000,"currency":"EUR",
		"before":{"complaint_count":1,"miss_count":2,"broken_count":3,"silence_count":4,"alternatives_count":2,"interaction_count":1,
			"satisfied_pct":62.5,"positions":[6,7,8,9,10,11,12,13,14,15,17,18]},"position":19}`)
	l.Add("acme", "2026-08-01", domain.AccountRenewed{})
	if got := about(l, "2026-12-31").Loss; got != nil {
		t.Errorf("after they renewed: %+v", got)
	}
}

func TestMilestonesOfAnOnboardingAreReachedInTimeOrLate(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.PlanCreated{Plan: "P-1", Kind: "onboarding"})
	l.Add("acme", "2026-01-01", domain.PlanCreated{Plan: "P-2"})
	step := func(plan, action domain.ID, due string) {
		a := domain.PlanActionAdded{Plan: plan, Action: action, Statement: "do " + string(action)}
		if due != "" {
			a.DueAt = dossiertest.Time(due)
		}
		l.Add("acme", "2026-01-02", a)
	}
	step("P-1", "in time", "2026-01-10")
	step("P-1", "late", "2026-01-10")
	step("P-1", "open", "2026-02-01")
	step("P-1", "undated", "")
	step("P-2", "late", "2026-01-10")
	l.Add("acme", "2026-01-10", domain.PlanActionCompleted{Plan: "P-1", Action: "in time"})
	l.Add("acme", "2026-01-13", domain.PlanActionCompleted{Plan: "P-1", Action: "late"})
	l.Add("acme", "2026-01-14", domain.PlanActionCompleted{Plan: "P-1", Action: "undated"})
	l.Add("acme", "2026-01-15", domain.PlanActionCompleted{Plan: "P-2", Action: "late"})
	const before = `[
		{"plan":"P-1","action":"in time","statement":"do in time","due_at":"2026-01-10T00:00:00Z","reached_at":"2026-01-10T00:00:00Z","position":3},
		{"plan":"P-1","action":"late","statement":"do late","due_at":"2026-01-10T00:00:00Z","reached_at":"2026-01-13T00:00:00Z","late_d":3,"position":4},
		{"plan":"P-1","action":"open","statement":"do open","due_at":"2026-02-01T00:00:00Z",`
	const after = `"position":5},{"plan":"P-1","action":"undated","statement":"do undated","reached_at":"2026-01-14T00:00:00Z","position":6}]`
	o := about(l, "2026-02-01").Onboarding // when the open one may still be reached in time
	dossiertest.Same(t, o.Milestones, before+after)
	dossiertest.Same(t, o.ReachedPct, "50")
	l.Add("acme", "2026-01-10", domain.PlanActionCompleted{Plan: "P-1", Action: "never added"})
	o = about(l, "2026-02-03").Onboarding
	dossiertest.Same(t, o.Milestones, before+`"late_d":2,`+after)
	if *o.ReachedPct < 33.33 || *o.ReachedPct > 33.34 {
		t.Errorf("one of three was reached in time: %v %%", *o.ReachedPct)
	}
	if o := about(l, "2026-01-05").Onboarding; o.ReachedPct != nil || len(o.Milestones) != 4 {
		t.Errorf("before one was due: %+v", o)
	}
}

func TestTheFirst90DaysEndWithThe90th(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
	l.Add("acme", "2026-03-31", domain.InteractionHeld{Kind: "visit"})
	counted := l.Add("acme", "2026-04-01", domain.ComplaintRaised{Complaint: "C-1", Severity: 2}) // 90 days on
	l.Add("acme", "2026-04-01T00:01", domain.ComplaintRaised{Complaint: "C-2", Severity: 2})
	r := about(l, "2026-12-31")
	if got := r.Onboarding.First90D; got.ComplaintCount != 1 || got.InteractionCount != 1 || len(got.Positions) != 1 || got.Positions[0] != counted {
		t.Errorf("got %+v", got)
	}
	if *r.RelationshipD != 364 {
		t.Errorf("from 1 January to 31 December are %v days, want 364", *r.RelationshipD)
	}
}

func TestAMilestoneIsReachedWhicheverIsDatedFirst(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Until("2026-02-01") // written down later, without the times of the plan
	l.Add("acme", "2026-01-10", domain.PlanActionCompleted{Plan: "P-1", Action: "first visit"})
	l.Add("acme", "2026-01-20", domain.PlanActionAdded{Plan: "P-1", Action: "first visit", DueAt: dossiertest.Time("2026-01-15")})
	l.Add("acme", "2026-02-01", domain.PlanCreated{Plan: "P-1", Kind: "onboarding"})
	dossiertest.Same(t, about(l, "2026-03-01").Onboarding.Milestones, `[
		{"plan":"P-1","action":"first visit","due_at":"2026-01-15T00:00:00Z","reached_at":"2026-01-10T00:00:00Z","position":2}]`)
}

func TestALossStaysInTheLogOnceTheyCameBack(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountLost{Reason: "price"})
	l.Add("acme", "2026-02-01", domain.AccountRenewed{})
	l.Add("acme", "2026-03-01", domain.AccountLost{Reason: "service"})
	l.Add("acme", "2026-03-02", domain.AccountLost{Reason: "service, in other words"}) // the same loss again
	l.Add("acme", "2026-04-01", domain.OrderWon{Order: "O-1", ValueMinor: 1, Currency: "EUR"})
	total, rows := overall(l, "2026-05-01")
	var got []string
	for _, loss := range total.Losses {
		got = append(got, loss.Reason)
	}
	dossiertest.Same(t, got, `["service, in other words","price"]`)
	if rows[0].Lost || about(l, "2026-05-01").Loss != nil {
		t.Error("it came back, and is lost")
	}
}
