// Package broker is where NATS comes from: a nats-server in this process, or one
// elsewhere.
//
// The embedded server lets in who shows a token, with the rights the token has over
// HTTP: who may read, reads what the ledger publishes; an emitter sends events. Where no
// token is required, those who show none may do both, as the user public. Nobody may do
// more; accounts.conf says how that is held. The ledger's own parts connect by [Role],
// in process.
package broker

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

// Role says what a connection is for, and so what it may do.
type Role string

const (
	// Relay writes the LEDGER stream. Nobody else can.
	Relay Role = "relay"
	// Reader reads it.
	Reader Role = "reader"
	// Door serves requests, takes in the inbox and keeps the rejected list.
	Door Role = "door"
	// Feed publishes the projections' answers and changes.
	Feed Role = "feed"
	// Notary publishes signed checkpoints.
	Notary Role = "notary"

	// keeper watches over the streams that have mirrors, publicKeeper over the mirrors.
	keeper       Role = "keeper"
	publicKeeper Role = "publickeeper"
)

// Options configure the embedded server.
type Options struct {
	// Dir is where JetStream keeps its streams.
	Dir string
	// Key encrypts them on disk; zeros leave them readable. Streams that were written
	// without one are encrypted at the first start with it.
	Key [32]byte
	// Listen is the address for clients, such as 127.0.0.1:4222; port 0 takes a free
	// one, and the empty string opens none: connections are then in process only.
	Listen string
	// Guard tells who a client is; nil lets in everybody, as [access.Local].
	Guard *access.Guard
	// TLS is what clients have to speak; nil for none. The ledger's own parts do not.
	TLS *tls.Config
	// Connections is how many clients there may be at a time, the ledger's own parts
	// among them; 0 for 4096.
	Connections int
	Logger      *zap.Logger
}

func (o Options) required() bool { return o.Guard != nil && o.Guard.Required }

// Broker is a running NATS, or the way to one.
type Broker struct {
	logger *zap.Logger
	url    string

	// elsewhere is a connection to the server elsewhere, kept to see whether it is there.
	elsewhere *nats.Conn

	// Of the embedded server only.
	options     Options
	credentials credentials
	stop        chan struct{}
	closed      sync.Once
	background  sync.WaitGroup

	// asked is the question to the server that is not answered yet; the supervisor's.
	asked <-chan error

	mu      sync.Mutex
	server  *server.Server // nil while it restarts, and for a server elsewhere
	trouble error          // what [Broker.Check] says
}

// Start runs a server in this process until [Broker.Close]. It fails if the address
// is taken or the directory cannot be used.
func Start(o Options) (*Broker, error) {
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	b := &Broker{logger: o.Logger, options: o, credentials: newCredentials(), stop: make(chan struct{})}
	s, err := b.run()
	if err != nil {
		return nil, err
	}
	b.server = s
	if o.Listen != "" {
		b.url = s.ClientURL()
		// A restart takes the same port again.
		b.options.Listen = s.Addr().String()
	}
	if o.Guard != nil {
		o.Guard.Tokens.OnRevoke(b.Disconnect)
	}
	if err := b.startMirrors(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	b.background.Go(b.supervise)
	return b, nil
}

// Dial uses the NATS server at the URL. What the ledger and others may do there is up
// to its operator.
func Dial(url string, logger *zap.Logger) (*Broker, error) {
	if logger == nil {
		logger = zap.NewNop()
	}
	b := &Broker{logger: logger, url: url}
	nc, err := b.Connect(Reader)
	if err != nil {
		return nil, err
	}
	b.elsewhere = nc
	if most := nc.MaxPayload(); most < MaxPayload {
		logger.Warn("the NATS server takes smaller messages than the ledger would",
			zap.Int64("max_payload", most), zap.Int("wanted", MaxPayload))
	}
	return b, nil
}

const (
	reconnectWait = 100 * time.Millisecond
	// comeback is how long a first connection waits for the embedded server.
	comeback = 10 * time.Second
)

// Connect opens a connection for the role. It comes back by itself after a restart of
// the server, and waits for one under way; what is published meanwhile fails at once
// instead of piling up. The caller closes it.
func (b *Broker) Connect(role Role) (*nats.Conn, error) {
	opts := []nats.Option{
		nats.Name("rapport " + string(role)),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(50*time.Millisecond, 50*time.Millisecond),
		nats.ReconnectBufSize(-1),
		nats.IgnoreDiscoveredServers(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.logger.Warn("NATS connection", zap.String("role", string(role)), zap.Error(err))
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				b.logger.Warn("NATS connection lost", zap.String("role", string(role)), zap.Error(err))
			}
		}),
	}
	servers := b.url
	if b.embedded() {
		servers = "" // in the process there is no TLS
		opts = append(opts, nats.InProcessServer(b), nats.UserInfo(string(role), b.credentials.of(role)))
	}
	nc, err := nats.Connect(servers, opts...)
	// The embedded server may be just being replaced.
	for began := time.Now(); err != nil && b.embedded() && time.Since(began) < comeback; {
		time.Sleep(reconnectWait)
		nc, err = nats.Connect(servers, opts...)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to NATS as %s: %w", role, err)
	}
	return nc, nil
}

