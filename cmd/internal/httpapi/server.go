// Package httpapi is the HTTP door: the API under /v1 with its OpenAPI document, a
// page that says what runs here, and the endpoints that operators watch.
package httpapi

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Limits of a request.
const (
	// MaxBody is the most bytes of a body.
	MaxBody = 8 << 20
	// maxHeader is the most bytes of all headers.
	maxHeader = 64 << 10
	// bodyTime is how long a client may take to send a body, and answerTime how long until
	// it has an answer that is not a stream.
	bodyTime   = 30 * time.Second
	answerTime = 2 * time.Minute
)

// Log is what the door reads of the event log.
type Log interface {
	ReadStream(ctx context.Context, stream eventstore.StreamID, from domain.Revision) iter.Seq2[eventstore.Recorded, error]
	ReadLog(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error]
	Follow(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error]
	Find(ctx context.Context, source, id string) (eventstore.Recorded, error)
	At(ctx context.Context, position domain.Position) (eventstore.Recorded, error)
	Head(ctx context.Context) (domain.Position, error)
}

// Recorder is the write path.
type Recorder interface {
	Record(ctx context.Context, events []domain.Envelope) []commands.Outcome
	Stats() commands.Stats
}

// Parts are what the door opens on to.
type Parts struct {
	Log         Log
	Recorder    Recorder
	FollowUps   FollowUps
	Policies    Policies
	People      People
	Projections Projections
	Inbox       Inbox
	Relay       Relay
	Backup      Backup
	// Schedule is of the backups at intervals; nil if there are none.
	Schedule Schedule
	// Guard tells who asks, and Holder whose token that of a form is.
	Guard  Guard
	Holder func(ctx context.Context, token string) (access.Principal, error)
	// Sessions let browsers in, Limits bound what each principal does, and Trail says who
	// read what; nil for none.
	Sessions *access.Sessions
	Limits   *access.Limits
	Trail    *access.Trail
	Tokens   Tokens
	Notary   Notary
	// Checks are the parts that /readyz looks at beside the projections.
	Checks []Check
	// AsyncAPI makes the document about NATS, when it is first asked for.
	AsyncAPI func() ([]byte, error)
	// Version is the program's, for the page and the document.
	Version string
	// NATS is where NATS clients connect; empty if only this process can.
	NATS   string
	Now    func() time.Time
	Logger *zap.Logger
}

// Server answers HTTP requests.
type Server struct {
	Parts
	log      *zap.Logger
	mux      *http.ServeMux
	api      huma.API
	handler  http.Handler
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	// others are the patterns of routes that the document does not have.
	others []string
	// instance tells this run's ETags from those of another ledger at the same address.
	instance string
	// searching holds the one request that may search the whole log.
	searching chan struct{}
	// remembering holds the one request that may fold an account's past.
	remembering chan struct{}
	// ending is closed when streams must end.
	ending chan struct{}
	end    func()
}

// New makes a server. The error is a mistake in the handlers' declarations.
func New(p Parts) (*Server, error) {
	s := &Server{
		Parts: p, log: p.Logger, mux: http.NewServeMux(),
		instance: strconv.FormatInt(p.Now().UnixMilli(), 36), searching: make(chan struct{}, 1), remembering: make(chan struct{}, 1), ending: make(chan struct{}),
	}
	s.end = sync.OnceFunc(func() { close(s.ending) })
	s.api = newAPI(s.mux, p.Version)
	s.registerRecord()
	s.registerEvents()
	s.registerChanges()
	s.registerAccounts()
	s.registerPeople()
	s.registerReports()
	s.registerByTrust()
	s.registerFollowUps()
	s.registerPolicy()
	s.registerLedger()
	s.registerTokens()
	s.registerSessions()
	s.registerBackup()
	s.registerProof()
	s.registerHealth()
	s.registerMetrics()
	s.registerPages()
	s.documentRights()
	s.serveDocuments()
	if err := s.checkRights(); err != nil {
		return nil, err
	}
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, api.Forbidden("A page of another site may not do this."))
	}))
	s.handler = s.around(origin.Handler(http.HandlerFunc(s.route)))
	return s, nil
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Server is an HTTP server for the handler, with its limits. Shutting it down ends
// the streams.
func (s *Server) Server() *http.Server {
	server := &http.Server{
		Handler: s, MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: zap.NewStdLog(s.log.Named("http")),
	}
	server.RegisterOnShutdown(s.end)
	return server
}

// route finds the handler, and answers with a problem where there is none.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	if _, pattern := s.mux.Handler(r); pattern != "" {
		s.guarded(w, r, pattern)
		return
	}
	none := &discarded{header: make(http.Header)}
	s.mux.ServeHTTP(none, r)
	if none.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", none.header.Get("Allow"))
		writeProblem(w, api.ForStatus(none.status, "There are "+none.header.Get("Allow")+" here."))
		return
	}
	writeProblem(w, api.NotFound("Nothing is at this address; /docs lists what there is."))
}

// discarded takes an answer for its status and header alone.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) WriteHeader(status int)      { d.status = status }
func (d *discarded) Write(b []byte) (int, error) { return len(b), nil }
