package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

type requestIDKey struct{}

// requestID is the id of the request that ctx belongs to.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// around is everything that happens to every request: an id, a line in the log, a
// measurement, a deadline, and a plain problem where a handler panics.
func (s *Server) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := r.Header.Get("X-Request-Id")
		if !plainID(id) {
			id = uuid.NewString()
		}
		w.Header().Set("X-Request-Id", id)
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		seen := &responseWriter{ResponseWriter: w}
		_ = http.NewResponseController(w).SetWriteDeadline(began.Add(answerTime)) // tests' writers have none
		defer func() {
			reason := recover()
			// Ended normally, an answer that was cut short would look whole.
			cut := reason == http.ErrAbortHandler || reason != nil && seen.status != 0
			if reason != nil && reason != http.ErrAbortHandler {
				s.panicked(seen, id, reason)
			}
			s.served(r, seen, id, time.Since(began))
			if cut {
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(seen, r)
	})
}

// plainID reports whether a client's request id may go into our log as it is.
func plainID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func (s *Server) panicked(w *responseWriter, id string, reason any) {
	p := api.ForStatus(http.StatusInternalServerError, "The error is in the server's log.")
	s.log.Error("panic in a handler", zap.String("request", id), zap.String("correlation", p.Correlation),
		zap.String("panic", fmt.Sprint(reason)), zap.ByteString("stack", debug.Stack()))
	if w.status == 0 {
		writeProblem(w, p)
	}
}

func (s *Server) served(r *http.Request, w *responseWriter, id string, took time.Duration) {
	route := r.Pattern
	if route == "" {
		route = "none"
	}
	status := w.status
	if status == 0 {
		status = http.StatusOK
	}
	s.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
	s.log.Debug("request", zap.String("request", id), zap.String("method", r.Method), zap.String("path", r.URL.Path),
		zap.Int("status", status), zap.Int64("bytes", w.written), zap.Duration("took", took), zap.String("remote", r.RemoteAddr))
}

// responseWriter remembers the status and the size of an answer.
type responseWriter struct {
	http.ResponseWriter
	status  int
	written int64
}

func (w *responseWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *responseWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.written += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// writeProblem answers with a problem outside of huma's typed handlers.
func writeProblem(w http.ResponseWriter, p *api.Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	writeJSON(w, p.Status, p.ContentType(""), p)
}

func writeJSON(w http.ResponseWriter, status int, contentType string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own structs
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // the client went away: nobody to tell
}
