package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// putIn opens the texts of a report, as far as nobody was forgotten because of whom they are gone.
func (s *Server) putIn(ctx context.Context, quotes iter.Seq[*dossier.Quote]) error {
	for q := range quotes {
		stored, err := s.Log.At(ctx, q.At())
		if err != nil {
			return fmt.Errorf("read position %d: %w", q.At(), err)
		}
		r, err := codec.Decode(stored)
		if err != nil {
			return err
		}
		r, forgotten, err := s.People.Open(r)
		if err != nil {
			return err
		}
		for _, f := range forgotten {
			q.ForgottenAt = f.At
		}
		var said saying
		if err := json.Unmarshal(r.JSON, &said); err != nil {
			return fmt.Errorf("position %d: %w", q.At(), err)
		}
		q.Text = cmp.Or(said.text(), said.Data.text(), q.Text)
	}
	return nil
}

// saying is the text of an event, under whatever name it has there.
type saying struct {
	words
	Data words `json:"data"` // of a correction
}

type words struct {
	Verbatim  string `json:"verbatim"`
	Summary   string `json:"summary"`
	Statement string `json:"statement"`
	Context   string `json:"context"`
}

func (w words) text() string { return cmp.Or(w.Verbatim, w.Summary, w.Statement, w.Context) }
