package closeness_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/closeness"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

// since is the report about the period that begins then.
func since(l *dossiertest.Ledger, from, at string) closeness.Report {
	d := l.Read(closeness.New(), "acme", at, at)
	d.From = dossiertest.Time(from)
	return closeness.About(d)
}

func TestContactsOfThePeriodAreCountedByWhatBroughtThemAbout(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-31", domain.InteractionHeld{Kind: "conference", Trigger: "crisis", Direction: "inbound", OneOnOne: true})
	l.Add("acme", "2026-02-01", domain.InteractionHeld{Kind: "call", Trigger: "crisis", Direction: "inbound"})
	l.Add("acme", "2026-02-02", domain.InteractionHeld{Kind: "call", Trigger: "our_ask", Direction: "outbound", OneOnOne: true})
	l.Add("acme", "2026-02-03", domain.InteractionHeld{Kind: "email", Trigger: "customer_ask", Direction: "inbound"})
	l.Add("acme", "2026-02-04", domain.InteractionHeld{Kind: "check_in", Trigger: "scheduled", Direction: "outbound"})
	l.Add("acme", "2026-02-05", domain.InteractionHeld{Kind: "visit", Trigger: "proactive", Direction: "outbound"})
	l.Add("acme", "2026-02-06", domain.InteractionHeld{Kind: "briefing", Trigger: "proactive"})
	l.Add("acme", "2026-02-07", domain.InteractionHeld{Kind: "focus_group", Trigger: "proactive"})
	l.Add("acme", "2026-03-01", domain.InteractionHeld{Kind: "letter"})
	l.Add("acme", "2026-03-02", domain.InteractionHeld{Kind: "letter", Trigger: "crisis"})
	dossiertest.Same(t, since(l, "2026-02-01", "2026-03-01").Manner, `{"interaction_count":8,"known_count":7,"crisis_count":1,"our_ask_count":1,"customer_ask_count":1,
		"scheduled_count":1,"proactive_count":3,"proactive_pct":57.142857142857146,"crisis_only":false,"low_pressure_pct":37.5,"never_met":false,
		"one_on_one_pct":12.5,"inbound_count":2,"outbound_count":3,"ours_pct":60}`)
	dossiertest.Same(t, since(l, "2026-03-01", "2026-03-01").Manner, `{"interaction_count":1,"known_count":0,"crisis_count":0,"our_ask_count":0,"customer_ask_count":0,
		"scheduled_count":0,"proactive_count":0,"proactive_pct":null,"crisis_only":false,"low_pressure_pct":0,"never_met":false,
		"one_on_one_pct":0,"inbound_count":0,"outbound_count":0,"ours_pct":null}`)
	if got := since(l, "2026-03-02", "2026-03-02").Manner; !got.CrisisOnly || got.CrisisCount != 1 {
		t.Errorf("of crises alone: %+v", got)
	}
}

