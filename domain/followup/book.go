package followup

import "github.com/rapport-ledger/rapport/domain"

// Book is what is known of one account's items, as far as it bears on whether an act
// on one of them may be recorded. It takes the account's events as they were recorded,
// entry.* events included.
type Book struct{}

// NewBook is the book of an account of which nothing is known.
func NewBook(account domain.AccountID) *Book { return &Book{} }

// Evolve takes in the account's next event.
func (b *Book) Evolve(e domain.Recorded) {}

// Has reports whether there is, or was, an item of that id.
func (b *Book) Has(item string) bool { return false }

// Check is what speaks against recording the event: an act on an item that does not
// exist or that is over, an item opened twice. It has nothing to say about events of
// other families.
func (b *Book) Check(e domain.Envelope) []domain.Fault { return nil }

// Weight is about how much memory the book takes, in bytes.
func (b *Book) Weight() int { return 0 }

// Concerns reports whether [Book.Check] may have something to say about the event.
func Concerns(e domain.Event) bool { return false }
