package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// binary builds the program once for all tests that run it as a process of its own.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "rapport-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "rapport")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// process is a server in a process of its own, on one data directory and at one pair
// of addresses however often it is started.
type process struct {
	t        *testing.T
	data     string
	http     string
	nats     string
	args     []string          // more of them for serve
	token    string            // that who asks shows; empty: none
	tokens   map[string]string // that who sends shows, by source
	cmd      *exec.Cmd
	output   *bytes.Buffer
	exited   chan struct{}
	exitCode int
}

func newProcess(t *testing.T, data string) *process {
	t.Helper()
	return &process{t: t, data: data, http: freeAddress(t), nats: freeAddress(t)}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start runs the server; ready waits until it answers.
func (p *process) start() {
	p.t.Helper()
	path, err := binary()
	if err != nil {
		p.t.Fatal(err)
	}
	p.output = new(bytes.Buffer)
	p.cmd = exec.Command(path, append([]string{"serve", "--data", p.data, "--http", p.http, "--nats-listen", p.nats}, p.args...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.exited = make(chan struct{})
	go func() {
		_ = p.cmd.Wait()
		p.exitCode = p.cmd.ProcessState.ExitCode()
		close(p.exited)
	}()
	p.t.Cleanup(func() { p.kill() })
}

// kill ends the server without a word of warning.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// stop asks the server to end and waits until it has.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.exited:
		if p.exitCode != 0 {
			p.t.Fatalf("the server ended with %d:\n%s", p.exitCode, p.output)
		}
	case <-time.After(30 * time.Second):
		p.t.Fatalf("the server did not end:\n%s", p.output)
	}
}

// ready waits until the server is ready to serve.
func (p *process) ready() {
	p.t.Helper()
	p.eventually("ready", func() error {
		select {
		case <-p.exited:
			p.t.Fatalf("the server ended with %d:\n%s", p.exitCode, p.output)
		default:
		}
		return p.get("/readyz", nil)
	})
}

// eventually tries until it works, for a minute at the most.
func (p *process) eventually(what string, try func() error) {
	p.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			p.t.Fatalf("%s: %v", what, err)
		}
	}
}

func (p *process) url(path string) string { return "http://" + p.http + path }

// get reads JSON; answer may be nil.
func (p *process) get(path string, answer any) error {
	resp, err := p.fetch(path)
	return decode(resp, err, http.StatusOK, answer)
}

func (p *process) fetch(path string) (*http.Response, error) {
	return p.do(context.Background(), p.token, http.MethodGet, path, "", nil)
}

// do sends a request that shows the token, unless it is empty.
func (p *process) do(ctx context.Context, token, method, path, contentType string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.url(path), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return http.DefaultClient.Do(req)
}

// post sends a body and gives the status and the answer.
func (p *process) post(ctx context.Context, path, contentType string, body []byte) (int, []byte, error) {
	return p.postAs(ctx, p.token, path, contentType, body)
}

func (p *process) postAs(ctx context.Context, token, path, contentType string, body []byte) (int, []byte, error) {
	resp, err := p.do(ctx, token, http.MethodPost, path, contentType, body)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

func decode(resp *http.Response, err error, want int, answer any) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != want {
		return fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(body, answer)
}

// run runs the program as a client and gives its output.
func (p *process) run(args ...string) (string, error) {
	path, err := binary()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), "RAPPORT_SERVER="+p.url(""), "RAPPORT_TOKEN="+p.token)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (p *process) connect() *nats.Conn {
	p.t.Helper()
	nc, err := nats.Connect(p.nats, nats.Token(p.token))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(nc.Close)
	return nc
}

// touchpoint is a CloudEvent in structured mode. Its notes are the contact's.
func touchpoint(source, id, account string) []byte {
	return fmt.Appendf(nil, `{"specversion":"1.0","type":"rapport.interaction.held.v1","source":%q,"id":%q,"subject":%q,`+
		`"time":"2026-03-01T10:00:00Z","data":{"kind":"call","direction":"inbound","contacts":[%q],"notes":%q}}`,
		source, id, account, contact(id), secret+strings.Repeat(" They said what they said.", 8))
}
