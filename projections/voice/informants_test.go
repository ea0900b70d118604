package voice_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

func TestWhoSpeaksIsHeldAgainstWhatTheirWordsAskFor(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	role := func(at string, contact domain.ID, role, authority string, months int64) {
		l.Add("acme", at, domain.ContactRoleRecorded{Contact: contact, Role: role, Authority: authority, HorizonMonths: months})
	}
	role("2026-01-01", "jane", "economic", "strategy", 24)
	role("2026-01-01", "olaf", "order_placer", "", 0)
	role("2026-01-01", "otto", "user", "orders", 1)
	role("2026-05-01", "jane", "coach", "operations", 6) // from then on
	role("2026-05-01", "mary", "user", "operations", 12) // and before, as far as we know
	l.Add("acme", "2026-01-01", domain.ContactMerged{Contact: "j.d", Into: "jane"})
	talk := func(at string, id domain.ID, authority string, months int64, contacts ...domain.ID) {
		l.Add("acme", at, domain.InteractionHeld{
			Interaction: id, Kind: "focus_group", Topics: []string{"lines"}, Contacts: contacts, RequiredAuthority: authority, RequiredHorizonMonths: months,
		})
	}
	talk("2026-01-31", "T-0", "orders", 0, "jane")
	talk("2026-02-01", "T-1", "operations", 12, "jane", "j.d", "olaf", "otto", "mary", "nobody")
	talk("2026-02-02", "", "", 6, "olaf", "otto", "otto", "jane") // otto sees a month ahead, and nobody knows how far olaf does
	talk("2026-02-03", "T-3", "", 0, "olaf")
	talk("2026-06-01", "T-4", "strategy", 0)
	say := func(at string, contact, talk domain.ID, authority string, months int64) {
		l.Add("acme", at, domain.VoiceCaptured{Contact: contact, Interaction: talk, Verbatim: "...", RequiredAuthority: authority, RequiredHorizonMonths: months})
	}
	say("2026-01-31", "jane", "T-1", "", 0)
	say("2026-02-01", "j.d", "T-1", "", 0)                                                                                             // 13: valid
	say("2026-02-01", "otto", "T-1", "orders", 1)                                                                                      // 14: valid, for its own question
	say("2026-02-01", "otto", "T-1", "", 1)                                                                                            // 15: invalid, by what the talk asks for
	say("2026-06-02", "jane", "", "strategy", 0)                                                                                       // 16: invalid by then
	say("2026-06-02", "olaf", "", "orders", 0)                                                                                         // 17: unknown
	say("2026-06-02", "nobody", "", "", 3)                                                                                             // 18: unknown
	say("2026-06-02", "", "T-3", "", 0)                                                                                                // 19: nothing is asked for
	l.Add("acme", "2026-06-03", domain.SurveyAnswered{Instrument: "nps", Score: 9, ScaleMax: 10, Contact: "mary", Interaction: "T-1"}) // 20: valid
	l.Add("acme", "2026-01-30", domain.SurveyAnswered{Instrument: "nps", Score: 9, ScaleMax: 10, Contact: "otto"})
	r := since(l, "2026-02-01", "2026-06-30")
	dossiertest.Same(t, r.Sessions, `[
		{"position":11,"interaction":"T-4","at":"2026-06-01T00:00:00Z","kind":"focus_group","topics":["lines"],"required_authority":"strategy",
			"informants_count":0,"valid_count":0,"unknown_count":0,"valid_pct":null,"mostly_order_placers":false,"valid":[],"not_valid":[]},
		{"position":9,"at":"2026-02-02T00:00:00Z","kind":"focus_group","topics":["lines"],"required_horizon_months":6,
			"informants_count":3,"valid_count":1,"unknown_count":1,"valid_pct":33.333333333333336,"mostly_order_placers":true,"valid":["jane"],"not_valid":["olaf","otto"]},
		{"position":8,"interaction":"T-1","at":"2026-02-01T00:00:00Z","kind":"focus_group","topics":["lines"],"required_authority":"operations","required_horizon_months":12,
			"informants_count":5,"valid_count":2,"unknown_count":2,"valid_pct":40,"mostly_order_placers":false,"valid":["jane","mary"],"not_valid":["olaf","otto","nobody"]}]`)
	dossiertest.Same(t, r.Informants, `[
		{"contact":"mary","role":"user","authority":"operations","horizon_months":12,"orders_only":false,"words_count":1,"latest_at":"2026-06-03T00:00:00Z"},
		{"contact":"jane","role":"coach","authority":"operations","horizon_months":6,"orders_only":false,"words_count":2,"latest_at":"2026-06-02T00:00:00Z"},
		{"contact":"otto","role":"user","authority":"orders","horizon_months":1,"orders_only":true,"words_count":2,"latest_at":"2026-02-01T00:00:00Z"},
		{"contact":"olaf","role":"order_placer","orders_only":true,"words_count":1,"latest_at":"2026-06-02T00:00:00Z"}]`)
	dossiertest.Same(t, r.Validity, `{"required_count":7,"valid_count":3,"invalid_count":2,"unknown_count":2,"valid_pct":42.857142857142854,"informants_count":8,
		"valid_informants_count":3,"informants_valid_pct":37.5,"spoken_count":8,"role_known_count":6,"orders_only_count":3,"mostly_order_placers":false}`)
	var got []string
	for _, w := range r.Words {
		got = append(got, w.Informant)
	}
	dossiertest.Same(t, got, `["","unknown","unknown","invalid","invalid","valid","valid"]`)
}

