package domain_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
)

func TestPolicyRules(t *testing.T) {
	t.Parallel()
	trust := func(change func(*domain.TrustPolicy)) domain.Event {
		p := domain.TrustPolicy{
			Dimensions:    []domain.DimensionPolicy{{Name: "voice", Weight: 1, PriorMean: 0.8, HalfLifeD: 90}, {Name: "quality", PriorMean: 0.8, HalfLifeD: 90}},
			PriorStrength: 8, Cap: 15,
			Weights: []domain.EvidenceWeight{{Kind: "delivery.missed", Weight: 2}, {Kind: "delivery.on_time", Weight: 1}},
		}
		change(&p)
		return domain.PolicyChanged{Name: "p", Trust: &p}
	}
	calendar := func(change func(*domain.CalendarPolicy)) domain.Event {
		p := domain.CalendarPolicy{
			TimeZone: "Europe/Berlin",
			Week:     []domain.OpeningInterval{{Day: "mon", From: "13:00", To: "17:30"}, {Day: "mon", From: "09:00", To: "13:00"}, {Day: "tue", From: "09:00", To: "24:00"}},
			Holidays: []string{"2026-12-25", "2026-12-26"},
		}
		change(&p)
		return domain.PolicyChanged{Name: "p", Calendar: &p}
	}
	week := func(intervals ...domain.OpeningInterval) domain.Event {
		return calendar(func(p *domain.CalendarPolicy) { p.Week = intervals })
	}
	renamed := func(name string) domain.Event {
		return domain.PolicyChanged{Name: name, FollowUp: &domain.FollowUpPolicy{DefaultDueH: 8}}
	}
	decide(t, domain.Ledger, "office", []rule{
		{"a trust policy may change", nil, trust(func(*domain.TrustPolicy) {}), ""},
		{"a dimension is named once", nil, trust(func(p *domain.TrustPolicy) { p.Dimensions[1].Name = "voice" }), `data.trust.dimensions[1].name: "voice" is given twice`},
		{"some dimension counts", nil, trust(func(p *domain.TrustPolicy) {
			p.Dimensions = nil
			for _, name := range domain.TrustDimensions {
				p.Dimensions = append(p.Dimensions, domain.DimensionPolicy{Name: name, PriorMean: 0.8, HalfLifeD: 90})
			}
		}), "data.trust.dimensions: at least one needs a weight above 0"},
		{"a dimension that is not named counts by default", nil, trust(func(p *domain.TrustPolicy) { p.Dimensions[0].Weight = 0 }), ""},
		{"a kind of evidence is one that the model weighs", nil, trust(func(p *domain.TrustPolicy) { p.Weights[1].Kind = "delivery.made" }), `data.trust.weights[1].kind: "delivery.made" is not a kind of evidence`},
		{"a kind of evidence has one weight", nil, trust(func(p *domain.TrustPolicy) { p.Weights[1].Kind = "delivery.missed" }), `data.trust.weights[1].kind: "delivery.missed" is given twice`},
		{"a reason has one time allowed", nil, domain.PolicyChanged{Name: "p", FollowUp: &domain.FollowUpPolicy{SLAs: []domain.SLA{{Reason: "complaint", DueH: 1}, {Reason: "complaint", DueH: 2}}}}, `data.followup.slas[1].reason: "complaint" is given twice`},
		{"the steps of the ladder follow each other", nil, domain.PolicyChanged{Name: "p", FollowUp: &domain.FollowUpPolicy{DefaultDueH: 1, Escalations: []domain.EscalationStep{{AfterH: 8, To: "ann"}, {AfterH: 8, To: "bob"}, {AfterH: 7, To: "eve"}}}}, "data.followup.escalations[2].after_h: must not be less than that of the step before"},
		{"a calendar may change", nil, calendar(func(*domain.CalendarPolicy) {}), ""},
		{"the time zone is known", nil, calendar(func(p *domain.CalendarPolicy) { p.TimeZone = "Mars/Base" }), `data.calendar.time_zone: "Mars/Base" is not a known IANA time zone`},
		{"the time zone is given", nil, calendar(func(p *domain.CalendarPolicy) { p.TimeZone = "" }), `data.calendar.time_zone: "" is not a known IANA time zone`},
		{"the time zone is the same on every machine", nil, calendar(func(p *domain.CalendarPolicy) { p.TimeZone = "Local" }), `data.calendar.time_zone: "Local" is not a known IANA time zone`},
		{"a holiday is a date", nil, calendar(func(p *domain.CalendarPolicy) { p.Holidays[0] = "2026-02-30" }), `data.calendar.holidays[0]: "2026-02-30" is not a date such as 2026-12-25`},
		{"a holiday is given once", nil, calendar(func(p *domain.CalendarPolicy) { p.Holidays[1] = "2026-12-25" }), `data.calendar.holidays[1]: "2026-12-25" is given twice`},
		{"business is done sometime", nil, week(), "data.calendar.week: needs at least one opening interval"},
		{"an interval's ends are times of day", nil, week(domain.OpeningInterval{Day: "mon", From: "9:00", To: "25:00"}), `data.calendar.week[0].from: "9:00" is not a time of day such as 09:00; data.calendar.week[0].to: "25:00" is not a time of day such as 17:30`},
		{"an interval does not start when the day ends", nil, week(domain.OpeningInterval{Day: "mon", From: "24:00", To: "24:00"}), `data.calendar.week[0].from: "24:00" is not a time of day such as 09:00`},
		{"an interval takes time", nil, week(domain.OpeningInterval{Day: "mon", From: "09:00", To: "09:00"}), "data.calendar.week[0].to: must be later than from"},
		{"intervals do not overlap", nil, week(domain.OpeningInterval{Day: "mon", From: "09:00", To: "13:00"}, domain.OpeningInterval{Day: "tue", From: "12:00", To: "13:00"}, domain.OpeningInterval{Day: "mon", From: "12:59", To: "17:00"}), "data.calendar.week[2]: overlaps another interval of the same day"},
		{"a change changes something", nil, domain.PolicyChanged{Name: "p"}, "data: changes nothing: at least one of trust, followup, calendar and measures is needed"},
		{"a name stands for one policy", given(renamed("p")), renamed("p"), `data.name: policy "p" was put in force before`},
		{"another name is free", given(renamed("p")), renamed("q"), ""},
		{"the first policy keeps its name", nil, renamed(domain.DefaultPolicy().Name), `data.name: policy "default-2" would be one of those the ledger starts with`},
		{"and so do those of other versions", nil, renamed("default-1"), `data.name: policy "default-1" would be one of those the ledger starts with`},
	})
	decide(t, domain.Ledger, "office", []rule{
		{"the default policy's own calendar and weights are in order", nil, func() domain.Event {
			p := domain.DefaultPolicy()
			return domain.PolicyChanged{Name: "p", Trust: &p.Trust, FollowUp: &p.FollowUp, Calendar: &p.Calendar}
		}(), ""},
	})
}
