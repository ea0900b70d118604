package main

import (
	"fmt"
	"strings"
	"testing"
)

// says records what an account answered on a day, from 1 to 5.
func (r *rows) says(account, day string, score int) {
	r.t.Helper()
	r.fact(account, day, "survey.answered", fmt.Sprintf(`{"instrument":"csat","score":%d,"scale_min":1,"scale_max":5}`, score))
}

// score is what the account's trust was at the time, by the route that has it alone.
func (r *rows) score(account, at string) string {
	r.t.Helper()
	return r.answer("/v1/accounts/" + account + "/trust?at=" + at).part("score").plain()
}

func TestRowsOfTrustInTheFirstDays(t *testing.T) {
	t.Parallel()
	r := newRows(t)
	for account, began := range map[string]string{"acme": "02-01", "low": "01-01", "middle": "01-02", "high": "01-03", "mute": "01-04", "twin": "01-05", "young": "08-20"} {
		r.fact(account, began, "account.opened", fmt.Sprintf(`{"name":%q,"kind":"customer"}`, account))
	}
	r.says("acme", "02-11", 4)
	r.says("low", "01-11", 1)
	r.says("middle", "01-12", 3)
	r.says("high", "01-13", 5)
	r.says("high", "03-20", 1) // at 76 days
	r.says("twin", "01-11", 4) // the same customer as middle
	r.fact("twin", "05-01", "account.merged", `{"into":"middle"}`)

	const beginning = "/v1/accounts/acme/trust/beginning"
	r.row(t, "S0-2", "How did trust grow in the first 90 days, and how did it with others of the same age?", beginning, map[string]string{
		"since": "2026-02-01T09:00:00Z",
		// At the beginning nobody knows anything; the youngest has reached that age, the twin is no other.
		"curve.0.age_d": "0", "curve.0.score": "", "curve.0.peers_count": "5", "curve.0.peers_known_count": "0", "curve.0.median": "",
		"curve.1.age_d": "15", "curve.1.score": r.score("acme", "2026-02-16T09:00:00Z"), "curve.1.peers_count": "4", "curve.1.peers_known_count": "3",
		"curve.1.lower_quartile": r.score("low", "2026-01-16T09:00:00Z"),
		"curve.1.median":         r.score("middle", "2026-01-17T09:00:00Z"),
		"curve.1.upper_quartile": r.score("high", "2026-01-18T09:00:00Z"),
		"curve.6.age_d":          "90", "curve.6.score": r.score("acme", "2026-05-02T09:00:00Z"), "curve.6.at": "2026-05-02T09:00:00Z",
		"curve.6.lower_quartile": r.score("low", "2026-04-01T09:00:00Z"),
		"curve.6.median":         r.score("high", "2026-04-03T09:00:00Z"), // fell behind the one in the middle
		"curve.6.upper_quartile": r.score("middle", "2026-04-02T09:00:00Z"),
	})
	if got := len(r.answer(beginning).part("curve").parts); got != 7 {
		t.Errorf("%d ages, want 7", got)
	}
	if got := len(r.answer("/v1/accounts/young/trust/beginning").part("curve").parts); got != 1 {
		t.Errorf("an account of 12 days has %d ages, want 1", got)
	}
	r.row(t, "S0-2", "And as of a day on which the others were not so old?", beginning+"?at=2026-02-16T09:00:00Z", map[string]string{
		"curve.1.peers_count": "4", "curve.1.peers_known_count": "3", "curve.1.upper_quartile": r.score("high", "2026-01-18T09:00:00Z"),
	})
	fits(t, r.cli("trust", "acme", "--beginning", "--at", "2026-09-01"))
	shown := r.cli("trust", "acme", "--beginning", "--at", "2026-09-01", "-o", "csv")
	if want := "15,2026-02-16T09:00:00Z," + r.score("acme", "2026-02-16T09:00:00Z") + ","; !strings.Contains(shown, want) {
		t.Errorf("the command shows no line that begins with %s:\n%s", want, shown)
	}
}

