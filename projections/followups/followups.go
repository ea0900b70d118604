// Package followups answers who owes the customer what, by when, and in which order.
//
// What it folds: the events that the rules of [followup.Rules] listen to, what people
// do with items, the profile of accounts (tier, manager, cadence, merges), touches,
// and corrections and retractions of all of them.
package followups

import (
	"context"
	"fmt"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Name is the projection's name.
const Name = "followups"

// Projector folds the events that rules listen to into the follow-up queue.
type Projector struct{}

// New makes the projector.
func New() *Projector { return &Projector{} }

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 6 }

// Schema implements projections.Projector. Times are microseconds since 1970.
func (*Projector) Schema() []string {
	return []string{
		// The queue. Everything that needs no clock to say is here. Rows are in the order in
		// which items were opened: those that things happen to are side by side, whatever
		// their ids.
		`CREATE TABLE items (
			id             TEXT PRIMARY KEY,
			account        TEXT NOT NULL,    -- it was opened for; see accounts for merges
			rule           TEXT NOT NULL,    -- of the rule table
			reason         TEXT NOT NULL,    -- the rule, or what was given by hand
			subject        TEXT NOT NULL,    -- such as the complaint's id
			causes         TEXT NOT NULL,    -- positions, separated by commas
			owner          TEXT NOT NULL,    -- assigned, or the account's manager; '': nobody
			owner_before   TEXT NOT NULL,    -- who was assigned and has been released as manager since
			opened_at      INTEGER NOT NULL,
			due_at         INTEGER NOT NULL,
			notice_at      INTEGER,          -- when a due.passed is to be recorded; NULL: not, or not again
			asleep         INTEGER NOT NULL, -- 1: put aside until snoozed_until, which may have passed
			snoozed_until  INTEGER,
			escalated_to   TEXT NOT NULL,
			next_step      INTEGER NOT NULL, -- of the policy's ladder; 0: none comes next
			next_at        INTEGER,          -- when it is reached
			next_to        TEXT NOT NULL,    -- whom the item is taken to then
			climb_at       INTEGER,          -- when that is to be recorded
			customer_knows INTEGER NOT NULL,
			impact         INTEGER NOT NULL, -- 1 to 5
			tier           TEXT NOT NULL,
			weight         INTEGER NOT NULL, -- twice the priority while not overdue; 0 if closed
			stage          TEXT NOT NULL,    -- open, paused, done, closed
			done           INTEGER NOT NULL,
			told           INTEGER NOT NULL,
			ending         TEXT NOT NULL,    -- fulfilled, dismissed, settled, withdrawn
			closed_at      INTEGER,
			outcome        TEXT NOT NULL,
			changed        INTEGER NOT NULL  -- position of the last event that bore on it
		)`,

		// What the events say about items, by the event or by corrections of it.
		`CREATE TABLE signals (
			ordinal  INTEGER PRIMARY KEY, -- in the order in which they were given
			position INTEGER NOT NULL,    -- of the event
			said_by  INTEGER NOT NULL,    -- position of the event, or of the correction
			item     TEXT NOT NULL,
			number   INTEGER NOT NULL,    -- of the item, which other items may share
			opens    INTEGER NOT NULL,    -- 1: it may open the item; most are about items that never were
			says     BLOB NOT NULL,       -- packed, see pack
			void     INTEGER NOT NULL     -- 1: retracted, or corrected by another
		)`,
		`CREATE INDEX signals_by_position ON signals (position)`,
		`CREATE INDEX signals_by_item ON signals (number)`,
		`CREATE INDEX signals_that_open ON signals (number) WHERE opens = 1`,

		// The events that bear on the queue in any way, for corrections and touches. They
		// are written in the order of the log, which is cheap; an account's touches are a
		// chain, which starts with its row in accounts and is followed when need be.
		`CREATE TABLE facts (
			position INTEGER PRIMARY KEY,
			occurred INTEGER NOT NULL, -- as recorded
			recorded INTEGER NOT NULL,
			stands   INTEGER,          -- when it occurred as it stands; NULL: retracted
			touch    INTEGER NOT NULL, -- 1: the customer and we were in contact
			before   INTEGER           -- of a touch: the account's touch recorded before it
		)`,
		`CREATE TABLE corrections (
			position INTEGER PRIMARY KEY,
			target   INTEGER NOT NULL,
			occurred INTEGER,          -- NULL: as recorded
			void     INTEGER NOT NULL  -- 1: retracted
		)`,
		`CREATE INDEX corrections_by_target ON corrections (target)`,

		// What the queue needs to know of accounts.
		`CREATE TABLE accounts (
			account           TEXT PRIMARY KEY,
			tier              TEXT NOT NULL,
			manager           TEXT NOT NULL,
			sponsor           TEXT NOT NULL,
			released          TEXT NOT NULL,    -- former managers and when they were released: a JSON object
			merged_into       TEXT NOT NULL,
			cadence_d         INTEGER NOT NULL, -- 0: none agreed
			cadence_at        INTEGER,
			cadence_recorded  INTEGER,
			silences          INTEGER NOT NULL, -- how often silence was noticed
			noticed_for       INTEGER,          -- last contact before the latest silence noticed, the least integer: none; NULL: never noticed
			last_touch        INTEGER,
			touch_recorded    INTEGER,
			touch_position    INTEGER,          -- of the touch recorded last
			silent_from       INTEGER,          -- unless there is a touch; NULL: nothing agreed
			notice_at         INTEGER           -- when that may be noticed
		) WITHOUT ROWID`,
		`CREATE INDEX accounts_by_merger ON accounts (merged_into) WHERE merged_into <> ''`,
		`CREATE TABLE account_facts (
			account  TEXT NOT NULL,
			position INTEGER NOT NULL,
			said_by  INTEGER NOT NULL,
			fact     TEXT NOT NULL,    -- classified, assigned, released, appointed, merged, unmerged, cadence, lost, silence
			text     TEXT NOT NULL,    -- tier, person or account
			days     INTEGER NOT NULL, -- of the cadence
			at       INTEGER,          -- last contact before a silence
			occurred INTEGER NOT NULL,
			recorded INTEGER NOT NULL,
			void     INTEGER NOT NULL,
			PRIMARY KEY (account, position, said_by)
		) WITHOUT ROWID`,
		// Each silence that was noticed, and the touch that ended it.
		`CREATE TABLE silences (
			account    TEXT NOT NULL,
			position   INTEGER NOT NULL,
			after      INTEGER NOT NULL, -- the last contact; the least integer if there was none
			broken_by  INTEGER,          -- position
			broken_at  INTEGER,
			told       INTEGER,          -- position of the silence.broken that says so; NULL: none
			PRIMARY KEY (account, position)
		) WITHOUT ROWID`,

		// The rules' history: events of the ledger's own stream.
		`CREATE TABLE policies (
			position INTEGER PRIMARY KEY,
			type     TEXT NOT NULL,
			target   INTEGER NOT NULL,
			occurred INTEGER NOT NULL,
			recorded INTEGER NOT NULL,
			data     BLOB NOT NULL
		)`,
	}
}

