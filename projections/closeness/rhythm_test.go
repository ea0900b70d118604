package closeness_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

func TestAChannelIsDarkIfItIsOpenAndNotUsedFor90Days(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	opened := func(at, channel string, levels ...string) {
		l.Add("acme", at, domain.AccountChannelOpened{Channel: channel, Levels: levels})
	}
	used := func(at, channel string) { l.Add("acme", at, domain.InteractionHeld{Kind: "call", Channel: channel}) }
	opened("2026-01-01", "hotline", "operator")
	opened("2026-01-01", "portal")
	opened("2026-01-02", "board", "executive")
	opened("2026-01-02", "fax")
	l.Add("acme", "2026-01-03", domain.AccountChannelClosed{Channel: "fax"})
	l.Add("acme", "2026-01-03", domain.AccountChannelClosed{Channel: "portal"})
	used("2026-01-31", "hotline")
	used("2026-02-01", "hotline")
	used("2026-02-02", "") // by its kind
	opened("2026-02-03", "portal", "manager")
	dossiertest.Same(t, since(l, "2026-02-01", "2026-05-02").Channels, `[
		{"channel":"board","opened_at":"2026-01-02T00:00:00Z","levels":["executive"],"since_d":null,"used_count":0,"dark":true},
		{"channel":"fax","opened_at":"2026-01-02T00:00:00Z","closed_at":"2026-01-03T00:00:00Z","since_d":null,"used_count":0,"dark":false},
		{"channel":"portal","opened_at":"2026-02-03T00:00:00Z","levels":["manager"],"since_d":null,"used_count":0,"dark":false},
		{"channel":"hotline","opened_at":"2026-01-01T00:00:00Z","levels":["operator"],"last_used_at":"2026-02-01T00:00:00Z","since_d":90,"used_count":1,"dark":false},
		{"channel":"call","last_used_at":"2026-02-02T00:00:00Z","since_d":89,"used_count":1,"dark":false}]`)
	for i, c := range since(l, "2026-02-01", "2026-05-02T00:01").Channels {
		if want := []bool{true, false, false, true, false}[i]; c.Dark != want {
			t.Errorf("a minute later %s: dark %v, want %v", c.Channel, c.Dark, want)
		}
	}
	if c := since(l, "2026-02-01", "2026-05-05").Channels[2]; !c.Dark {
		t.Errorf("91 days after it was opened again: %+v", c)
	}
}

func TestOfEachLevelTheRhythmAgreedLastHolds(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	agreed := func(at, level, purpose string, days int64) {
		l.Add("acme", at, domain.AccountCadenceAgreed{EveryD: days, Level: level, Purpose: purpose})
	}
	agreed("2026-01-01", "executive", "before", 10)
	agreed("2026-01-01", "", "", 20)
	agreed("2026-01-01", "manager", "", 40)
	l.Add("acme", "2026-01-05", domain.InteractionHeld{Kind: "call", Levels: []string{"executive"}}) // before the one that holds
	agreed("2026-01-11", "executive", "strategy", 30)
	l.Add("acme", "2026-01-11", domain.InteractionHeld{Kind: "call", Levels: []string{"executive"}}) // the first day of the first interval
	l.Add("acme", "2026-02-09", domain.InteractionHeld{Kind: "call", Levels: []string{"executive"}}) // its last
	l.Add("acme", "2026-03-12", domain.InteractionHeld{Kind: "call", Levels: []string{"executive"}}) // the first of the third, that goes on
	dossiertest.Same(t, about(l, "2026-04-01").Cadences, `[
		{"level":"manager","every_d":40,"agreed_at":"2026-01-01T00:00:00Z","next_due_at":"2026-02-10T00:00:00Z","overdue_d":50,"kept_pct":0,"position":3},
		{"every_d":20,"agreed_at":"2026-01-01T00:00:00Z","last_contact_at":"2026-03-12T00:00:00Z","next_due_at":"2026-04-01T00:00:00Z","overdue_d":0,"kept_pct":75,"position":2},
		{"level":"executive","purpose":"strategy","every_d":30,"agreed_at":"2026-01-11T00:00:00Z","last_contact_at":"2026-03-12T00:00:00Z",
			"next_due_at":"2026-04-11T00:00:00Z","overdue_d":0,"kept_pct":50,"position":5}]`)
	if c := about(l, "2026-02-09").Cadences[2]; c.KeptPct != nil {
		t.Errorf("in the first interval: %+v", c)
	}
}

