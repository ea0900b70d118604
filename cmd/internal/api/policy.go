package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Rules are the sections of a policy, each as in the data of a policy.changed.
type Rules struct {
	Trust    json.RawMessage `json:"trust,omitempty" doc:"as in the schema of policy.changed"`
	FollowUp json.RawMessage `json:"followup,omitempty" doc:"as in the schema of policy.changed"`
	Calendar json.RawMessage `json:"calendar,omitempty" doc:"as in the schema of policy.changed"`
	Measures json.RawMessage `json:"measures,omitempty" doc:"as in the schema of policy.changed"`
}

// Policy is a set of rules: of trust, of follow-ups, of the calendar, and what measures mean.
type Policy struct {
	Name       string          `json:"name"`
	From       time.Time       `json:"from,omitzero" doc:"in force since; absent for the rules the ledger starts with"`
	Reason     string          `json:"reason,omitzero"`
	Changed    domain.Position `json:"changed,omitzero" doc:"the policy.changed it rests on; absent for the rules the ledger starts with"`
	Calibrated domain.Position `json:"calibrated,omitzero" doc:"the policy.calibrated that set the prior means; absent if they are the policy's own"`
	Rules
}

// PolicyStep is a change of the rules.
type PolicyStep struct {
	From     time.Time       `json:"from" doc:"in force from then on"`
	Position domain.Position `json:"position" doc:"of the event"`
	Recorded time.Time       `json:"recorded"`
	What     string          `json:"what" enum:"changed,calibrated"`
	Name     string          `json:"name" doc:"of the policy from then on"`
	Reason   string          `json:"reason,omitzero"`
	// Differences are to the rules before.
	Differences []PolicyDifference `json:"differences" doc:"to the rules before"`
}

// PolicyDifference is one thing that two policies say differently.
type PolicyDifference struct {
	Path string `json:"path" doc:"such as trust.weights.delivery.missed.weight"`
	From string `json:"from" doc:"empty if the one says nothing of it"`
	To   string `json:"to" doc:"empty if the other says nothing of it"`
}

// ChangePolicy is the body of POST /v1/policy. Sections that are absent stay as they are,
// as do measures that are not given.
type ChangePolicy struct {
	Name   string    `json:"name" minLength:"1" maxLength:"64" doc:"a new one; answers cite it"`
	Reason string    `json:"reason" minLength:"1" maxLength:"4000"`
	From   time.Time `json:"from,omitzero" doc:"in force from then on; now if absent"`
	Actor  string    `json:"actor,omitzero" maxLength:"256" doc:"who decided it"`
	Rules
}

// PolicyOf is the JSON form of the rules in force.
func PolicyOf(s domain.PolicyStep) Policy {
	p := Policy{
		Name: s.Policy.Name, From: s.From, Changed: s.Changed, Calibrated: s.Calibrated, Rules: Rules{
			Trust: section(s.Policy.Trust), FollowUp: section(s.Policy.FollowUp), Calendar: section(s.Policy.Calendar),
		},
	}
	if len(s.Policy.Measures) > 0 {
		p.Measures = section(s.Policy.Measures)
	}
	if d, ok := s.Event.Data.(domain.PolicyChanged); ok {
		p.Reason = d.Reason
	}
	return p
}

func section(rules any) json.RawMessage {
	b, err := json.Marshal(rules)
	if err != nil {
		panic(err) // numbers and texts, which the log has had as JSON
	}
	return b
}

// Read gives the rules that the sections say; those that are absent are zero.
func (r Rules) Read() (p domain.Policy, err error) {
	for _, s := range []struct {
		name string
		raw  json.RawMessage
		into any
	}{{"trust", r.Trust, &p.Trust}, {"followup", r.FollowUp, &p.FollowUp}, {"calendar", r.Calendar, &p.Calendar}, {"measures", r.Measures, &p.Measures}} {
		if s.raw == nil {
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(s.raw))
		dec.DisallowUnknownFields()
		if err := dec.Decode(s.into); err != nil {
			return domain.Policy{}, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return p, nil
}

// PolicyStepsOf is the JSON form of the rules that followed one another.
func PolicyStepsOf(steps []domain.PolicyStep) Page[PolicyStep] {
	page := Page[PolicyStep]{Items: []PolicyStep{}}
	before := domain.DefaultPolicy()
	for _, s := range steps {
		item := PolicyStep{
			From: s.From, Position: s.Event.Position, Recorded: s.Event.RecordedAt, What: "calibrated",
			Name: s.Policy.Name, Differences: PolicyDifferencesOf(domain.DiffPolicies(before, s.Policy)),
		}
		if d, ok := s.Event.Data.(domain.PolicyChanged); ok {
			item.What, item.Reason = "changed", d.Reason
		}
		page.Items = append(page.Items, item)
		before = s.Policy
	}
	return page
}

// PolicyDifferencesOf is the JSON form of differences.
func PolicyDifferencesOf(differences []domain.PolicyDifference) []PolicyDifference {
	all := make([]PolicyDifference, len(differences))
	for i, d := range differences {
		all[i] = PolicyDifference(d)
	}
	return all
}