func TestRowsOfWhatFollowedOnTrust(t *testing.T) {
	t.Parallel()
	r := newRows(t)
	// Half years of 180 days that end on 28 December begin on 1 July and on 2 January, at nine.
	const at, middle, first = "?at=2026-12-28T09:00:00Z", "2026-07-01T09:00:00Z", "2026-01-02T09:00:00Z"
	order := func(account, day string, minor int, currency string) {
		r.fact(account, day, "order.won", fmt.Sprintf(`{"order":"O-%d","value_minor":%d,"currency":%q}`, r.written, minor, currency))
	}
	r.fact("acme", "01-02", "account.opened", `{"name":"Acme","kind":"customer"}`)
	for n := 10; n < 25; n++ {
		day := fmt.Sprintf("06-%d", n)
		r.says("acme", day, 5)
		r.says("beta", day, 1)
		r.fact("beta", day, "delivery.missed", fmt.Sprintf(`{"line":"L-%d"}`, n))
		r.fact("beta", day, "complaint.raised", fmt.Sprintf(`{"complaint":"C-%d","severity":5}`, n))
	}
	order("acme", "07-01", 100, "EUR") // the last instant of the first half year
	order("acme", "07-02", 1000, "EUR")
	order("acme", "08-02", 500, "EUR")
	order("acme", "08-03", 70, "USD")
	r.fact("acme", "09-01", "referral.given", `{"contact":"jane"}`)
	r.fact("acme", "12-28", "referral.given", `{"contact":"jane"}`)
	r.fact("acme", "05-01", "account.margin_measured", `{"period":"2026-Q1","margin_minor":700,"cost_to_serve_minor":20,"currency":"EUR"}`)
	r.fact("acme", "10-01", "account.margin_measured", `{"period":"2026-Q3","margin_minor":700,"cost_to_serve_minor":40,"currency":"EUR"}`)
	r.fact("acme", "10-02", "cost.compared", `{"kind":"service_cost","our_minor":9,"currency":"EUR"}`)
	r.fact("beta", "10-01", "account.margin_measured", `{"period":"2026-Q3","margin_minor":1,"cost_to_serve_minor":90,"currency":"EUR"}`)
	r.fact("beta", "11-01", "account.lost", `{"reason":"late deliveries"}`)
	order("gamma", "03-01", 30, "EUR")
	order("gamma", "09-01", 31, "EUR")
	r.fact("gone", "01-01", "account.opened", `{"name":"Gone","kind":"customer"}`)
	r.fact("gone", "06-01", "account.lost", `{"reason":"moved away"}`)

	r.row(t, "S4-29", "What followed on trust, half year by half year?", "/v1/accounts/acme/portfolio/by-trust"+at, map[string]string{
		"half_years.0.from": middle, "half_years.0.trust": r.score("acme", middle), "half_years.0.band": "75 and over",
		"half_years.0.orders_count": "3", "half_years.0.orders.0.amount_minor": "1500", "half_years.0.orders.1.amount_minor": "70", "half_years.0.orders.1.currency": "USD",
		"half_years.0.referrals_count": "2", "half_years.0.lost": "false", "half_years.0.cost_to_serve.0.amount_minor": "40", "half_years.0.service.0.amount_minor": "9",
		"half_years.1.from": first, "half_years.1.trust": "", "half_years.1.band": "unknown", "half_years.1.orders.0.amount_minor": "100", "half_years.1.referrals_count": "0",
	})
	const all = "/v1/portfolio/by-trust"
	r.row(t, "S4-29", "And with all accounts: was more trust followed by more sales and loyalty, and by lower costs?", all+at, map[string]string{
		"total.bands.0.trust": "unknown", "total.bands.0.accounts_count": "3", "total.bands.0.half_years_count": "3", // of acme and gone the first, of gamma the second
		"total.bands.0.orders.0.amount_minor": "131", "total.bands.0.orders_mean.0.amount_minor": "44", "total.bands.0.cost_to_serve_mean.0.amount_minor": "20", "total.bands.0.lost_pct": "33.333333333333336",
		"total.bands.1.trust": "below 50", "total.bands.1.half_years_count": "1", "total.bands.1.won_pct": "0", "total.bands.1.lost_pct": "100",
		"total.bands.1.cost_to_serve_mean.0.amount_minor": "90", "total.bands.1.referrals_mean": "0",
		"total.bands.2.trust": "50 to 75", "total.bands.2.half_years_count": "0", "total.bands.2.won_pct": "",
		"total.bands.3.trust": "75 and over", "total.bands.3.half_years_count": "1", "total.bands.3.won_pct": "100", "total.bands.3.lost_pct": "0",
		"total.bands.3.orders_mean.0.amount_minor": "1500", "total.bands.3.cost_to_serve_mean.0.amount_minor": "40", "total.bands.3.referrals_mean": "2",
		"items.0.account": "beta", "items.0.trust": r.score("beta", middle), "items.0.lost": "true",
		"items.1.account": "acme", "items.2.account": "gamma", "items.2.trust": "", "items.3.from": first,
	})
	if got := len(r.answer(all + at).part("items").parts); got != 5 {
		t.Errorf("%d half years, want 5: none before the first event, and none after a loss", got)
	}
	r.row(t, "S4-29", "And of the last half year alone?", all+at+"&from=2026-06-01", map[string]string{"total.bands.0.half_years_count": "1"})
	if got := len(r.answer("/v1/accounts/acme/portfolio/by-trust?at=9999-01-01T00:00:00Z").part("half_years").parts); got != 20 {
		t.Errorf("%d half years until a far future, want those of ten years", got)
	}
	fits(t, r.cli("portfolio", "--by-trust", "--at", at[4:]))
	shown := r.cli("portfolio", "--by-trust", "--at", at[4:], "-o", "csv")
	if want := "beta," + r.score("beta", middle) + ",below 50," + middle; !strings.Contains(shown, want) {
		t.Errorf("the command shows no line that begins with %s:\n%s", want, shown)
	}
	if shown := r.cli("portfolio", "acme", "--by-trust", "--at", at[4:]); !strings.Contains(shown, "75 and over") {
		t.Errorf("the command shows of acme\n%s", shown)
	}
}
