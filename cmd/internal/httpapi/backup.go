package httpapi

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/rapport-ledger/rapport/cmd/internal/backup"
)

const backupType = "application/zstd"

// Backup copies the ledger.
type Backup interface {
	Write(ctx context.Context, out io.Writer) (backup.Manifest, error)
}

func (s *Server) registerBackup() {
	op := get("backup", "/v1/backup", "Ledger", "Copy the ledger",
		"A tar archive compressed with zstd, of the ledger as it stands. Its last entry, MANIFEST.json, has the SHA-256 of all others; "+
			"an answer without it is not whole. `rapport backup` checks it, `rapport restore` makes a data directory of it.")
	op.Responses["200"] = &huma.Response{
		Description: "The backup", Content: map[string]*huma.MediaType{backupType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}
	handle(s, op, s.backup)
}

func (s *Server) backup(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		w.Header().Set("Content-Type", backupType)
		if r.Method == http.MethodHead {
			return
		}
		out := &patient{w: w, control: http.NewResponseController(w)}
		if _, err := s.Backup.Write(ctx, out); err != nil {
			s.streamFailed(ctx, w, out.begun, err)
		}
	}}, nil
}

// patient gives the client time for each write, instead of for the whole answer.
type patient struct {
	w       io.Writer
	control *http.ResponseController
	begun   bool
}

func (p *patient) Write(b []byte) (int, error) {
	p.begun = true
	_ = p.control.SetWriteDeadline(time.Now().Add(chunkTime)) // tests' writers have none
	return p.w.Write(b)
}
