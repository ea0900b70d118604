// Package client speaks to a running ledger over HTTP, for the command line and for
// programs that load data.
package client

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	slashpath "path"
	"strconv"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

// ErrUnreachable is wrapped by errors that say there is no server to speak to.
var ErrUnreachable = errors.New("no ledger answers")

// ErrID is an id that is empty or nothing but dots: in a path it would name something else.
var ErrID = errors.New("an id is empty, or nothing but dots")

// ErrUntrusted is wrapped by errors that say there is a server, and nobody we trust
// vouches for it.
var ErrUntrusted = errors.New("the server is not trusted")

// Batch is how many events are best sent together.
const Batch = 1000

// BatchBytes is about how many bytes a batch should have at most; the server takes
// more than twice as many.
const BatchBytes = 3 << 20

// maxWait is the longest, in seconds, that a client waits because a server says so.
const maxWait = 60

// Client speaks to one ledger. Refusals come back as [*api.Problem].
type Client struct {
	base  string
	shown string // base, for people: without a password
	token string
	http  *http.Client
}

// Options are what a client shows and whom it trusts.
type Options struct {
	// Token is shown with every request, if there is one. It does not go to another
	// machine without TLS.
	Token string
	// CA has certificates, in PEM, that are trusted besides the system's.
	CA []byte
}

// New makes a client for the server at the URL, such as http://127.0.0.1:8280.
func New(server string, o Options) (*Client, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		if i := strings.LastIndex(server, "@"); i >= 0 {
			server = "..." + server[i:] // before it may be a password
		}
		return nil, fmt.Errorf("%q is not the URL of a server, such as http://127.0.0.1:8280", server)
	}
	if o.Token != "" && u.Scheme == "http" && !isLocal(u.Hostname()) {
		return nil, fmt.Errorf("a token would go to %s where others can read it; use https", u.Host)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if o.CA != nil {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool() // a system without any
		}
		if !roots.AppendCertsFromPEM(o.CA) {
			return nil, errors.New("the file of certificates to trust has none in PEM")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	transport.Proxy = nil
	if !isLocal(u.Hostname()) {
		transport.Proxy = http.ProxyFromEnvironment
	}
	transport.MaxIdleConnsPerHost = 128
	transport.ResponseHeaderTimeout = 2 * time.Minute
	return &Client{
		base: strings.TrimRight(server, "/"), shown: strings.TrimRight(u.Redacted(), "/"), token: o.Token, http: &http.Client{Transport: transport},
	}, nil
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Record sends CloudEvents in structured mode as one batch and gives a receipt for
// each, in order.
func (c *Client) Record(ctx context.Context, events []json.RawMessage) ([]api.Receipt, error) {
	var body bytes.Buffer
	body.WriteByte('[')
	for i, e := range events {
		if i > 0 {
			body.WriteByte(',')
		}
		body.Write(e)
	}
	body.WriteByte(']')
	var receipts api.Receipts
	err := c.do(ctx, http.MethodPost, "/v1/events", "application/cloudevents-batch+json", &body, &receipts)
	if err == nil && len(receipts.Receipts) != len(events) {
		err = fmt.Errorf("the server answered %d events with %d receipts", len(events), len(receipts.Receipts))
	}
	return receipts.Receipts, err
}

// Get reads the JSON at the path into out.
func (c *Client) Get(ctx context.Context, path string, query url.Values, out any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.do(ctx, http.MethodGet, path, "", nil, out)
}

// Delete deletes what is at the path.
func (c *Client) Delete(ctx context.Context, path string) error {
	res, err := c.send(ctx, http.MethodDelete, path, "", nil)
	if err == nil {
		err = res.Body.Close()
	}
	return err
}

// Post sends a JSON body, or none if it is nil, and reads the answer into out.
func (c *Client) Post(ctx context.Context, path string, body, out any) error {
	if body == nil {
		return c.do(ctx, http.MethodPost, path, "", nil, out)
	}
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.do(ctx, http.MethodPost, path, "application/json", bytes.NewReader(b), out)
}

// Items reads the list at the path page by page, up to limit items; 0 reads all.
func Items[T any](ctx context.Context, c *Client, path string, query url.Values, limit int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		query = clone(query)
		for left := limit; ; {
			query.Set("limit", fmt.Sprint(pageSize(limit, left)))
			var page api.Page[T]
			if err := c.Get(ctx, path, query, &page); err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			left -= len(page.Items)
			if page.Next == "" || limit > 0 && left <= 0 {
				return
			}
			query.Set("cursor", page.Next)
		}
	}
}

func pageSize(limit, left int) int {
	if limit == 0 {
		return 500
	}
	return min(left, 500)
}

func clone(q url.Values) url.Values {
	c := make(url.Values, len(q)+2)
	for k, v := range q {
		c[k] = v
	}
	return c
}

// ErrBrokenOff is an answer that ended before it was whole.
var ErrBrokenOff = errors.New("the server's answer broke off")

// Lines reads the stream at the path line by line; only whole lines are given. A line
// is valid until the next. Error: [ErrBrokenOff].
func (c *Client) Lines(ctx context.Context, path string, query url.Values) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		res, err := c.send(ctx, http.MethodGet, path+"?"+query.Encode(), "", nil)
		if err != nil {
			yield(nil, err)
			return
		}
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(make([]byte, 64<<10), 16<<20)
		lines.Split(wholeLines)
		for lines.Scan() {
			if !yield(lines.Bytes(), nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(nil, fmt.Errorf("%w: %w", ErrBrokenOff, err))
		}
	}
}

