package httpapi

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/rapport-ledger/rapport/cmd/internal/backup"
	"github.com/rapport-ledger/rapport/cmd/internal/export"
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

	op = get("export", "/v1/export", "Ledger", "The whole log, so that it can be made again",
		"CloudEvents in structured mode, one a line, each with `contenthash` and the `stored` bytes; personal data that is sealed stays "+
			"sealed. The last line has the root of the Merkle tree over them; an answer without it is not whole. `rapport import ledger` makes the same log of it.")
	op.Responses["200"] = &huma.Response{
		Description: "The log", Content: map[string]*huma.MediaType{ndjsonType: {Schema: &huma.Schema{Type: huma.TypeString}}},
	}
	handle(s, op, s.export)
}

func (s *Server) export(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	return s.download(ctx, ndjsonType, func(w io.Writer) error { return export.Write(ctx, s.Log, w) }), nil
}

func (s *Server) backup(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	return s.download(ctx, backupType, func(w io.Writer) error {
		_, err := s.Backup.Write(ctx, w)
		return err
	}), nil
}

// download answers with what write writes. After an error the connection is cut.
func (s *Server) download(ctx context.Context, contentType string, write func(io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		w.Header().Set("Content-Type", contentType)
		if r.Method == http.MethodHead {
			return
		}
		out := &patient{w: w, control: http.NewResponseController(w)}
		if err := write(out); err != nil {
			s.streamFailed(ctx, w, out.begun, err)
		}
	}}
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
