package timeline

import (
	"fmt"
	"strings"
)

// recentMost is how many entries of an account index_recent has at most.
const recentMost = 64

// newest is the index of what is new of each account. What is recorded goes there first, and
// to the other indexes when there is more of it: what is of one account lies together in
// each of them. An index of the usual sort would change a page for every event.
const newest = `CREATE TABLE index_recent (account, position, type, occurred, touched, PRIMARY KEY (account, position)) WITHOUT ROWID`

// ordered are the other indexes. Those that pages are read from hold all that decides
// whether an event is on one.
var ordered = []struct {
	table, columns string // a row is the account and these, in their order
	all, moved     string // what is in it, of the whole ledger and of what an account has in index_recent
}{
	{"index_occurred", "occurred, position, type", "entries", ofRecent},
	{"index_type", "type, occurred, position", "entries", ofRecent},
	{"index_recorded", "position, type, occurred", "entries", ofRecent},
	{"index_touched", "touched, position", "entries WHERE touched IS NOT NULL", ofRecent + " AND touched IS NOT NULL"},
	{"index_contact", "contact, occurred, position, type", "contacts", "contacts WHERE position IN (SELECT position FROM " + ofRecent + ")"},
}

const ofRecent = "index_recent WHERE account = new.account"

// Indexes implements projections.Indexer. They are filled with what there is, in their own
// order, and follow the entries from then on.
func (*Projector) Indexes() []string {
	statements := []string{newest}
	var move strings.Builder
	for _, i := range ordered {
		statements = append(statements,
			fmt.Sprintf("CREATE TABLE %s (account, %s, PRIMARY KEY (account, %[2]s)) WITHOUT ROWID", i.table, i.columns),
			fmt.Sprintf("INSERT INTO %s SELECT account, %s FROM %s ORDER BY account, %[2]s", i.table, i.columns, i.all))
		fmt.Fprintf(&move, "\n\tINSERT INTO %s SELECT account, %s FROM %s;", i.table, i.columns, i.moved)
	}
	// Accounts that have as many events each shall not all be moved at the same time.
	const phase = "7 * unicode(substr(new.account, -1)) + 11 * unicode(substr(new.account, -2))"
	return append(statements,
		fmt.Sprintf("CREATE TRIGGER entries_moved BEFORE INSERT ON entries WHEN (new.revision + %s) %% %d = 0 BEGIN%s\n\tDELETE FROM %s;\nEND",
			phase, recentMost, &move, ofRecent),
		`CREATE TRIGGER entries_noted AFTER INSERT ON entries BEGIN
	INSERT INTO index_recent VALUES (new.account, new.position, new.type, new.occurred, new.touched);
END`,
		`CREATE TRIGGER entries_retouched AFTER UPDATE OF touched ON entries BEGIN
	UPDATE index_recent SET touched = new.touched WHERE account = new.account AND position = new.position;
	DELETE FROM index_touched WHERE account = new.account AND touched = old.touched AND position = new.position;
	INSERT INTO index_touched SELECT new.account, new.touched, new.position WHERE new.touched IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM index_recent WHERE account = new.account AND position = new.position);
END`,
	)
}