func TestSilencesAreOfThePeriodAndTheOneThatLastsIsShown(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	noticed := func(at string) { l.Add("acme", at, domain.SilenceNoticed{CadenceD: 30}) }
	broken := func(at, by string) { l.Add("acme", at, domain.SilenceBroken{By: by}) }
	l.Add("acme", "2026-01-01", domain.InteractionHeld{Kind: "call"})
	noticed("2026-01-10")
	broken("2026-01-20", "them")
	l.Add("acme", "2026-01-21", domain.AlternativeSought{})
	noticed("2026-02-01")
	broken("2026-02-02", "them")
	noticed("2026-02-03")
	broken("2026-02-04", "us")
	broken("2026-02-04", "us")
	l.Add("acme", "2026-02-05", domain.AlternativeSought{})
	if s := since(l, "2026-02-01", "2026-02-10").Silence; !s.NoticedAt.IsZero() || s.Position != 7 {
		t.Errorf("when it was broken: %+v", s)
	}
	noticed("2026-02-11")
	dossiertest.Same(t, since(l, "2026-02-01", "2026-02-20").Silence, `{"silent_d":50,"expected_d":null,"agreed":false,"ratio":null,"noticed_at":"2026-02-11T00:00:00Z",
		"noticed_count":3,"broken_by_them_count":1,"alternatives_count":1,"position":11}`)
	l.Add("acme", "2026-02-21", domain.InteractionHeld{Kind: "call"})
	if s := since(l, "2026-02-01", "2026-02-21").Silence; !s.NoticedAt.IsZero() {
		t.Errorf("after a contact: %+v", s)
	}
}

func TestOfSeveralRhythmsTheShortestIsExpected(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for level, days := range map[string]int64{"executive": 90, "manager": 10, "operator": 30} {
		l.Add("acme", "2026-01-01", domain.AccountCadenceAgreed{EveryD: days, Level: level})
	}
	l.Add("acme", "2026-01-02", domain.InteractionHeld{Kind: "call"})
	if s := about(l, "2026-01-27").Silence; *s.ExpectedD != 10 || *s.Ratio != 2.5 || !s.Agreed {
		t.Errorf("got %+v", s)
	}
}

func TestMissesNobodySpokeOfAreListedWithTheirLines(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-31", domain.DeliveryMissed{Line: "L-0"})
	l.Add("acme", "2026-02-01", domain.DeliveryMissed{Line: "L-1"}) // spoken of after two weeks and a minute
	l.Add("acme", "2026-02-15T00:01", domain.ProblemDisclosed{Problem: "P-1"})
	l.Add("acme", "2026-03-01", domain.QualityMeasured{Line: "L-2", InspectedQty: 9, NonconformingQty: 1}) // spoken of after two weeks
	l.Add("acme", "2026-03-15", domain.PerformanceChallenged{Measure: "otif"})
	l.Add("acme", "2026-03-16", domain.QualityMeasured{Line: "L-3", InspectedQty: 9, NonconformingQty: 1})
	l.Add("acme", "2026-03-16", domain.QualityMeasured{Line: "L-4", InspectedQty: 9})
	want := `{"at":"2026-02-01T00:00:00Z","type":"delivery.missed","line":"L-1","position":2}`
	dossiertest.Same(t, since(l, "2026-02-01", "2026-03-29").Unspoken, `[`+want+`]`)
	dossiertest.Same(t, since(l, "2026-02-01", "2026-03-30").Unspoken, `[`+want+`,{"at":"2026-03-16T00:00:00Z","type":"quality.measured","line":"L-3","position":6}]`)
}

func TestProposalsAreOfThePeriod(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	proposed := func(at string, meeting domain.ID, by string) {
		l.Add("acme", at, domain.MeetingProposed{Meeting: meeting, By: by})
	}
	held := func(at string, meeting domain.ID) {
		l.Add("acme", at, domain.InteractionHeld{Interaction: meeting, Kind: "meeting"})
	}
	proposed("2026-01-31", "M-0", "us")
	held("2026-01-31", "M-0")
	proposed("2026-02-01", "M-1", "us")
	proposed("2026-02-02", "M-1", "them") // at another time
	proposed("2026-02-03", "M-2", "them")
	proposed("2026-02-04", "M-3", "us")
	proposed("2026-02-04", "M-4", "us")
	l.Add("acme", "2026-02-05", domain.MeetingDeclined{Meeting: "M-3", By: "them"})
	held("2026-02-06", "M-1")
	held("2026-02-06", "M-2")
	held("2026-02-06", "")    // of which nothing is known
	held("2026-02-06", "M-9") // that nobody proposed
	held("2026-02-07", "M-4")
	dossiertest.Same(t, since(l, "2026-02-01", "2026-02-14").Approaches, `{"by_us_count":3,"by_them_count":2,"held_count":3,"declined_count":1,"moved_count":1,
		"attempts_per_held":1.5,"ours_pct":60,"last_proposed_at":"2026-02-04T00:00:00Z","since_proposed_d":10}`)
}