func TestWhatWeGaveAndAskedForIsOfThePeriod(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-31", domain.ValueShared{Kind: "data", EstValueMinor: new(int64(9000)), Currency: "EUR"})
	l.Add("acme", "2026-01-31", domain.InformationRequested{ItemsCount: 90})
	l.Add("acme", "2026-02-01", domain.ValueShared{Kind: "saving", EstValueMinor: new(int64(500)), Currency: "EUR", Accepted: new(true), Beneficiary: "fleet"})
	l.Add("beta", "2026-02-02", domain.AccountMerged{Into: "acme"})
	l.Add("beta", "2026-02-03", domain.ValueShared{Kind: "insight", Statement: "scrap falls", Accepted: new(false)})
	l.Add("acme", "2026-02-04", domain.InformationRequested{ItemsCount: 8})
	l.Add("acme", "2026-02-05", domain.ProblemDisclosed{Problem: "P-1", Topic: "scrap", ProblemOccurredAt: dossiertest.Time("2026-01-26"), PreviouslyUnreported: true, Trigger: "proactive"})
	l.Add("acme", "2026-02-06", domain.ProblemDisclosed{Problem: "P-2", ProblemOccurredAt: dossiertest.Time("2026-02-04")})
	l.Add("acme", "2026-02-07", domain.ProblemDisclosed{Problem: "P-3"})
	got := since(l, "2026-02-01", "2026-03-01")
	dossiertest.Same(t, got.Exchange, `{"given_count":2,"asked_count":8,"balance":0.25,"takes_only":false,"value":[{"amount_minor":500,"currency":"EUR"}],
		"accepted_count":1,"disclosure_d":6,"kept_back_count":1}`)
	dossiertest.Same(t, got.Given, `[{"at":"2026-02-03T00:00:00Z","kind":"insight","statement":"scrap falls","est_value_minor":null,"accepted":false,"position":5},
		{"at":"2026-02-01T00:00:00Z","kind":"saving","est_value_minor":500,"currency":"EUR","accepted":true,"beneficiary":"fleet","position":3}]`)
	dossiertest.Same(t, got.Problems, `[{"problem":"P-3","told_at":"2026-02-07T00:00:00Z","lag_d":null,"previously_unreported":false,"position":9},
		{"problem":"P-2","told_at":"2026-02-06T00:00:00Z","occurred_at":"2026-02-04T00:00:00Z","lag_d":2,"previously_unreported":false,"position":8},
		{"problem":"P-1","topic":"scrap","told_at":"2026-02-05T00:00:00Z","occurred_at":"2026-01-26T00:00:00Z","lag_d":10,"previously_unreported":true,"trigger":"proactive","position":7}]`)
	dossiertest.Same(t, since(l, "2026-02-04", "2026-02-04").Exchange, `{"given_count":0,"asked_count":8,"balance":0,"takes_only":true,"value":[],
		"accepted_count":0,"disclosure_d":null,"kept_back_count":0}`)
	dossiertest.Same(t, since(l, "2026-02-20", "2026-03-01").Exchange, `{"given_count":0,"asked_count":0,"balance":null,"takes_only":false,"value":[],
		"accepted_count":0,"disclosure_d":null,"kept_back_count":0}`)
}

func TestTimeTalksAndMeetingsAreOfThePeriod(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	effort := func(at string, hours float64, planned *float64, relationship bool, cost *int64) {
		l.Add("acme", at, domain.EffortLogged{HoursH: hours, PlannedH: planned, Relationship: relationship, CostMinor: cost, Currency: "EUR"})
	}
	effort("2026-01-31", 100, new(100.0), true, new(int64(9000)))
	effort("2026-02-01", 3, new(8.0), true, new(int64(200)))
	effort("2026-02-02", 2, nil, false, nil)
	l.Add("acme", "2026-01-31", domain.InteractionHeld{Interaction: "M-0", Kind: "meeting"})
	l.Add("acme", "2026-02-03", domain.InteractionHeld{Interaction: "M-1", Kind: "meeting"})
	l.Add("acme", "2026-02-04", domain.InteractionHeld{Interaction: "M-2", Kind: "joint_review", Suppliers: []string{"castings"}, Project: "X"})
	l.Add("acme", "2026-02-05", domain.InteractionHeld{Interaction: "M-3", Kind: "focus_group"})
	l.Add("acme", "2026-02-05", domain.InteractionHeld{Interaction: "C-1", Kind: "call"})
	l.Add("acme", "2026-02-06", domain.MeetingOutcomeRecorded{Meeting: "M-2", DecisionsCount: new(int64(4)), CustomerDecided: new(false)})
	l.Add("acme", "2026-02-06", domain.MeetingOutcomeRecorded{Meeting: "M-3", DecisionsCount: new(int64(1)), CustomerDecided: new(true)})
	l.Add("acme", "2026-02-07", domain.MeetingOutcomeTold{Meeting: "M-3"})
	l.Add("acme", "2026-02-08", domain.AccountFactLearned{Fact: "F-1", Category: "process", Statement: "two shifts", Interaction: "C-1"})
	l.Add("acme", "2026-02-09", domain.WorkHandedOver{Project: "X", FromFunction: "sales", ToFunction: "design", Interactive: true})
	l.Add("acme", "2026-02-10", domain.WorkHandedOver{Project: "X", FromFunction: "design", ToFunction: "quality"})
	got := since(l, "2026-02-01", "2026-02-13")
	dossiertest.Same(t, got.Work, `{"hours_h":5,"planned_h":8,"relationship_h":3,"cost":[{"amount_minor":200,"currency":"EUR"}],"contact_count":4,"taught_count":1,
		"taught_nothing_pct":75,"review_count":1,"supplier_review_count":1,"decision_count":5,"without_customer_count":1}`)
	dossiertest.Same(t, got.Meetings, `[{"meeting":"M-1","held_at":"2026-02-03T00:00:00Z","age_d":10,"missing":"outcome","position":5},
		{"meeting":"M-2","held_at":"2026-02-04T00:00:00Z","age_d":9,"missing":"telling","position":6}]`)
	dossiertest.Same(t, got.Handovers, `[{"project":"X","count":2,"functions":["sales","design","quality"],"silent_pct":50,"review_count":1}]`)
}

