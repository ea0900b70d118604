package promises_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

func promisedFor(line domain.ID, basis, at string) domain.DeliveryPromised {
	return domain.DeliveryPromised{Line: line, Basis: basis, PromisedAt: dossiertest.Time(at)}
}

// told is an event and when it happened.
type told struct {
	on string
	domain.Event
}

// TestADeliveryIsLateByWhatWasConfirmed: assembly goes on for a day without L.
func TestADeliveryIsLateByWhatWasConfirmed(t *testing.T) {
	t.Parallel()
	of := func(p domain.DeliveryPromised, qty, tolerance float64) domain.DeliveryPromised {
		p.Qty, p.UOM, p.TolerancePct = &qty, "pcs", &tolerance
		return p
	}
	came := func(on string, qty float64, uom string) domain.DeliveryMade {
		return domain.DeliveryMade{Line: "L", DeliveredAt: dossiertest.Time(on), Qty: &qty, UOM: uom}
	}
	all := domain.DeliveryMade{Line: "L", DeliveredAt: dossiertest.Time("2026-01-20")}
	requested, first := promisedFor("L", "requested", "2026-02-08"), promisedFor("L", "first_confirmed", "2026-02-10")
	later := promisedFor("L", "reconfirmed", "2026-02-20")
	const stops = "02-10 to 02-20, stands still 216 h" // ten days less one
	for _, c := range []struct {
		about  string
		events []told
		want   string
	}{
		{"asked for, then confirmed for later", []told{{"2026-01-02", requested}, {"2026-01-03", first}}, ""},
		{"confirmed anew for later", []told{{"2026-01-02", requested}, {"2026-01-03", first}, {"2026-01-10", later}}, stops},
		{"nobody said which was confirmed first", []told{{"2026-01-02", requested}, {"2026-01-03", promisedFor("L", "reconfirmed", "2026-02-10")}, {"2026-01-10", later}}, stops},
		{"they would like it sooner again", []told{{"2026-01-03", first}, {"2026-01-10", later}, {"2026-01-11", requested}}, stops},
		{"they would like it later", []told{{"2026-01-03", first}, {"2026-01-10", promisedFor("L", "requested", "2026-02-15")}}, ""},
		{"they would like it later than they had asked for", []told{{"2026-01-03", requested}, {"2026-01-10", promisedFor("L", "requested", "2026-02-15")}}, ""},
		{"it was there before anybody told of the promise", []told{{"2026-01-02", all}, {"2026-01-03", first}, {"2026-01-10", later}}, ""},
		{"the rest of it comes later", []told{{"2026-01-03", of(first, 100, 5)}, {"2026-01-05", came("2026-01-05", 94, "pcs")}, {"2026-01-10", later}}, stops},
		{"in parts", []told{{"2026-01-03", of(first, 100, 5)}, {"2026-01-05", came("2026-01-05", 94, "pcs")}, {"2026-01-10", later}, {"2026-01-11", came("2026-01-11", 1, "pcs")}}, ""},
		{"the rest was let off", []told{{"2026-01-03", of(first, 100, 5)}, {"2026-01-05", came("2026-01-05", 94, "pcs")}, {"2026-01-10", of(later, 90, 0)}}, ""},
		{"in another unit", []told{{"2026-01-03", of(first, 100, 0)}, {"2026-01-05", came("2026-01-05", 2, "boxes")}, {"2026-01-10", later}}, ""},
		{"nobody said how much", []told{{"2026-01-03", of(first, 100, 0)}, {"2026-01-05", all}, {"2026-01-10", later}}, ""},
	} {
		l := dossiertest.New(t)
		l.Add("acme", "2026-01-01", domain.DependencyRecorded{Dependency: "D", CustomerProcess: "assembly", BufferH: new(24.0)})
		for _, e := range c.events {
			l.Add("acme", e.on, e.Event)
		}
		got := ""
		for _, s := range about(l, "2026-01-31").Stops {
			got += fmt.Sprintf("%s to %s, stands still %v h", s.PromisedAt.Format("01-02"), s.ExpectedAt.Format("01-02"), s.StoppedH)
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.about, got, c.want)
		}
	}
}

func TestADependencyRecordedAgainIsAsItIsSaidLast(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	recorded := func(on string, buffer float64) {
		l.Add("acme", on, domain.DependencyRecorded{Dependency: "D", CustomerProcess: "assembly", OurDeliverable: "castings", BufferH: &buffer, LeadH: new(8.0), RecoveryTargetH: new(4.0)})
	}
	recorded("2026-01-01", 24)
	recorded("2026-01-10", 48)
	l.Add("acme", "2026-01-02", promisedFor("L", "first_confirmed", "2026-02-01"))
	l.Add("acme", "2026-01-11", promisedFor("L", "reconfirmed", "2026-02-04"))
	r := about(l, "2026-01-20")
	dossiertest.Same(t, r.Dependencies, `[{"dependency":"D","customer_process":"assembly","our_deliverable":"castings","critical":false,"lead_h":8,"buffer_h":48,"recovery_target_h":4,
		"people_count":null,"cost_per_h_minor":null,"lines":[],"recorded_at":"2026-01-01T00:00:00Z","position":2}]`)
	if len(r.Stops) != 1 || r.Stops[0].StoppedH != 24 {
		t.Errorf("stops %+v", r.Stops)
	}
	l.Add("acme", "2026-01-21", domain.DependencyRetired{Dependency: "D"})
	if got := about(l, "2026-01-22").Stops; len(got) != 0 {
		t.Errorf("stops once it is retired: %+v", got)
	}
	recorded("2026-01-23", 12)
	if got := about(l, "2026-01-24"); len(got.Stops) != 1 || got.Stops[0].StoppedH != 60 || !got.Dependencies[0].RetiredAt.IsZero() {
		t.Errorf("stops once it is there again: %+v", got.Stops)
	}
}

