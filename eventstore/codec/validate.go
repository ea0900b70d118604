package codec

import (
	"github.com/rapport-ledger/rapport/domain"
)

// Validate checks an event that was not read from bytes as a door would check it: the
// error is nil or a *[domain.Refusal] with every fault. A zero time stands for an
// absent one, and [domain.Ledger] or nothing for the account of a ledger-wide event.
func Validate(e domain.Envelope) error { return current.validate(e) }

func (c *catalogue) validate(e domain.Envelope) error {
	w := newWriter(c)
	s, err := w.event(e.Data)
	if err != nil {
		return domain.Refuse("data", err.Error())
	}
	p := envelopeParser{parser: parser{catalogue: c}, spec: s, ver: s.Version}
	p.values[attrSpecVersion], p.values[attrType] = "1.0", s.wireType
	for a, value := range map[attribute]string{
		attrID: e.ID, attrSource: e.Source, attrSubject: string(e.Account), attrActor: e.Actor,
		attrCorrelationID: e.CorrelationID, attrCausationID: e.CausationID, attrTraceParent: e.TraceParent,
	} {
		p.values[a], p.given[a] = value, value != ""
	}
	if !e.OccurredAt.IsZero() {
		p.values[attrTime], p.given[attrTime] = formatTime(e.OccurredAt), true
	}
	p.has.data = true
	if err := p.body(w.buf); err != nil {
		return domain.Refuse("data", err.Error())
	}
	p.finish(new(domain.Envelope))
	p.malformed = false
	return p.err()
}
