package improvement_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/improvement"
)

// happened is what became of an improvement that was agreed on 5 January for 1 February.
type happened struct {
	on string
	e  domain.Event
}

func descoped(on string) happened {
	return happened{on, domain.ImprovementDescoped{Improvement: "I", Reason: "too dear"}}
}

// descopedTold says when the customer was told, too.
func descopedTold(on, told string) happened {
	return happened{on, domain.ImprovementDescoped{Improvement: "I", Reason: "too dear", CustomerToldAt: dossiertest.Time(told)}}
}

func delivered(on string) happened {
	return happened{on, domain.ImprovementDelivered{Improvement: "I", Outcome: "done"}}
}

func told(on string) happened { return happened{on, domain.ImprovementTold{Improvement: "I"}} }

func acknowledged(on string) happened {
	return happened{on, domain.ImprovementTold{Improvement: "I", Acknowledged: true}}
}

func TestWhatTheCustomerWasToldIsAboutWhatHadBecomeOfTheImprovement(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		so   []happened
		at   string
		want string
	}{
		{"nothing happened by its date", nil, "2026-02-01",
			"open, late -, told never (acknowledged false), untold -, of the cut -; delivered 0, descoped 0, not told 0, on time -, told -"},
		{"nothing happened", nil, "2026-03-01",
			"open, late 28, told never (acknowledged false), untold -, of the cut -; delivered 0, descoped 0, not told 0, on time 0, told -"},
		{"delivered on its date", []happened{delivered("2026-02-01")}, "2026-03-01",
			"delivered, late -, told never (acknowledged false), untold 28, of the cut -; delivered 1, descoped 0, not told 1, on time 100, told 0"},
		{"delivered and told twice", []happened{delivered("2026-02-03"), told("2026-02-05"), acknowledged("2026-02-07")}, "2026-03-01",
			"told, late 2, told 02-05 (acknowledged true), untold 2, of the cut -; delivered 1, descoped 0, not told 0, on time 0, told 100"},
		{"descoped", []happened{descoped("2026-01-20")}, "2026-03-01",
			"descoped, late -, told never (acknowledged false), untold -, of the cut -; delivered 0, descoped 1, not told 0, on time -, told -"},
		{"descoped and told", []happened{descoped("2026-01-20"), acknowledged("2026-01-23"), told("2026-01-25")}, "2026-03-01",
			"told, late -, told 01-23 (acknowledged true), untold -, of the cut 3; delivered 0, descoped 1, not told 0, on time -, told -"},
		{"the descoping says when they were told", []happened{descopedTold("2026-01-20", "2026-01-22")}, "2026-03-01",
			"told, late -, told 01-22 (acknowledged false), untold -, of the cut 2; delivered 0, descoped 1, not told 0, on time -, told -"},
		{"as it says to the minute", []happened{descopedTold("2026-01-20", "2026-01-22")}, "2026-01-22",
			"told, late -, told 01-22 (acknowledged false), untold -, of the cut 2; delivered 0, descoped 1, not told 0, on time -, told -"},
		{"before that", []happened{descopedTold("2026-01-20", "2026-01-22")}, "2026-01-21",
			"descoped, late -, told never (acknowledged false), untold -, of the cut -; delivered 0, descoped 1, not told 0, on time -, told -"},
		{"told before it was descoped, as that says", []happened{descopedTold("2026-01-20", "2026-01-18")}, "2026-03-01",
			"told, late -, told 01-18 (acknowledged false), untold -, of the cut 0; delivered 0, descoped 1, not told 0, on time -, told -"},
		{"told before it was descoped", []happened{told("2026-01-18"), descoped("2026-01-20")}, "2026-03-01",
			"told, late -, told 01-18 (acknowledged false), untold -, of the cut 0; delivered 0, descoped 1, not told 0, on time -, told -"},
		{"somebody told them earlier than the descoping says", []happened{descopedTold("2026-01-20", "2026-01-25"), told("2026-01-23")}, "2026-03-01",
			"told, late -, told 01-23 (acknowledged false), untold -, of the cut 3; delivered 0, descoped 1, not told 0, on time -, told -"},
		{"cut again", []happened{descoped("2026-01-20"), acknowledged("2026-01-23"), descoped("2026-02-02")}, "2026-03-01",
			"descoped, late -, told never (acknowledged false), untold -, of the cut -; delivered 0, descoped 1, not told 0, on time -, told -"},
		{"cut again and told", []happened{descoped("2026-01-20"), acknowledged("2026-01-23"), descoped("2026-02-02"), told("2026-02-03")}, "2026-03-01",
			"told, late -, told 02-03 (acknowledged false), untold -, of the cut 1; delivered 0, descoped 1, not told 0, on time -, told -"},
		{"delivered after all", []happened{descoped("2026-01-20"), acknowledged("2026-01-23"), delivered("2026-02-11")}, "2026-02-21",
			"delivered, late 10, told never (acknowledged false), untold 10, of the cut 3; delivered 1, descoped 0, not told 1, on time 0, told 0"},
		{"delivered after all and told", []happened{descoped("2026-01-20"), acknowledged("2026-01-23"), delivered("2026-02-11"), told("2026-02-15")}, "2026-02-21",
			"told, late 10, told 02-15 (acknowledged false), untold 4, of the cut 3; delivered 1, descoped 0, not told 0, on time 0, told 100"},
		{"delivered after a cut that nobody told of", []happened{descoped("2026-01-20"), delivered("2026-01-30"), told("2026-01-31")}, "2026-03-01",
			"told, late -, told 01-31 (acknowledged false), untold 1, of the cut -; delivered 1, descoped 0, not told 0, on time 100, told 100"},
		{"told on the day before", []happened{acknowledged("2026-01-29"), delivered("2026-01-30")}, "2026-03-01",
			"told, late -, told 01-29 (acknowledged true), untold 0, of the cut -; delivered 1, descoped 0, not told 0, on time 100, told 100"},
		{"told and not yet delivered", []happened{told("2026-01-29"), delivered("2026-01-30")}, "2026-01-29",
			"open, late -, told 01-29 (acknowledged false), untold -, of the cut -; delivered 0, descoped 0, not told 0, on time -, told -"},
		{"said to be dropped when it was done already", []happened{delivered("2026-01-30"), told("2026-01-31"), descopedTold("2026-02-05", "2026-02-06")}, "2026-03-01",
			"told, late -, told 01-31 (acknowledged false), untold 1, of the cut -; delivered 1, descoped 0, not told 0, on time 100, told 100"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := dossiertest.New(t)
			l.Add("acme", "2026-01-05", domain.ImprovementAgreed{Improvement: "I", DueAt: dossiertest.Time("2026-02-01")})
			for _, h := range test.so {
				l.Add("acme", h.on, h.e)
			}
			r := improvement.About(l.Read(improvement.New(), "acme", test.at, "2026-12-31"))
			i, f := r.ImprovementList[0], r.Improvements
			got := fmt.Sprintf("%s, late %s, told %s (acknowledged %v), untold %s, of the cut %s; delivered %d, descoped %d, not told %d, on time %s, told %s", i.State, show(i.LateD),
				day(i.ToldAt), i.Acknowledged, show(i.UntoldD), show(i.DescopeToldD), f.DeliveredCount, f.DescopedCount, f.NotToldCount, show(f.OnTimePct), show(f.ToldPct))
			if got != test.want {
				t.Errorf("got\n%s, want\n%s", got, test.want)
			}
		})
	}
}

