package api

import (
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/timeline"
)

// TimelineOf is the JSON form of a page of a timeline.
func TimelineOf(p timeline.Page) Page[Entry] {
	page := Page[Entry]{Items: make([]Entry, len(p.Items)), Next: p.Next}
	for i, it := range p.Items {
		page.Items[i] = Entry{
			Position: it.Position, Revision: it.Revision, ID: it.ID, Source: it.Source, Account: string(it.Account),
			Type: string(it.Type), Occurred: it.Occurred, Assumed: it.OccurredAssumed, Recorded: it.Recorded,
			Actor: it.Actor, Data: it.Data, CorrectedBy: it.CorrectedBy, RetractedBy: it.RetractedBy, Late: it.Late,
		}
	}
	return page
}

// AccountsOf is the JSON form of a page of accounts.
func AccountsOf(p timeline.AccountsPage) Page[Account] {
	page := Page[Account]{Items: make([]Account, len(p.Items)), Next: p.Next}
	for i, a := range p.Items {
		page.Items[i] = AccountOf(a)
	}
	return page
}

// AccountOf is the JSON form of an account.
func AccountOf(a timeline.Account) Account {
	return Account{
		Account: string(a.Account), Name: a.Name, Kind: a.Kind, Tier: a.Tier, Stage: a.Stage, Manager: a.Manager,
		Provisional: a.Provisional, Events: a.Events, LastContact: a.LastContact, Opened: a.OpenedAt, MergedInto: string(a.MergedInto),
	}
}

// ProjectionsOf is the JSON form of the projections' status.
func ProjectionsOf(all []projections.Status) Page[Projection] {
	page := Page[Projection]{Items: make([]Projection, len(all))}
	for i, s := range all {
		page.Items[i] = Projection{
			Name: s.Name, Version: s.Version, Position: s.Position, Lag: s.Lag, State: string(s.State), Error: s.Error,
			Digest: s.Digest, DigestPosition: s.DigestPosition, RebuildPosition: s.RebuildPosition, EventsPerSecond: s.EventsPerSecond,
		}
	}
	return page
}
