package dossier

import (
	"iter"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Quote is a text that somebody said, or that was written of them. It is personal data and in no
// read model: a report says where it is, and the door that answers puts it in.
type Quote struct {
	Position    domain.Position `json:"position" doc:"of the event"`
	Text        string          `json:"text,omitzero" doc:"the words themselves; absent if there are none, or none that can be read any more"`
	ForgottenAt time.Time       `json:"forgotten_at,omitzero" doc:"when the person was forgotten because of whom the text is gone"`

	at domain.Position
}

// QuoteOf is the text of the event as it stands.
func QuoteOf(e domain.Recorded) Quote {
	q := Quote{Position: e.Position, at: e.Position}
	if e.CorrectedBy != 0 {
		q.at = e.CorrectedBy
	}
	return q
}

// At is the position of the event that has the text: the one it was said with, or its last correction.
func (q *Quote) At() domain.Position { return q.at }

// Quoting is a report with texts to be put in.
type Quoting interface {
	Quotes() iter.Seq[*Quote]
}
