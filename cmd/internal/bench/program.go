package bench

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
)

// program is what is measured, in a process of its own.
type program struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	http   string // http://host:port
	nats   string // nats://host:port
	client *http.Client
	// took is the time from its start until it was ready.
	took time.Duration
}

var upLine = regexp.MustCompile(` is up: (http://[^,]+), NATS ([^,]+),`)

// start runs the program on the data directory and waits until it is ready.
func start(ctx context.Context, path, data string) (*program, error) {
	s := &program{cmd: exec.Command(path, "serve", "--data", data, "--http", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0", "--log-level", "warn")}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.Proxy = 1024, nil
	s.client = &http.Client{Transport: transport}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.cmd.Stderr = &s.stderr
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if err := s.awaitReady(ctx, stdout); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", path, err), s.kill())
	}
	s.took = time.Since(began)
	return s, nil
}

func (s *program) awaitReady(ctx context.Context, stdout io.Reader) error {
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addresses := upLine.FindStringSubmatch(line)
	if addresses == nil {
		return fmt.Errorf("it said %q: %w", line, err)
	}
	s.http, s.nats = addresses[1], addresses[2]
	for {
		err := s.get(ctx, "/readyz", nil)
		if err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// stop ends the server in good order.
func (s *program) stop() error {
	s.client.CloseIdleConnections()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the server ended with %w:\n%s", err, &s.stderr)
	}
	return nil
}

// kill ends the server at once; its output says why that was needed.
func (s *program) kill() error {
	_ = s.cmd.Process.Kill() // it may have ended
	_ = s.cmd.Wait()
	if s.stderr.Len() == 0 {
		return nil
	}
	return fmt.Errorf("the server said:\n%s", &s.stderr)
}

// get reads JSON at the path into answer, unless that is nil.
func (s *program) get(ctx context.Context, path string, answer any) error {
	body, err := s.do(ctx, http.MethodGet, path, "", nil)
	if err != nil || answer == nil {
		return err
	}
	return json.Unmarshal(body, answer)
}

// do asks and expects a 2xx other than the 207 of a batch with rejected events.
func (s *program) do(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.http+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode/100 != 2 || resp.StatusCode == http.StatusMultiStatus) {
		_, problem, _ := bytes.Cut(answer, []byte(`"problem":`)) // of the first event that was rejected
		err = fmt.Errorf("%s %s: %s: %.1000s", method, path, resp.Status, cmp.Or(string(problem), string(answer)))
	}
	return answer, err
}

// post records an event, or a batch of them if there are several.
func (s *program) post(ctx context.Context, events ...[]byte) ([]byte, error) {
	body, contentType := together(events)
	return s.do(ctx, http.MethodPost, "/v1/events", contentType, body)
}

// together is the body for one event or for several, with its content type.
func together(events [][]byte) (body []byte, contentType string) {
	if len(events) == 1 {
		return events[0], "application/cloudevents+json"
	}
	body = append([]byte{'['}, bytes.Join(events, []byte{','})...)
	return append(body, ']'), "application/cloudevents-batch+json"
}

// projections is how they stand.
func (s *program) projections(ctx context.Context) ([]api.Projection, error) {
	var page api.Page[api.Projection]
	err := s.get(ctx, "/v1/projections", &page)
	return page.Items, err
}

// settled waits until all projections have everything, and gives their position.
func (s *program) settled(ctx context.Context) (domain.Position, error) {
	for {
		all, err := s.projections(ctx)
		if err != nil {
			return 0, err
		}
		at, live := domain.Position(0), len(all) > 0
		for _, p := range all {
			if p.State == "failed" {
				return 0, fmt.Errorf("projection %s has failed: %s", p.Name, p.Error)
			}
			live = live && p.State == "live" && p.Lag == 0 && (at == 0 || at == p.Position)
			at = p.Position
		}
		if live {
			return at, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// memory is the server's resident memory in bytes, and the most it was since
// [program.forgetPeak]. Both are 0 where the system does not tell.
func (s *program) memory() (now, most int64) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			now = kib << 10
		case "VmHWM":
			most = kib << 10
		}
	}
	return now, most
}

// cpu is how much processor time the server has had so far; 0 where the system does not
// tell.
func (s *program) cpu() time.Duration {
	const ticks = 100 // a second, wherever Linux runs
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	// The second field is the program's name, in parentheses; fields 14 and 15 are the
	// ticks in the program and in the kernel.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	kernel, _ := strconv.Atoi(fields[12])
	return time.Duration(user+kernel) * time.Second / ticks
}

// forgetPeak has the most memory counted from now on.
func (s *program) forgetPeak() {
	// 5 resets the high water mark. Where that is not allowed the peak is that of the
	// whole life, which errs on the safe side.
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.cmd.Process.Pid), []byte("5"), 0)
}
