package voice_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

// market is a ledger of what they go by and whom else they look at, around a period from 1 February on.
func market(t *testing.T) *dossiertest.Ledger {
	l := dossiertest.New(t)
	stated := func(at, driver string, contact domain.ID, weight *float64, rank int64) {
		l.Add("acme", at, domain.DriverStated{Driver: driver, WeightPct: weight, Rank: rank, Contact: contact})
	}
	rated := func(driver, competitor, by string, ours, theirs float64) {
		l.Add("acme", "2026-01-15", domain.CompetitorRated{Driver: driver, Competitor: competitor, By: by, Ours: ours, Theirs: theirs, ScaleMax: 10})
	}
	l.Add("acme", "2026-01-01", domain.ContactRoleRecorded{Contact: "jane", Role: "economic"})
	l.Add("acme", "2026-01-01", domain.ContactMerged{Contact: "j.d", Into: "jane"})
	stated("2026-01-02", "delivery", "jane", new(90.0), 3)
	stated("2026-01-03", "delivery", "j.d", new(40.0), 1) // 4: in the place of the one before
	stated("2026-01-04", "delivery", "joe", new(20.0), 2)
	stated("2026-01-05", "price", "joe", new(10.0), 0)
	stated("2026-01-05", "advice", "joe", nil, 4)
	rated("delivery", "Borealis", "customer", 8, 6)  // 8
	rated("delivery", "Corvus", "third_party", 6, 9) // 9
	rated("delivery", "Corvus", "us", 10, 0)         // 10: does not count beside what others say
	rated("price", "Borealis", "us", 5, 7)           // 11
	rated("price", "Corvus", "us", 4, 2)             // 12
	rated("looks", "", "customer", 1, 1)             // 13: nobody said that they go by it
	rated("service", "Borealis", "us", 0, 10)        // 14
	rated("service", "Dorado", "customer", 9, 5)     // 15: takes the place of what we say, though worse
	mentioned := func(at, competitor string) {
		l.Add("acme", at, domain.CompetitorMentioned{Competitor: competitor, Contact: "j.d"})
	}
	mentioned("2026-01-31", "Corvus")
	mentioned("2026-02-01", "Corvus")
	mentioned("2026-05-01", "Corvus")
	l.Add("acme", "2026-04-30", domain.AlternativeSought{Competitor: "Eos", Evidence: "a tender"})
	l.Add("acme", "2026-04-29", domain.AlternativeSought{Evidence: "a visit"})
	l.Add("acme", "2026-01-31", domain.AlternativeSought{Competitor: "Eos"})
	return l
}

func TestDriversGoByWeightAndSetUsBesideTheBestOfTheOthers(t *testing.T) {
	t.Parallel()
	r := since(market(t), "2026-02-01", "2026-06-30")
	dossiertest.Same(t, r.Drivers, `[
		{"driver":"delivery","weight_pct":30,"mean_rank":1.5,"people_count":2,"ours_pct":60,"theirs_pct":90,"gap_pct":-30,"best_other":"Corvus","rated_by":"customer","positions":[4,5,8,9,10]},
		{"driver":"price","weight_pct":10,"mean_rank":null,"people_count":1,"ours_pct":50,"theirs_pct":70,"gap_pct":-20,"best_other":"Borealis","rated_by":"us","positions":[6,11,12]},
		{"driver":"advice","weight_pct":null,"mean_rank":4,"people_count":1,"ours_pct":null,"theirs_pct":null,"gap_pct":null,"positions":[7]},
		{"driver":"looks","weight_pct":null,"mean_rank":null,"people_count":0,"ours_pct":10,"theirs_pct":10,"gap_pct":0,"rated_by":"customer","positions":[13]},
		{"driver":"service","weight_pct":null,"mean_rank":null,"people_count":0,"ours_pct":90,"theirs_pct":50,"gap_pct":40,"best_other":"Dorado","rated_by":"customer","positions":[14,15]}]`)
	dossiertest.Same(t, r.Factors, `[
		{"role":"economic","driver":"delivery","weight_pct":40,"mean_rank":1,"people_count":1},
		{"role":"unknown","driver":"advice","weight_pct":null,"mean_rank":4,"people_count":1},
		{"role":"unknown","driver":"delivery","weight_pct":20,"mean_rank":2,"people_count":1},
		{"role":"unknown","driver":"price","weight_pct":10,"mean_rank":null,"people_count":1}]`)
}

