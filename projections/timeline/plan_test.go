package timeline

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// TestPagesAreReadFromIndexes holds every kind of page to the plan that makes it fast
// however long the timeline: a range of one index, in order.
func TestPagesAreReadFromIndexes(t *testing.T) {
	t.Parallel()
	db, err := sqldb.Open(filepath.Join(t.TempDir(), "timeline.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	projectiontest.Create(t, db, New())
	few, many := []domain.Type{"a", "b"}, make([]domain.Type, severalTypes+1)
	contact := map[domain.AccountID][]domain.ID{"acme": {"ann"}}
	for _, c := range []struct {
		s    selection
		want string
	}{
		{selection{order: ByOccurred}, "index_occurred USING PRIMARY KEY (account=? AND occurred>? AND (occurred,position)<(?,?))"},
		{selection{order: ByOccurred, types: few}, "index_type USING PRIMARY KEY (account=? AND type=? AND occurred>? AND (occurred,position)<(?,?))"},
		{selection{order: ByOccurred, types: many}, "index_occurred USING PRIMARY KEY (account=? AND occurred>? AND (occurred,position)<(?,?))"},
		{selection{order: ByRecorded}, "index_recorded USING PRIMARY KEY (account=? AND position<?)"},
		{selection{order: ByRecorded, types: few}, "index_recorded USING PRIMARY KEY (account=? AND position<?)"},
		{selection{order: ByOccurred, contacts: contact}, "index_contact USING PRIMARY KEY (account=? AND contact=? AND occurred>? AND (occurred,position)<(?,?))"},
	} {
		c.s.accounts = []domain.AccountID{"acme"}
		branches := c.s.branches()
		query, args := branches[0].statement(&c.s)
		if got := plan(t, db, query, args); !strings.Contains(got, c.want) || strings.Contains(got, "TEMP") {
			t.Errorf("%s\nis planned as %s", query, got)
		}
		// Few as they are, they may be sorted.
		query, args = branches[len(branches)-1].statement(&c.s)
		if got := plan(t, db, query, args); !strings.Contains(got, "index_recent USING PRIMARY KEY (account=?") || strings.Contains(got, "SCAN") {
			t.Errorf("%s\nis planned as %s", query, got)
		}
	}
	for query, index := range map[string]string{
		selectChanges: "entries_by_target", selectHistory: "entries_by_target", selectIdentity: "entries_of_profile",
		"SELECT events, last_contact FROM account_overview WHERE account = ?": "SEARCH t USING PRIMARY KEY (account=?)",
		"SELECT * FROM account_entries WHERE account = ?":                     "SEARCH entries USING INTEGER PRIMARY KEY",
	} {
		got := plan(t, db, query, make([]any, strings.Count(query, "?")))
		if strings.Contains(strings.ReplaceAll(got, "SCAN (subquery", ""), "SCAN") || !strings.Contains(got, index) {
			t.Errorf("%s\nis planned as %s", query, got)
		}
	}
}

func plan(t *testing.T, db *sqldb.DB, query string, args []any) (plan string) {
	t.Helper()
	err := db.View(t.Context(), func(tx *sqldb.Tx) error {
		plan = projectiontest.Plan(t, tx, query, args...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}