func TestWorkIsShownByProjectAndWhoWasToldWhat(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	over := func(project domain.ID, from, to string) {
		l.Add("acme", "2026-01-01", domain.WorkHandedOver{Project: project, FromFunction: from, ToFunction: to})
	}
	over("A", "sales", "design")
	over("B", "sales", "design")
	over("B", "design", "production")
	l.Add("acme", "2026-01-02", domain.InteractionHeld{Kind: "meeting", Project: "A"})
	l.Add("acme", "2026-01-02", domain.InteractionHeld{Kind: "joint_review"})
	l.Add("acme", "2026-01-02", domain.InteractionHeld{Kind: "joint_review", Project: "C"})
	l.Add("acme", "2026-01-31", domain.BriefingHeld{Topics: []string{"before"}})
	l.Add("acme", "2026-02-01", domain.BriefingHeld{Topics: []string{"scrap"}, Functions: []string{"quality"}, OurLevels: []string{"manager"}, OurPeople: []string{"ann"}, From: []domain.Position{4}})
	l.Add("acme", "2026-02-02", domain.BriefingHeld{})
	ease := func(at, instrument, dimension string, score float64) {
		l.Add("acme", at, domain.SurveyAnswered{Instrument: instrument, Dimension: dimension, Score: score, ScaleMin: 1, ScaleMax: 5})
	}
	ease("2026-01-31", "ces", "ordering", 1)
	ease("2026-02-01", "ces", "ordering", 5)
	ease("2026-02-01", "ease", "ordering", 4)
	ease("2026-02-01", "ease", "", 2)
	ease("2026-02-01", "ease", "billing", 2)
	ease("2026-02-01", "csat", "billing", 5)
	got := since(l, "2026-02-01", "2026-03-01")
	dossiertest.Same(t, got.Handovers, `[
		{"project":"B","count":2,"functions":["sales","design","production"],"silent_pct":100,"review_count":0},
		{"project":"A","count":1,"functions":["sales","design"],"silent_pct":100,"review_count":0},
		{"project":"C","count":0,"functions":[],"silent_pct":null,"review_count":1}]`)
	dossiertest.Same(t, got.Briefings, `[{"at":"2026-02-02T00:00:00Z","position":9},
		{"at":"2026-02-01T00:00:00Z","topics":["scrap"],"functions":["quality"],"our_levels":["manager"],"our_people":["ann"],"from":[4],"position":8}]`)
	dossiertest.Same(t, got.Ease, `[{"process":"","formula":"ces-mean-1","count":1,"mean_pct":25},{"process":"billing","formula":"ces-mean-1","count":1,"mean_pct":25},
		{"process":"ordering","formula":"ces-mean-1","count":2,"mean_pct":87.5}]`)
}

