package closeness

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Contact is a person we know at the account.
type Contact struct {
	Contact       string          `json:"contact" doc:"the contact's id; names are personal data and not here"`
	Level         string          `json:"level,omitzero"`
	Function      string          `json:"function,omitzero"`
	Role          string          `json:"role,omitzero" enum:"economic,technical,user,coach,blocker,order_placer"`
	Authority     string          `json:"authority,omitzero" enum:"orders,operations,strategy,budget"`
	Influence     int64           `json:"influence,omitzero"`
	NeedsCount    int             `json:"needs_count" doc:"needs they stated"`
	LastContactAt time.Time       `json:"last_contact_at,omitzero"`
	SinceD        *float64        `json:"since_d" doc:"days since the last contact; null if there never was one"`
	ContactCount  int             `json:"contact_count" doc:"contacts that name them, of all time"`
	OurPeople     []string        `json:"our_people" doc:"ours who are tied to them"`
	LeftAt        time.Time       `json:"left_at,omitzero"`
	ForgottenAt   time.Time       `json:"forgotten_at,omitzero" doc:"when all that was held about them was made unreadable"`
	Position      domain.Position `json:"position" doc:"of the event they became known by"`
}

// people are those known by name, role or tie, the ones met longest ago first.
func (v *view) people() []Contact {
	all := []*Contact{}
	known := map[string]*Contact{}
	find := func(e domain.Recorded, id domain.ID) *Contact {
		name := v.Person(e, id)
		c := known[name]
		if c == nil {
			c = &Contact{
				Contact: name, LastContactAt: v.met[name], SinceD: v.since(v.met[name]), ContactCount: v.times[name], OurPeople: []string{}, Position: e.Position,
			}
			c.ForgottenAt, _ = v.Forgotten(e, id)
			all, known[name] = append(all, c), c
		}
		return c
	}
	for _, e := range v.Events {
		switch data := e.Data.(type) {
		case domain.ContactAdded:
			c := find(e, data.Contact)
			c.Level, c.Function = cmp.Or(data.Level, c.Level), cmp.Or(data.Function, c.Function)
		case domain.ContactRoleRecorded:
			c := find(e, data.Contact)
			c.Role, c.Authority, c.Influence = data.Role, cmp.Or(data.Authority, c.Authority), cmp.Or(data.Influence, c.Influence)
			c.Level, c.Function = cmp.Or(data.Level, c.Level), cmp.Or(data.Function, c.Function)
		case domain.ContactLinked:
			if c := find(e, data.Contact); !slices.Contains(c.OurPeople, data.OurPerson) {
				c.OurPeople = append(c.OurPeople, data.OurPerson)
			}
		case domain.ContactUnlinked:
			c := find(e, data.Contact)
			c.OurPeople = slices.DeleteFunc(c.OurPeople, func(p string) bool { return p == data.OurPerson })
		case domain.ContactLeft:
			find(e, data.Contact).LeftAt = e.OccurredAt
		case domain.NeedStated:
			if data.Contact != "" {
				find(e, data.Contact).NeedsCount++
			}
		}
	}
	people := make([]Contact, len(all))
	for i, c := range all {
		people[i] = *c
	}
	slices.SortStableFunc(people, func(a, b Contact) int {
		return cmp.Or(cmp.Compare(dossier.Truth(!a.LeftAt.IsZero()), dossier.Truth(!b.LeftAt.IsZero())), a.LastContactAt.Compare(b.LastContactAt), cmp.Compare(a.Contact, b.Contact))
	})
	return people
}

// influences are the buying influences one has to know.
var influences = []string{"economic", "technical", "user", "coach"}

// missingRoles are those that nobody has who is still there and whom we met.
func missingRoles(people []Contact) []string {
	missing := []string{}
	for _, role := range influences {
		if !slices.ContainsFunc(people, func(c Contact) bool { return c.Role == role && c.LeftAt.IsZero() && c.ContactCount > 0 }) {
			missing = append(missing, role)
		}
	}
	return missing
}

