package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
)

// counter is a recorder that records everything and keeps nothing.
type counter struct{ Recorder }

func (counter) Record(_ context.Context, events []domain.Envelope) []commands.Outcome {
	outcomes := make([]commands.Outcome, len(events))
	for i, e := range events {
		outcomes[i].Receipt = commands.Receipt{Source: e.Source, ID: e.ID, Account: e.Account, Position: domain.Position(i + 1), Revision: 1}
	}
	return outcomes
}

func newServer(t testing.TB, p Parts) *Server {
	t.Helper()
	if p.Logger == nil {
		p.Logger = zap.NewNop()
	}
	p.Now = time.Now
	if p.Guard == nil {
		p.Guard = as(access.Local)
	}
	s, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const call = `{"specversion":"1.0","id":"1","source":"test","type":"rapport.interaction.held.v1","subject":"acme","data":{"kind":"call"}}`

// FuzzRecord sends anything to the door that records. Whatever comes, the answer is
// one that is documented, and has a receipt for each event of a batch.
func FuzzRecord(f *testing.F) {
	f.Add(structuredType, "", []byte(call))
	f.Add(plainJSON, "", []byte(" ["+call+","+call+"]"))
	f.Add(batchType, "", []byte(`[{},17,"x",null,`+call+`]`))
	f.Add(plainJSON, "id=1 source=test type=rapport.interaction.held.v1 specversion=1.0 subject=%41cme", []byte(`{"kind":"call"}`))
	f.Add(structuredType+"; charset=latin1", "", []byte{0xff, 0xfe})
	f.Add("", "", []byte(nil))
	s := newServer(f, Parts{Recorder: counter{}})
	f.Fuzz(func(t *testing.T, contentType, attributes string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/v1/events", strings.NewReader(string(body)))
		r.Header["Content-Type"] = []string{contentType}
		for pair := range strings.FieldsSeq(attributes) {
			name, value, _ := strings.Cut(pair, "=")
			r.Header.Add("ce-"+name, value)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		switch w.Code {
		case 201, 207:
			var receipts api.Receipts
			if err := json.Unmarshal(w.Body.Bytes(), &receipts); err != nil || len(receipts.Receipts) == 0 {
				t.Errorf("got %d with %q", w.Code, w.Body)
			}
			if receipts.Rejected() != (w.Code == 207) {
				t.Errorf("got %d with %s", w.Code, w.Body)
			}
		case 400, 413, 415, 422:
			var p api.Problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != w.Code || p.Internal() {
				t.Errorf("got %d with %q", w.Code, w.Body)
			}
		default:
			t.Errorf("got %d for %q %q %q: %s", w.Code, contentType, attributes, body, w.Body)
		}
	})
}

// pipes is a listener whose connections stay in the process, so that a test's clock
// governs their deadlines.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// serveInPipe runs the server in the bubble of a test and gives a connection to it.
func serveInPipe(t *testing.T, s *Server) net.Conn {
	t.Helper()
	p := &pipes{make(chan net.Conn), make(chan struct{})}
	server := s.Server()
	go func() { _ = server.Serve(p) }()
	client, end := net.Pipe()
	p.conns <- end
	t.Cleanup(func() { _ = client.Close(); _ = server.Close() })
	return client
}

func TestABodyThatDoesNotComeIsNotWaitedForLongerThanHalfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := serveInPipe(t, newServer(t, Parts{Recorder: counter{}}))
		began := time.Now()
		go func() {
			_, _ = fmt.Fprintf(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\n{", structuredType)
		}()
		answer, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") || !strings.Contains(string(answer), "did not arrive within 30s") {
			t.Errorf("got %s", answer)
		}
		if took := time.Since(began); took > 35*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestHeadersThatDoNotComeEndTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := serveInPipe(t, newServer(t, Parts{}))
		began := time.Now()
		go func() { _, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHo") }()
		_, _ = io.ReadAll(conn) // whatever it says
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// broken is a log that panics.
type broken struct{ Log }

func TestAHandlerThatPanicsIsAPlainProblemAndALineInTheLog(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.ErrorLevel)
	s := newServer(t, Parts{Log: broken{}, Logger: zap.New(core)})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/events/1", nil))
	var p api.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusInternalServerError || !p.Internal() {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	if strings.Contains(w.Body.String(), "nil pointer") {
		t.Errorf("the answer tells what is inside: %s", w.Body)
	}
	if logs.Len() != 1 || logs.All()[0].ContextMap()["correlation"] != p.Correlation {
		t.Errorf("the log has %v, want a line with correlation %s", logs.All(), p.Correlation)
	}
}

func TestARequestKeepsItsIDIfItIsAPlainOne(t *testing.T) {
	t.Parallel()
	s := newServer(t, Parts{})
	for given, kept := range map[string]bool{"trace-7": true, "": false, "a b": false, "x\"y": false, strings.Repeat("x", 65): false} {
		r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
		r.Header.Set("X-Request-Id", given)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if got := w.Header().Get("X-Request-Id"); (got == given) != kept || got == "" {
			t.Errorf("given %q: got %q", given, got)
		}
	}
}

func TestABodyHasNoMoreRoomThanWhatHasComeOfIt(t *testing.T) {
	// Not parallel: it counts what is allocated.
	const clients = 50
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range clients {
		r := httptest.NewRequest(http.MethodPost, "/v1/events", iotest.ErrReader(io.ErrUnexpectedEOF))
		r.ContentLength = MaxBody
		if _, err := readBody(httptest.NewRecorder(), r); err == nil {
			t.Error("a body that did not come was read")
		}
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / clients; got > 256<<10 {
		t.Errorf("a body that was announced and did not come takes %d bytes", got)
	}
	for _, size := range []int{0, 1, firstRead, firstRead + 1, 3 * firstRead, MaxBody} {
		for _, announced := range []int64{-1, int64(size)} {
			r := httptest.NewRequest(http.MethodPost, "/v1/events", strings.NewReader(strings.Repeat("b", size)))
			r.ContentLength = announced
			if b, err := readBody(httptest.NewRecorder(), r); err != nil || len(b) != size {
				t.Errorf("%d bytes, announced as %d: got %d, %v", size, announced, len(b), err)
			}
		}
	}
}