func TestTiesThatEndAreShownLast(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	tied := func(at, ours string, contact domain.ID) {
		l.Add("acme", at, domain.ContactLinked{OurPerson: ours, Contact: contact})
	}
	tied("2026-01-01", "ann", "jane")
	tied("2026-01-01", "bob", "jane")
	tied("2026-01-01", "bob", "hugo")
	tied("2026-01-01", "ann", "kim")
	l.Add("acme", "2026-01-02", domain.ContactUnlinked{OurPerson: "ann", Contact: "jane"})
	tied("2026-01-03", "ann", "jane") // once more
	l.Add("acme", "2026-01-03", domain.ContactRoleRecorded{Contact: "kim", Role: "user", Authority: "orders", Influence: 2, Level: "operator", Function: "stores"})
	l.Add("acme", "2026-01-04", domain.ContactRoleRecorded{Contact: "kim", Role: "coach"})
	l.Add("acme", "2026-01-05", domain.ContactUnlinked{OurPerson: "bob", Contact: "jane"})
	got := about(l, "2026-02-01")
	dossiertest.Same(t, got.Links, `[
		{"our_person":"ann","contact":"jane","since":"2026-01-03T00:00:00Z","since_d":null,"position":6},
		{"our_person":"ann","contact":"kim","their_level":"operator","since":"2026-01-01T00:00:00Z","since_d":null,"position":4},
		{"our_person":"bob","contact":"hugo","since":"2026-01-01T00:00:00Z","since_d":null,"position":3},
		{"our_person":"ann","contact":"jane","since":"2026-01-01T00:00:00Z","until":"2026-01-02T00:00:00Z","since_d":null,"position":1},
		{"our_person":"bob","contact":"jane","since":"2026-01-01T00:00:00Z","until":"2026-01-05T00:00:00Z","since_d":null,"position":2}]`)
	dossiertest.Same(t, got.Contacts, `[
		{"contact":"hugo","needs_count":0,"since_d":null,"contact_count":0,"our_people":["bob"],"position":3},
		{"contact":"jane","needs_count":0,"since_d":null,"contact_count":0,"our_people":["ann"],"position":1},
		{"contact":"kim","level":"operator","function":"stores","role":"coach","authority":"orders","influence":2,"needs_count":0,"since_d":null,
			"contact_count":0,"our_people":["ann"],"position":4}]`)
}

func TestWorkCountsWhatItSays(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for _, decided := range []*bool{new(true), new(true), new(false), nil} {
		l.Add("acme", "2026-02-01", domain.MeetingOutcomeRecorded{Meeting: "M-1", CustomerDecided: decided})
	}
	l.Add("acme", "2026-02-01", domain.InteractionHeld{Kind: "joint_review"})
	l.Add("acme", "2026-02-01", domain.InteractionHeld{Kind: "joint_review", Suppliers: []string{"castings"}})
	l.Add("acme", "2026-02-01", domain.InteractionHeld{Kind: "meeting"}) // which nobody can speak of
	l.Add("acme", "2026-02-02", domain.AccountFactLearned{Fact: "F-1", Category: "process", Statement: "two shifts"})
	got := about(l, "2026-03-01")
	dossiertest.Same(t, got.Work, `{"hours_h":0,"planned_h":0,"relationship_h":0,"cost":[],"contact_count":3,"taught_count":0,
		"taught_nothing_pct":100,"review_count":2,"supplier_review_count":1,"decision_count":0,"without_customer_count":1}`)
	dossiertest.Same(t, got.Meetings, `[]`)
	dossiertest.Same(t, got.Heading, `{"account":"acme","at":"2026-03-01T00:00:00Z","known_at":"2026-03-01T00:00:00Z"}`)
}

func TestContactsOfAllAccountsAreCountedTogether(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountClassified{TierNow: "B"})
	l.Add("acme", "2026-01-01", domain.AccountCadenceAgreed{EveryD: 10})
	held := func(account domain.AccountID, meeting domain.ID, trigger string) {
		l.Add(account, "2026-02-01", domain.InteractionHeld{Interaction: meeting, Kind: "meeting", Trigger: trigger})
	}
	held("acme", "M-1", "scheduled")
	held("acme", "M-2", "scheduled")
	held("acme", "M-3", "proactive")
	held("beta", "M-1", "crisis")
	l.Add("acme", "2026-02-02", domain.MeetingOutcomeRecorded{Meeting: "M-1"})
	l.Add("acme", "2026-02-02", domain.MeetingOutcomeRecorded{Meeting: "M-2"})
	l.Add("acme", "2026-02-02", domain.AccountFactLearned{Fact: "F-1", Category: "process", Statement: "two shifts", Interaction: "M-1"})
	l.Add("ceta", "2026-02-03", domain.RequestReceived{Request: "R-1"}) // a touch of any kind is a contact
	total, rows := overall(l, "2026-02-16")
	if *total.ProactivePct != 75 || *total.TaughtNothingPct != 75 || total.SilentCount != 1 {
		t.Errorf("got %+v", total)
	}
	if r := rows[0]; r.Account != "acme" || r.Risk != 4.5 || r.ToldNotCount != 2 || r.ChannelCount != 1 {
		t.Errorf("got %+v", r)
	}
	if r := rows[2]; r.Account != "ceta" || *r.SilentD != 13 {
		t.Errorf("got %+v", r)
	}
}