func TestPeopleAreShownWithWhoKnowsThemAndWhenTheyWereLastInContact(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.ContactAdded{Contact: "jane", Level: "manager", Function: "buying"})
	l.Add("acme", "2026-01-02", domain.ContactRoleRecorded{Contact: "jane", Role: "economic", Authority: "budget", Influence: 5})
	l.Add("acme", "2026-01-03", domain.ContactAdded{Contact: "joe"})
	l.Add("acme", "2026-01-03", domain.ContactAdded{Contact: "ann"})
	l.Add("acme", "2026-01-04", domain.ContactLinked{Contact: "jane", OurPerson: "m.keller", OurLevel: "executive"})
	l.Add("acme", "2026-01-04", domain.ContactLinked{Contact: "joe", OurPerson: "l.moreau"})
	l.Add("acme", "2026-01-05", domain.InteractionHeld{Kind: "call", Contacts: []domain.ID{"jane"}})
	l.Add("acme", "2026-01-06", domain.NeedStated{Need: "N-1", Contact: "jane", Statement: "shorter lead times"})
	l.Add("acme", "2026-01-07", domain.ContactLeft{Contact: "joe"})
	l.Add("acme", "2026-01-09", domain.MeetingOutcomeTold{Meeting: "M-1", Contact: "jane"})
	got := about(l, "2026-01-11")
	dossiertest.Same(t, got.Contacts, `[{"contact":"ann","needs_count":0,"since_d":null,"contact_count":0,"our_people":[],"position":4},
		{"contact":"jane","level":"manager","function":"buying","role":"economic","authority":"budget","influence":5,"needs_count":1,
		"last_contact_at":"2026-01-09T00:00:00Z","since_d":2,"contact_count":3,"our_people":["m.keller"],"position":1},
		{"contact":"joe","needs_count":0,"since_d":null,"contact_count":0,"our_people":["l.moreau"],"left_at":"2026-01-07T00:00:00Z","position":3}]`)
	dossiertest.Same(t, got.Links, `[{"our_person":"m.keller","our_level":"executive","contact":"jane","their_level":"manager","since":"2026-01-04T00:00:00Z",
		"last_contact_at":"2026-01-09T00:00:00Z","since_d":2,"position":5},
		{"our_person":"l.moreau","contact":"joe","since":"2026-01-04T00:00:00Z","until":"2026-01-07T00:00:00Z","since_d":null,"position":6}]`)
}

