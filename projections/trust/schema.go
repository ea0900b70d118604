package trust

// factColumns are the columns of facts, in the order in which rows are written and read.
const factColumns = "account, position, corrects, type, key, occurred, recorded, moment, amount, tolerance, unit, marks"

// factWidth is the number of factColumns.
const factWidth = 12

// Schema implements projections.Projector. Times are microseconds since 1970, UTC. The
// comments within the statements are kept by the database, for whoever opens it.
func (*Projector) Schema() []string {
	return []string{
		`CREATE TABLE facts (
	account    TEXT NOT NULL,    -- as it was recorded, also where it was merged since
	position   INTEGER NOT NULL, -- of the event that says so
	corrects   INTEGER,          -- position of the event it corrects, in whose place it stands
	type       TEXT NOT NULL,    -- event type, such as delivery.missed
	key        TEXT,             -- emitter's id of the line, complaint, request, commitment, ...
	occurred   INTEGER NOT NULL, -- when it happened
	recorded   INTEGER NOT NULL, -- when it was recorded; of a correction, when the original was
	moment     INTEGER,          -- the time it speaks of: promised, delivered, due, last contact
	amount     REAL,             -- quantity, minutes late, severity, or share of the scale (0 to 1)
	tolerance  REAL,             -- percent of the promised quantity that may be missing
	unit       TEXT,             -- unit of a quantity
	marks      TEXT,             -- what applies: basis, damaged, safety, disputed, us, ...
	PRIMARY KEY (account, position)
) WITHOUT ROWID`,
		`CREATE TABLE entries (
	account  TEXT NOT NULL,
	position INTEGER NOT NULL, -- of the entry.corrected or entry.retracted
	target   INTEGER NOT NULL, -- position of the event it speaks of
	retracts BOOLEAN NOT NULL, -- 0 if it corrects
	recorded INTEGER NOT NULL, -- from when on it was known
	PRIMARY KEY (account, position)
) WITHOUT ROWID`,
		`CREATE TABLE merges (
	position     INTEGER PRIMARY KEY,
	corrects     INTEGER,          -- position of the event it corrects, in whose place it stands
	account      TEXT NOT NULL,    -- read as part of
	into_account TEXT NOT NULL,    -- this one
	undone       BOOLEAN NOT NULL, -- 1 if it no longer is
	recorded     INTEGER NOT NULL
)`,
		`CREATE TABLE policies (
	position INTEGER PRIMARY KEY,
	type     TEXT NOT NULL,    -- policy.changed, policy.calibrated, or an entry about one
	occurred INTEGER NOT NULL, -- in force from then on
	recorded INTEGER NOT NULL,
	target   INTEGER NOT NULL, -- position an entry speaks of; else 0
	data     TEXT NOT NULL     -- the event's data, JSON
)`,
		`CREATE TABLE accounts (
	account  TEXT PRIMARY KEY,
	position INTEGER NOT NULL -- of its first event
) WITHOUT ROWID`,
		`CREATE VIEW standing AS -- the facts that count now: without what was retracted, as last corrected
SELECT f.* FROM facts f
WHERE NOT EXISTS (SELECT 1 FROM entries r WHERE r.account = f.account AND r.target = coalesce(f.corrects, f.position) AND r.retracts)
AND f.position = coalesce((
	SELECT max(c.position) FROM entries c WHERE c.account = f.account AND c.target = coalesce(f.corrects, f.position) AND NOT c.retracts
	AND NOT EXISTS (SELECT 1 FROM entries r WHERE r.account = c.account AND r.target = c.position AND r.retracts)
), coalesce(f.corrects, f.position))`,
	}
}

// Indexes implements projections.Indexer.
func (*Projector) Indexes() []string {
	return []string{
		`CREATE INDEX merges_by_into ON merges (into_account)`,
		`CREATE INDEX merges_by_account ON merges (account)`,
		`CREATE INDEX entries_by_target ON entries (target)`, // for the view
	}
}
