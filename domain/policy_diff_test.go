package domain_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
)

func TestEverythingAPolicySaysIsARule(t *testing.T) {
	t.Parallel()
	p := domain.DefaultPolicy()
	p.Trust.PriorStrength, p.Trust.Weights = 0, p.Trust.Weights[2:]
	said := map[string]string{}
	for _, rule := range p.Rules() {
		if _, twice := said[rule.Path]; twice || rule.From != "" {
			t.Errorf("got %+v", rule)
		}
		said[rule.Path] = rule.To
	}
	for path, want := range map[string]string{
		"trust.prior_strength":                 "0",
		"trust.dimensions.voice.half_life_d":   "365",
		"trust.weights.delivery.missed.weight": "1.5", // by default
		"followup.slas.complaint.due_h":        "15",
		"calendar.time_zone":                   "UTC",
		"calendar.week.mon":                    "09:00 12:30; 13:30 17:30",
	} {
		if said[path] != want {
			t.Errorf("%s: got %q, want %q", path, said[path], want)
		}
	}
}

func TestWhatPoliciesSayDifferently(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*domain.Policy)
		want   []string
	}{
		{"nothing", func(*domain.Policy) {}, nil},
		{"a name is no difference", func(p *domain.Policy) { p.Name = "other" }, nil},
		{"numbers of the trust model", func(p *domain.Policy) { p.Trust.PriorStrength, p.Trust.Cap = 4, 20 },
			[]string{"trust.prior_strength: 8 to 4", "trust.cap: 15 to 20"}},
		{"a dimension, by its name", func(p *domain.Policy) { p.Trust.Dimensions[4].HalfLifeD = 90 },
			[]string{"trust.dimensions.voice.half_life_d: 365 to 90"}},
		{"a kind of evidence, by its name", func(p *domain.Policy) { p.Trust.Weights[1].Weight = 3 },
			[]string{"trust.weights.delivery.missed.weight: 1.5 to 3"}},
		{"a half-life of the dimension's own", func(p *domain.Policy) {
			i := slices.IndexFunc(p.Trust.Weights, func(w domain.EvidenceWeight) bool { return w.Kind == "complaint.raised" })
			p.Trust.Weights[i].HalfLifeD = 0
		}, []string{"trust.weights.complaint.raised.half_life_d: 30 to "}},
		{"a kind that is not named has its default", func(p *domain.Policy) { p.Trust.Weights = p.Trust.Weights[2:] }, nil},
		{"the order of a list is no difference", func(p *domain.Policy) { slices.Reverse(p.Trust.Weights); slices.Reverse(p.FollowUp.SLAs) }, nil},
		{"a time allowed that is gone, and a new one", func(p *domain.Policy) {
			p.FollowUp.SLAs = []domain.SLA{{Reason: "complaint", DueH: 15}, {Reason: "new", DueH: 3}}
		}, []string{"followup.slas.new.due_h:  to 3"}},
		{"hours of a day are compared as one", func(p *domain.Policy) { p.Calendar.Week = p.Calendar.Week[1:] },
			[]string{"calendar.week.mon: 09:00 12:30; 13:30 17:30 to 13:30 17:30"}},
		{"holidays", func(p *domain.Policy) { p.Calendar.Holidays = []string{"2026-12-25", "2026-12-26"} },
			[]string{"calendar.holidays:  to 2026-12-25, 2026-12-26"}},
		{"what a measure means", func(p *domain.Policy) {
			p.Measures = []domain.MeasureDefinition{{Measure: "otif", Version: "otif-v2", Text: "early counts"}}
		}, []string{"measures.otif.formula_version:  to otif-v2", "measures.otif.text:  to early counts"}},
	} {
		p := domain.DefaultPolicy()
		c.change(&p)
		var got []string
		for _, d := range domain.DiffPolicies(domain.DefaultPolicy(), p) {
			if !strings.HasPrefix(c.name, "a time allowed") || d.To != "" {
				got = append(got, fmt.Sprintf("%s: %s to %s", d.Path, d.From, d.To))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
		if back := domain.DiffPolicies(p, domain.DefaultPolicy()); (len(back) == 0) != (len(c.want) == 0) {
			t.Errorf("%s: the other way round there is %v", c.name, back)
		}
	}
}
