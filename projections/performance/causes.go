package performance

import (
	"fmt"

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
	types               map[domain.Position]domain.Type
}

func causesOf(d *dossier.Dossier) *causes {
	c := &causes{
		d: d, codes: map[string]string{}, ofLine: map[string]string{}, ofComplaint: map[string]string{},
		ofEvent: map[domain.Position]string{}, types: map[domain.Position]domain.Type{},
	}
	occurrence := map[string]bool{}
	for _, e := range d.Events {
		c.types[e.Position] = e.Data.EventType()
		switch data := e.Data.(type) {
		case domain.NonconformityOpened:
			name := d.Name(e, data.Nonconformity)
			c.ofLine[d.Name(e, data.Line)], c.ofComplaint[d.Name(e, data.Complaint)], c.ofEvent[data.Of] = name, name, name
		case domain.NonconformityCauseFound:
			// Why it happened is the root; why nobody saw it, only if nothing else is known.
			name := d.Name(e, data.Nonconformity)
			if c.codes[name] == "" || data.Level == "occurrence" && !occurrence[name] {
				c.codes[name], occurrence[name] = data.Code, data.Level == "occurrence"
			}
		}
	}
	return c
}

func (c *causes) find(e domain.Recorded, a about, code string) Cause {
	cause := Cause{Code: code}
	behind := ""
	switch {
	case a.nonconformity != "":
		cause.Kind, cause.Of = "nonconformity", c.d.Name(e, a.nonconformity)
		behind = cause.Of
	case a.incident != "":
		cause.Kind, cause.Of = "incident", c.d.Name(e, a.incident)
	case a.line != "":
		cause.Kind, cause.Of = "delivery", c.d.Name(e, a.line)
		behind = c.ofLine[cause.Of]
	case a.complaint != "":
		cause.Kind, cause.Of = "complaint", c.d.Name(e, a.complaint)
		behind = c.ofComplaint[cause.Of]
	case a.of != 0:
		cause.Kind, cause.Of = c.types[a.of].Family(), fmt.Sprint(a.of)
		behind = c.ofEvent[a.of]
	}
	if cause.Code == "" {
		cause.Code = c.codes[behind]
	}
	return cause
}
