package improvement_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/improvement"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
)

// about is the report on acme; 5 January 2026 is a Monday, and business days are of 7.5 hours.
func about(l *dossiertest.Ledger, at string) improvement.Report {
	return improvement.About(l.Read(improvement.New(), "acme", at, at))
}

// since is the report on acme at the end of March, about the time from February on; until then
// there are 40 business days from 3 February (a Tuesday) on.
func since(t *testing.T, l *dossiertest.Ledger) improvement.Report {
	t.Helper()
	d := l.Read(improvement.New(), "acme", "2026-03-31", "2026-12-31")
	d.From = dossiertest.Time("2026-02-01")
	return improvement.About(d)
}

// show is a number that may be unknown.
func show(n *float64) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

func TestAComplaintsClockRunsInBusinessTimeAndRestsWhileTheCustomerIsAwaited(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-05T09:00", domain.ComplaintRaised{Complaint: "C-1", Severity: 3})
	l.Add("acme", "2026-01-05T09:30", domain.ComplaintAcknowledged{Complaint: "C-1"})
	l.Add("acme", "2026-01-05T11:00", domain.ComplaintInvestigated{Complaint: "C-1", Awaiting: "customer"})
	l.Add("acme", "2026-01-07T09:00", domain.ComplaintInvestigated{Complaint: "C-1", Awaiting: "us"})
	l.Add("acme", "2026-01-07T10:00", domain.ComplaintAnswered{Complaint: "C-1"})
	got := about(l, "2026-01-07T11:00").ComplaintList[0]
	if f := about(l, "2026-01-07T11:00").Complaints; *f.AckInTimePct != 100 {
		t.Errorf("got %+v", f)
	}
	l.Add(domain.Ledger, "2026-01-01", domain.PolicyChanged{Name: "at once", Reason: "they wait", FollowUp: &domain.FollowUpPolicy{
		SLAs: []domain.SLA{{Reason: "complaint_acknowledged", DueH: 0.4}}, DefaultDueH: 5,
	}})
	if f := about(l, "2026-01-07T11:00").Complaints; *f.AckInTimePct != 0 || *f.AnsweredInTimePct != 100 {
		t.Errorf("by a time of their own: %+v", f)
	}
	if got.Stage != "answered" || *got.AcknowledgedMin != 30 || *got.AnsweredH != 3 || got.AgeH != 4 || !*got.InTime {
		t.Errorf("got %+v", got)
	}
}

func TestAClosedComplaintThatIsOpenedAgainIsOpen(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-05T09:00", domain.ComplaintRaised{Complaint: "C-1", Severity: 3})
	l.Add("acme", "2026-01-06T09:00", domain.ComplaintClosed{Complaint: "C-1", AcceptedByCustomer: new(true)})
	if r := about(l, "2026-01-07"); *r.Complaints.AcceptedPct != 100 || r.Complaints.OpenCount != 0 || r.Complaints.Severities[0].Count != 1 {
		t.Errorf("closed: %+v", r.Complaints)
	}
	l.Add("acme", "2026-01-08T09:00", domain.ComplaintReopened{Complaint: "C-1"})
	l.Add("acme", "2026-01-08T09:00", domain.ComplaintRaised{Complaint: "never closed", Severity: 3})
	if r := about(l, "2026-01-09"); r.Complaints.AcceptedPct != nil || r.Complaints.OpenCount != 2 || *r.Complaints.ReopenedPct != 100 {
		t.Errorf("opened again: %+v", r.Complaints)
	}
}

func TestNobodyWaitsForTheCustomerOnceAComplaintWasClosed(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-05T09:00", domain.ComplaintRaised{Complaint: "C-1", Severity: 3})
	l.Add("acme", "2026-01-05T11:00", domain.ComplaintInvestigated{Complaint: "C-1", Awaiting: "customer"})
	l.Add("acme", "2026-01-05T12:00", domain.ComplaintClosed{Complaint: "C-1"})
	l.Add("acme", "2026-01-05T14:00", domain.ComplaintReopened{Complaint: "C-1"})
	if got := about(l, "2026-01-06T10:00").ComplaintList[0]; got.AgeH != 7.5 { // of 8.5, one for the customer
		t.Errorf("got %+v", got)
	}
}