func TestAllAccountsAreOrderedByTheRiskOfTheirSilence(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for account, tier := range map[domain.AccountID]string{"acme": "A", "beta": "C", "ceta": "A", "delta": "D"} {
		l.Add(account, "2026-01-01", domain.AccountClassified{TierNow: tier})
		l.Add(account, "2026-01-01", domain.AccountCadenceAgreed{EveryD: 10})
	}
	l.Add("acme", "2026-02-19", domain.InteractionHeld{Kind: "call", Trigger: "proactive", Levels: []string{"manager", "operator"}}) // 10 days
	l.Add("beta", "2026-01-30", domain.InteractionHeld{Kind: "call", Trigger: "crisis"})                                             // 30
	l.Add("delta", "2026-01-30", domain.InteractionHeld{Kind: "conference"})
	l.Add("delta", "2026-01-30", domain.InteractionHeld{Kind: "email"})
	l.Add("echo", "2026-02-02", domain.InformationRequested{ItemsCount: 1}) // no rhythm is known
	for account, hours := range map[domain.AccountID]float64{"acme": 2, "beta": 6, "ceta": 4, "delta": 3} {
		l.Add(account, "2026-02-03", domain.EffortLogged{HoursH: hours, PlannedH: new(1.0), Relationship: account == "beta", CostMinor: new(int64(7)), Currency: "EUR"})
	}
	l.Add("beta", "2026-02-04", domain.DeliveryMissed{Line: "L-1"})
	l.Add("beta", "2026-02-04", domain.InteractionHeld{Interaction: "M-1", Kind: "visit"})
	total, rows := dossiertest.OverallIn(l, closeness.New(), dossiertest.Span("2026-01-20", "2026-03-01", "2026-03-01"), closeness.Overall)
	dossiertest.Same(t, rows, `[
		{"account":"beta","risk":5,"silent_d":25,"expected_d":10,"tier":"C","last_contact_at":"2026-02-04T00:00:00Z","proactive_pct":0,"crisis_only":true,
		"never_met":true,"level_count":0,"channel_count":2,"missing_roles_count":4,"hours_h":6,"planned_h":1,"relationship_h":6,"over_served":true,
		"takes_only":false,"unspoken_count":1,"told_not_count":0},
		{"account":"acme","risk":4,"silent_d":10,"expected_d":10,"tier":"A","last_contact_at":"2026-02-19T00:00:00Z","proactive_pct":100,"crisis_only":false,
		"never_met":true,"level_count":2,"channel_count":1,"missing_roles_count":4,"hours_h":2,"planned_h":1,"relationship_h":0,"over_served":false,
		"takes_only":false,"unspoken_count":0,"told_not_count":0},
		{"account":"delta","risk":3,"silent_d":30,"expected_d":10,"tier":"D","last_contact_at":"2026-01-30T00:00:00Z","proactive_pct":null,"crisis_only":false,
		"never_met":false,"level_count":0,"channel_count":2,"missing_roles_count":4,"hours_h":3,"planned_h":1,"relationship_h":0,"over_served":false,
		"takes_only":false,"unspoken_count":0,"told_not_count":0},
		{"account":"ceta","risk":0,"silent_d":null,"expected_d":10,"tier":"A","proactive_pct":null,"crisis_only":false,
		"never_met":true,"level_count":0,"channel_count":0,"missing_roles_count":4,"hours_h":4,"planned_h":1,"relationship_h":0,"over_served":false,
		"takes_only":false,"unspoken_count":0,"told_not_count":0},
		{"account":"echo","risk":0,"silent_d":27,"expected_d":null,"last_contact_at":"2026-02-02T00:00:00Z","proactive_pct":null,"crisis_only":false,
		"never_met":true,"level_count":0,"channel_count":0,"missing_roles_count":4,"hours_h":0,"planned_h":0,"relationship_h":0,"over_served":false,
		"takes_only":true,"unspoken_count":0,"told_not_count":0}]`)
	dossiertest.Same(t, total, `{"accounts_count":5,"silent_count":2,"crisis_only_count":1,"never_met_count":4,"single_channel_count":1,"takes_only_count":1,
		"no_time_count":4,"unspoken_count":1,"proactive_pct":50,"taught_nothing_pct":100,"tiers":[
		{"tier":"A","accounts_count":2,"planned_h":2,"hours_h":6,"relationship_h":0,"median_h":3,"cost":[{"amount_minor":14,"currency":"EUR"}]},
		{"tier":"C","accounts_count":1,"planned_h":1,"hours_h":6,"relationship_h":6,"median_h":6,"cost":[{"amount_minor":7,"currency":"EUR"}]},
		{"tier":"D","accounts_count":1,"planned_h":1,"hours_h":3,"relationship_h":0,"median_h":3,"cost":[{"amount_minor":7,"currency":"EUR"}]},
		{"tier":"","accounts_count":1,"planned_h":0,"hours_h":0,"relationship_h":0,"median_h":0,"cost":[]}],
		"silences_count":0,"losses_after_count":0,"loss_after_pct":null,"lost_pct":0}`)
}

