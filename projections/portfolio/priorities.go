package portfolio

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Priority is who comes first.
type Priority struct {
	Account   domain.AccountID   `json:"account,omitzero" doc:"whose it is; absent if it is of all, or of those in accounts"`
	Consumer  string             `json:"consumer" enum:"sales,scheduling,dispatch"`
	Tier      string             `json:"tier,omitzero"`
	Rank      int64              `json:"rank,omitzero"`
	Resource  string             `json:"resource,omitzero"`
	Accounts  []domain.AccountID `json:"accounts,omitzero" doc:"in the order in which they are served"`
	ValidFrom time.Time          `json:"valid_from"`
	Position  domain.Position    `json:"position"`
}

// same reports whether both are about the same.
func (p Priority) same(x Priority) bool {
	return x.Account == p.Account && x.Consumer == p.Consumer && x.Tier == p.Tier && x.Resource == p.Resource
}

// ownPriorities are the account's. Those of accounts merged into it count where it has none.
func ownPriorities(d *dossier.Dossier) []Priority {
	var own, merged []domain.Recorded
	for _, e := range d.Events {
		switch _, ok := e.Data.(domain.PriorityPublished); {
		case ok && e.Account == d.Account:
			own = append(own, e)
		case ok:
			merged = append(merged, e)
		}
	}
	all := priorities(d.Account, own, d.At)
	for _, p := range priorities(d.Account, merged, d.At) {
		if !slices.ContainsFunc(all, p.same) {
			all = append(all, p)
		}
	}
	inOrder(all)
	return all
}

// priorities are those published in the events, of the account or of none alone.
func priorities(account domain.AccountID, events []domain.Recorded, now time.Time) []Priority {
	all := []Priority{}
	for _, e := range events {
		if data, ok := e.Data.(domain.PriorityPublished); ok {
			all = publish(all, account, e, data, now)
		}
	}
	return all
}

// publish takes in what comes first. What is valid later only does not end what is valid now.
func publish(all []Priority, account domain.AccountID, e domain.Recorded, data domain.PriorityPublished, now time.Time) []Priority {
	p := Priority{
		Account: account, Consumer: data.Consumer, Tier: data.Tier, Rank: data.Rank, Resource: data.Resource, Accounts: data.Accounts,
		ValidFrom: data.ValidFrom, Position: e.Position,
	}
	if p.ValidFrom.IsZero() {
		p.ValidFrom = e.OccurredAt
	}
	late := func(x Priority) bool { return x.ValidFrom.After(now) }
	if slices.ContainsFunc(all, func(x Priority) bool { return p.same(x) && !late(x) && x.ValidFrom.After(p.ValidFrom) }) {
		return all // what is valid since later has taken its place
	}
	all = slices.DeleteFunc(all, func(x Priority) bool {
		return p.same(x) && (!late(p) && !late(x) || x.ValidFrom.Equal(p.ValidFrom))
	})
	return append(all, p)
}

// inOrder puts what comes first before what comes later.
func inOrder(all []Priority) {
	slices.SortStableFunc(all, func(a, b Priority) int {
		return cmp.Or(cmp.Compare(a.Consumer, b.Consumer), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Tier, b.Tier))
	})
}
