package domain

// OwnSource is the source of the events that the ledger itself records.
const OwnSource = "rapport"

// Account is what is known of an account, as far as it bears on whether a further
// fact may be recorded: folded from its standing history by [Account.Evolve]. The
// [Ledger] stream has one too.
//
// It keeps what each thing the events speak of went through, and no field per event
// family; the rules are beside the events' structs, in their family's file. They are
// strict where a fact contradicts what is known, and let pass what is merely not known:
// losing a fact is worse than an untidy account.
//
// A correction or a retraction reaches back into what is known: [Account.Amend] takes
// one step out or puts one in, so that its cost does not depend on how much else the
// account has been through.
type Account struct {
	id      AccountID
	things  things
	entries Entries
	until   Position // what is known ends before it; 0 if it does not end
}

// The rules of an event are optional methods of its struct.
type (
	// checked is what must hold of the event by itself.
	checked interface{ check(e Envelope) []Fault }
	// decided is what must hold given what is known of the account.
	decided interface{ decide(a *Account) []Fault }
	// evolving is what becomes known by it. It never refuses: the fact happened.
	evolving interface{ evolve() change }
)

// NewAccount is an account of which nothing is known.
func NewAccount(id AccountID) *Account { return &Account{id: id} }

// FoldAccount is the account after a standing history; see [Standing].
func FoldAccount(id AccountID, standing []Recorded) *Account {
	a := NewAccount(id)
	for _, e := range standing {
		a.Evolve(e)
	}
	return a
}

// NeedsAccount reports whether the decision about such an event depends on what is
// known of the account. The others are decided alike by any [Account].
func NeedsAccount(e Event) bool {
	_, ok := e.(decided)
	return ok || isEntry(e)
}

// Decide says whether the event may be recorded: nil, or a [*Refusal] that lists
// everything that speaks against it. Entry events and acts on follow-ups need more
// than an account to be decided; see [Account.DecideEntry] and package followup.
func (a *Account) Decide(e Envelope) error {
	faults := checkStream(e)
	if d, ok := e.Data.(checked); ok {
		faults = append(faults, d.check(e)...)
	}
	if d, ok := e.Data.(decided); ok {
		faults = append(faults, d.decide(a)...)
	}
	return refusal(faults)
}

// Evolve takes in the account's next event; entry events are for [Account.Amend]. One
// that is only planned has no position yet, and gets it by [Account.Settle].
func (a *Account) Evolve(e Recorded) {
	if c, ok := changeOf(e.Data); ok {
		a.things.make(c, e.Position)
	}
}

// Settle says that the first of the events taken in without a position that speak of
// the same thing was recorded.
func (a *Account) Settle(e Recorded) {
	if c, ok := changeOf(e.Data); ok {
		a.things.settle(c.thing, e.Position)
	}
}

// ChangesAccount reports whether an event of the type may change what is known of an
// account. All others, entry events aside, need not be shown to it.
func ChangesAccount(t Type) bool { return byType[t].changes }

// Weight is about how much memory the account takes, in bytes.
func (a *Account) Weight() int { return 256 + a.things.weight() + a.entries.Weight() }

// checkStream holds each event to the stream it belongs in.
func checkStream(e Envelope) []Fault {
	t := e.Data.EventType()
	entry, _ := Lookup(t)
	switch {
	case entry.Anywhere && e.Account == Ledger:
		return nil
	case entry.LedgerWide && e.Account != Ledger:
		return []Fault{{"subject", string(t) + " concerns the whole ledger and no single account"}}
	case !entry.LedgerWide && !e.Account.Valid():
		return []Fault{{"subject", string(t) + " needs the id of an account"}}
	}
	return nil
}

// checkOwn refuses what only the ledger itself can know.
func checkOwn(e Envelope) []Fault {
	if e.Source == OwnSource {
		return nil
	}
	return []Fault{{"source", "only the ledger itself records " + string(e.Data.EventType())}}
}

func refusal(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	return &Refusal{Faults: faults}
}