func TestAMeetingRecordedBeforeItCanHaveHappenedIsNone(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", domain.MeetingProposed{Meeting: "M-1", By: "us"})
	talk := domain.InteractionHeld{
		Interaction: "M-1", Kind: "joint_review", Channel: "hall", Project: "X", Levels: []string{"executive"}, Trigger: "proactive", Direction: "outbound",
	}
	l.Correct(l.Add("acme", "2026-02-02", talk), talk, "2026-02-20")
	talk.Interaction, talk.Kind = "M-2", "conference"
	l.Correct(l.Add("acme", "2026-02-02", talk), talk, "2026-02-20")
	got := since(l, "2026-02-01", "2026-03-01")
	dossiertest.Same(t, got.Manner, `{"interaction_count":0,"known_count":0,"crisis_count":0,"our_ask_count":0,"customer_ask_count":0,
		"scheduled_count":0,"proactive_count":0,"proactive_pct":null,"crisis_only":false,"low_pressure_pct":null,"never_met":true,
		"one_on_one_pct":null,"inbound_count":0,"outbound_count":0,"ours_pct":null}`)
	dossiertest.Same(t, got.Approaches, `{"by_us_count":1,"by_them_count":0,"held_count":0,"declined_count":0,"moved_count":0,"attempts_per_held":null,
		"ours_pct":100,"last_proposed_at":"2026-02-01T00:00:00Z","since_proposed_d":28}`)
	dossiertest.Same(t, got.Matrix, `[]`)
	dossiertest.Same(t, got.Channels, `[]`)
	dossiertest.Same(t, got.Meetings, `[]`)
	dossiertest.Same(t, got.Handovers, `[]`)
	if got.Work.ContactCount != 0 || got.Work.ReviewCount != 0 {
		t.Errorf("got %+v", got.Work)
	}
}

func TestALevelIsThatOfTheTimeOfTheMeeting(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	met := func(at string, contacts ...domain.ID) {
		l.Add("acme", at, domain.InteractionHeld{Kind: "call", Contacts: contacts})
	}
	met("2026-01-01", "jane") // her profile came later
	l.Add("acme", "2026-01-02", domain.ContactAdded{Contact: "jane", Level: "manager"})
	l.Add("acme", "2026-01-03", domain.ContactLinked{Contact: "jane", OurPerson: "m.keller"})
	met("2026-02-01", "jane")
	l.Add("acme", "2026-03-01", domain.ContactRoleRecorded{Contact: "jane", Role: "economic", Level: "executive"})
	l.Add("acme", "2026-03-02", domain.ContactRoleRecorded{Contact: "jane", Role: "coach"})
	met("2026-04-01", "jane")
	l.Add("acme", "2026-04-02", domain.AccountCadenceAgreed{EveryD: 30, Level: "manager"})
	met("2026-04-03", "jane")
	got := about(l, "2026-04-03")
	dossiertest.Same(t, got.Matrix, `[{"level":"executive","channel":"call","count":2,"last_at":"2026-04-03T00:00:00Z","since_d":0},
		{"level":"manager","channel":"call","count":2,"last_at":"2026-02-01T00:00:00Z","since_d":61}]`)
	if l := got.Links[0]; l.TheirLevel != "executive" {
		t.Errorf("a tie is to who they are now: %+v", l)
	}
	if c := got.Cadences[0]; !c.LastContactAt.IsZero() {
		t.Errorf("no manager was met since: %+v", c)
	}
}
