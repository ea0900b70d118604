package main

import (
	"strings"
	"testing"
)

func TestRowsOfTheChecklist(t *testing.T) {
	t.Parallel()
	r := newRows(t)
	r.fact("acme", "02-01", "checklist.answered", `{"item":"voice","performed":"yes","assessor":"m.keller"}`)
	r.fact("acme", "03-01", "checklist.answered", `{"item":"conferences","performed":"no","assessor":"m.keller"}`)
	r.fact("acme", "03-05", "interaction.held", `{"kind":"conference","name":"Users' days","their_count":3}`)
	r.fact("acme", "05-01", "checklist.answered", `{"item":"voice","performed":"partial","assessor":"l.moreau"}`)
	r.fact("_ledger", "05-02", "checklist.answered", `{"item":"training","performed":"yes","assessor":"m.keller"}`)

	r.row(t, "S0-6", "What do people say of each point, what do events show, and where do the two differ?", "/v1/accounts/acme/checklist", map[string]string{
		"items.4.item": "voice", "items.4.shown": "no", "items.4.answered": "partial", "items.4.mismatch": "claimed",
		"items.4.answers.1.performed": "yes", // the answer before
		"items.6.item":                "conferences", "items.6.shown": "yes", "items.6.answered": "no", "items.6.mismatch": "unclaimed",
		"mismatch_count": "2", "deficiencies.4": "voice", "deficiencies.6": "conferences", // shown by the events, and yet denied
	})
	r.row(t, "S0-6", "And in all?", "/v1/checklist", map[string]string{
		"total.items.4.claimed_count": "1", "total.items.5.general": "yes", "items.0.account": "acme",
	})
	out := r.cli("checklist", "acme", "--at", "2026-09-01")
	for _, want := range []string{"conferences", "unclaimed", "corrective_action"} {
		if !strings.Contains(out, want) {
			t.Errorf("rapport checklist acme does not say %q:\n%s", want, out)
		}
	}
}
