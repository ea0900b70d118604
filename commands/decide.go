package commands

import (
	"errors"
	"slices"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/eventstore"
)

// needsAccount reports whether deciding such an event takes what is known of its
// account, and whether it takes the follow-up book as well.
func needsAccount(e domain.Event) (account, book bool) {
	book = followup.ItemOf(e) != ""
	return book || domain.NeedsAccount(e), book
}

// needsPositions reports whether deciding such an event takes the positions of the
// events before it.
func needsPositions(e domain.Event) bool { return isEntry(e) || followup.ItemOf(e) != "" }

// errTooEarly says that a decision has to wait until what is planned is in the log.
var errTooEarly = errors.New("what is planned is not known yet")

// decide asks the domain. The error is a refusal, [errTooEarly], or of the log. The
// account is nil if it played no part.
func (p *plan) decide(it *item) (*known, error) {
	if isEntry(it.event.Data) {
		return p.decideEntry(it)
	}
	needed, withBook := needsAccount(it.event.Data)
	if !needed {
		// One that happens to be in memory is kept up to date.
		return p.r.accounts.held(it.event.Account), domain.NewAccount(it.event.Account).Decide(it.event)
	}
	k, err := p.account(p.r.ctx, it.event.Account, it.ahead, withBook)
	if err != nil {
		return nil, failed(it, err)
	}
	err = k.account.Decide(it.event)
	if withBook {
		err = p.decideAct(err, k, it)
	}
	if merged, ok := it.event.Data.(domain.AccountMerged); ok && err == nil {
		err = p.decideMerge(it, merged.Into)
	}
	return k, err
}

// decideAct adds what the follow-up book has against the event.
func (p *plan) decideAct(err error, k *known, it *item) error {
	var refusal *domain.Refusal
	errors.As(err, &refusal)
	read := k.reader(p.r.ctx, p.r.log)
	faults, failure := k.book.Check(it.event, read)
	if failure != nil {
		return failed(it, failure)
	}
	if len(faults) == 0 {
		return err
	}
	if refusal != nil {
		faults = slices.Concat(refusal.Faults, faults)
	}
	refusal = &domain.Refusal{Faults: faults}
	if has, failure := k.book.Has(followup.ItemOf(it.event.Data), read); failure != nil {
		return failed(it, failure)
	} else if !has {
		return &noSuchItem{refusal}
	}
	return refusal
}

// noSuchItem is a refusal because the follow-up does not exist. To who recorded an
// event it is a refusal like others, to who acted on an item it is [ErrNoSuchItem].
type noSuchItem struct{ *domain.Refusal }

func (e *noSuchItem) Unwrap() error { return e.Refusal }

// decideMerge refuses a merge that would close a circle, whether it is recorded or an
// entry brings it about. It is the one rule that looks at other accounts; the recorder
// sees to it that they do not change meanwhile.
func (p *plan) decideMerge(it *item, into domain.AccountID) error {
	seen := map[domain.AccountID]bool{}
	for next := into; !seen[next]; {
		if next == it.event.Account {
			return domain.RefuseCircle(it.event, into)
		}
		seen[next] = true
		k, err := p.account(p.r.ctx, next, nil, false)
		if err != nil {
			return failed(it, err)
		}
		var merged bool
		if next, merged = k.account.MergedInto(); !merged {
			return nil
		}
	}
	return nil
}

// decideEntry finds the event that an entry speaks of and holds the entry against it.
func (p *plan) decideEntry(it *item) (*known, error) {
	k, err := p.account(p.r.ctx, it.event.Account, it.ahead, false)
	if err != nil {
		return nil, failed(it, err)
	}
	target, err := p.target(it.event)
	if err != nil {
		return nil, failed(it, err)
	}
	if err := k.account.DecideEntry(it.event, target, k.reader(p.r.ctx, p.r.log)); err != nil {
		if _, refused := errors.AsType[*domain.Refusal](err); !refused {
			err = failed(it, err)
		}
		return nil, err
	}
	into, merged, err := k.account.MergedByEntry(it.event, *target, k.reader(p.r.ctx, p.r.log))
	switch {
	case err != nil:
		return nil, failed(it, err)
	case merged && len(p.sealed) > 0:
		return nil, errTooEarly
	case merged:
		if err := p.decideMerge(it, into); err != nil {
			return nil, err
		}
	}
	it.event.Target = target.Position
	if err := p.encode(it); err != nil {
		return nil, failed(it, err)
	}
	return k, nil
}

// target is the event that an entry speaks of; nil if the log has none.
func (p *plan) target(e domain.Envelope) (*domain.Recorded, error) {
	position, source, id, _ := domain.TargetOf(e)
	if position == 0 && id == "" {
		return nil, nil
	}
	stored, err := p.find(position, source, id)
	if errors.Is(err, eventstore.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	target, err := p.r.log.open(stored)
	return &target, err
}

func (p *plan) find(position domain.Position, source, id string) (eventstore.Recorded, error) {
	if position == 0 {
		return p.r.log.Find(p.r.ctx, source, id)
	}
	return p.r.log.At(p.r.ctx, position)
}
