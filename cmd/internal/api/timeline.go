package api

import (
	"time"

	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/timeline"
)

// late is how long after the fact a record is late.
const late = 24 * time.Hour

// EntryOf is the JSON form of an event on a timeline, as it was recorded, and the persons
// because of whom data of it is missing.
func EntryOf(it timeline.Item, r codec.Record, forgotten []codec.Forgotten) Entry {
	return Entry{
		Position: r.Position, Revision: r.Revision, ID: r.ID, Source: r.Source, Account: string(r.Account),
		Type: string(r.Type), Occurred: r.OccurredAt, Assumed: r.OccurredAssumed, Recorded: r.RecordedAt,
		Actor: r.Actor, Data: r.JSON, CorrectedBy: it.CorrectedBy, RetractedBy: it.RetractedBy,
		Late: r.RecordedAt.Sub(r.OccurredAt) > late, Forgotten: ForgottenOf(forgotten),
	}
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
