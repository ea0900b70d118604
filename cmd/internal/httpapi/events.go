package httpapi

import (
	"context"
	"iter"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

const (
	ndjsonType = "application/x-ndjson"
	// chunk is how much of a stream is written together, and chunkTime how long the
	// client may take for it.
	chunk     = 64 << 10
	chunkTime = 30 * time.Second
)

func (s *Server) registerEvents() {
	list := get("read-events", "/v1/events", "Events", "Read the log",
		"A stream of CloudEvents in structured mode, one a line, in the order of the log, with `sequence` (the position) and "+
			"`recordedtime`. It ends at the log's head; /v1/changes goes on. Where data is missing because somebody was forgotten, "+
			"`forgotten` is a JSON list, as text, of `contact`, `position` (of the person.forgotten) and `at`.")
	list.Responses["200"] = &huma.Response{
		Description: "CloudEvents, one a line", Content: map[string]*huma.MediaType{ndjsonType: {Schema: &huma.Schema{Type: huma.TypeString}}},
	}
	handle(s, list, s.events)

	one := get("get-event", "/v1/events/{position}", "Events", "Get an event", "A CloudEvent in structured mode.")
	one.Responses["200"] = &huma.Response{
		Description: "A CloudEvent", Content: map[string]*huma.MediaType{structuredType: {Schema: &huma.Schema{Type: huma.TypeObject}}},
	}
	handle(s, one, s.event)
}

// Selection is which events of the log a reader wants.
type Selection struct {
	Account string   `query:"account" maxLength:"64" doc:"this account's stream only"`
	Type    []string `query:"type" doc:"stored names, families such as complaint.*, or CloudEvents types; separated by commas"`
	After   uint64   `query:"after" doc:"position to begin after"`
}

type eventsIn struct {
	Selection
	From    Time   `query:"from" doc:"occurred then or later"`
	To      Time   `query:"to" doc:"occurred before"`
	KnownAt Time   `query:"known_at" doc:"recorded by then"`
	Source  string `query:"source" maxLength:"256" doc:"with id: the one event of that identity"`
	ID      string `query:"id" maxLength:"256" doc:"with source: the one event of that identity"`
}

func (s *Server) events(ctx context.Context, in *eventsIn) (*huma.StreamResponse, error) {
	filter, err := in.filter()
	if err := refusals(err, span(in.From, in.To)); err != nil {
		return nil, err
	}
	filter.from, filter.to, filter.knownAt = in.From.Time, in.To.Time, in.KnownAt.Time
	records := s.readFrom(ctx, filter)
	if in.Source != "" || in.ID != "" {
		if records, err = s.identified(ctx, in.Source, in.ID); err != nil {
			return nil, err
		}
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		w.Header().Set("Content-Type", ndjsonType)
		if r.Method == http.MethodHead {
			return
		}
		s.writeStream(ctx, w, filter, records)
	}}, nil
}

// identified is the event of that source and id.
func (s *Server) identified(ctx context.Context, source, id string) (iter.Seq2[eventstore.Recorded, error], error) {
	if source == "" || id == "" {
		return nil, api.Refused("", domain.Fault{Location: "query.id", Message: "source and id name an event together; give both"})
	}
	found, err := s.Log.Find(ctx, source, id)
	if err != nil {
		return nil, err
	}
	return func(yield func(eventstore.Recorded, error) bool) { yield(found, nil) }, nil
}

// writeStream writes the records that pass. An error is answered with a problem in
// their place if none was sent yet; afterwards it cuts the connection, so that what
// came is not taken for the whole.
func (s *Server) writeStream(ctx context.Context, w http.ResponseWriter, f filter, records iter.Seq2[eventstore.Recorded, error]) {
	control := http.NewResponseController(w)
	buf := make([]byte, 0, chunk+4<<10)
	begun := false
	flush := func() bool {
		begun = true
		_ = control.SetWriteDeadline(time.Now().Add(chunkTime)) // tests' writers have none
		_, err := w.Write(buf)
		buf = buf[:0]
		return err == nil
	}
	for rec, err := range records {
		var line []byte
		var pass, done bool
		if err == nil {
			line, pass, done, err = f.line(buf, rec, s.People)
		}
		if err != nil {
			if begun && flush() {
				_ = control.Flush() // what was good of it; then the connection is cut
			}
			s.streamFailed(ctx, w, begun, err)
			return
		}
		if done || ctx.Err() != nil {
			break
		}
		if !pass {
			continue
		}
		showed(ctx, 1)
		if buf = line; len(buf) >= chunk && !flush() {
			return
		}
	}
	flush()
}

func (s *Server) streamFailed(ctx context.Context, w http.ResponseWriter, begun bool, err error) {
	if ctx.Err() != nil {
		panic(http.ErrAbortHandler) // nobody is there
	}
	p := s.problem(ctx, err)
	if begun {
		panic(http.ErrAbortHandler)
	}
	writeProblem(w, p)
}

// readFrom reads the account's stream, or the log.
func (s *Server) readFrom(ctx context.Context, f filter) iter.Seq2[eventstore.Recorded, error] {
	if f.account != "" {
		return s.Log.ReadStream(ctx, f.account, 1)
	}
	return s.Log.ReadLog(ctx, f.after)
}

// filter decides which events pass.
type filter struct {
	account  domain.AccountID
	types    []domain.Type
	after    domain.Position
	from, to time.Time
	knownAt  time.Time
}

func (in Selection) filter() (filter, error) {
	account, badAccount := accountFilter(in.Account)
	types, badType := typesOf(in.Type)
	return filter{account: account, types: types, after: domain.Position(in.After)}, refusals(badAccount, badType)
}

// line appends the event to dst if it passes; done says that none after it will.
func (f filter) line(dst []byte, rec eventstore.Recorded, people People) (line []byte, pass, done bool, err error) {
	if !f.knownAt.IsZero() && rec.RecordedAt.After(f.knownAt) {
		return dst, false, true, nil
	}
	if rec.Position <= f.after || f.account != "" && rec.Stream != f.account {
		return dst, false, false, nil
	}
	r, err := codec.Decode(rec)
	if err != nil {
		return dst, false, false, err
	}
	if len(f.types) > 0 && !slices.Contains(f.types, r.Type) || r.OccurredAt.Before(f.from) || !f.to.IsZero() && !r.OccurredAt.Before(f.to) {
		return dst, false, false, nil
	}
	r, forgotten, err := people.Open(r)
	if err != nil {
		return dst, false, false, err
	}
	return append(codec.AppendStructured(dst, r, forgotten...), '\n'), true, false, nil
}

type eventIn struct {
	Position uint64 `path:"position" minimum:"1"`
}

type raw struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (s *Server) event(ctx context.Context, in *eventIn) (*raw, error) {
	event, err := s.People.Event(ctx, domain.Position(in.Position))
	if err != nil {
		return nil, err
	}
	return &raw{structuredType, append(event, '\n')}, nil
}