// Cell is how often a level was met by a channel.
type Cell struct {
	Level   string    `json:"level" doc:"the customer's at the time; empty if it is not known"`
	Channel string    `json:"channel" doc:"the channel, or else the kind of contact"`
	Count   int       `json:"count"`
	LastAt  time.Time `json:"last_at"`
	SinceD  *float64  `json:"since_d"`
}

// matrix counts the contacts of the period by level and channel.
func (v *view) matrix() []Cell {
	type key struct{ level, channel string }
	cells := map[key]*Cell{}
	for _, e := range v.Events {
		data, ok := e.Data.(domain.InteractionHeld)
		if !ok || !v.Within(e.OccurredAt) {
			continue
		}
		for _, level := range v.levels(e, data) {
			k := key{level, cmp.Or(data.Channel, data.Kind)}
			c := cells[k]
			if c == nil {
				c = &Cell{Level: k.level, Channel: k.channel}
				cells[k] = c
			}
			c.Count++
			c.LastAt, c.SinceD = e.OccurredAt, v.since(e.OccurredAt)
		}
	}
	all := []Cell{}
	for _, c := range cells {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b Cell) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Channel, b.Channel)) })
	return all
}

// levels are the customer's that took part, as they were then, each once; "" if none is known.
func (v *view) levels(e domain.Recorded, data domain.InteractionHeld) []string {
	levels := slices.Clone(data.Levels)
	for _, id := range data.Contacts {
		if l, ok := v.level.At(v.Person(e, id), e.OccurredAt); ok {
			levels = append(levels, l)
		}
	}
	slices.Sort(levels)
	if levels = slices.Compact(levels); len(levels) == 0 {
		return []string{""}
	}
	return levels
}

// rise notes the level that an event gives a person, if it gives one.
func (v *view) rise(e domain.Recorded, contact domain.ID, level string) {
	if level != "" {
		v.level.Add(v.Person(e, contact), e.OccurredAt, level)
	}
}

// Link is a tie between one of ours and one of theirs.
type Link struct {
	OurPerson     string          `json:"our_person"`
	OurLevel      string          `json:"our_level,omitzero"`
	Contact       string          `json:"contact"`
	TheirLevel    string          `json:"their_level,omitzero"`
	Since         time.Time       `json:"since"`
	Until         time.Time       `json:"until,omitzero" doc:"absent while it lasts"`
	LastContactAt time.Time       `json:"last_contact_at,omitzero" doc:"when the contact was last in touch with any of us"`
	SinceD        *float64        `json:"since_d" doc:"days since then; null if never"`
	Position      domain.Position `json:"position"`
}

// links are the ties, those that last first.
func (v *view) links() []Link {
	all := []Link{}
	for _, e := range v.Events {
		switch data := e.Data.(type) {
		case domain.ContactLinked:
			name := v.Person(e, data.Contact)
			level, _ := v.level.At(name, v.At)
			all = append(all, Link{
				OurPerson: data.OurPerson, OurLevel: data.OurLevel, Contact: name, TheirLevel: level, Since: e.OccurredAt,
				LastContactAt: v.met[name], SinceD: v.since(v.met[name]), Position: e.Position,
			})
		case domain.ContactUnlinked:
			v.cut(all, v.Person(e, data.Contact), data.OurPerson, e.OccurredAt)
		case domain.ContactLeft:
			v.cut(all, v.Person(e, data.Contact), "", e.OccurredAt)
		}
	}
	slices.SortStableFunc(all, func(a, b Link) int {
		return cmp.Or(cmp.Compare(dossier.Truth(!a.Until.IsZero()), dossier.Truth(!b.Until.IsZero())), cmp.Compare(a.OurPerson, b.OurPerson), cmp.Compare(a.Contact, b.Contact))
	})
	return all
}

// cut ends the ties of the contact: to one of ours, or all.
func (v *view) cut(links []Link, contact, ourPerson string, at time.Time) {
	for i := range links {
		if l := &links[i]; l.Contact == contact && l.Until.IsZero() && (ourPerson == "" || l.OurPerson == ourPerson) {
			l.Until = at
		}
	}
}
