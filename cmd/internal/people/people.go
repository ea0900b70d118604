// Package people is what the ledger owes the people in it: to tell them all that is
// held about them, and to forget them.
//
// A person is a contact of an account, with the contacts it was merged with. Personal
// data is sealed in the log alone, so that forgetting means to destroy a key; what is
// not in the log yet, because it was refused, is deleted.
package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"github.com/rapport-ledger/rapport/projections/timeline"
)

// patience is how long the projections may take to catch up with the log. They are
// there in milliseconds, unless something keeps them from it.
const patience = 5 * time.Second

// errUnknown is a contact of whom the ledger has nothing.
var errUnknown = api.NotFound("Nothing is recorded about this contact.")

// Log is what is read of the log.
type Log interface {
	At(ctx context.Context, position domain.Position) (eventstore.Recorded, error)
	Pick(ctx context.Context, positions []domain.Position) iter.Seq2[eventstore.Recorded, error]
	ReadStream(ctx context.Context, stream eventstore.StreamID, from domain.Revision) iter.Seq2[eventstore.Recorded, error]
	Head(ctx context.Context) (domain.Position, error)
}

// Projections are the read models.
type Projections interface {
	View(ctx context.Context, name string, f func(*sqldb.Tx) error) error
	WaitFor(ctx context.Context, name string, position domain.Position) error
	Names() []string
}

// Inbox keeps what was refused.
type Inbox interface {
	Concerning(ctx context.Context, account domain.AccountID, contacts []domain.ID) ([]api.Rejected, error)
	Purge(ctx context.Context, account domain.AccountID, contacts []domain.ID) (int, error)
}

// Keys are the keys of the persons.
type Keys interface {
	codec.Opener
	Has(account domain.AccountID, contact domain.ID) (bool, error)
}

// Forgetting is the use case behind [People.Forget].
type Forgetting interface {
	Forget(ctx context.Context, f commands.Forget) (commands.Forgotten, error)
}

// People answers for the persons in the ledger.
type People struct {
	Log         Log
	Projections Projections
	Inbox       Inbox
	Keys        Keys
	Forgetting  Forgetting
	Now         func() time.Time
}

// Forget makes what the ledger has about the person unreadable, and returns when every
// projection has taken note. Errors: an [*api.Problem] if nothing is known of the person,
// a [*domain.Refusal], that of a context that ended (then it is done, or will be at the
// next start, but not confirmed).
func (p *People) Forget(ctx context.Context, account domain.AccountID, contact domain.ID, r api.Forget) (api.ForgottenPerson, error) {
	answer := api.ForgottenPerson{Account: string(account), Contact: string(contact)}
	contacts, err := p.contacts(ctx, account, contact)
	if err != nil {
		return answer, err
	}
	if r.Actor, err = actor(access.From(ctx), r.Actor); err != nil {
		return answer, err
	}
	rejected, err := p.Inbox.Concerning(ctx, account, contacts)
	if err != nil {
		return answer, err
	}
	known, err := p.known(ctx, account, contacts)
	if err != nil {
		return answer, err
	}
	if !known && len(rejected) == 0 {
		return answer, errUnknown
	}
	if answer.Unsealed, err = p.unsealed(ctx, account, contacts); err != nil {
		return answer, err
	}
	// Before, because it can be done again, and after, for what was refused meanwhile.
	if answer.Rejected, err = p.Inbox.Purge(ctx, account, contacts); err != nil {
		return answer, err
	}
	done, err := p.Forgetting.Forget(ctx, commands.Forget{
		Account: account, Contacts: contacts, Reason: r.Reason, RequestedAt: r.RequestedAt, Actor: r.Actor, By: access.From(ctx).Mark(),
	})
	if err != nil {
		return answer, err
	}
	answer.Keys = done.Destroyed
	for i, receipt := range done.Receipts {
		answer.Forgotten = append(answer.Forgotten, api.Forgotten{Contact: string(contacts[i]), Position: receipt.Position, At: p.Now().UTC()})
	}
	more, err := p.Inbox.Purge(ctx, account, contacts)
	if answer.Rejected += more; err != nil {
		return answer, err
	}
	answer.Projections, err = p.confirm(ctx, done.Receipts)
	return answer, err
}

