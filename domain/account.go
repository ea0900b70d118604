package domain

// OwnSource is the source of the events that the ledger itself records.
const OwnSource = "rapport"

// Account is what is known of an account, as far as it bears on whether a further
// fact may be recorded: folded from its standing history by [Account.Evolve]. The
// [Ledger] stream has one too.
//
// It keeps a status for each thing the events speak of, and no field per event family;
// the rules are beside the events' structs, in their family's file. They are strict
// where a fact contradicts what is known, and let pass what is merely not known:
// losing a fact is worse than an untidy account.
type Account struct {
	id     AccountID
	things map[thing]string
	weight int
}

// The rules of an event are optional methods of its struct.
type (
	// checked is what must hold of the event by itself.
	checked interface{ check(e Envelope) []Fault }
	// decided is what must hold given what is known of the account.
	decided interface{ decide(a *Account) []Fault }
	// evolving is what becomes known by it. It never refuses: the fact happened.
	evolving interface{ evolve(a *Account) }
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
	return ok
}

// Decide says whether the event may be recorded: nil, or a [*Refusal] that lists
// everything that speaks against it. Entry events and acts on follow-ups need more
// than an account to be decided; see [DecideEntry] and package followup.
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

// Evolve takes in an event that was recorded and stands.
func (a *Account) Evolve(e Recorded) {
	if d, ok := e.Data.(evolving); ok {
		d.evolve(a)
	}
}

// Weight is about how much memory the account takes, in bytes.
func (a *Account) Weight() int { return 128 + a.weight }

// checkStream holds each event to the stream it belongs in. Entries are at home in both.
func checkStream(e Envelope) []Fault {
	t := e.Data.EventType()
	entry, _ := Lookup(t)
	switch {
	case t.Family() == "entry" && e.Account == Ledger:
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