func TestWithoutACalendarTimeIsTime(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add(domain.Ledger, "2026-01-01", domain.PolicyChanged{Name: "unreadable", Reason: "moved", Calendar: &domain.CalendarPolicy{
		TimeZone: "UTC", Week: []domain.OpeningInterval{{Day: "mon", From: "09:00", To: "12:00"}}, Holidays: []string{"some day"},
	}})
	l.Add("acme", "2026-01-05T09:00", domain.ComplaintRaised{Complaint: "C-1", Severity: 3})
	l.Add("acme", "2026-01-06T09:00", domain.ComplaintClosed{Complaint: "C-1"})
	if got := about(l, "2026-02-01").ComplaintList[0]; *got.ClosedH != 24 {
		t.Errorf("got %v", *got.ClosedH)
	}
}

func TestARequestIsLateByItsDateOrByThePolicy(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-05T09:00", domain.RequestReceived{Request: "by policy"}) // two business days
	l.Add("acme", "2026-01-05T09:00", domain.RequestReceived{Request: "by date", DueAt: dossiertest.Time("2026-01-05T12:00")})
	for at, want := range map[string][2]bool{"2026-01-05T13:00": {false, true}, "2026-01-07T12:00": {true, true}} {
		for _, r := range about(l, at).RequestList {
			if i := map[string]int{"by policy": 0, "by date": 1}[r.Request]; r.Late != want[i] {
				t.Errorf("%s at %s: late %v, want %v", r.Request, at, r.Late, want[i])
			}
		}
	}
	l.Add("acme", "2026-01-05T11:00", domain.RequestAnswered{Request: "by date", FirstAnswerSufficient: new(false), Shortcoming: "no manual"})
	r := about(l, "2026-01-07T12:00")
	if *r.Requests.MedianAnswerMin != 120 || *r.Requests.FirstAnswerPct != 0 || r.Requests.Shortcomings[0].Name != "no manual" || r.RequestList[1].Late {
		t.Errorf("got %+v", r.Requests)
	}
}

func TestANonconformitySpendsTimeInEachStage(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	add := func(at string, e domain.Event) { l.Add("acme", at, e) }
	add("2026-01-05T09:00", domain.NonconformityOpened{Nonconformity: "N-1", Severity: 4, CostMinor: new(int64(5000)), Currency: "EUR"})
	add("2026-01-05T11:00", domain.NonconformityContained{Nonconformity: "N-1"})
	add("2026-01-06T09:00", domain.NonconformityCauseFound{Nonconformity: "N-1", Code: "tool", Level: "occurrence"})
	add("2026-01-06T10:00", domain.NonconformityActionPlanned{Nonconformity: "N-1", Action: "A-1", DueAt: dossiertest.Time("2026-01-07T09:00")})
	r := about(l, "2026-01-08T09:00")
	n := r.Unmet[0]
	if n.Stage != "D5" || n.OverdueCount != 1 || len(n.Clocks) != 4 || n.Clocks[0].HoursH != 2 || n.Clocks[1].HoursH != 5.5 || n.Causes[0] != "occurrence tool" {
		t.Errorf("open: %+v", n)
	}
	add("2026-01-08T10:00", domain.NonconformityActionImplemented{Nonconformity: "N-1", Action: "A-1"})
	add("2026-01-08T11:00", domain.NonconformityClosed{Nonconformity: "N-1", CostMinor: new(int64(9000)), Currency: "EUR"})
	add("2026-02-08T11:00", domain.NonconformityEffectVerified{Nonconformity: "N-1", Effective: false, RecurrencesCount: 2})
	add("2026-02-09T11:00", domain.NonconformityOpened{Nonconformity: "N-2", Severity: 4, Repeats: "N-1"})
	f := about(l, "2026-03-01").Nonconformities
	if f.OpenCount != 1 || *f.EffectivePct != 0 || *f.RecurrencePct != 50 || f.Cost[0].AmountMinor != 9000 || f.UncostedCount != 1 || len(f.Stages) != 5 {
		t.Errorf("in the end: %+v", f)
	}
}