func TestMostFromThoseWhoOnlyPlaceOrdersIsAWarning(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.ContactRoleRecorded{Contact: "olaf", Role: "order_placer"})
	l.Add("acme", "2026-01-01", domain.ContactRoleRecorded{Contact: "jane", Role: "user", Authority: "budget"})
	say := func(contact domain.ID) {
		l.Add("acme", "2026-02-01", domain.VoiceCaptured{Contact: contact, Verbatim: "..."})
	}
	say("jane")
	say("olaf")
	say("nobody")
	if v := since(l, "2026-01-01", "2026-03-01").Validity; v.MostlyOrderPlacers {
		t.Errorf("of one in two: %+v", v)
	}
	say("olaf")
	dossiertest.Same(t, since(l, "2026-01-01", "2026-03-01").Validity, `{"required_count":0,"valid_count":0,"invalid_count":0,"unknown_count":0,"valid_pct":null,
		"informants_count":0,"valid_informants_count":0,"informants_valid_pct":null,"spoken_count":4,"role_known_count":3,"orders_only_count":2,"mostly_order_placers":true}`)
}

func TestAuthorityCountsMoreThanTheRole(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	role := func(contact domain.ID, role, authority string) {
		l.Add("acme", "2026-01-01", domain.ContactRoleRecorded{Contact: contact, Role: role, Authority: authority})
	}
	role("olaf", "order_placer", "operations")
	role("otto", "economic", "orders")
	role("sara", "user", "strategy")
	role("bea", "user", "budget")
	l.Add("acme", "2026-02-01", domain.InteractionHeld{Kind: "meeting", Contacts: []domain.ID{"olaf", "otto", "sara", "bea"}, RequiredAuthority: "budget"})
	r := since(l, "2026-01-01", "2026-03-01")
	dossiertest.Same(t, r.Sessions[0].Valid, `["bea"]`)
	dossiertest.Same(t, r.Informants, `[
		{"contact":"bea","role":"user","authority":"budget","orders_only":false,"words_count":0},
		{"contact":"sara","role":"user","authority":"strategy","orders_only":false,"words_count":0},
		{"contact":"olaf","role":"order_placer","authority":"operations","orders_only":false,"words_count":0},
		{"contact":"otto","role":"economic","authority":"orders","orders_only":true,"words_count":0}]`)
}