// Indexes implements projections.Indexer.
func (*Projector) Indexes() []string {
	return []string{
		`CREATE INDEX items_by_account ON items (account, stage, asleep, weight, due_at, id, snoozed_until)`,
		`CREATE INDEX items_by_priority ON items (stage, asleep, weight, due_at, id, snoozed_until)`,
		`CREATE INDEX items_by_owner ON items (owner, stage, asleep, weight, due_at, id, snoozed_until)`,
		`CREATE INDEX items_by_notice ON items (notice_at) WHERE notice_at IS NOT NULL`,
		`CREATE INDEX items_by_climb ON items (climb_at) WHERE climb_at IS NOT NULL`,
		`CREATE INDEX items_by_change ON items (changed)`,
		`CREATE INDEX silences_untold ON silences (position) WHERE told IS NULL`,
		`CREATE INDEX accounts_by_cadence ON accounts (account) WHERE cadence_d > 0`,
	}
}

// Wants implements projections.Selective.
func (*Projector) Wants(r codec.Record) bool {
	if r.Account == domain.Ledger {
		return r.Type == domain.PolicyChanged{}.EventType() || r.Type.Family() == "entry" || interests[r.Type].speaks
	}
	_, ok := interests[r.Type]
	return ok || r.Type.Family() == "entry" || r.Type == domain.SilenceBroken{}.EventType()
}

// Apply implements projections.Projector.
func (*Projector) Apply(ctx context.Context, tx *sqldb.Tx, batch []codec.Record) error {
	f := newFolder(ctx, tx)
	for _, r := range batch {
		if err := f.take(r); err != nil {
			return fmt.Errorf("follow-ups: position %d: %w", r.Position, err)
		}
	}
	if err := f.settle(); err != nil {
		return fmt.Errorf("follow-ups: %w", err)
	}
	return nil
}

// interest is what an event type is to the queue.
type interest struct {
	touch, speaks bool
}

var interests = func() map[domain.Type]interest {
	m := make(map[domain.Type]interest)
	for _, e := range domain.Catalogue {
		i := interest{touch: e.Touch, speaks: followup.Listens(e.Type) || followup.Profiles(e.Type)}
		if i.touch || i.speaks {
			m[e.Type] = i
		}
	}
	return m
}()