func TestCompetitorsAreThoseHeardOfAndThoseRated(t *testing.T) {
	t.Parallel()
	r := since(market(t), "2026-02-01", "2026-06-30")
	// Over all drivers: 30 % at -30 and 10 % at -20. Borealis: 30 % at 20, 10 % at -20, of service no weight is known.
	dossiertest.Same(t, r.Competition, `{"relative_pct":-27.5,"weight_covered_pct":100,"mentions_count":2,"alternatives_count":2}`)
	dossiertest.Same(t, r.Competitors, `[
		{"competitor":"Eos","mentions_count":0,"alternatives_count":1,"accounts_count":1,"latest_at":"2026-04-30T00:00:00Z","relative_pct":null},
		{"competitor":"unknown","mentions_count":0,"alternatives_count":1,"accounts_count":1,"latest_at":"2026-04-29T00:00:00Z","relative_pct":0},
		{"competitor":"Corvus","mentions_count":2,"alternatives_count":0,"accounts_count":1,"latest_at":"2026-05-01T00:00:00Z","relative_pct":-17.5},
		{"competitor":"Borealis","mentions_count":0,"alternatives_count":0,"accounts_count":0,"relative_pct":10},
		{"competitor":"Dorado","mentions_count":0,"alternatives_count":0,"accounts_count":0,"relative_pct":40}]`)
	dossiertest.Same(t, r.Pressure, `[
		{"quarter":"2026-Q1","competitor":"Corvus","mentions_count":1,"alternatives_count":0},
		{"quarter":"2026-Q2","competitor":"Corvus","mentions_count":1,"alternatives_count":0},
		{"quarter":"2026-Q2","competitor":"Eos","mentions_count":0,"alternatives_count":1},
		{"quarter":"2026-Q2","competitor":"unknown","mentions_count":0,"alternatives_count":1}]`)
	dossiertest.Same(t, r.Mentions, `[
		{"position":18,"at":"2026-05-01T00:00:00Z","kind":"mentioned","competitor":"Corvus","contact":"jane"},
		{"position":19,"at":"2026-04-30T00:00:00Z","kind":"alternative_sought","competitor":"Eos","evidence":"a tender"},
		{"position":20,"at":"2026-04-29T00:00:00Z","kind":"alternative_sought","evidence":"a visit"},
		{"position":17,"at":"2026-02-01T00:00:00Z","kind":"mentioned","competitor":"Corvus","contact":"jane"}]`)
}

func TestDriversOfAllAccountsAreWeighedTogether(t *testing.T) {
	t.Parallel()
	l := market(t)
	l.Add("beta", "2026-01-02", domain.DriverStated{Driver: "delivery", WeightPct: new(0.0), Contact: "jane"})
	l.Add("beta", "2026-01-02", domain.DriverStated{Driver: "advice", WeightPct: new(20.0), Contact: "jane"})
	l.Add("beta", "2026-01-03", domain.CompetitorRated{Driver: "delivery", Competitor: "Corvus", By: "customer", Ours: 8, Theirs: 1, ScaleMax: 10})
	l.Add("beta", "2026-02-03", domain.CompetitorMentioned{Competitor: "Corvus"})
	l.Add("beta", "2026-02-02", domain.CompetitorMentioned{Competitor: "Corvus"})
	total, rows := sinceFebruary(l)
	// Of delivery the mean weight is 20; Corvus is level with Borealis, who beat us by less: 70 to 50, 60 to 80.
	dossiertest.Same(t, total.Drivers[:2], `[
		{"driver":"advice","weight_pct":20,"mean_rank":4,"people_count":2,"ours_pct":null,"theirs_pct":null,"gap_pct":null},
		{"driver":"delivery","weight_pct":20,"mean_rank":1.5,"people_count":3,"ours_pct":80,"theirs_pct":60,"gap_pct":20,"best_other":"Borealis","rated_by":"customer"}]`)
	dossiertest.Same(t, total.Competition, `{"relative_pct":6.666666666666667,"weight_covered_pct":60,"mentions_count":4,"alternatives_count":2}`)
	if c := total.Competitors[2]; c.Competitor != "Corvus" || c.AccountsCount != 2 || c.MentionsCount != 4 || !c.LatestAt.Equal(dossiertest.Time("2026-05-01")) {
		t.Errorf("got %+v", c)
	}
	if rows[0].Account != "acme" || rows[0].PressureCount != 4 || rows[1].PressureCount != 2 {
		t.Errorf("got %+v", rows)
	}
}