// TestRolesAreByNeedWithTheTimeTheyWereVacant: the planner left twice, the welder has nobody behind them.
func TestRolesAreByNeedWithTheTimeTheyWereVacant(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.RoleAssigned{Role: "welder", Person: "s.adeyemi", Process: "frames"})
	l.Add("acme", "2026-01-01", domain.RoleAssigned{Role: "planner", Person: "m.keller", Backup: "l.moreau", Process: "assembly"})
	l.Add("acme", "2026-01-01", domain.RoleAssigned{Role: "buyer", Person: "m.keller", Backup: "l.moreau"})
	l.Add("acme", "2026-01-05", domain.RoleVacated{Role: "planner"})
	l.Add("acme", "2026-01-07", domain.RoleAssigned{Role: "planner", Person: "l.moreau", Backup: "m.keller"})
	l.Add("acme", "2026-01-20", domain.RoleVacated{Role: "planner"})
	l.Add("beta", "2026-01-20", domain.RoleAssigned{Role: "planner", Person: "c.weiss", Backup: "m.keller"})
	l.Add("beta", "2026-01-20", domain.AccountMerged{Into: "acme"})
	l.Add("acme", "2026-01-21", domain.RoleAssigned{Role: "buyer", Person: "l.moreau", Backup: "m.keller"})
	l.Add("acme", "2026-01-22", domain.RoleVacated{Role: "planner"}) // there was somebody in between, but that was retracted
	dossiertest.Same(t, about(l, "2026-01-23").Roles, `[{"role":"planner","state":"vacant","process":"assembly","since":"2026-01-20T00:00:00Z","vacant_d":5,"position":6},
		{"role":"welder","state":"no_backup","person":"s.adeyemi","process":"frames","since":"2026-01-01T00:00:00Z","vacant_d":0,"position":1},
		{"role":"beta/planner","state":"covered","person":"c.weiss","backup":"m.keller","since":"2026-01-20T00:00:00Z","vacant_d":0,"position":7},
		{"role":"buyer","state":"covered","person":"l.moreau","backup":"m.keller","since":"2026-01-21T00:00:00Z","vacant_d":0,"position":9}]`)
}

// TestStopsAreTheFirstFirst and say who stops, how long and at what cost, as far as that is known.
func TestStopsAreTheFirstFirst(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.DependencyRecorded{
		Dependency: "D", CustomerProcess: "assembly", Critical: true, BufferH: new(36.0), PeopleCount: new(int64(5)), CostPerHMinor: new(int64(200)), Currency: "EUR",
	})
	l.Add("acme", "2026-01-01", domain.DependencyRecorded{Dependency: "E", CustomerProcess: "paint", Lines: []domain.ID{"M"}})
	for _, line := range []domain.ID{"M", "L"} {
		l.Add("acme", "2026-01-02", promisedFor(line, "first_confirmed", "2026-02-10"))
		l.Add("acme", "2026-01-03", promisedFor(line, "reconfirmed", "2026-02-12"))
	}
	l.Add("acme", "2026-01-02", promisedFor("N", "first_confirmed", "2026-01-20")) // comes now at best
	var got []string
	for _, s := range about(l, "2026-01-21").Stops {
		people, cost := "unknown", "unknown"
		if s.PeopleCount != nil {
			people = fmt.Sprint(*s.PeopleCount)
		}
		if s.CostMinor != nil {
			cost = fmt.Sprint(*s.CostMinor, " ", s.Currency)
		}
		got = append(got, fmt.Sprintf("%s %s of %s (%v): at %s, expected %s, late %v, still %v, people %s, cost %s, %v", s.Line, s.CustomerProcess, s.Dependency,
			s.Critical, s.StopsAt.Format("01-02T15"), s.ExpectedAt.Format("01-02"), s.DelayH, s.StoppedH, people, cost, s.Positions))
	}
	want := []string{
		"N assembly of D (true): at 01-21T12, expected 01-21, late 24, still 0, people 5, cost 0 EUR, [1 7]",
		"M paint of E (false): at 02-10T00, expected 02-12, late 48, still 48, people unknown, cost unknown, [2 3 4]",
		"L assembly of D (true): at 02-11T12, expected 02-12, late 48, still 12, people 5, cost 2400 EUR, [1 5 6]",
		"M assembly of D (true): at 02-11T12, expected 02-12, late 48, still 12, people 5, cost 2400 EUR, [1 3 4]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}
