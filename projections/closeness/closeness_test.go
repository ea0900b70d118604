package closeness_test

import (
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/closeness"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
)

func about(l *dossiertest.Ledger, at string) closeness.Report {
	return closeness.About(l.Read(closeness.New(), "acme", at, at))
}

func overall(l *dossiertest.Ledger, at string) (closeness.Total, []closeness.Row) {
	return dossiertest.Overall(l, closeness.New(), at, closeness.Overall)
}

func TestAnAgreedRhythmSaysWhatSilenceIsAndTheUsualOneIfNoneIs(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for _, day := range []string{"2026-01-01", "2026-01-11", "2026-01-21", "2026-01-31"} {
		l.Add("acme", day, domain.InteractionHeld{Kind: "call"})
	}
	l.Add("acme", "2026-01-31T15:00", domain.InteractionHeld{Kind: "email"}) // a contact goes on over the day
	if got := about(l, "2026-02-10").Silence; got.ExpectedD != nil || got.Ratio != nil || *got.SilentD != 9.375 {
		t.Errorf("after four contacts: %+v", got)
	}
	l.Add("acme", "2026-02-10", domain.ComplaintRaised{Complaint: "C-1", Severity: 2})
	if got := about(l, "2026-03-02").Silence; *got.ExpectedD != 10 || *got.Ratio != 2 || got.Agreed {
		t.Errorf("after five, by what is usual: %+v", got)
	}
	l.Add("acme", "2026-03-03", domain.AccountCadenceAgreed{EveryD: 40})
	if got := about(l, "2026-03-22").Silence; *got.ExpectedD != 40 || *got.Ratio != 1 || !got.Agreed {
		t.Errorf("by what was agreed: %+v", got)
	}
}

func TestARhythmIsKeptByTheIntervalsThatHadAContactAtItsLevel(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountCadenceAgreed{EveryD: 30, Level: "executive"})
	l.Add("acme", "2026-01-10", domain.InteractionHeld{Kind: "meeting", Levels: []string{"executive"}})
	l.Add("acme", "2026-02-10", domain.InteractionHeld{Kind: "call", Levels: []string{"operator"}})
	got := about(l, "2026-03-02").Cadences[0]
	if *got.KeptPct != 50 || got.OverdueD != 21 || !got.NextDueAt.Equal(dossiertest.Time("2026-02-09")) {
		t.Errorf("got %+v", got)
	}
}

func TestAContactRecordedBeforeItCanHaveHappenedKeepsNoRhythm(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountCadenceAgreed{EveryD: 30, Level: "executive"})
	planned := l.Add("acme", "2026-02-20", domain.InteractionHeld{Kind: "meeting", Levels: []string{"executive"}})
	l.Correct(planned, domain.InteractionHeld{Kind: "meeting", Levels: []string{"executive"}}, "2026-12-01")
	if got := about(l, "2026-12-02").Cadences[0]; !got.LastContactAt.IsZero() {
		t.Errorf("got %+v", got)
	}
}

func TestBuyingInfluencesThatNobodyMetAreMissing(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.ContactRoleRecorded{Contact: "jane", Role: "economic"})
	l.Add("acme", "2026-01-01", domain.ContactRoleRecorded{Contact: "joe", Role: "user"})
	l.Add("acme", "2026-01-02", domain.ContactMerged{Contact: "jane", Into: "jane.doe"})
	l.Add("acme", "2026-01-03", domain.InteractionHeld{Kind: "call", Contacts: []domain.ID{"jane.doe"}})
	if got, want := about(l, "2026-02-01").MissingRoles, []string{"technical", "user", "coach"}; !slices.Equal(got, want) {
		t.Errorf("missing: %q, want %q", got, want)
	}
	l.Add("acme", "2026-02-03", domain.ContactLeft{Contact: "jane.doe"})
	if got := about(l, "2026-03-01").MissingRoles; !slices.Contains(got, "economic") {
		t.Errorf("once jane has left: %q", got)
	}
}

func TestAPersonMergedInWithoutALevelTakesNoneAway(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.ContactAdded{Contact: "jane.doe", Level: "manager"})
	l.Add("acme", "2026-01-02", domain.ContactAdded{Contact: "jane"})
	l.Add("acme", "2026-01-03", domain.ContactMerged{Contact: "jane", Into: "jane.doe"})
	l.Add("acme", "2026-01-04", domain.InteractionHeld{Kind: "call", Contacts: []domain.ID{"jane", "jane.doe"}})
	got := about(l, "2026-02-01")
	if len(got.Matrix) != 1 || got.Matrix[0].Level != "manager" || got.Contacts[0].Level != "manager" || got.Contacts[0].ContactCount != 1 {
		t.Errorf("got %+v and %+v", got.Matrix, got.Contacts)
	}
}

