// Package timeline answers what happened with an account, on either clock, and which
// accounts there are.
package timeline

import (
	"errors"
)

// Name is the projection's name.
const Name = "timeline"

var (
	// ErrUnknownAccount is an account of which nothing was ever recorded.
	ErrUnknownAccount = errors.New("unknown account")
	// ErrBadCursor is a cursor that no page of this query gave.
	ErrBadCursor = errors.New("bad cursor")
)

// Projector folds every event of the ledger into a timeline per account.
type Projector struct{}

// New makes the projector.
func New() *Projector { return &Projector{} }

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 1 }

// schema is written for those who open the file with their own tools, too. Times are
// microseconds since 1970, UTC.
var schema = []string{
	// Every event of the ledger, as it was recorded. Those that concern no single account
	// have the account _ledger.
	`CREATE TABLE entries (
	position INTEGER PRIMARY KEY, -- place in the ledger
	account TEXT NOT NULL,
	revision INTEGER NOT NULL,    -- place among the account's events
	type TEXT NOT NULL,           -- such as complaint.raised
	occurred INTEGER NOT NULL,    -- when it happened
	assumed INTEGER NOT NULL,     -- 1: nobody said when; occurred is when it was received
	recorded INTEGER NOT NULL,    -- when the ledger accepted it
	source TEXT NOT NULL,
	id TEXT NOT NULL,             -- source and id name the event for ever
	actor TEXT NOT NULL,
	target INTEGER,               -- of entry.*: the position of the event it speaks of
	touched INTEGER,              -- when we were in contact, if by what stands we were
	profile INTEGER,              -- 1: it tells who the account is; 2: who its contacts are
	data TEXT NOT NULL            -- JSON
)`,
	`CREATE INDEX entries_by_target ON entries (target) WHERE target IS NOT NULL`,
	`CREATE INDEX entries_of_profile ON entries (account, profile, position) WHERE profile IS NOT NULL`,

	// The contacts each event names.
	`CREATE TABLE contacts (
	position INTEGER NOT NULL,
	contact TEXT NOT NULL,
	account TEXT NOT NULL,
	occurred INTEGER NOT NULL,
	type TEXT NOT NULL,
	PRIMARY KEY (position, contact)
) WITHOUT ROWID`,

	// Which account was merged into which other; whether that stands is in entries.
	`CREATE TABLE merges (
	position INTEGER PRIMARY KEY,
	account TEXT NOT NULL,
	other TEXT NOT NULL           -- the account that continues
)`,
	`CREATE INDEX merges_by_other ON merges (other)`,

	// Every account as it stands now; see also account_overview.
	`CREATE TABLE accounts (
	account TEXT PRIMARY KEY,
	name TEXT,
	kind TEXT,
	tier TEXT,
	stage TEXT,
	manager TEXT,
	opened INTEGER,               -- when account.opened occurred; null while provisional
	merged_into TEXT,             -- the account it is read as part of
	own INTEGER NOT NULL,         -- 1: something was recorded under this id; 0: another was merged into it
	lead INTEGER NOT NULL,        -- the longest, in microseconds, something was recorded before it occurred
	search TEXT NOT NULL          -- id and name in small letters
) WITHOUT ROWID`,
	`CREATE INDEX accounts_by_merge ON accounts (merged_into) WHERE merged_into IS NOT NULL`,

	// What of an account follows from its entries is looked up and not kept: it would have
	// to be written with every event.
	`CREATE VIEW account_overview AS
	SELECT account, name, kind, tier, stage, manager, opened, merged_into,
		(SELECT revision FROM entries WHERE position = (SELECT max(last) FROM (
			SELECT max(position) AS last FROM index_recent r WHERE r.account = a.account UNION ALL
			SELECT max(position) FROM index_recorded r WHERE r.account = a.account))) AS events,
		(SELECT max(last) FROM (
			SELECT max(touched) AS last FROM index_recent r WHERE r.account = a.account UNION ALL
			SELECT max(touched) FROM index_touched t WHERE t.account = a.account)) AS last_contact
	FROM accounts a`,

	// The entries of one account are found here: in entries all would have to be read.
	`CREATE VIEW account_entries AS
	SELECT * FROM (SELECT account, position FROM index_recent UNION ALL SELECT account, position FROM index_recorded)
		JOIN entries USING (account, position)`,
}

// Schema implements projections.Projector.
func (*Projector) Schema() []string { return schema }
