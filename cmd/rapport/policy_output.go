package main

import (
	"fmt"
	"strings"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/trust"
)

// showPolicy prints the rules for people.
func showPolicy(e *env, p api.Policy, rules domain.Policy) error {
	since := "from the beginning"
	if !p.From.IsZero() {
		since = "since " + minute(p.From) + " (UTC)"
	}
	sayWrapped(e.stdout, fmt.Sprintf("Policy %s, in force %s.%s", p.Name, since, origin(p)))
	if p.Reason != "" {
		sayWrapped(e.stdout, "Reason: "+p.Reason)
	}
	full := trust.Complete(rules.Trust)
	fmt.Fprintf(e.stdout, "\nTRUST: the prior weighs %g pieces of evidence, an interval claims %g at most.\n\n", full.PriorStrength, full.Cap)
	if err := writeTable(e.stdout, each(dimensionRules(full)), dimensionRuleColumns); err != nil {
		return err
	}
	fmt.Fprintln(e.stdout)
	if err := writeTable(e.stdout, each(evidenceRules(full)), evidenceRuleColumns); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "\nFOLLOW-UPS: due in business hours, %g where nothing else is said.\n\n", rules.FollowUp.DefaultDueH)
	if err := writeTable(e.stdout, each(rules.FollowUp.SLAs), slaColumns); err != nil {
		return err
	}
	if len(rules.FollowUp.Escalations) > 0 {
		fmt.Fprintln(e.stdout)
		if err := writeTable(e.stdout, each(rules.FollowUp.Escalations), escalationColumns); err != nil {
			return err
		}
	}
	fmt.Fprintln(e.stdout)
	sayWrapped(e.stdout, "CALENDAR: "+hours(rules.Calendar))
	for _, m := range rules.Measures {
		sayWrapped(e.stdout, fmt.Sprintf("MEASURE %s (%s): %s", m.Measure, m.Version, m.Text))
	}
	return nil
}

func origin(p api.Policy) string {
	switch {
	case p.Calibrated != 0 && p.Changed != 0:
		return fmt.Sprintf(" Changed by event %d, prior means set by event %d.", p.Changed, p.Calibrated)
	case p.Calibrated != 0:
		return fmt.Sprintf(" Prior means set by event %d.", p.Calibrated)
	case p.Changed != 0:
		return fmt.Sprintf(" Changed by event %d.", p.Changed)
	}
	return ""
}

// hours says when business is done, days with the same hours together.
func hours(c domain.CalendarPolicy) string {
	open := map[string]string{}
	var days []string
	for _, o := range c.Week {
		if open[o.Day] == "" {
			days = append(days, o.Day)
		}
		open[o.Day] += " " + o.From + "–" + o.To
	}
	var parts []string
	for len(days) > 0 {
		n := 1
		for n < len(days) && open[days[n]] == open[days[0]] {
			n++
		}
		parts = append(parts, strings.Join(days[:n], " ")+open[days[0]])
		days = days[n:]
	}
	s := c.TimeZone + "; " + strings.Join(parts, ", ") + "."
	if len(c.Holidays) > 0 {
		s += " Closed on " + strings.Join(c.Holidays, ", ") + "."
	}
	return s
}

// dimensionRule is a dimension with its share in the whole.
type dimensionRule struct {
	domain.DimensionPolicy
	share float64
}

func dimensionRules(p domain.TrustPolicy) []dimensionRule {
	var total float64
	for _, d := range p.Dimensions {
		total += d.Weight
	}
	var all []dimensionRule
	for _, d := range p.Dimensions {
		all = append(all, dimensionRule{d, d.Weight / total})
	}
	return all
}

// evidenceRule is a kind of evidence with its weight.
type evidenceRule struct {
	domain.EvidenceKind
	weight, halfLife float64
}

func evidenceRules(p domain.TrustPolicy) []evidenceRule {
	var all []evidenceRule
	for i, k := range domain.EvidenceKinds {
		all = append(all, evidenceRule{k, p.Weights[i].Weight, p.Weights[i].HalfLifeD})
	}
	return all
}