func wholeLines(data []byte, atEOF bool) (advance int, line []byte, err error) {
	advance, line, err = bufio.ScanLines(data, false)
	if atEOF && advance == 0 && len(data) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return advance, line, err
}

// Copy writes the body of the answer at the path to out, byte for byte.
func (c *Client) Copy(ctx context.Context, path string, query url.Values, out io.Writer) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	res, err := c.send(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	in := &source{r: res.Body}
	if _, err := io.Copy(out, in); err != nil && in.err != nil {
		return fmt.Errorf("%w: %w", ErrBrokenOff, err)
	} else if err != nil {
		return err
	}
	return nil
}

// source remembers that it was reading that failed, and not writing.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

func (c *Client) do(ctx context.Context, method, path, contentType string, body io.Reader, out any) error {
	res, err := c.send(ctx, method, path, contentType, body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("the server's answer cannot be read: %w", err)
	}
	_, _ = io.Copy(io.Discard, res.Body) // so that the connection is used again
	return nil
}

// send sends a request. If there is too much at once, it waits as long as the server
// says and sends it again.
func (c *Client) send(ctx context.Context, method, path, contentType string, body io.Reader) (*http.Response, error) {
	if where, _, _ := strings.Cut(path, "?"); where != slashpath.Clean(where) {
		return nil, ErrID
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for {
		res, err := c.http.Do(req)
		if err != nil {
			return nil, c.transportError(ctx, err)
		}
		if res.StatusCode < 300 {
			return res, nil
		}
		err = problemOf(res)
		_ = res.Body.Close() // it has been read
		if res.StatusCode != http.StatusTooManyRequests || !c.again(ctx, req, res.Header) {
			return nil, err
		}
	}
}

// again waits until the request may be sent again and makes it ready for that; false if
// it is not to be.
func (c *Client) again(ctx context.Context, req *http.Request, h http.Header) bool {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds > maxWait || req.Body != nil && req.GetBody == nil {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Duration(max(1, seconds)) * time.Second):
	}
	if req.GetBody != nil {
		req.Body, err = req.GetBody()
	}
	return err == nil
}

// transportError tells a server that is not there from one that broke off.
func (c *Client) transportError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("%w: %s: %w", ErrUntrusted, c.shown, err)
	}
	return fmt.Errorf("%w at %s: %w", ErrUnreachable, c.shown, err)
}

func problemOf(res *http.Response) error {
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err != nil {
		return err
	}
	var p api.Problem
	if json.Unmarshal(b, &p) != nil || p.Title == "" {
		return fmt.Errorf("the server answered %s, which is not how a ledger answers", res.Status)
	}
	return &p
}
