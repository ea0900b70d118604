package projections

import "github.com/rapport-ledger/rapport/domain"

// State is what a projection is doing.
type State string

const (
	// Live has folded all there was when it started to follow, and follows.
	Live State = "live"
	// CatchingUp folds what was recorded while it did not run.
	CatchingUp State = "catching_up"
	// Rebuilding builds a new read model beside the present one.
	Rebuilding State = "rebuilding"
	// Failed has stopped; Status.Error says why.
	Failed State = "failed"
)

// Status is how a projection stands.
type Status struct {
	Name    string
	Version int
	// Position is the last event in the read model that answers.
	Position domain.Position
	// Lag is the number of events recorded and not yet in the read model.
	Lag   uint64
	State State
	// Error is why it has failed, or what it is trying again; "" if all is well.
	Error string
	// Digest sums up the read model's rows as of DigestPosition; see [Digest].
	Digest         string
	DigestPosition domain.Position
	// EventsPerSecond is the recent rate, of the rebuild if there is one.
	EventsPerSecond float64
	// RebuildPosition is the last event in the read model being built; 0 if none is.
	RebuildPosition domain.Position
}

// Digest sums up the rows of a read model at a position: two read models of the same
// version at the same position have the same digest.
type Digest struct {
	Position domain.Position
	// Sum is the SHA-256 in hexadecimal of all tables in the order of their names, rows
	// in the order of their primary keys.
	Sum  string
	Rows int64
}
