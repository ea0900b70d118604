package portfolio_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/portfolio"
)

func TestTiersAndMovesSayHowTheyWereDecided(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-05", domain.AccountClassified{TierNow: "C", TierFuture: "A", HorizonMonths: 36})
	l.Add("acme", "2026-05-05", domain.AccountClassified{
		TierNow: "B", Rank: 7, Context: "crisis", Basis: []string{"sales"}, Functions: []string{"sales"}, Dissent: []string{"quality"}, DecidedBy: []string{"coo"},
	})
	complaint := l.Add("acme", "2026-05-06", domain.ComplaintRaised{Complaint: "C-1", Severity: 4})
	l.Add("acme", "2026-06-01", domain.AccountStageChanged{To: "approved"})
	l.Add("acme", "2026-12-01", domain.AccountStageChanged{To: "on_notice", Reason: "misses", Evidence: []domain.Position{complaint}})
	l.Add("acme", "2026-12-02", domain.AccountStageChanged{From: "trial", To: "approved"})
	r := about(l, "2026-12-31")
	dossiertest.Same(t, r.Tiers, `[
		{"at":"2026-05-05T00:00:00Z","tier_now":"B","rank":7,"context":"crisis","basis":["sales"],"functions":["sales"],"dissent":["quality"],
			"decided_by":["coo"],"position":2},
		{"at":"2026-01-05T00:00:00Z","tier_now":"C","tier_future":"A","horizon_months":36,"position":1}]`)
	const nothing = `{"complaint_count":0,"miss_count":0,"broken_count":0,"silence_count":0,"alternatives_count":0,"interaction_count":0,"satisfied_pct":null,"positions":[]}`
	const complained = `{"complaint_count":1,"miss_count":0,"broken_count":0,"silence_count":0,"alternatives_count":0,"interaction_count":0,"satisfied_pct":null,"positions":[3]}`
	dossiertest.Same(t, r.Moves, `[
		{"at":"2026-12-02T00:00:00Z","from":"trial","to":"approved","evidence":[],"before":`+nothing+`,"position":6},
		{"at":"2026-12-01T00:00:00Z","from":"approved","to":"on_notice","reason":"misses","evidence":[3],"before":`+nothing+`,"position":5},
		{"at":"2026-06-01T00:00:00Z","to":"approved","evidence":[],"before":`+complained+`,"position":4}]`)
	if r.Tier.TierNow != "B" || r.Stage != "approved" {
		t.Errorf("tier %s and stage %s, want B and approved", r.Tier.TierNow, r.Stage)
	}
}

func TestWhoLooksAfterTheAccountAndHowLongNobodyDid(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for _, m := range []struct{ from, person, to string }{
		{"2026-01-01", "a", "2026-01-11"}, {"2026-01-21", "b", "2026-01-31"}, {"2026-02-05", "a", ""},
	} {
		l.Add("acme", m.from, domain.AccountManagerAssigned{Person: m.person})
		if m.to != "" {
			l.Add("acme", m.to, domain.AccountManagerReleased{Person: m.person})
		}
	}
	l.Add("acme", "2026-01-02", domain.AccountSponsorAppointed{Person: "ceo"})
	l.Add("acme", "2026-02-01", domain.InteractionHeld{Kind: "visit", OurPeople: []string{"a", "ceo"}})
	l.Add("acme", "2026-02-02", domain.InteractionHeld{Kind: "visit", OurPeople: []string{"a"}})
	d := l.Read(portfolio.New(), "acme", "2026-02-28", "2026-02-28")
	r := portfolio.About(d)
	dossiertest.Same(t, r.Managers, `[
		{"person":"a","from":"2026-02-05T00:00:00Z","position":5},
		{"person":"b","from":"2026-01-21T00:00:00Z","to":"2026-01-31T00:00:00Z","position":3},
		{"person":"a","from":"2026-01-01T00:00:00Z","to":"2026-01-11T00:00:00Z","position":1}]`)
	if r.Manager != "a" || r.Sponsor != "ceo" || !r.SponsorMetAt.Equal(dossiertest.Time("2026-02-01")) {
		t.Errorf("manager %q, sponsor %q who met them at %v", r.Manager, r.Sponsor, r.SponsorMetAt)
	}
	// Nobody did for the ten days to 21 January and the five to 5 February.
	for from, want := range map[string]float64{"2025-01-01": 15, "2026-01-15": 11, "2026-01-25": 5, "2026-02-03": 2, "2026-02-10": 0} {
		if d.From = dossiertest.Time(from); portfolio.About(d).GapD != want {
			t.Errorf("since %s nobody did for %v days, want %v", from, portfolio.About(d).GapD, want)
		}
	}
}

