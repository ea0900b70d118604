package checklist_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/checklist"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
)

func TestEachPointIsAnsweredByItsEvents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		item, want string
		events     []domain.Event
	}{
		{"planning", "yes", []domain.Event{requirement("R-1"), domain.ExpectationConfirmed{Expectation: "R-1"}}},
		{"planning", "partial", []domain.Event{requirement("R-1"), requirement("R-2"), domain.ExpectationConfirmed{Expectation: "R-1"}}},
		{"planning", "no", []domain.Event{requirement("R-1")}},
		{"planning", "partial", []domain.Event{domain.PlanCreated{Plan: "P-1", Kind: "project_phase"}}},
		{"planning", "no", []domain.Event{domain.PlanCreated{Plan: "P-1"}}},
		{"planning", "no", []domain.Event{domain.ExpectationStated{Expectation: "R-1", Kind: "standard"}, domain.ExpectationConfirmed{Expectation: "R-1"}}},
		{"suppliers", "partial", []domain.Event{domain.InvolvementStarted{Effort: "E-1", Party: "supplier", Kind: "measurement"}}},
		{"suppliers", "partial", []domain.Event{domain.FigurePublished{Measure: "otif", Supplier: "castings", By: "us"}}},
		{"suppliers", "no", []domain.Event{domain.FigurePublished{Measure: "otif", By: "us"}}},
		{"suppliers", "yes", []domain.Event{
			domain.InvolvementStarted{Effort: "E-1", Party: "supplier", Kind: "measurement"},
			domain.InvolvementStarted{Effort: "E-2", Party: "supplier", Kind: "design"}}},
		{"suppliers", "no", []domain.Event{domain.InvolvementStarted{Effort: "E-1", Party: "customer", Kind: "design"}}},
		{"tracking", "yes", []domain.Event{requirement("R-1"), domain.ExpectationMeasured{Expectation: "R-1", Value: 3}}},
		{"tracking", "no", []domain.Event{requirement("R-1")}},
		{"tracking", "yes", []domain.Event{
			requirement("R-1"), domain.ExpectationStated{Expectation: "R-2", Replaces: "R-1", Target: new(4.0), UOM: "d"}, domain.ExpectationMeasured{Expectation: "R-2", Value: 3}}},
		{"tracking", "no", []domain.Event{domain.ExpectationStated{Expectation: "R-1"}, domain.ExpectationMeasured{Expectation: "R-1", Value: 3}}},
		{"corrective_action", "yes", []domain.Event{
			domain.NonconformityOpened{Nonconformity: "N-1", Severity: 3, QtyAffected: new(9.0), UOM: "pcs"}, domain.NonconformityActionPlanned{Nonconformity: "N-1", Action: "A-1"}}},
		{"corrective_action", "yes", []domain.Event{
			domain.NonconformityOpened{Nonconformity: "N-1", Severity: 3}, domain.NonconformityActionPlanned{Nonconformity: "N-1", Action: "A-1"},
			domain.NonconformityClosed{Nonconformity: "N-1", CostMinor: new(int64(100)), Currency: "EUR"}}},
		{"corrective_action", "partial", []domain.Event{domain.NonconformityOpened{Nonconformity: "N-1", Severity: 3, CostMinor: new(int64(100)), Currency: "EUR"}}},
		{"corrective_action", "partial", []domain.Event{
			domain.NonconformityOpened{Nonconformity: "N-1", Severity: 3}, domain.NonconformityActionPlanned{Nonconformity: "N-1", Action: "A-1"},
			domain.NonconformityClosed{Nonconformity: "N-1"}}},
		{"corrective_action", "no", []domain.Event{domain.NonconformityClosed{Nonconformity: "N-1", CostMinor: new(int64(100)), Currency: "EUR"}}},
		{"corrective_action", "no", []domain.Event{domain.ComplaintRaised{Complaint: "C-1", Severity: 3}}},
		{"corrective_action", "partial", []domain.Event{domain.NonconformityOpened{Nonconformity: "N-1", Severity: 3}}},
		{"corrective_action", "yes", []domain.Event{
			domain.NonconformityOpened{Nonconformity: "N-1", Severity: 3, CostMinor: new(int64(100)), Currency: "EUR"},
			domain.NonconformityActionPlanned{Nonconformity: "N-1", Action: "A-1"}}},
		{"voice", "partial", []domain.Event{domain.SurveyAnswered{Instrument: "nps", Score: 9, ScaleMax: 10}}},
		{"voice", "yes", []domain.Event{domain.SurveyAnswered{Instrument: "nps", Score: 9, ScaleMax: 10}, domain.InteractionHeld{Kind: "focus_group"}}},
		{"voice", "yes", []domain.Event{domain.WishExpressed{Topic: "portal"}, domain.InteractionHeld{Kind: "focus_group"}}},
		{"voice", "partial", []domain.Event{domain.WishExpressed{Topic: "portal"}, domain.WishExpressed{Topic: "colour"}}},
		{"voice", "no", []domain.Event{domain.InteractionHeld{Kind: "call"}}},
		{"training", "no", []domain.Event{domain.CertificateGranted{Scheme: "ISO 9001", ValidTo: dossiertest.Time("2025-06-01")}}},
		{"training", "partial", []domain.Event{domain.CertificateGranted{Scheme: "ISO 9001", ValidTo: dossiertest.Time("2025-06-02")}}},
		{"training", "partial", []domain.Event{domain.TrainingCompleted{Person: "m.keller", Audience: "employee"}}},
		{"training", "yes", []domain.Event{domain.TrainingCompleted{Person: "m.keller", Audience: "employee"}, domain.CertificateGranted{Scheme: "ISO 9001", Supplier: "castings"}}},
		{"conferences", "yes", []domain.Event{domain.InteractionHeld{Kind: "conference"}}},
		{"involvement", "partial", []domain.Event{domain.InvolvementStarted{Effort: "E-1", Party: "customer", Kind: "planning"}}},
		{"involvement", "yes", []domain.Event{domain.InvolvementStarted{Effort: "E-1", Party: "customer", Kind: "pilot"}}},
		{"time", "no", []domain.Event{domain.EffortLogged{HoursH: 8}}},
		{"time", "partial", []domain.Event{domain.EffortLogged{HoursH: 1, PlannedH: new(8.0), Relationship: true}}},
		{"time", "partial", []domain.Event{domain.EffortLogged{PlannedH: new(8.0), Relationship: true}}},
		{"time", "partial", []domain.Event{domain.EffortLogged{HoursH: 8, Relationship: true}}},
		{"time", "yes", []domain.Event{domain.EffortLogged{HoursH: 4, PlannedH: new(8.0), Relationship: true}}},
		{"time", "yes", []domain.Event{domain.EffortLogged{HoursH: 6, PlannedH: new(8.0), Relationship: true}}},
		{"channels", "no", []domain.Event{domain.InteractionHeld{Kind: "call", Levels: []string{"executive"}}}},
		{"channels", "no", []domain.Event{domain.InteractionHeld{Kind: "call"}, domain.InteractionHeld{Kind: "briefing"}}},
		{"channels", "partial", []domain.Event{domain.InteractionHeld{Kind: "call", Levels: []string{"manager", "executive"}}}},
		{"channels", "partial", []domain.Event{domain.InteractionHeld{Kind: "call"}, domain.InteractionHeld{Kind: "visit"}, domain.InteractionHeld{Kind: "email"}}},
		{"channels", "no", []domain.Event{domain.InteractionHeld{Kind: "call", Channel: "line"}, domain.InteractionHeld{Kind: "visit", Channel: "line"}}},
		{"channels", "partial", []domain.Event{domain.InteractionHeld{Kind: "call"}, domain.InteractionHeld{Kind: "visit"}}},
		{"channels", "yes", []domain.Event{
			domain.ContactAdded{Contact: "jane", Level: "manager"}, domain.InteractionHeld{Kind: "call", Contacts: []domain.ID{"jane"}},
			domain.InteractionHeld{Kind: "visit", Levels: []string{"operator"}}, domain.InteractionHeld{Kind: "email"}}},
	} {
		l := dossiertest.New(t)
		for _, e := range c.events {
			l.Add("acme", "2026-02-01", e)
		}
		for _, item := range checklist.About(l.Read(checklist.New(), "acme", "2026-06-01", "2026-06-01")).Items {
			if item.Item == c.item && item.Shown != c.want {
				t.Errorf("%s after %+v: %s (%s), want %s", c.item, c.events, item.Shown, item.Why, c.want)
			}
		}
	}
}