func TestPerceptionIsTheirViewBesideOurLatestFigure(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	sees := func(at, dimension string, score float64) {
		l.Add("acme", at, domain.SurveyAnswered{Instrument: "perception", Dimension: dimension, Score: score, ScaleMax: 10})
	}
	ours := func(account domain.AccountID, at, measure, period string, value float64, uom string) {
		l.Add(account, at, domain.FigurePublished{Measure: measure, Period: period, Value: value, UOM: uom, By: "us"})
	}
	sees("2026-01-31", "delivery", 0)
	sees("2026-02-01", "delivery", 5)
	sees("2026-02-02", "delivery", 7.5)
	sees("2026-02-03", "quality", 4)
	sees("2026-02-03", "price", 4)
	sees("2026-02-03", "", 4)
	l.Add("acme", "2026-02-03", domain.SurveyAnswered{Instrument: "nps", Dimension: "price", Score: 9, ScaleMax: 10})
	ours("acme", "2026-01-10", "delivery", "2025", 99, "pct")
	ours("acme", "2026-01-20", "delivery", "2026-01", 67.5, "pct") // 9
	l.Add("acme", "2026-01-21", domain.FigurePublished{Measure: "delivery", Value: 1, UOM: "pct", By: "us", Supplier: "castings"})
	l.Add("acme", "2026-01-21", domain.FigurePublished{Measure: "delivery", Value: 1, UOM: "pct", By: "customer"})
	ours(domain.Ledger, "2026-02-20", "delivery", "2026", 1, "pct") // in general, which does not count beside the account's own
	l.Add("acme", "2026-01-02", domain.ExpectationStated{Expectation: "E-1", Kind: "goal", Statement: "...", Measure: "quality", Target: new(90.0), UOM: "%"})
	l.Add("acme", "2026-01-02", domain.ExpectationStated{Expectation: "E-2", Kind: "goal", Statement: "..."})
	l.Add("acme", "2026-02-04", domain.ExpectationMeasured{Expectation: "E-1", Value: 95, Period: "2026-02"}) // 15
	l.Add("acme", "2026-02-05", domain.ExpectationMeasured{Expectation: "E-2", Value: 1})
	ours("acme", "2026-02-03", "quality", "2026-01", 10, "pct")    // before that was measured
	ours(domain.Ledger, "2026-01-20", "price", "2026", 300, "EUR") // 18
	r := since(l, "2026-02-01", "2026-03-01")
	dossiertest.Same(t, r.Perception, `[
		{"dimension":"quality",`+by(t, "scale-mean-1", "theirs_pct", "low_pct", "high_pct", 4)+`,"answers_count":1,"formula":"scale-mean-1","ours":95,"uom":"pct",
			"period":"2026-02","gap_pct":55,"positions":[4,15]},
		{"dimension":"delivery",`+by(t, "scale-mean-1", "theirs_pct", "low_pct", "high_pct", 5, 7.5)+`,"answers_count":2,"formula":"scale-mean-1","ours":67.5,"uom":"pct",
			"period":"2026-01","gap_pct":5,"positions":[2,3,9]},
		{"dimension":"price",`+by(t, "scale-mean-1", "theirs_pct", "low_pct", "high_pct", 4)+`,"answers_count":1,"formula":"scale-mean-1","ours":300,"uom":"EUR",
			"period":"2026","gap_pct":null,"positions":[5,18]}]`)
	l.Add("beta", "2026-02-03", domain.SurveyAnswered{Instrument: "perception", Dimension: "delivery", Score: 10, ScaleMax: 10})
	l.Add("beta", "2026-02-03", domain.SurveyAnswered{Instrument: "perception", Dimension: "quality", Score: 10, ScaleMax: 10})
	l.Add("beta", "2026-02-03", domain.FigurePublished{Measure: "delivery", Period: "2026-01", Value: 90, UOM: "pct", By: "us"})
	l.Add("beta", "2026-02-03", domain.FigurePublished{Measure: "quality", Period: "2026-01", Value: 90, UOM: "ppm", By: "us"})
	total, _ := sinceFebruary(l)
	dossiertest.Same(t, total.Perception, `[
		{"dimension":"delivery",`+by(t, "scale-mean-1", "theirs_pct", "low_pct", "high_pct", 5, 7.5, 10)+`,"answers_count":3,"formula":"scale-mean-1","ours":78.75,"uom":"pct","gap_pct":3.75},
		{"dimension":"price",`+by(t, "scale-mean-1", "theirs_pct", "low_pct", "high_pct", 4)+`,"answers_count":1,"formula":"scale-mean-1","ours":300,"uom":"EUR","period":"2026","gap_pct":null},
		{"dimension":"quality",`+by(t, "scale-mean-1", "theirs_pct", "low_pct", "high_pct", 4, 10)+`,"answers_count":2,"formula":"scale-mean-1","ours":null,"gap_pct":null}]`)
}

