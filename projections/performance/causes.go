package performance

import (
	"fmt"
	"slices"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// about is what an effect is of, as far as its emitter says.
type about struct {
	of                                       domain.Position
	line, complaint, nonconformity, incident domain.ID
}

// Cause is where an effect comes from.
type Cause struct {
	// Kind is what it is of.
	Kind string `json:"of,omitzero" doc:"what it is of: delivery, complaint, nonconformity, incident, or the family of the event named; absent if nobody said"`
	Of   string `json:"of_id,omitzero" doc:"its id, or the event's position"`
	// Code is the emitter's own, else that of the nonconformity behind it.
	Code string `json:"cause_code,omitzero" doc:"the root cause; absent if it is not known"`
}

// causes finds where effects come from.
type causes struct {
	d     *dossier.Dossier
	codes map[string]string // of nonconformities
	// The nonconformities that were opened for a line or a complaint, or for an event.
	ofLine, ofComplaint map[string]string
	ofEvent             map[domain.Position]string
	own                 map[string]bool // incidents of the account

	// Made when somebody asks: most accounts have no effects, and events of no single account are in every dossier.
	events  map[domain.Position]*domain.Recorded
	general map[domain.ID]bool // incidents of no single account
}

// levels are what a cause may be the cause of, the last being the root: why nobody saw it, what let it happen,
// why it happened.
var levels = []string{"escape", "system", "occurrence"}

func causesOf(d *dossier.Dossier) *causes {
	c := &causes{
		d: d, codes: map[string]string{}, ofLine: map[string]string{}, ofComplaint: map[string]string{},
		ofEvent: map[domain.Position]string{}, own: map[string]bool{},
	}
	level := map[string]int{}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.IncidentStarted:
			c.own[d.Name(e, data.Incident)] = true
		case domain.NonconformityOpened:
			c.open(e, data)
		case domain.NonconformityCauseFound:
			name, deep := d.Name(e, data.Nonconformity), slices.Index(levels, data.Level)
			if c.codes[name] == "" || deep > level[name] {
				c.codes[name], level[name] = data.Code, deep
			}
		}
	}
	return c
}

// open notes what the nonconformity was opened for.
func (c *causes) open(e domain.Recorded, data domain.NonconformityOpened) {
	name := c.d.Name(e, data.Nonconformity)
	c.ofLine[c.d.Name(e, data.Line)], c.ofComplaint[c.d.Name(e, data.Complaint)], c.ofEvent[data.Of] = name, name, name
	if of := c.event(data.Of); of != nil {
		a := subject(of.Data)
		c.ofLine[c.d.Name(*of, a.line)], c.ofComplaint[c.d.Name(*of, a.complaint)] = name, name
	}
}

// event is the event at the position; nil if there is none of the types that count here.
func (c *causes) event(p domain.Position) *domain.Recorded {
	if p != 0 && c.events == nil {
		c.events = make(map[domain.Position]*domain.Recorded, len(c.d.Events)+len(c.d.General))
		for _, events := range [][]domain.Recorded{c.d.Events, c.d.General} {
			for i := range events {
				c.events[events[i].Position] = &events[i]
			}
		}
	}
	return c.events[p]
}

// subject is what an event is about, if that has an id.
func subject(e domain.Event) (a about) {
	switch data := e.(type) {
	case domain.DeliveryPromised:
		a.line = data.Line
	case domain.DeliveryMade:
		a.line = data.Line
	case domain.DeliveryMissed:
		a.line = data.Line
	case domain.DeliveryExcused:
		a.line = data.Line
	case domain.ComplaintRaised:
		a.complaint = data.Complaint
	case domain.ComplaintAnswered:
		a.complaint = data.Complaint
	case domain.NonconformityOpened:
		a.nonconformity = data.Nonconformity
	case domain.NonconformityCauseFound:
		a.nonconformity = data.Nonconformity
	case domain.IncidentStarted:
		a.incident = data.Incident
	case domain.IncidentObserved:
		a.incident = data.Incident
	case domain.IncidentEnded:
		a.incident = data.Incident
	}
	return a
}

func (c *causes) find(e domain.Recorded, a about, code string) Cause {
	cause := Cause{Code: code}
	behind := ""
	of := c.event(a.of)
	if of != nil && a == (about{of: a.of}) {
		if s := subject(of.Data); s != (about{}) {
			e, a = *of, s
		}
	}
	switch {
	case a.nonconformity != "":
		cause.Kind, cause.Of = "nonconformity", c.d.Name(e, a.nonconformity)
		behind = cause.Of
	case a.incident != "":
		cause.Kind, cause.Of = "incident", c.incident(e, a.incident)
	case a.line != "":
		cause.Kind, cause.Of = "delivery", c.d.Name(e, a.line)
		behind = c.ofLine[cause.Of]
	case a.complaint != "":
		cause.Kind, cause.Of = "complaint", c.d.Name(e, a.complaint)
		behind = c.ofComplaint[cause.Of]
	case a.of != 0:
		cause.Of, behind = fmt.Sprint(a.of), c.ofEvent[a.of]
		if of != nil {
			cause.Kind = of.Data.EventType().Family()
		}
	}
	if cause.Code == "" {
		cause.Code = c.codes[behind]
	}
	return cause
}

// incident names an incident. One that is of no single account keeps its id everywhere.
func (c *causes) incident(e domain.Recorded, id domain.ID) string {
	name := c.d.Name(e, id)
	if id == "" || c.own[name] {
		return name
	}
	if c.general == nil {
		c.general = map[domain.ID]bool{}
		for _, g := range c.d.General {
			if data, ok := g.Data.(domain.IncidentStarted); ok {
				c.general[data.Incident] = true
			}
		}
	}
	if c.general[id] {
		return string(id)
	}
	return name
}