// actor is who carries it out: the holder of the token, and nobody else; whoever says so
// where no token is needed.
func actor(p access.Principal, said string) (string, error) {
	if p.Mark() == "" {
		return said, nil
	}
	if said != "" && said != p.Name {
		return "", domain.Refuse("actor", "must be the holder of the token, "+strconv.Quote(p.Name)+", or absent")
	}
	return p.Name, nil
}

// confirm waits until every projection has folded the events.
func (p *People) confirm(ctx context.Context, receipts []commands.Receipt) ([]api.Confirmation, error) {
	last := receipts[len(receipts)-1].Position
	var all []api.Confirmation
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, name := range p.Projections.Names() {
		if err := p.Projections.WaitFor(waiting, name, last); err != nil {
			return all, fmt.Errorf("the person is forgotten, but projection %s has not confirmed it: %w", name, err)
		}
		all = append(all, api.Confirmation{Projection: name, Position: last, Dropped: "nothing: it holds no personal data"})
	}
	return all, nil
}

// contacts are the contact and those it was merged with, by what stands now; the contact
// is the first.
func (p *People) contacts(ctx context.Context, account domain.AccountID, contact domain.ID) (ids []domain.ID, err error) {
	if err := p.catchUp(ctx); err != nil {
		return nil, err
	}
	err = p.Projections.View(ctx, timeline.Name, func(tx *sqldb.Tx) error {
		ids, err = timeline.SamePerson(ctx, tx, account, contact)
		return err
	})
	return ids, err
}

// catchUp waits until the timeline has all that is in the log now. With a full disk, say,
// it does not get there: then the error is an [*api.Problem] to ask again.
func (p *People) catchUp(ctx context.Context) error {
	head, err := p.Log.Head(ctx)
	if err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = p.Projections.WaitFor(waiting, timeline.Name, head)
	if err != nil && waiting.Err() != nil && ctx.Err() == nil {
		return api.Unavailable("The timeline has not caught up with the log, so that nothing was done; ask again.")
	}
	return err
}

// known reports whether an event names one of the contacts, or a key was made for one.
func (p *People) known(ctx context.Context, account domain.AccountID, contacts []domain.ID) (bool, error) {
	for _, contact := range contacts {
		if has, err := p.Keys.Has(account, contact); has || err != nil {
			return has, err
		}
	}
	page, err := p.page(ctx, timeline.Query{Account: account, Contact: contacts[0], Limit: 1})
	return len(page.Items) > 0, err
}

func (p *People) page(ctx context.Context, q timeline.Query) (page timeline.Page, err error) {
	err = p.Projections.View(ctx, timeline.Name, func(tx *sqldb.Tx) error {
		page, err = timeline.Entries(ctx, tx, q)
		return err
	})
	if errors.Is(err, timeline.ErrUnknownAccount) {
		err = nil
	}
	return page, err
}

// unsealed are the events that have data of the contacts as it was said, because they
// were recorded before personal data was sealed. Nothing makes them unreadable.
func (p *People) unsealed(ctx context.Context, account domain.AccountID, contacts []domain.ID) ([]domain.Position, error) {
	var positions []domain.Position
	for stored, err := range p.Log.ReadStream(ctx, account, 1) {
		if err != nil {
			return nil, err
		}
		plain, err := codec.Unsealed(stored)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(plain, func(c domain.ID) bool { return slices.Contains(contacts, c) }) {
			positions = append(positions, stored.Position)
		}
	}
	return positions, nil
}