func day(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.Format("01-02")
}

// improve is improvements of every state, agreed before February or in it.
func improve(l *dossiertest.Ledger, account domain.AccountID) (first domain.Position) {
	add := func(on string, e domain.Event) domain.Position { return l.Add(account, on, e) }
	agree := func(on string, a domain.ImprovementAgreed, due string) domain.Position {
		if due != "" {
			a.DueAt = dossiertest.Time(due)
		}
		return add(on, a)
	}
	first = agree("2026-01-31", domain.ImprovementAgreed{Improvement: "old", PlannedPersonH: new(7.0)}, "2026-02-10")
	add("2026-01-31", domain.ImprovementValueEstimated{Improvement: "old", AmountMinor: 900, Currency: "EUR", ConfirmedByCustomer: true})
	agree("2026-01-31", domain.ImprovementAgreed{Improvement: "old, done", CustomerSignatory: "jane"}, "2026-02-01")
	agree("2026-02-01", domain.ImprovementAgreed{
		Improvement: "a", Statement: "tools are changed earlier", CustomerSignatory: "jane", Owner: "m.keller", OwnerLevel: "executive",
		PlannedPersonH: new(10.0), RealisticCheck: new(true), From: []domain.Position{first},
	}, "2026-02-10")
	add("2026-02-01", domain.ImprovementValueEstimated{Improvement: "a", AmountMinor: 100, Currency: "EUR"})
	add("2026-02-02", domain.ImprovementValueEstimated{Improvement: "a", AmountMinor: 250, Currency: "EUR", ConfirmedByCustomer: true})
	add("2026-02-02", domain.ImprovementDelivered{Improvement: "old, done"})
	agree("2026-02-02", domain.ImprovementAgreed{Improvement: "b", Owner: "m.keller", OwnerLevel: "executive", RealisticCheck: new(false), PlannedPersonH: new(50.0)}, "2026-02-20")
	add("2026-02-03", domain.ImprovementOwnerAssigned{Improvement: "b", Owner: "j.novak", OwnerLevel: "manager"})
	add("2026-02-03", domain.ImprovementValueEstimated{Improvement: "b", AmountMinor: 40, Currency: "USD"})
	agree("2026-02-03", domain.ImprovementAgreed{Improvement: "due now", PlannedPersonH: new(5.0)}, "2026-03-31")
	agree("2026-02-04", domain.ImprovementAgreed{Improvement: "overdue", Owner: "c.weiss"}, "2026-03-30")
	agree("2026-02-05", domain.ImprovementAgreed{Improvement: "cut", OwnerLevel: "executive", PlannedPersonH: new(90.0)}, "2026-02-09")
	add("2026-02-05", domain.ImprovementValueEstimated{Improvement: "cut", AmountMinor: 60, Currency: "EUR"})
	agree("2026-02-06", domain.ImprovementAgreed{Improvement: "no date", OwnerLevel: "manager"}, "")
	agree("2026-02-07", domain.ImprovementAgreed{Improvement: "early", OwnerLevel: "manager"}, "2026-02-09")
	add("2026-02-07", domain.ImprovementDelivered{Improvement: "no date"})
	add("2026-02-07", domain.ImprovementTold{Improvement: "no date"})
	add("2026-02-08", domain.ImprovementDescoped{Improvement: "cut", Reason: "too dear"})
	add("2026-02-08", domain.ImprovementDelivered{Improvement: "early"})
	add("2026-02-08", domain.ImprovementTold{Improvement: "early"})
	agree("2026-02-08", domain.ImprovementAgreed{Improvement: "open", Owner: "c.weiss", CustomerSignatory: "jane", RealisticCheck: new(true)}, "")
	add("2026-02-10", domain.ImprovementDelivered{Improvement: "a", Outcome: "half the scrap", Offering: "pump", From: []domain.Position{first, first + 1}})
	add("2026-02-11", domain.ImprovementTold{Improvement: "a", Contact: "jane", Acknowledged: true})
	add("2026-02-22", domain.ImprovementDelivered{Improvement: "b"})
	return first
}