func TestWishesOfAllGoByAccountsStrengthAndTier(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for account, tier := range map[domain.AccountID]string{"a": "A", "b": "B", "c": "C", "d": "D"} {
		l.Add(account, "2026-01-01", domain.AccountClassified{TierNow: tier})
	}
	l.Add("a", "2026-01-02", domain.ContactMerged{Contact: "j.d", Into: "jane"})
	wish := func(account domain.AccountID, at, topic string, contact domain.ID, strength int64) {
		l.Add(account, at, domain.WishExpressed{Topic: topic, Contact: contact, Strength: strength})
	}
	wish("a", "2026-01-31", "portal", "jane", 5)
	for i, account := range []domain.AccountID{"a", "b", "c", "d", "e"} {
		wish(account, []string{"2026-02-05", "2026-02-04", "2026-02-03", "2026-02-02", "2026-02-01"}[i], "Portal", "jane", 0)
	}
	wish("a", "2026-02-02", "portal", "j.d", 2)
	wish("a", "2026-02-02", "portal", "", 1)
	for _, w := range []struct {
		account domain.AccountID
		topic   string
	}{{"a", "zinc"}, {"b", "yarn"}, {"c", "xenon"}, {"d", "water"}, {"d", "Velvet"}, {"e", "umber"}} {
		wish(w.account, "2026-02-01", w.topic, "", 3)
	}
	wish("e", "2026-02-01", "strong", "", 4)
	total, _ := sinceFebruary(l)
	dossiertest.Same(t, total.Wishes[0], `{"topic":"portal","accounts_count":5,"strength_sum":6,"people_count":5,"times_count":7,"latest_at":"2026-02-05T00:00:00Z",
		"tier_a_count":1,"tier_b_count":1,"tier_c_count":1,"tier_d_count":1,"no_tier_count":1}`)
	var got []string
	for _, w := range total.Wishes {
		got = append(got, w.Topic)
	}
	dossiertest.Same(t, got, `["portal","strong","zinc","yarn","xenon","umber","Velvet","water"]`)
}

func TestOfTwoEquallyGoodTheFirstByNameIsTheBest(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for _, competitor := range []string{"Corvus", "Borealis", "Dorado"} {
		l.Add("acme", "2026-02-01", domain.CompetitorRated{Driver: "price", Competitor: competitor, By: "customer", Ours: 2, Theirs: 4, ScaleMin: 6, ScaleMax: 1})
	}
	l.Add("acme", "2026-02-02", domain.AlternativeSought{Contact: "jane"})
	r := since(l, "2026-02-01", "2026-03-01")
	// On a scale from 6 down to 1, a 2 is four fifths of the way up.
	dossiertest.Same(t, r.Drivers, `[{"driver":"price","weight_pct":null,"mean_rank":null,"people_count":0,"ours_pct":80,"theirs_pct":40,"gap_pct":40,
		"best_other":"Borealis","rated_by":"customer","positions":[1,2,3]}]`)
	dossiertest.Same(t, r.Mentions, `[{"position":4,"at":"2026-02-02T00:00:00Z","kind":"alternative_sought","contact":"jane"}]`)
	dossiertest.Same(t, r.Competition, `{"relative_pct":null,"weight_covered_pct":null,"mentions_count":0,"alternatives_count":1}`)
}
