package httpapi

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strings"

	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
)

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"words": func(s string) string { return strings.ReplaceAll(s, "_", " ") },
}).Parse(pageHTML))

// page is what the page at / shows.
type page struct {
	// Watch says that who asks may see how the ledger is.
	Watch bool
	// Who is whoever asks, if that was shown.
	Who         string
	Version     string
	Base        string
	NATS        string
	Head        domain.Position
	Ready       Readiness
	Faults      []Part
	Projections []api.Projection
}

func (s *Server) registerPages() {
	docs := v5emb.NewHandlerWithConfig(swgui.Config{
		Title: "Rapport API", SwaggerJSON: "/openapi.json", BasePath: "/docs/",
		AppendHead: `<meta name="viewport" content="width=device-width, initial-scale=1">`,
	})
	s.plain("GET /docs", docs.ServeHTTP)
	s.plain("GET /docs/", docs.ServeHTTP)
	s.plain("GET /{$}", s.page)
}

func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	p := page{}
	if access.From(r.Context()).May(access.Watch) {
		var err error
		if p, err = s.overview(r); err != nil {
			writeProblem(w, s.problem(r.Context(), err))
			return
		}
	}
	if who := access.From(r.Context()); who.ID != access.Local.ID {
		p.Who = who.Name
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		writeProblem(w, s.problem(r.Context(), err))
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_, _ = w.Write(b.Bytes()) // the client went away: nobody to tell
}

// overview is how the ledger is.
func (s *Server) overview(r *http.Request) (page, error) {
	head, err := s.Log.Head(r.Context())
	if err != nil {
		return page{}, err
	}
	p := page{
		Watch: true, Version: s.Version, Base: scheme(r) + r.Host, NATS: s.NATS, Head: head, Ready: s.ready(r.Context()),
		Projections: api.ProjectionsOf(s.Projections.Status()).Items,
	}
	for _, part := range p.Ready.Parts {
		if !part.Ready && !strings.HasPrefix(part.Name, "projection ") {
			p.Faults = append(p.Faults, part)
		}
	}
	return p, nil
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https://"
	}
	return "http://"
}