func TestAnImprovementIsNotOverUntilTheCustomerWasTold(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-05", domain.ImprovementAgreed{Improvement: "I-1", DueAt: dossiertest.Time("2026-02-01"), Owner: "m.keller", OwnerLevel: "executive", CustomerSignatory: "jane"})
	l.Add("acme", "2026-01-06", domain.ImprovementValueEstimated{Improvement: "I-1", AmountMinor: 100, Currency: "EUR"})
	l.Add("acme", "2026-01-07", domain.InvolvementStarted{Effort: "E-1", Party: "supplier", Kind: "design", Improvement: "I-1"})
	l.Add("acme", "2026-02-03", domain.ImprovementDelivered{Improvement: "I-1"})
	r := about(l, "2026-02-13")
	if i := r.ImprovementList[0]; i.State != "delivered" || *i.LateD != 2 || *i.UntoldD != 10 || !i.SupplierHelped || i.CustomerHelped {
		t.Errorf("not told: %+v", i)
	}
	if f := r.Improvements; f.NotToldCount != 1 || *f.ToldPct != 0 || *f.OnTimePct != 0 || f.Levels[0].OwnerLevel != "executive" || f.Assumed[0].AmountMinor != 100 || *f.CoAgreedPct != 100 {
		t.Errorf("not told: %+v", f)
	}
	l.Add("acme", "2026-02-20", domain.ImprovementTold{Improvement: "I-1", Acknowledged: true})
	if f := about(l, "2026-03-01").Improvements; f.NotToldCount != 0 || *f.ToldPct != 100 {
		t.Errorf("told: %+v", f)
	}
}

func TestWhatTheyToldUsHasToLeadToAPlanInTime(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	heard := l.Add("acme", "2026-01-05", domain.VoiceCaptured{Verbatim: "too late again"})
	l.Add("acme", "2026-01-05", domain.WishExpressed{Topic: "a portal"})
	l.Add("acme", "2026-01-05", domain.VoiceCaptured{Verbatim: "well done", Polarity: new(int64(2))}) // praise wants no plan,
	l.Add("acme", "2026-01-05", domain.RequestReceived{Request: "R-1"})                               // a request an answer
	l.Add("acme", "2026-01-06", domain.PlanCreated{Plan: "P-1", From: []domain.Position{heard}, CustomerKnows: true, DueAt: dossiertest.Time("2026-01-09")})
	if got := about(l, "2026-01-07").Inputs; got.InputsCount != 2 || got.UnplannedCount != 0 || *got.PlannedPct != 50 || got.KnownOverdueCount != 0 {
		t.Errorf("in time: %+v", got)
	}
	if got := about(l, "2026-02-07").Inputs; got.UnplannedCount != 1 || got.KnownOverdueCount != 1 {
		t.Errorf("later: %+v", got)
	}
}