// capacities are published by and for several; the company has 160 person-hours.
func capacities(l *dossiertest.Ledger) {
	figure := func(on string, value float64, change func(*domain.FigurePublished)) {
		f := domain.FigurePublished{Measure: "capacity", Period: "2026", Value: value, UOM: "person_h", By: "us"}
		change(&f)
		l.Add(domain.Ledger, on, f)
	}
	figure("2026-01-02", 90, func(*domain.FigurePublished) {})
	figure("2026-01-03", 160, func(*domain.FigurePublished) {})
	figure("2026-01-04", 1, func(f *domain.FigurePublished) { f.Measure = "otif" })
	figure("2026-01-04", 2, func(f *domain.FigurePublished) { f.UOM = "machine_h" })
	figure("2026-01-04", 3, func(f *domain.FigurePublished) { f.By = "customer" })
	figure("2026-01-04", 4, func(f *domain.FigurePublished) { f.Supplier = "castings" })
}

func TestEveryFigureOfImprovements(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	capacities(l)
	improve(l, "acme")
	r := since(t, l)
	dossiertest.Same(t, r.Improvements, `{"agreed_count":8,"delivered_count":4,"descoped_count":1,"not_told_count":2,"ownerless_count":2,"on_time_pct":50,"told_pct":75,
		"co_agreed_pct":25,"unchecked_count":6,"planned_person_h":12,"capacity_person_h":160,"value":[{"amount_minor":250,"currency":"EUR"}],
		"assumed":[{"amount_minor":60,"currency":"EUR"},{"amount_minor":40,"currency":"USD"}],
		"levels":[{"owner_level":"","count":1,"on_time_pct":0},{"owner_level":"executive","count":1,"on_time_pct":100},{"owner_level":"manager","count":2,"on_time_pct":50}]}`)
	l.Add("acme", "2026-01-01", domain.FigurePublished{Measure: "capacity", Period: "2026", Value: 80, UOM: "person_h", By: "us"})
	if got := since(t, l).Improvements.CapacityPersonH; *got != 80 {
		t.Errorf("there is a capacity for the account: %v", *got)
	}
}