// Person is all that the ledger holds about the person. Error: an [*api.Problem] if that is
// nothing.
func (p *People) Person(ctx context.Context, account domain.AccountID, contact domain.ID) (api.Person, error) {
	answer := api.Person{Account: string(account), Contact: string(contact), At: p.Now().UTC(), Roles: []api.Role{}}
	contacts, err := p.contacts(ctx, account, contact)
	if err != nil {
		return answer, err
	}
	for _, c := range contacts[1:] {
		answer.MergedWith = append(answer.MergedWith, string(c))
	}
	if answer.Events, err = p.events(ctx, account, contacts); err != nil {
		return answer, err
	}
	if answer.Rejected, err = p.Inbox.Concerning(ctx, account, contacts); err != nil {
		return answer, err
	}
	if len(answer.Events) == 0 && len(answer.Rejected) == 0 {
		return answer, errUnknown
	}
	for _, e := range answer.Events {
		if e.Type == string(domain.ContactRoleRecorded{}.EventType()) && e.RetractedBy == 0 {
			answer.Roles = append(answer.Roles, api.RoleOf(e))
		}
	}
	answer.FollowUps, err = p.followUps(ctx, account, answer.Events)
	return answer, err
}

// events are those that name one of the contacts, oldest first, with their data.
func (p *People) events(ctx context.Context, account domain.AccountID, contacts []domain.ID) ([]api.Entry, error) {
	seen := make(map[domain.Position]bool)
	var all []timeline.Item
	for _, contact := range contacts {
		q := timeline.Query{Account: account, Contact: contact, Order: timeline.ByRecorded, Limit: 1000}
		for {
			page, err := p.page(ctx, q)
			if err != nil {
				return nil, err
			}
			for _, it := range page.Items {
				if !seen[it.Position] {
					seen[it.Position] = true
					all = append(all, it)
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b timeline.Item) int { return cmp.Compare(a.Position, b.Position) })
	return p.Entries(ctx, all)
}

// Entries are the events of a timeline as they were recorded, with the personal data,
// which is nowhere but in the log.
func (p *People) Entries(ctx context.Context, items []timeline.Item) ([]api.Entry, error) {
	order := make([]int, len(items)) // in which they are read fastest
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(items[a].Position, items[b].Position) })
	positions := make([]domain.Position, len(items))
	for n, i := range order {
		positions[n] = items[i].Position
	}
	entries, n := make([]api.Entry, len(items)), 0
	for stored, err := range p.Log.Pick(ctx, positions) {
		if err != nil {
			return nil, fmt.Errorf("read the events of a timeline: %w", err)
		}
		r, err := codec.Decode(stored)
		if err != nil {
			return nil, err
		}
		r, forgotten, err := p.Open(r)
		if err != nil {
			return nil, err
		}
		entries[order[n]] = api.EntryOf(items[order[n]], r, forgotten)
		n++
	}
	return entries, nil
}

// Open puts personal data into an event that was read from the log, and names the
// persons because of whom the rest is missing.
func (p *People) Open(r codec.Record) (codec.Record, []codec.Forgotten, error) { return r.Open(p.Keys) }

// Event is the event at the position as a CloudEvent in structured mode, with personal
// data. Error: [eventstore.ErrNotFound], those of reading.
func (p *People) Event(ctx context.Context, position domain.Position) ([]byte, error) {
	stored, err := p.Log.At(ctx, position)
	if err != nil {
		return nil, err
	}
	r, err := codec.Decode(stored)
	if err != nil {
		return nil, err
	}
	r, forgotten, err := p.Open(r)
	return codec.AppendStructured(nil, r, forgotten...), err
}

// followUps are those of the account that one of the events caused.
func (p *People) followUps(ctx context.Context, account domain.AccountID, events []api.Entry) ([]api.FollowUp, error) {
	theirs := make(map[domain.Position]bool, len(events))
	for _, e := range events {
		theirs[e.Position] = true
	}
	all := []api.FollowUp{}
	q := followups.Query{Account: account, Limit: 1000, Now: p.Now()}
	for {
		var page followups.Page
		err := p.Projections.View(ctx, followups.Name, func(tx *sqldb.Tx) (err error) {
			page, err = followups.Queue(ctx, tx, q)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, item := range api.FollowUpsOf(page).Items {
			if slices.ContainsFunc(item.Causes, func(c domain.Position) bool { return theirs[c] }) {
				all = append(all, item)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return all, nil
		}
	}
}
