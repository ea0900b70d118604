package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"strings"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/client"
	"github.com/rapport-ledger/rapport/domain"
)

type policyCmd struct {
	Show    policyShowCmd    `cmd:"" default:"withargs" help:"Show the rules in force."`
	History policyHistoryCmd `cmd:"" help:"Show how the rules changed, and when."`
	Diff    policyDiffCmd    `cmd:"" help:"Show what two sets of rules say differently."`
	Change  policyChangeCmd  `cmd:"" help:"Put other rules in force."`
}

type policyShowCmd struct {
	remote
	output
	fresh
	Name    string  `arg:"" optional:"" help:"This policy, as it was put in force; the one in force if absent."`
	At      instant `placeholder:"TIME" help:"The rules in force then; now if absent."`
	KnownAt instant `placeholder:"TIME" help:"As known then: from what was recorded by then."`
}

func (c *policyShowCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	var p api.Policy
	if err := remote.Get(e.ctx, "/v1/policy", given("wait_for", orNothing(c.WaitFor), "name", c.Name, "at", c.At.String(), "known_at", c.KnownAt.String()), &p); err != nil {
		return err
	}
	switch c.Output {
	case "json":
		return writeIndented(e.stdout, p)
	case "ndjson":
		return writeJSON(e.stdout, p)
	}
	rules, err := p.Rules.Read()
	if err != nil {
		return err
	}
	if c.Output == "csv" {
		return writeCSV(e.stdout, each(rules.Rules()), policyRuleColumns)
	}
	return showPolicy(e, p, rules)
}

type policyHistoryCmd struct {
	remote
	output
	fresh
	KnownAt instant `placeholder:"TIME" help:"As known then: from what was recorded by then."`
}

func (c *policyHistoryCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	var page api.Page[api.PolicyStep]
	if err := remote.Get(e.ctx, "/v1/policy/history", given("wait_for", orNothing(c.WaitFor), "known_at", c.KnownAt.String()), &page); err != nil {
		return err
	}
	return write(e, c.output, each(page.Items), policyStepColumns)
}

type policyDiffCmd struct {
	remote
	output
	From string `arg:"" help:"The name of a policy, a time, or a file that ends in .json."`
	To   string `arg:"" optional:"" help:"The same; if absent, the rules in force. A file alone is compared to those."`
}

func (c *policyDiffCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	if c.To == "" && isFile(c.From) {
		c.From, c.To = "", c.From
	}
	from, err := policyGiven(e, remote, c.From)
	if err != nil {
		return err
	}
	to, err := policyGiven(e, remote, c.To)
	if err != nil {
		return err
	}
	differences := api.PolicyDifferencesOf(domain.DiffPolicies(from, to))
	if c.Output == "table" && len(differences) == 0 {
		fmt.Fprintln(e.stdout, "They say the same.")
		return nil
	}
	return write(e, c.output, each(differences), policyDifferenceColumns)
}

func isFile(name string) bool { return strings.HasSuffix(name, ".json") }

// policyGiven is the policy of that name, of that time or in that file; the one in
// force if nothing is given.
func policyGiven(e *env, remote *client.Client, what string) (domain.Policy, error) {
	if isFile(what) {
		now, err := policyGiven(e, remote, "")
		if err != nil {
			return now, err
		}
		return readPolicy(what, now)
	}
	query := url.Values{}
	if _, notTime := api.ParseTime(what); notTime == nil {
		query.Set("at", what)
	} else if what != "" {
		query.Set("name", what)
	}
	var p api.Policy
	if err := remote.Get(e.ctx, "/v1/policy", query, &p); err != nil {
		return domain.Policy{}, err
	}
	return p.Rules.Read()
}

// readPolicy reads a policy as show prints it. Sections the file does not have are
// those of the other policy.
func readPolicy(file string, other domain.Policy) (domain.Policy, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return domain.Policy{}, err
	}
	var given api.Policy
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&given); err != nil {
		return domain.Policy{}, fmt.Errorf("%s: %w", file, err)
	}
	p, err := given.Rules.Read()
	if err != nil {
		return domain.Policy{}, fmt.Errorf("%s: %w", file, err)
	}
	if given.Trust == nil {
		p.Trust = other.Trust
	}
	if given.FollowUp == nil {
		p.FollowUp = other.FollowUp
	}
	if given.Calendar == nil {
		p.Calendar = other.Calendar
	}
	if given.Measures == nil {
		p.Measures = other.Measures
	}
	return p, nil
}

type policyChangeCmd struct {
	remote
	File   string  `arg:"" help:"Rules in JSON, as policy -o json prints them; sections it does not have stay as they are."`
	Name   string  `required:"" placeholder:"NAME" help:"A new name; answers will cite it."`
	Reason string  `required:"" placeholder:"TEXT" help:"Why."`
	From   instant `placeholder:"TIME" help:"In force from then on; now if absent."`
	Actor  string  `placeholder:"WHO" help:"Who decided it."`
}

// Help says more than fits a line.
func (policyChangeCmd) Help() string {
	return `Edit the rules in force, see what would change, and say why:

    rapport policy -o json > rules.json
    # edit the file
    rapport policy diff rules.json
    rapport policy change rules.json --name strict-1 --reason 'Misses hurt.'

Only what differs is recorded. Prior means are set by the ledger itself, by the rates it sees (policy.calibrated), until the trust section changes, and again when it has seen enough afterwards.`
}

func (c *policyChangeCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	body := api.ChangePolicy{Name: c.Name, Reason: c.Reason, Actor: c.Actor, From: c.From.Time}
	now, err := policyGiven(e, remote, c.From.String())
	if err != nil {
		return err
	}
	wanted, err := readPolicy(c.File, now)
	if err != nil {
		return err
	}
	rules, err := different(now, wanted)
	if err != nil {
		return err
	}
	body.Rules = rules
	var receipts api.Receipts
	if err := remote.Post(e.ctx, "/v1/policy", body, &receipts); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s is recorded at position %d.\n", clean(c.Name, false), receipts.Receipts[0].Position)
	return writeTable(e.stdout, each(api.PolicyDifferencesOf(domain.DiffPolicies(now, wanted))), policyDifferenceColumns)
}

// different are the sections that are not the same.
func different(now, wanted domain.Policy) (rules api.Rules, err error) {
	for _, s := range []struct {
		now, wanted any
		into        *json.RawMessage
	}{
		{now.Trust, wanted.Trust, &rules.Trust}, {now.FollowUp, wanted.FollowUp, &rules.FollowUp},
		{now.Calendar, wanted.Calendar, &rules.Calendar}, {now.Measures, wanted.Measures, &rules.Measures},
	} {
		if reflect.DeepEqual(s.now, s.wanted) {
			continue
		}
		if *s.into, err = json.Marshal(s.wanted); err != nil {
			return api.Rules{}, err
		}
	}
	if reflect.DeepEqual(rules, api.Rules{}) {
		return api.Rules{}, errors.New("nothing would change: the rules in force say the same")
	}
	return rules, nil
}