func TestEveryFieldOfAnImprovement(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	improve(l, "acme")
	r := since(t, l)
	var order string
	for _, i := range r.ImprovementList {
		order += fmt.Sprintf("%s (%s); ", i.Improvement, i.State)
	}
	want := "old, done (delivered); b (delivered); old (open); due now (open); overdue (open); open (open); cut (descoped); a (told); no date (told); early (told); "
	if order != want {
		t.Fatalf("got\n%s, want\n%s", order, want)
	}
	dossiertest.Same(t, r.ImprovementList[7], `{"improvement":"a","state":"told","owner":"m.keller","owner_level":"executive","agreed_at":"2026-02-01T00:00:00Z","due_at":"2026-02-10T00:00:00Z",
		"delivered_at":"2026-02-10T00:00:00Z","late_d":null,"told_at":"2026-02-11T00:00:00Z","acknowledged":true,"untold_d":1,"statement":"tools are changed earlier",
		"outcome":"half the scrap","signatory":"jane","value_minor":250,"currency":"EUR","value_confirmed":true,"realistic_check":true,"planned_person_h":10,
		"descope_told_d":null,"offering":"pump","because":[1,2],"customer_helped":false,"supplier_helped":false,"position":4,"positions":[4,5,6,23,24]}`)
	dossiertest.Same(t, r.ImprovementList[6], `{"improvement":"cut","state":"descoped","owner_level":"executive","agreed_at":"2026-02-05T00:00:00Z","due_at":"2026-02-09T00:00:00Z",
		"late_d":null,"untold_d":null,"outcome":"too dear","value_minor":60,"currency":"EUR","value_confirmed":false,"realistic_check":null,"planned_person_h":90,
		"descope_told_d":null,"because":[],"customer_helped":false,"supplier_helped":false,"position":13,"positions":[13,14,19]}`)
	dossiertest.Same(t, r.ImprovementList[1], `{"improvement":"b","state":"delivered","owner":"j.novak","owner_level":"manager","agreed_at":"2026-02-02T00:00:00Z","due_at":"2026-02-20T00:00:00Z",
		"delivered_at":"2026-02-22T00:00:00Z","late_d":2,"untold_d":37,"value_minor":40,"currency":"USD","value_confirmed":false,"realistic_check":false,"planned_person_h":50,
		"descope_told_d":null,"because":[],"customer_helped":false,"supplier_helped":false,"position":8,"positions":[8,9,10,25]}`)
}