func TestAForgottenPersonIsShownAsSuch(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.ContactAdded{Contact: "jane", Name: "Jane Doe", Level: "manager"})
	l.Add("acme", "2026-01-05", domain.PersonForgotten{Contact: "jane", Reason: "asked for it"})
	if got := about(l, "2026-02-01").Contacts[0]; !got.ForgottenAt.Equal(dossiertest.Time("2026-01-05")) {
		t.Errorf("got %+v", got)
	}
}

func TestAMissIsUnspokenIfNobodyComplainedInTwoWeeks(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	quiet := l.Add("acme", "2026-01-01", domain.DeliveryMissed{Line: "L-1"})
	l.Add("acme", "2026-02-01", domain.DeliveryMissed{Line: "L-2"})
	l.Add("acme", "2026-02-10", domain.ComplaintRaised{Complaint: "C-1", Severity: 3})
	l.Add("acme", "2026-02-20", domain.QualityMeasured{InspectedQty: 10, UOM: "pcs"})
	l.Add("acme", "2026-03-01", domain.DeliveryMissed{Line: "L-3"})
	got := about(l, "2026-03-10").Unspoken
	if len(got) != 1 || got[0].Position != quiet {
		t.Errorf("got %+v", got)
	}
}

func TestARefusalCountsAgainstNobody(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.MeetingProposed{Meeting: "M-1", By: "us"})
	l.Add("acme", "2026-01-02", domain.MeetingDeclined{Meeting: "M-1", By: "them", NotBefore: dossiertest.Time("2026-02-01")})
	if got := about(l, "2026-01-10").Approaches; !got.NotBefore.Equal(dossiertest.Time("2026-02-01")) || got.DeclinedCount != 1 || got.AttemptsPerHeld != nil {
		t.Errorf("after the refusal: %+v", got)
	}
	l.Add("acme", "2026-02-02", domain.MeetingProposed{Meeting: "M-1", By: "us"})
	l.Add("acme", "2026-02-09", domain.InteractionHeld{Interaction: "M-1", Kind: "meeting"})
	l.Add("acme", "2026-02-09", domain.MeetingProposed{Meeting: "M-2", By: "them"})
	l.Add("acme", "2026-02-10", domain.MeetingDeclined{Meeting: "M-3", By: "us", NotBefore: dossiertest.Time("2026-06-01")})
	l.Add("acme", "2026-02-10", domain.InteractionHeld{Interaction: "M-2", Kind: "meeting"})
	if got := about(l, "2026-02-10").Approaches; *got.AttemptsPerHeld != 2 || got.HeldCount != 2 || got.MovedCount != 1 || !got.NotBefore.IsZero() {
		t.Errorf("when it took place: %+v", got)
	}
}

func TestSilencesAreHeldAgainstTheLossesThatFollowed(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for _, account := range []domain.AccountID{"acme", "beta", "gamma"} {
		l.Add(account, "2026-01-01", domain.SilenceNoticed{CadenceD: 30})
	}
	l.Add("acme", "2026-03-01", domain.AccountLost{Reason: "price"})
	l.Add("delta", "2026-07-01", domain.SilenceNoticed{CadenceD: 30})
	total, _ := overall(l, "2026-08-01")
	if total.SilencesCount != 3 || total.LossesAfterCount != 1 || *total.LostPct != 25 {
		t.Errorf("got %+v", total)
	}
}

func TestRowsDoNotDependOnBatches(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.ContactAdded{Contact: "jane", Name: "Jane Doe", Level: "manager"})
	wrong := l.Add("acme", "2026-01-02", domain.InteractionHeld{Kind: "call", Contacts: []domain.ID{"jane"}, Notes: "private"})
	l.Add("beta", "2026-01-03", domain.AccountMerged{Into: "acme"})
	l.Correct(wrong, domain.InteractionHeld{Kind: "visit"}, "2026-01-01")
	l.Retract(l.Add("acme", "2026-01-05", domain.AccountCadenceAgreed{EveryD: 30}))
	projectiontest.Run(t, closeness.New(), l.Records())
}