// InProcessConn gives a connection to the server that runs now, for
// [nats.InProcessServer].
func (b *Broker) InProcessConn() (net.Conn, error) {
	b.mu.Lock()
	s := b.server
	b.mu.Unlock()
	if s == nil {
		return nil, nats.ErrNoServers
	}
	return s.InProcessConn()
}

// URL is where clients connect, without the ledger's own credentials; empty if only this
// process can.
func (b *Broker) URL() string {
	servers := strings.Split(b.url, ",")
	for i, server := range servers {
		if u, err := url.Parse(strings.TrimSpace(server)); err == nil {
			u.User = nil
			servers[i] = u.String()
		}
	}
	return strings.Join(servers, ",")
}

// Check says what is wrong with the embedded server, if something is, such as a full
// disk, or that there is no way to the one elsewhere. It is cheap: the answer is at
// most a second or so old, or some six where the server does not answer. That a stream
// has files and is not open is said after three looks, half a second apart.
func (b *Broker) Check() error {
	if b.elsewhere != nil && !b.elsewhere.IsConnected() {
		return errAway
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.trouble
}

var errAway = errors.New("there is no connection to the NATS server; it is tried again all the time")

// Close stops the embedded server, if there is one. Connections end. Closing again
// does nothing. The error is that the server does not stop, and is left as it is.
func (b *Broker) Close() (err error) {
	if !b.embedded() {
		b.elsewhere.Close()
		return nil
	}
	b.closed.Do(func() {
		close(b.stop)
		b.background.Wait()
		b.mu.Lock()
		s := b.server
		b.server = nil
		b.mu.Unlock()
		err = b.leave(s)
	})
	return err
}

// leave shuts the server down, or gives up on one that hangs: what it acknowledged is
// on disk.
func (b *Broker) leave(s *server.Server) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		shutdown(s)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(2 * answerTime):
		return fmt.Errorf("stop: %w", errHangs)
	}
}

func (b *Broker) embedded() bool { return b.stop != nil }

// run starts a server and waits until it serves.
func (b *Broker) run() (*server.Server, error) {
	opts, err := serverOptions(b.options, b.credentials)
	if err != nil {
		return nil, err
	}
	door := newDoorman(b.options.Guard, opts.Users, b.logger)
	opts.CustomClientAuthentication = door
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("embedded NATS server: %w", err)
	}
	door.server = s
	log := &serverLog{logger: b.logger}
	s.SetLoggerV2(log, false, false, false)
	s.Start()
	if err := log.fatal(); err != nil {
		shutdown(s)
		return nil, fmt.Errorf("embedded NATS server: %w", err)
	}
	if !s.ReadyForConnections(30 * time.Second) {
		shutdown(s)
		return nil, errors.New("embedded NATS server: not ready after 30 seconds")
	}
	if err := b.greet(s); err != nil {
		shutdown(s)
		return nil, fmt.Errorf("embedded NATS server: JetStream did not start: %w", err)
	}
	return s, nil
}

// greet has JetStream answer, several times so that each of its workers has had its
// turn: one that first runs after the server was stopped panics.
func (b *Broker) greet(s *server.Server) error {
	if !s.JetStreamEnabled() {
		return errors.New("it is disabled")
	}
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.UserInfo(string(keeper), b.credentials.of(keeper)))
	if err != nil {
		return err
	}
	defer nc.Close()
	for range 16 {
		if _, err := nc.Request("$JS.API.INFO", nil, 10*time.Second); err != nil {
			return err
		}
	}
	return nil
}

func shutdown(s *server.Server) {
	if s != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
}
