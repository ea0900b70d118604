package rapport_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

func TestSecurityListsEveryFieldThatIsSealed(t *testing.T) {
	t.Parallel()
	var rows []string
	for _, e := range domain.Catalogue {
		if fields := sealedFields(t, e); len(fields) > 0 {
			rows = append(rows, fmt.Sprintf("| `%s` | %s |", e.Type, strings.Join(fields, ", ")))
		}
	}
	slices.Sort(rows)
	want := "| event | fields |\n| --- | --- |\n" + strings.Join(rows, "\n") + "\n\n"
	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), want) {
		t.Errorf("SECURITY.md does not have this table of what is sealed:\n%s", want)
	}
}

// sealedFields are the names of an event's fields that are personal data, as its schema
// tells everybody.
func sealedFields(t *testing.T, e domain.Entry) []string {
	t.Helper()
	var schema struct {
		Properties map[string]map[string]any
	}
	if err := json.Unmarshal(codec.Schema(e), &schema); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name, property := range schema.Properties {
		if _, personal := property["x-personal"]; personal {
			names = append(names, "`"+name+"`")
		}
	}
	slices.Sort(names)
	return names
}
