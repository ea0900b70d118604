package domain

import (
	"fmt"
	"math"
)

// Merges must not go round in circles: nobody in one would be who the others are read
// as. That holds after every event, so it holds of what was known at any time. A circle
// can be closed by a merge, and by an entry that makes an earlier merge say something
// else or stand again.

// MergedInto is the account that this one is read as part of, if any.
func (a *Account) MergedInto() (AccountID, bool) {
	into := a.status(accountMerges, itself)
	return AccountID(into), into != ""
}

// MergedByEntry is the account that this one would be read as part of by the entry; false
// if there is none, or the entry leaves that as it is. The entry is one that
// [Account.DecideEntry] let pass, the target what it was given; an error is read's.
// Whether the merge closes a circle is for the other accounts to say.
func (a *Account) MergedByEntry(e Envelope, target Recorded, read ReadEvent) (AccountID, bool, error) {
	with, err := a.withMerges(e, target, read)
	if with == nil || err != nil {
		return "", false, err
	}
	was, _ := a.MergedInto()
	into, merged := with.MergedInto()
	return into, merged && into != was, nil
}

// RefuseCircle refuses an account.merged, or an entry about one, because the account
// that this one would be read as part of is itself read as part of this one.
func RefuseCircle(e Envelope, into AccountID) *Refusal {
	if merged, ok := e.Data.(AccountMerged); ok {
		return Refuse("data.into", fmt.Sprintf("account %q is itself merged into %q", merged.Into, e.Account))
	}
	return &Refusal{Faults: []Fault{circle(e, "account", string(e.Account), string(into))}}
}

// circle is the fault of an entry that would have the one merged into the other again.
func circle(e Envelope, noun, one, other string) Fault {
	return Fault{naming(e), fmt.Sprintf("by that, %s %q would be merged into %q, which is itself merged into %q", noun, one, other, one)}
}

// decideMerges holds an entry about a merge of contacts to what would come of it.
func (a *Account) decideMerges(e Envelope, target Recorded, read ReadEvent) ([]Fault, error) {
	with, err := a.withMerges(e, target, read)
	if with == nil || err != nil {
		return nil, err
	}
	var faults []Fault
	for _, contact := range with.things.listed() {
		into := ID(with.status(contactMerges, contact))
		if into != ID(a.status(contactMerges, contact)) && with.leads(into, contact) {
			faults = append(faults, circle(e, "contact", string(contact), string(into)))
		}
	}
	return faults, nil
}

// leads reports whether the merges lead from one contact to the other.
func (a *Account) leads(from, to ID) bool {
	for range len(a.things.ids) + 1 { // a circle that does not come by it ends, too
		if from == to || from == "" {
			break
		}
		from = ID(a.status(contactMerges, from))
	}
	return from == to
}

// withMerges is the account as far as merges go, once it has taken in the entry; nil if
// that is not about a merge.
func (a *Account) withMerges(e Envelope, target Recorded, read ReadEvent) (*Account, error) {
	about := target.Data
	if c, ok := about.(EntryCorrected); ok {
		about = c.Data
	}
	c, _ := changeOf(about)
	if c.kind != accountMerges && c.kind != contactMerges {
		return nil, nil
	}
	with := &Account{id: a.id, entries: a.entries.clone(), things: a.things.clone()}
	e.Target = target.Position
	return with, with.Amend(Recorded{Envelope: e, Position: math.MaxUint64}, read)
}