func plain(v float64) string { return fmt.Sprintf("%g", v) }

// policyRuleColumns have a policy in CSV.
var policyRuleColumns = []column[domain.PolicyDifference]{
	{name: "path", value: func(d domain.PolicyDifference) string { return d.Path }},
	{name: "value", value: func(d domain.PolicyDifference) string { return d.To }},
}

var dimensionRuleColumns = []column[dimensionRule]{
	{title: "DIMENSION", value: func(d dimensionRule) string { return d.Name }},
	{title: "WEIGHT", value: func(d dimensionRule) string { return plain(d.Weight) }, right: true},
	{title: "SHARE", value: func(d dimensionRule) string { return fmt.Sprintf("%.0f%%", 100*d.share) }, right: true},
	{title: "PRIOR MEAN", value: func(d dimensionRule) string { return fmt.Sprintf("%.3g", d.PriorMean) }, right: true},
	{title: "HALF-LIFE (DAYS)", value: func(d dimensionRule) string { return plain(d.HalfLifeD) }, right: true},
}

var evidenceRuleColumns = []column[evidenceRule]{
	{title: "EVIDENCE", value: func(k evidenceRule) string { return k.Kind }},
	{title: "WEIGHT", value: func(k evidenceRule) string { return plain(k.weight) }, right: true},
	{title: "DAYS", value: func(k evidenceRule) string { return plain(k.halfLife) }, right: true},
	{title: "WHAT IT IS", value: func(k evidenceRule) string { return k.Doc }, flex: true},
}

var slaColumns = []column[domain.SLA]{
	{title: "REASON", value: func(s domain.SLA) string { return s.Reason }},
	{title: "HOURS", value: func(s domain.SLA) string { return plain(s.DueH) }, right: true},
}

var escalationColumns = []column[domain.EscalationStep]{
	{title: "HOURS OVERDUE", value: func(s domain.EscalationStep) string { return plain(s.AfterH) }, right: true},
	{title: "GOES TO", value: func(s domain.EscalationStep) string { return s.To }},
	{title: "REASONS", value: func(s domain.EscalationStep) string {
		if len(s.Reasons) == 0 {
			return "all"
		}
		return strings.Join(s.Reasons, ", ")
	}, flex: true},
	{title: "ONLY IF", value: func(s domain.EscalationStep) string {
		return []string{"", "the customer waits"}[truth(s.CustomerKnown)]
	}},
}

var policyStepColumns = []column[api.PolicyStep]{
	{name: "position", title: "POS", value: func(s api.PolicyStep) string { return number(s.Position) }, right: true},
	{name: "from", title: "FROM (UTC)", value: func(s api.PolicyStep) string { return stamp(s.From) }, show: func(s api.PolicyStep) string { return minute(s.From) }},
	{name: "recorded", value: func(s api.PolicyStep) string { return stamp(s.Recorded) }},
	{name: "what", title: "WHAT", value: func(s api.PolicyStep) string { return s.What }},
	{name: "name", title: "POLICY", value: func(s api.PolicyStep) string { return s.Name }},
	{name: "reason", title: "REASON", value: func(s api.PolicyStep) string { return s.Reason }, flex: true},
	{title: "WHAT IS DIFFERENT", value: func(s api.PolicyStep) string {
		var all []string
		for _, d := range s.Differences {
			all = append(all, fmt.Sprintf("%s %s → %s", d.Path, orDash(d.From), orDash(d.To)))
		}
		return strings.Join(all, ", ")
	}, flex: true},
}

var policyDifferenceColumns = []column[api.PolicyDifference]{
	{name: "path", title: "WHAT", value: func(d api.PolicyDifference) string { return d.Path }},
	{name: "from", title: "FROM", value: func(d api.PolicyDifference) string { return d.From }, show: func(d api.PolicyDifference) string { return orDash(d.From) }, flex: true},
	{name: "to", title: "TO", value: func(d api.PolicyDifference) string { return d.To }, show: func(d api.PolicyDifference) string { return orDash(d.To) }, flex: true},
}

func orDash(value string) string {
	if value == "" {
		return "–"
	}
	return value
}
