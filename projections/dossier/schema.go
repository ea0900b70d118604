package dossier

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/rapport-ledger/rapport/domain"
)

// schema is written for those who open the file with their own tools, too. Times are
// microseconds since 1970, UTC.
var schema = []string{
	// The events that answers depend on, as they were recorded, and the entries about
	// them. Those that concern no single account have the account _ledger.
	`CREATE TABLE events (
	position INTEGER PRIMARY KEY, -- place in the ledger
	account  TEXT NOT NULL,       -- as it was recorded, also where it was merged since
	type     TEXT NOT NULL,       -- such as commitment.made
	occurred INTEGER NOT NULL,    -- when it happened
	assumed  INTEGER NOT NULL,    -- 1: nobody said when; occurred is when it was received
	recorded INTEGER NOT NULL,    -- when the ledger accepted it
	actor    TEXT NOT NULL,
	target   INTEGER,             -- of entry.*: the position of the event it speaks of
	moved    INTEGER,             -- of entry.corrected: when the event happened instead
	data     TEXT NOT NULL        -- JSON, without personal data
)`,

	// Every account of which something was recorded.
	`CREATE TABLE accounts (
	account  TEXT PRIMARY KEY,
	position INTEGER NOT NULL, -- of its first event
	recorded INTEGER NOT NULL
) WITHOUT ROWID`,

	// Which account was said to be part of which other; whether that stands is in events.
	`CREATE TABLE merges (
	position INTEGER PRIMARY KEY,
	account  TEXT NOT NULL,
	other    TEXT NOT NULL -- the account that continues
)`,

	// What counts now: without what was retracted, as last corrected.
	`CREATE VIEW standing AS
SELECT e.account, e.position, e.type, coalesce(c.moved, e.occurred) AS occurred, e.recorded, e.actor,
	coalesce(json_extract(c.data, '$.data'), e.data) AS data
FROM events e LEFT JOIN events c ON c.account = e.account AND c.position = (
	SELECT max(x.position) FROM events x WHERE x.account = e.account AND x.target = e.position AND x.type = 'entry.corrected'
	AND NOT EXISTS (SELECT 1 FROM events r WHERE r.account = x.account AND r.target = x.position AND r.type = 'entry.retracted'))
WHERE e.target IS NULL
AND NOT EXISTS (SELECT 1 FROM events r WHERE r.account = e.account AND r.target = e.position AND r.type = 'entry.retracted')`,
}

// Schema implements projections.Projector: beside the tables, a view of what stands for each type
// of event, with a column for each of its fields that is no personal data.
func (p *Projector) Schema() []string {
	all := slices.Clone(schema)
	for _, t := range slices.Sorted(maps.Keys(p.wanted)) {
		entry, _ := domain.Lookup(t)
		all = append(all, view(entry))
	}
	return all
}

// Indexes implements projections.Indexer. They lead from accounts to events, which are kept in the
// order of the log: kept by account, each would change a page of its own and split one in every few,
// and adding one cost three times as much. Reading an account takes a fifth longer.
func (p *Projector) Indexes() []string {
	return []string{
		`CREATE INDEX events_by_account ON events (account)`,
		`CREATE INDEX events_by_target ON events (target) WHERE target IS NOT NULL`,
		`CREATE INDEX merges_by_other ON merges (other)`,
	}
}

// view is the statement that makes the view of a type's events. Lists are JSON, times text, truth 0 or 1.
func view(entry domain.Entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE VIEW %s AS -- %s\nSELECT account, position, occurred, recorded", table(entry.Type), entry.Doc)
	taken := []string{"account", "position", "occurred", "recorded"}
	for i := range entry.GoType().NumField() {
		field := entry.GoType().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if _, personal := field.Tag.Lookup("personal"); personal || name == "" || name == "-" {
			continue
		}
		column := name
		if slices.Contains(taken, column) || sqlWords[column] {
			column += "_"
		}
		fmt.Fprintf(&b, ",\n\tjson_extract(data, '$.%s') AS %s%s", name, column, note(field))
	}
	fmt.Fprintf(&b, "\nFROM standing WHERE type = '%s'", entry.Type)
	return b.String()
}

// sqlWords are words of SQL that are fields' names.
var sqlWords = map[string]bool{"from": true, "to": true, "into": true, "values": true, "order": true, "index": true}

// note is what the catalogue says of the field, as a comment the database keeps.
func note(field reflect.StructField) string {
	doc := field.Tag.Get("doc")
	if doc == "" {
		return ""
	}
	return " /* " + strings.ReplaceAll(doc, "*/", "") + " */"
}
