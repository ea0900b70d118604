// Package api holds what the ledger says to the outside, as JSON: the answers shared
// by HTTP, NATS and the command line, and the one table from errors to problems. Its
// structs are a contract with scripts: a rename inside the ledger never reaches them.
package api

import (
	"encoding/json"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// Page is a part of a list. Next is the cursor of the part that follows, empty on the
// last.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitzero" doc:"cursor of the next page; absent on the last"`
}

// Len is how many items the page has.
func (p Page[T]) Len() int { return len(p.Items) }

// Account is an account as it stands now.
type Account struct {
	Account     string    `json:"account" doc:"the account's id"`
	Name        string    `json:"name,omitzero"`
	Kind        string    `json:"kind,omitzero" doc:"customer, internal, investor, public or partner"`
	Tier        string    `json:"tier,omitzero" doc:"A to D, as classified last"`
	Stage       string    `json:"stage,omitzero" doc:"such as trial, preferred or lost"`
	Manager     string    `json:"manager,omitzero" doc:"our person who looks after it"`
	Provisional bool      `json:"provisional" doc:"there are events, but nobody opened the account yet"`
	Events      int64     `json:"events" doc:"how many events it has, with those of accounts merged into it"`
	LastContact time.Time `json:"last_contact,omitzero" doc:"when the customer and we were last in contact; what was recorded more than a day before it is said to have happened does not count"`
	Opened      time.Time `json:"opened,omitzero" doc:"when the account was opened"`
	MergedInto  string    `json:"merged_into,omitzero" doc:"the account that this one is read as part of"`
}

// Entry is an event on an account's timeline.
type Entry struct {
	Position    domain.Position `json:"position"`
	Revision    domain.Revision `json:"revision"`
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Account     string          `json:"account" doc:"the account it was recorded for; another one after a merge"`
	Type        string          `json:"type" doc:"stored name, such as complaint.raised"`
	Occurred    time.Time       `json:"occurred" doc:"when it happened"`
	Assumed     bool            `json:"occurred_assumed,omitzero" doc:"the emitter gave no time; occurred is the time of receipt"`
	Recorded    time.Time       `json:"recorded" doc:"when the ledger accepted it"`
	Actor       string          `json:"actor,omitzero"`
	Data        json.RawMessage `json:"data"`
	CorrectedBy domain.Position `json:"corrected_by,omitzero" doc:"position of the event that corrects this one"`
	RetractedBy domain.Position `json:"retracted_by,omitzero" doc:"position of the event that withdraws this one"`
	Late        bool            `json:"late" doc:"recorded more than 24 hours after it happened"`
	Forgotten   []Forgotten     `json:"forgotten,omitzero" doc:"persons whose data is missing, because it was made unreadable"`
}

// Forgotten is a person who was forgotten.
type Forgotten struct {
	Contact  string          `json:"contact"`
	Position domain.Position `json:"position" doc:"position of the person.forgotten, which has the reason; 0 until it is recorded"`
	At       time.Time       `json:"at"`
}

// ForgottenOf is the JSON form of the persons; nil if there are none.
func ForgottenOf(all []codec.Forgotten) []Forgotten {
	var list []Forgotten
	for _, f := range all {
		list = append(list, Forgotten{Contact: string(f.Contact), Position: f.Position, At: f.At})
	}
	return list
}

// Projection is how a projection stands.
type Projection struct {
	Name            string          `json:"name"`
	Version         int             `json:"version"`
	Position        domain.Position `json:"position" doc:"the last event in the read model that answers"`
	Lag             uint64          `json:"lag" doc:"how many events it is behind the log"`
	State           string          `json:"state" enum:"live,catching_up,rebuilding,failed"`
	Error           string          `json:"error" doc:"why it failed, or what it is trying again; empty if all is well"`
	Digest          string          `json:"digest" doc:"SHA-256 of its contents as of digest_position; empty if not known"`
	DigestPosition  domain.Position `json:"digest_position,omitzero"`
	RebuildPosition domain.Position `json:"rebuild_position,omitzero" doc:"how far the read model that is being built is"`
	EventsPerSecond float64         `json:"events_per_second,omitzero" doc:"how fast it is folding"`
}

// Digest sums up a projection's contents: two read models of the same version at the
// same position have the same digest.
type Digest struct {
	Name     string          `json:"name"`
	Version  int             `json:"version"`
	Position domain.Position `json:"position"`
	Digest   string          `json:"digest" doc:"SHA-256 in hexadecimal"`
	Rows     int64           `json:"rows"`
}

// Rejected is an event that came by the inbox and was refused.
type Rejected struct {
	ID       string          `json:"id" doc:"names it in resend"`
	Source   string          `json:"source" doc:"the inbox it came by"`
	Time     time.Time       `json:"time" doc:"when it was refused"`
	Problem  Problem         `json:"problem"`
	Event    json.RawMessage `json:"event,omitzero" doc:"what was sent, if it is JSON"`
	Original string          `json:"original,omitzero" doc:"what was sent, if it is not JSON"`
}

// Schema describes an event type.
type Schema struct {
	Type       string          `json:"type" doc:"CloudEvents type, such as rapport.complaint.raised.v1"`
	Name       string          `json:"name" doc:"stored name, such as complaint.raised"`
	Subject    string          `json:"subject" doc:"NATS subject it is published on"`
	Doc        string          `json:"doc"`
	Touch      bool            `json:"touch" doc:"whether the customer and we were in contact"`
	LedgerWide bool            `json:"ledger_wide" doc:"whether it concerns no single account"`
	Anywhere   bool            `json:"anywhere" doc:"whether it may concern an account or none"`
	Schema     json.RawMessage `json:"schema" doc:"JSON Schema 2020-12 of data"`
}

// SchemaOf describes an entry of the catalogue.
func SchemaOf(e domain.Entry) Schema {
	return Schema{
		Type: e.CloudEventType(), Name: string(e.Type), Subject: e.Subject(), Doc: e.Doc,
		Touch: e.Touch, LedgerWide: e.LedgerWide, Anywhere: e.Anywhere, Schema: codec.Schema(e),
	}
}

// Schemas describes the whole catalogue.
func Schemas() Page[Schema] {
	page := Page[Schema]{Items: make([]Schema, len(domain.Catalogue))}
	for i, e := range domain.Catalogue {
		page.Items[i] = SchemaOf(e)
	}
	return page
}
