package projections

import (
	"errors"
	"fmt"

	"github.com/rapport-ledger/rapport/domain"
)

var (
	// ErrUnknown is the name of no projection.
	ErrUnknown = errors.New("no such projection")
	// ErrBuilding is a read model that cannot answer yet: it is being built, and
	// there is no earlier one of the same schema to answer instead.
	ErrBuilding = errors.New("the read model is being built")
	// ErrRebuilding is a rebuild asked for while one is under way.
	ErrRebuilding = errors.New("a rebuild is under way")
	// ErrFailed is wrapped by [*FailedError].
	ErrFailed = errors.New("the projection has stopped")
	// ErrClosed is a runtime that was closed, or stopped running.
	ErrClosed = errors.New("the projections are closed")
)

// FailedError says that a projection has stopped, where and why. It stays at
// Position until the cause is mended and the program started anew, or a rebuild
// replaces its read model.
type FailedError struct {
	Name string
	// Position is the last event folded; the one after it could not be.
	Position domain.Position
	Err      error
}

func (e *FailedError) Error() string {
	return fmt.Sprintf("projection %s: %v after position %d: %v", e.Name, ErrFailed, e.Position, e.Err)
}

func (e *FailedError) Unwrap() []error { return []error{ErrFailed, e.Err} }
