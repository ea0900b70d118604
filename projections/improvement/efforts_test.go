package improvement_test

import (
	"fmt"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

// involve is efforts with the customer and without, begun before February or in it, and three improvements.
func involve(l *dossiertest.Ledger, account domain.AccountID) {
	add := func(on string, e domain.Event) { l.Add(account, on, e) }
	customer := func(on string, effort domain.ID) {
		add(on, domain.InvolvementStarted{Effort: effort, Party: "customer", Kind: "pilot"})
	}
	supplier := func(on string, effort domain.ID, supplier, kind string) {
		add(on, domain.InvolvementStarted{Effort: effort, Party: "supplier", Supplier: supplier, Kind: kind})
	}
	end := func(on string, effort domain.ID, reached *bool) {
		add(on, domain.InvolvementEnded{Effort: effort, Reached: reached})
	}
	yes, no := new(true), new(false)
	add("2026-01-10", domain.ImprovementAgreed{Improvement: "old"})
	add("2026-01-15", domain.InvolvementStarted{Effort: "old", Party: "customer", Kind: "pilot", Improvement: "old"})
	end("2026-02-10", "old", no)

	add("2026-02-01", domain.ImprovementAgreed{Improvement: "I"})
	add("2026-02-01", domain.ImprovementAgreed{Improvement: "J"})
	add("2026-02-01", domain.ImprovementAgreed{Improvement: "ours"})
	add("2026-02-01", domain.InvolvementStarted{
		Effort: "all", Party: "customer", Kind: "pilot", PeopleCount: 3, Contacts: []domain.ID{"jane", "joe"}, Improvement: "I",
	})
	add("2026-02-02", domain.InvolvementStarted{Effort: "all", Party: "supplier", Supplier: "castings", Kind: "design", PeopleCount: 2})
	supplier("2026-02-02", "all", "castings", "pilot")
	supplier("2026-02-03", "all", "polymers", "pilot")
	add("2026-02-04", domain.InvolvementEnded{Effort: "all", Party: "customer", Reason: "busy"})
	add("2026-02-05", domain.InvolvementEnded{Effort: "all", Party: "supplier", Supplier: "castings"})
	add("2026-02-06", domain.InvolvementEnded{Effort: "all", Outcome: "half the scrap", Reached: yes})

	add("2026-02-03", domain.InvolvementStarted{Effort: "unnamed", Party: "supplier", Kind: "design", Contacts: []domain.ID{"joe"}, Improvement: "J"})
	end("2026-02-07", "unnamed", no)
	customer("2026-02-04", "nobody said")
	end("2026-02-08", "nobody said", nil)
	supplier("2026-02-05", "again", "polymers", "planning")
	end("2026-02-08", "again", yes)
	supplier("2026-02-09", "again", "polymers", "planning")
	customer("2026-02-06", "missed")
	end("2026-02-09", "missed", no)
	supplier("2026-02-07", "also missed", "metals", "benchmark")
	end("2026-02-09", "also missed", no)
}

func TestEveryFigureOfInvolvement(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	involve(l, "acme")
	r := since(t, l)
	dossiertest.Same(t, r.Involvement, `{"efforts_count":6,"customer_count":3,"supplier_count":4,"reached_with_pct":50,"reached_without_pct":33.333333333333336,"with_supplier_pct":66.66666666666667,"with_customer_pct":33.333333333333336}`)
	got := ""
	for _, i := range r.ImprovementList {
		got += fmt.Sprintf("%s: customer %v, supplier %v; ", i.Improvement, i.CustomerHelped, i.SupplierHelped)
	}
	if want := "old: customer true, supplier false; I: customer true, supplier true; J: customer false, supplier true; ours: customer false, supplier false; "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEveryFieldOfAnEffort(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	involve(l, "acme")
	dossiertest.Same(t, since(t, l).Efforts, `[
		{"effort":"also missed","kinds":["benchmark"],"customer":false,"suppliers":["metals"],"people_count":0,"started_at":"2026-02-07T00:00:00Z","ended_at":"2026-02-09T00:00:00Z","reached":false,"position":23},
		{"effort":"missed","kinds":["pilot"],"customer":true,"suppliers":[],"people_count":0,"started_at":"2026-02-06T00:00:00Z","ended_at":"2026-02-09T00:00:00Z","reached":false,"position":21},
		{"effort":"again","kinds":["planning"],"customer":false,"suppliers":["polymers"],"people_count":0,"started_at":"2026-02-05T00:00:00Z","reached":true,"position":18},
		{"effort":"nobody said","kinds":["pilot"],"customer":true,"suppliers":[],"people_count":0,"started_at":"2026-02-04T00:00:00Z","ended_at":"2026-02-08T00:00:00Z","reached":null,"position":16},
		{"effort":"unnamed","kinds":["design"],"customer":false,"suppliers":["unnamed"],"people_count":1,"started_at":"2026-02-03T00:00:00Z","ended_at":"2026-02-07T00:00:00Z","reached":false,"improvement":"J","position":14},
		{"effort":"all","kinds":["pilot","design"],"customer":true,"suppliers":["castings","polymers"],"people_count":5,"started_at":"2026-02-01T00:00:00Z","ended_at":"2026-02-06T00:00:00Z",
			"left":["customer: busy","castings"],"outcome":"half the scrap","reached":true,"improvement":"I","position":7},
		{"effort":"old","kinds":["pilot"],"customer":true,"suppliers":[],"people_count":0,"started_at":"2026-01-15T00:00:00Z","ended_at":"2026-02-10T00:00:00Z","reached":false,"improvement":"old","position":2}]`)
}