func requirement(id domain.ID) domain.Event {
	return domain.ExpectationStated{Expectation: id, Kind: "requirement", Statement: "as said", Target: new(3.0), UOM: "d"}
}

func TestWhatLiesAYearBackShowsNothingOfToday(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", domain.InteractionHeld{Kind: "conference"})
	for at, want := range map[string]string{"2026-12-01": "yes", "2027-03-01": "no"} {
		if got := checklist.About(l.Read(checklist.New(), "acme", at, at)).Items[6].Shown; got != want {
			t.Errorf("conferences at %s: %s, want %s", at, got, want)
		}
	}
}

func TestPeoplesAnswersStandBesideTheEvents(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", domain.ChecklistAnswered{Item: "time", Performed: "no", Assessor: "m.keller"})
	wrong := l.Add("acme", "2026-03-01", domain.ChecklistAnswered{Item: "time", Performed: "yes", Assessor: "l.moreau"})
	claimed := checklist.About(l.Read(checklist.New(), "acme", "2026-06-01", "2026-06-01"))
	if got := claimed.Items[8]; got.Answered != "yes" || got.Mismatch != "claimed" || len(got.Answers) != 2 {
		t.Errorf("got %+v", got)
	}
	l.Retract(wrong)
	if got := checklist.About(l.Read(checklist.New(), "acme", "2026-06-01", "2026-06-01")).Items[8]; got.Answered != "no" || got.Mismatch != "" {
		t.Errorf("after the retraction: %+v", got)
	}
}

func TestRowsDoNotDependOnBatches(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-02", domain.AccountOpened{Name: "Acme"})
	l.Add("acme", "2026-02-01", domain.InteractionHeld{Kind: "conference"})
	wrong := l.Add("beta", "2026-02-01", domain.ChecklistAnswered{Item: "time", Performed: "no", Assessor: "m.keller"})
	l.Add(domain.Ledger, "2026-02-02", domain.TrainingCompleted{Person: "m.keller", Audience: "employee"})
	l.Retract(wrong)
	projectiontest.Run(t, checklist.New(), l.Records())
}

func TestACertificateCountsAsLongAsItIsValid(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-05", domain.CertificateGranted{Scheme: "ISO 9001", ValidTo: dossiertest.Time("2028-01-01")})
	l.Add("acme", "2026-01-06", domain.CertificateGranted{Scheme: "ISO 14001"}) // until when nobody said
	for at, want := range map[string]string{"2026-06-01": "2 of our people, 0 of suppliers", "2027-06-01": "1 of our people, 0 of suppliers"} {
		item := checklist.About(l.Read(checklist.New(), "acme", at, at)).Items[5]
		if item.Why != "trainings and certificates: "+want || item.EvidenceCount != int(want[0]-'0') {
			t.Errorf("at %s: %+v, want %s", at, item, want)
		}
	}
}