func TestWhatWeKnowHasAnAgeAndComesRoundInOrder(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountFactLearned{
		Fact: "F-1", Category: "cycle", Statement: "stock in June", NextAt: dossiertest.Time("2026-06-01"), ConfidencePct: new(80.0), Strategic: true, Contact: "c-1",
	})
	l.Add("acme", "2026-02-01", domain.AccountFactLearned{Category: "cycle", Statement: "budget in May", NextAt: dossiertest.Time("2026-05-11")})
	l.Add("acme", "2026-04-12", domain.InteractionHeld{Kind: "call"}) // 29 days before May's, 50 before June's
	l.Add("acme", "2026-02-10", domain.AccountFactLearned{Category: "process", Statement: "three shifts", ValidTo: dossiertest.Time("2026-05-01")})
	r := about(l, "2026-05-01")
	may := `{"category":"cycle","statement":"budget in May","learnt_at":"2026-02-01T00:00:00Z","holds":true,"next_at":"2026-05-11T00:00:00Z","contact_before":true,"position":2}`
	june := `{"fact":"F-1","category":"cycle","statement":"stock in June","learnt_at":"2026-01-01T00:00:00Z","holds":true,"next_at":"2026-06-01T00:00:00Z",
		"confidence_pct":80,"strategic":true,"contact":"c-1","position":1}`
	dossiertest.Same(t, r.Cycles, "["+may+","+june+"]")
	dossiertest.Same(t, r.Knowledge, `[
		{"category":"thinking","gap":true,"age_d":null,"facts":[]},
		{"category":"cycle","gap":false,"age_d":89,"facts":[`+may+`,`+june+`]},
		{"category":"process","gap":true,"age_d":80,"facts":[
			{"category":"process","statement":"three shifts","learnt_at":"2026-02-10T00:00:00Z","valid_to":"2026-05-01T00:00:00Z","holds":false,"position":4}]},
		{"category":"technology","gap":true,"age_d":null,"facts":[]},
		{"category":"constraint","gap":true,"age_d":null,"facts":[]}]`)
}

func TestAMeetingRecordedBeforeItCanHaveHappenedIsNone(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
	l.Add("acme", "2026-01-01", domain.AccountSponsorAppointed{Person: "ceo"})
	l.Add("acme", "2026-01-02", domain.AccountFactLearned{Category: "cycle", Statement: "budget in April", NextAt: dossiertest.Time("2026-04-10")})
	talk := domain.InteractionHeld{Kind: "visit", OurPeople: []string{"ceo"}}
	l.Add("acme", "2026-01-03", talk)
	l.Correct(l.Add("acme", "2026-01-04", talk), talk, "2026-03-20") // more than a day after it was recorded
	r := about(l, "2026-04-01")
	if r.Onboarding.First90D.InteractionCount != 1 || !r.SponsorMetAt.Equal(dossiertest.Time("2026-01-03")) || r.Cycles[0].ContactBefore {
		t.Errorf("%d contacts, the sponsor met them at %v, in contact before the cycle: %v; want 1, at 3 January, not",
			r.Onboarding.First90D.InteractionCount, r.SponsorMetAt, r.Cycles[0].ContactBefore)
	}
}

func TestAManagerIsReleasedWhereTheyWereAssigned(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountManagerAssigned{Person: "m.keller"})
	l.Add("acme-north", "2026-01-01", domain.AccountManagerAssigned{Person: "m.keller"})
	l.Add("acme-north", "2026-02-01", domain.AccountManagerReleased{Person: "m.keller"})
	l.Add("acme-north", "2026-02-01", domain.AccountMerged{Into: "acme"})
	if r := about(l, "2026-03-01"); r.Manager != "m.keller" || r.GapD != 0 || r.Managers[0].To.IsZero() == r.Managers[1].To.IsZero() {
		t.Errorf("manager %q, %v days without, %+v", r.Manager, r.GapD, r.Managers)
	}
}

func TestAMoveLeavesTheStageThatItsAccountWasIn(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountStageChanged{To: "approved"})
	l.Add("acme-north", "2026-02-01", domain.AccountStageChanged{To: "trial"})
	l.Add("acme-north", "2026-02-02", domain.AccountMerged{Into: "acme"})
	l.Add("acme", "2026-03-01", domain.AccountStageChanged{To: "sole"})
	if got := about(l, "2026-04-01").Moves[0]; got.From != "approved" || got.To != "sole" {
		t.Errorf("from %q to %q, want from approved to sole", got.From, got.To)
	}
}

func TestAFactHoldsFromWhenItBecomesTrue(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountFactLearned{Category: "constraint", Statement: "no deliveries at night", ValidFrom: dossiertest.Time("2026-06-01")})
	l.Add("acme", "2026-01-01", domain.AccountFactLearned{
		Category: "cycle", Statement: "budget in September, for the last time in 2026", ValidTo: dossiertest.Time("2026-10-01"), NextAt: dossiertest.Time("2027-09-01"),
	})
	l.Add("acme", "2026-01-01", domain.AccountFactLearned{
		Category: "cycle", Statement: "budget in May", ValidFrom: dossiertest.Time("2026-12-31"), NextAt: dossiertest.Time("2027-05-01"),
	})
	for at, want := range map[string]bool{"2026-05-31": false, "2026-06-01": true} {
		if got := about(l, at).Knowledge[4]; got.Facts[0].Holds != want || got.Gap == want {
			t.Errorf("at %s: %+v, want that it holds: %v", at, got, want)
		}
	}
	r := about(l, "2026-06-01")
	if len(r.Cycles) != 1 || r.Cycles[0].Statement != "budget in May" {
		t.Errorf("what comes round: %+v", r.Cycles)
	}
}

func TestWhatComesRoundNowIsNoLongerToCome(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountFactLearned{Category: "cycle", Statement: "budget in May", NextAt: dossiertest.Time("2026-05-11")})
	l.Add("acme", "2026-04-11", domain.InteractionHeld{Kind: "call"}) // 30 days before, to the minute
	l.Add("acme", "2026-04-12", domain.InteractionHeld{Kind: "call"})
	for at, want := range map[string][2]bool{"2026-04-11": {true, false}, "2026-05-10": {true, true}, "2026-05-11": {false, false}} {
		r := about(l, at)
		if got := [2]bool{len(r.Cycles) == 1, r.Knowledge[1].Facts[0].ContactBefore}; got != want {
			t.Errorf("at %s: to come, and in contact before: %v, want %v", at, got, want)
		}
	}
}
