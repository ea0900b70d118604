package followup_test

import (
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
)

func TestWhatHasADateWaitsUntilItIsNear(t *testing.T) {
	t.Parallel()
	id := item("certificate_expiry", "ISO 9001")
	valid := day(400)
	granted := domain.CertificateGranted{Scheme: "ISO 9001", ValidTo: valid}
	h := of(granted)
	got := h.items()[id]
	near := terms().At(monday).Calendar.Sub(valid, terms().At(monday).Allowed("certificate_expiry"))
	if !got.DueAt.Equal(valid) || !got.SnoozedUntil.Equal(near) || !near.After(day(300)) {
		t.Errorf("due %v and put aside until %v, want %v and %v", got.DueAt, got.SnoozedUntil, valid, near)
	}
	h.at(day(1), domain.FollowUpSnoozed{Item: id, Until: day(380)})
	if got := h.items()[id]; !got.SnoozedUntil.Equal(day(380)) {
		t.Errorf("put aside by somebody until %v", got.SnoozedUntil)
	}
	h = of(granted, domain.FollowUpEscalated{Item: id, To: "boss"})
	if got := h.items()[id]; !got.SnoozedUntil.IsZero() {
		t.Errorf("escalated, it is put aside until %v", got.SnoozedUntil)
	}
	h = of(granted)
	expired := h.at(day(9), domain.CertificateExpired{Scheme: "ISO 9001"})
	if got := h.items()[id]; !got.SnoozedUntil.IsZero() || !got.DueAt.Equal(day(9)) {
		t.Errorf("expired, it is due %v and put aside until %v, want it due at once", got.DueAt, got.SnoozedUntil)
	}
	h.retract(expired)
	if got := h.items()[id]; !got.SnoozedUntil.Equal(near) {
		t.Errorf("not expired after all, it is put aside until %v, want %v", got.SnoozedUntil, near)
	}
}

func TestWhatIsLearnedLateDoesNotReplaceWhatIsNewer(t *testing.T) {
	t.Parallel()
	h := &history{}
	h.at(day(10), domain.CertificateGranted{Scheme: "s", ValidTo: day(400)})
	h.at(day(-300), domain.CertificateGranted{Scheme: "s", ValidTo: day(20)})
	if got := h.items()[item("certificate_expiry", "s")]; !got.DueAt.Equal(day(400)) {
		t.Errorf("due %v, want what the newer certificate says", got.DueAt)
	}
}

func TestAGapThatThereIsNotAfterAllIsWithdrawnAndDoesNotVanish(t *testing.T) {
	t.Parallel()
	figure := func(by string, value float64) domain.FigurePublished {
		return domain.FigurePublished{Measure: "otif", Period: "Q1", Value: value, UOM: "pct", By: by}
	}
	h := of(figure("us", 98), figure("customer", 92))
	var signals []followup.Signal
	for _, e := range h.events {
		signals = append(signals, followup.Read(e)...)
	}
	signals[1].Void = true
	got, ok := followup.Fold(signals, terms())
	if !ok || got.Ending != followup.Withdrawn || len(got.Causes) > 0 {
		t.Errorf("got %+v, %v; want it withdrawn", got, ok)
	}
	signals[1].Void = false
	h.at(monday.Add(30*time.Second), figure("us", 92)) // we had corrected ourselves before they said so
	got, ok = followup.Fold(append(signals, followup.Read(h.events[2])...), terms())
	if !ok || got.Ending != followup.Withdrawn {
		t.Errorf("got %+v, %v; want it withdrawn", got, ok)
	}
	if _, ok := followup.Fold(signals[:1], terms()); ok {
		t.Error("a number that nobody disputes makes an item")
	}
}

func TestATargetThatWasWrongWithdrawsWhatItWasHeldAgainst(t *testing.T) {
	t.Parallel()
	target := func(v float64) domain.ExpectationStated {
		return domain.ExpectationStated{Expectation: "e1", Target: &v, Direction: "at_least"}
	}
	h := of(target(98), domain.ExpectationMeasured{Expectation: "e1", Value: 90})
	var signals []followup.Signal
	for _, e := range h.events {
		for _, s := range followup.Read(e) {
			if s.Rule == "expectation_unmet" {
				signals = append(signals, s)
			}
		}
	}
	if got, _ := followup.Fold(signals, terms()); got.Ending != "" || len(got.Causes) != 1 {
		t.Errorf("got %+v, want it open", got)
	}
	signals[0].Void = true
	right := signals[0]
	right.Void, right.Number = false, 90
	for what, all := range map[string][]followup.Signal{"retracted": signals, "corrected": append(signals, right)} {
		if got, ok := followup.Fold(all, terms()); !ok || got.Ending != followup.Withdrawn || len(got.Causes) > 0 {
			t.Errorf("%s: got %+v, %v; want it withdrawn", what, got, ok)
		}
	}
}