func TestPeopleWhoLeftAreNotOnTheAccount(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountManagerAssigned{Person: "m.keller"})
	l.Add("acme", "2026-01-01", domain.ContactLinked{Contact: "jane", OurPerson: "m.keller"})
	l.Add("acme", "2026-01-01", domain.ContactLinked{Contact: "jane", OurPerson: "l.moreau"})
	l.Add("acme", "2026-01-01", domain.ContactLinked{Contact: "joe", OurPerson: "j.novak"})
	l.Add("acme", "2026-01-01", domain.RoleAssigned{Role: "planner", Person: "c.weiss"})
	l.Add("acme", "2026-01-01", domain.RoleAssigned{Role: "welder", Person: "t.ruiz"})
	l.Add("acme", "2026-01-01", domain.AccountManagerAssigned{Person: "s.lind"})
	l.Add("acme", "2026-02-01", domain.AccountManagerReleased{Person: "m.keller"})
	l.Add("acme", "2026-02-01", domain.ContactUnlinked{Contact: "jane", OurPerson: "l.moreau"})
	l.Add("acme", "2026-02-01", domain.ContactLeft{Contact: "joe"})
	l.Add("acme", "2026-02-01", domain.RoleAssigned{Role: "planner", Person: "b.osei"})
	l.Add("acme", "2026-02-01", domain.AccountManagerReleased{Person: "s.lind"})
	l.Add("acme", "2026-02-01", domain.RoleVacated{Role: "welder"})
	for at, want := range map[string][]string{
		"2026-01-15": {"c.weiss", "j.novak", "l.moreau", "m.keller", "s.lind", "t.ruiz"},
		"2026-03-01": {"b.osei", "m.keller"}, // who is tied to jane still
	} {
		var got []string
		for _, p := range about(l, at).People {
			got = append(got, p.Person)
		}
		if !slices.Equal(got, want) {
			t.Errorf("at %s: %q, want %q", at, got, want)
		}
	}
}

func TestACapacityForAllIsHeldAgainstAllThatIsPromised(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add(domain.Ledger, "2026-01-01", domain.FigurePublished{Measure: "capacity", Period: "2026", Value: 160, UOM: "person_h", By: "us"})
	l.Add("acme", "2026-01-05", domain.ImprovementAgreed{Improvement: "I-1", PlannedPersonH: new(100.0)})
	l.Add("beta", "2026-01-05", domain.ImprovementAgreed{Improvement: "I-1", PlannedPersonH: new(90.0)})
	total, _ := dossiertest.Overall(l, improvement.New(), "2026-03-01", improvement.Overall)
	if got := total.Improvements; got.PlannedPersonH != 190 || got.CapacityPersonH == nil || *got.CapacityPersonH != 160 {
		t.Errorf("got %+v", got)
	}
}

func TestACertificateHoldsAtTheTimeAskedAbout(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountManagerAssigned{Person: "m.keller"})
	l.Add(domain.Ledger, "2026-01-02", domain.CertificateGranted{Scheme: "welding", Person: "m.keller", ValidTo: dossiertest.Time("2026-06-01")})
	for at, want := range map[string]float64{"2026-03-01": 100, "2026-07-01": 0} {
		if got := about(l, at).Coverage; *got.CertifiedPct != want || *got.TrainedPct != 0 {
			t.Errorf("at %s: %+v", at, got)
		}
	}
}

func TestTheTotalIsTheAccountsTogether(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for _, account := range []domain.AccountID{"acme", "beta"} {
		l.Add(account, "2026-01-05T09:00", domain.ComplaintRaised{Complaint: "C-1", Severity: 3})
		l.Add(account, "2026-01-05T09:00", domain.RequestReceived{Request: "R-1"})
	}
	l.Add("beta", "2026-01-06T09:00", domain.ComplaintClosed{Complaint: "C-1", AcceptedByCustomer: new(true)})
	total, rows := dossiertest.Overall(l, improvement.New(), "2026-03-01", improvement.Overall)
	if total.Complaints.RaisedCount != 2 || *total.Complaints.RecoveredPct != 50 || total.Requests.UnansweredCount != 2 || rows[0].Account != "acme" {
		t.Errorf("got %+v, %+v", total, rows)
	}
}

func TestRowsDoNotDependOnBatches(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	wrong := l.Add("acme", "2026-01-05", domain.ComplaintRaised{Complaint: "C-1", Severity: 3, Summary: "private"})
	l.Add("beta", "2026-01-06", domain.AccountMerged{Into: "acme"})
	l.Correct(wrong, domain.ComplaintRaised{Complaint: "C-1", Severity: 5}, "2026-01-04")
	l.Retract(l.Add("acme", "2026-01-07", domain.ImprovementAgreed{Improvement: "I-1"}))
	l.Add(domain.Ledger, "2026-01-08", domain.TrainingCompleted{Person: "m.keller", Audience: "employee"})
	projectiontest.Run(t, improvement.New(), l.Records())
}
