package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

const (
	changesPath = "/v1/changes"
	followRoute = "GET " + changesPath
)

// heartbeat is how often a quiet stream of changes says that it is alive.
const heartbeat = 15 * time.Second

func (s *Server) registerChanges() {
	op := get("follow-events", changesPath, "Events", "Follow the log",
		"Server-sent events: each recorded event as a CloudEvent in structured mode, its position as the id. A client that "+
			"reconnects with `Last-Event-ID`, as browsers do, misses nothing. A position that the log does not have is refused. "+
			"Begins at the head unless told otherwise.")
	op.Responses["200"] = &huma.Response{
		Description: "Server-sent events", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}
	handle(s, op, s.changes)
}

type changesIn struct {
	Account     string   `query:"account" maxLength:"64" doc:"this account's events only"`
	Type        []string `query:"type" doc:"stored names, families such as complaint.*, or CloudEvents types; separated by commas"`
	After       string   `query:"after" pattern:"^[0-9]+$" maxLength:"20" doc:"position to begin after; the head if absent"`
	LastEventID string   `header:"Last-Event-ID" pattern:"^[0-9]+$" maxLength:"20" doc:"the same, and stronger"`
}

func (s *Server) changes(ctx context.Context, in *changesIn) (*huma.StreamResponse, error) {
	f, err := Selection{Account: in.Account, Type: in.Type}.filter()
	if err != nil {
		return nil, err
	}
	if f.after, err = s.beginning(ctx, in); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		end, ok := s.Limits.Follow(access.From(ctx))
		if !ok {
			writeProblem(w, api.TooMany("As many streams are followed as one may follow at a time; end some.", heartbeat))
			return
		}
		defer end()
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodHead {
			s.follow(ctx, w, f)
		}
	}}, nil
}

// beginning is the position that the client has seen. One that the log does not have, which it
// remembers of a time before a restore, is refused: it would miss what is recorded up to there.
func (s *Server) beginning(ctx context.Context, in *changesIn) (domain.Position, error) {
	given, location := in.LastEventID, "header.Last-Event-ID"
	if given == "" {
		given, location = in.After, "query.after"
	}
	head, err := s.Log.Head(ctx)
	if given == "" || err != nil {
		return head, err
	}
	n, err := strconv.ParseUint(given, 10, 64)
	if err != nil {
		return 0, api.Refused("", domain.Fault{Location: location, Message: "is not a position"})
	}
	if domain.Position(n) > head {
		return 0, api.Refused("", domain.Fault{Location: location, Message: fmt.Sprintf("the log ends at %d; begin again from there", head)})
	}
	return domain.Position(n), nil
}

type change struct {
	rec eventstore.Recorded
	err error
}

// follow sends events until the client goes away or the server ends.
func (s *Server) follow(ctx context.Context, w http.ResponseWriter, f filter) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changes := make(chan change, 64)
	go func() {
		defer close(changes)
		for rec, err := range s.Log.Follow(ctx, f.after) {
			select {
			case changes <- change{rec, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	out := sender{w: w, control: http.NewResponseController(w), filter: f, people: s.People, seen: f.after, shown: func() { showed(ctx, 1) }}
	for ok := out.beat(); ok; {
		select {
		case c, open := <-changes:
			if !open || c.err != nil {
				s.followEnded(ctx, c.err)
				return
			}
			ok = s.sent(ctx, out.send(c.rec, len(changes) > 0))
		case <-beat.C:
			ok = out.beat()
		case <-ctx.Done():
			return
		case <-s.ending:
			return
		}
	}
}

func (s *Server) sent(ctx context.Context, err error) bool {
	if err != nil && ctx.Err() == nil {
		s.log.Debug("a follower of the log left", zap.String("request", requestID(ctx)), zap.Error(err))
	}
	return err == nil
}

func (s *Server) followEnded(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		s.log.Error("following the log failed", zap.String("request", requestID(ctx)), zap.Error(err))
	}
}

// sender writes server-sent events.
type sender struct {
	w       http.ResponseWriter
	control *http.ResponseController
	filter  filter
	people  People
	buf     []byte
	shown   func() // counts what is sent
	// seen is the last position looked at, sent or not.
	seen domain.Position
}

// send writes the event if it passes; more says that others follow at once, so that
// they may share a packet.
func (s *sender) send(rec eventstore.Recorded, more bool) error {
	s.seen = rec.Position
	s.buf = append(s.buf[:0], "id: "...)
	s.buf = strconv.AppendUint(s.buf, uint64(rec.Position), 10)
	line, pass, _, err := s.filter.line(append(s.buf, "\ndata: "...), rec, s.people)
	s.buf = line
	if err == nil && pass {
		s.shown()
		_ = s.control.SetWriteDeadline(time.Now().Add(chunkTime)) // tests' writers have none
		_, err = s.w.Write(append(line, '\n'))
	}
	if err == nil && !more {
		err = s.control.Flush()
	}
	return err
}

// beat says that the stream is alive, and how far it has looked: a client that
// reconnects goes on from there.
func (s *sender) beat() bool {
	_ = s.control.SetWriteDeadline(time.Now().Add(chunkTime)) // tests' writers have none
	_, err := s.w.Write(strconv.AppendUint([]byte("id: "), uint64(s.seen), 10))
	if err == nil {
		_, err = s.w.Write([]byte("\n\n"))
	}
	return err == nil && s.control.Flush() == nil
}
