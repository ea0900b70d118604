package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/asyncapi"
	"github.com/rapport-ledger/rapport/cmd/internal/backup"
	"github.com/rapport-ledger/rapport/cmd/internal/broker"
	"github.com/rapport-ledger/rapport/cmd/internal/feed"
	"github.com/rapport-ledger/rapport/cmd/internal/httpapi"
	"github.com/rapport-ledger/rapport/cmd/internal/ingress"
	"github.com/rapport-ledger/rapport/cmd/internal/people"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/keyring"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
	"github.com/rapport-ledger/rapport/eventstore/proof"
	"github.com/rapport-ledger/rapport/eventstore/relay"
	"github.com/rapport-ledger/rapport/eventstore/tail"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/checklist"
	"github.com/rapport-ledger/rapport/projections/closeness"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/improvement"
	"github.com/rapport-ledger/rapport/projections/performance"
	"github.com/rapport-ledger/rapport/projections/portfolio"
	"github.com/rapport-ledger/rapport/projections/promises"
	"github.com/rapport-ledger/rapport/projections/timeline"
	"github.com/rapport-ledger/rapport/projections/trust"
	"github.com/rapport-ledger/rapport/projections/voice"
)

const (
	// tick is how often the timekeeper looks.
	tick = 10 * time.Second
	// drainTime is how long requests under way may take to finish, and settleTime how
	// long the relay and the projections may take to catch up, when the ledger stops.
	drainTime  = 10 * time.Second
	settleTime = 5 * time.Second
	// relayLook is how often it is looked at meanwhile how far the relay has come.
	relayLook = 5 * time.Millisecond
)

// Directories of the data directory.
const (
	natsDir  = "nats"
	viewsDir = "views"
	proofDir = "proof"
	keysDir  = "keys"
)

// options say where the ledger is and how it is reached.
type options struct {
	data       string // directory
	http       string // address to listen on; port 0 takes a free one
	natsListen string // address of the embedded NATS; empty: in this process only
	natsURL    string // of a NATS elsewhere, instead of the embedded one
	origin     string // names the log in its signed checkpoints; empty: as when the key was made
	signEvery  time.Duration
	now        func() time.Time
	look       time.Duration // how often the timekeeper does; 0: every [tick]
	drain      time.Duration // how long requests under way may take to finish at a stop; 0: [drainTime]
	logger     *zap.Logger
	backups    backups

	masterKey       string // file; empty: from the environment, or beside the keyring
	requireTokens   bool   // on this machine too
	tlsCert, tlsKey string // files; empty: no TLS
	accessTrail     bool
	oidc            access.OIDCConfig // without an issuer: none is trusted
	rate            int               // requests and events a second of a principal; 0: any
	connections     int               // at a time, of each door; 0: the default
}

// app is a running ledger, built by hand from its parts.
type app struct {
	options
	log         *pebble.Log
	keys        *keyring.Keyring
	tokens      *access.Tokens
	guard       *access.Guard
	tls         *tls.Config // nil: none
	broker      *broker.Broker
	relay       *relay.Relay
	notary      *proof.Notary
	projections *projections.Runtime
	recorder    *commands.Recorder
	door        *nats.Conn
	inbox       *ingress.Inbox
	people      *people.People
	backup      *backup.Ledger
	schedule    *backup.Schedule // nil if there are no backups at intervals
	address     string           // where HTTP listens

	// closers end the parts, to be called from the last to the first.
	closers []func(context.Context) error
	// failed gets the error of a part that ended by itself.
	failed chan error
}

// open starts the ledger. On an error everything that was started is ended.
func open(ctx context.Context, o options) (_ *app, err error) {
	a := &app{options: o, failed: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close(context.WithoutCancel(ctx)))
		}
	}()
	for _, step := range []func(context.Context) error{
		a.openLog, a.sweep, a.openAccess, a.openKeys, a.openBroker, a.openRelay, a.openNotary, a.openProjections, a.openRecorder, a.openInbox, a.openPeople, a.openIngress,
		a.openTimekeeper, a.openBackups, a.openHTTP,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// close ends the parts in reverse. What was accepted is finished.
func (a *app) close(ctx context.Context) error {
	var errs []error
	for _, end := range slices.Backward(a.closers) {
		errs = append(errs, end(ctx))
	}
	a.closers = nil
	return errors.Join(errs...)
}

func (a *app) onClose(end func(context.Context) error) { a.closers = append(a.closers, end) }

// run runs a part until the app closes, which waits for it.
func (a *app) run(name string, part func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := part(ctx); ctx.Err() == nil {
			a.fail(name, err)
		}
	}()
	a.onClose(func(context.Context) error {
		cancel()
		<-done
		return nil
	})
}

// fail says that a part ended by itself.
func (a *app) fail(name string, err error) {
	select {
	case a.failed <- fmt.Errorf("%s ended: %w", name, err):
	default: // another part was first
	}
}

func (a *app) openLog(context.Context) error {
	if err := os.MkdirAll(a.data, 0o700); err != nil { // other users of the machine have no business there
		return err
	}
	log, err := openLog(a.data, pebbleOptions(a.now, a.logger))
	if err != nil {
		return err
	}
	a.log = log
	a.onClose(func(context.Context) error { return log.Close() })
	return nil
}

func pebbleOptions(now func() time.Time, logger *zap.Logger) pebble.Options {
	return pebble.Options{Clock: now, Logger: logger.Named("log")}
}

// openLog opens the log of the data directory. Who has it open has the directory.
func openLog(data string, o pebble.Options) (*pebble.Log, error) {
	log, err := pebble.Open(filepath.Join(data, "log"), o)
	if errors.Is(err, eventstore.ErrLocked) {
		return nil, lockedDir(data)
	}
	return log, err
}

// lockedDir is a data directory that a server runs on.
type lockedDir string

func (dir lockedDir) Error() string {
	return fmt.Sprintf("another server is running on the data directory %s; stop it, or choose another with --data", string(dir))
}

func (lockedDir) Unwrap() error { return eventstore.ErrLocked }

func (a *app) openBroker(context.Context) (err error) {
	if a.natsURL != "" {
		a.broker, err = broker.Dial(a.natsURL, a.logger.Named("nats"))
	} else {
		if err := addressFree(a.natsListen, "--nats-listen"); err != nil {
			return err
		}
		key, err := a.keys.Secret("jetstream")
		if err != nil {
			return err
		}
		a.broker, err = broker.Start(broker.Options{
			Dir: filepath.Join(a.data, natsDir), Key: key, Listen: a.natsListen, Guard: a.guard, TLS: a.tls, Connections: a.maxConnections(), Logger: a.logger.Named("nats"),
		})
		if err != nil {
			return err
		}
	}
	if err == nil {
		a.onClose(func(context.Context) error { return a.broker.Close() })
	}
	return err
}

// connect opens a connection to NATS that closes with the app.
func (a *app) connect(role broker.Role) (*nats.Conn, jetstream.JetStream, error) {
	nc, err := a.broker.Connect(role)
	if err != nil {
		return nil, nil, err
	}
	a.onClose(func(context.Context) error { nc.Close(); return nil })
	js, err := jetstream.New(nc)
	return nc, js, err
}

func (a *app) openRelay(context.Context) error {
	_, js, err := a.connect(broker.Relay)
	if err != nil {
		return err
	}
	a.relay = relay.New(a.log, js, a.logger.Named("relay"))
	a.run("relay", a.relay.Run)
	return nil
}

func (a *app) openNotary(context.Context) error {
	nc, _, err := a.connect(broker.Notary)
	if err != nil {
		return err
	}
	a.notary, err = proof.NewNotary(a.log, proof.Options{
		Dir: filepath.Join(a.data, proofDir), Keys: filepath.Join(a.data, keysDir), Origin: a.origin, Every: a.signEvery,
		Publish: func(c proof.Checkpoint) {
			if err := nc.Publish(checkpointSubject, c.Note); err != nil {
				a.logger.Debug("a checkpoint was not published; HTTP has it", zap.Error(err))
			}
		},
		Logger: a.logger.Named("notary"), Now: a.now,
	})
	if err != nil {
		return err
	}
	a.run("notary", a.notary.Run)
	return nil
}

// checkpointSubject is where signed checkpoints are published.
const checkpointSubject = "proof.checkpoint"

func (a *app) openProjections(ctx context.Context) error {
	source, err := tail.New(ctx, a.log)
	if err != nil {
		return err
	}
	dir := filepath.Join(a.data, viewsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	a.projections, err = projections.Open(
		projections.Config{Dir: dir, Source: source, Logger: a.logger.Named("projections")},
		projectors()...,
	)
	if err != nil {
		return err
	}
	a.onClose(func(context.Context) error { return a.projections.Close() })
	nc, _, err := a.connect(broker.Feed)
	if err != nil {
		return err
	}
	answers, err := feed.New(nc, a.logger.Named("feed"), a.published()...)
	if err != nil {
		return err
	}
	a.projections.Observe(answers.Applied)
	a.run("tail", source.Run)
	a.run("projections", a.projections.Run)
	a.run("feed", answers.Run)
	return nil
}

// projectors are new ones of all projections.
func projectors() []projections.Projector {
	return []projections.Projector{
		timeline.New(), trust.New(), followups.New(), performance.New(), promises.New(), checklist.New(),
		portfolio.New(),
		voice.New(),
		closeness.New(),
		improvement.New(),
	}
}

func (a *app) openRecorder(context.Context) error {
	a.onClose(a.settle)
	a.recorder = commands.NewRecorder(a.log, commands.Options{Now: a.now, Keys: a.keys})
	a.onClose(func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, drainTime)
		defer cancel()
		return a.recorder.Close(ctx)
	})
	return nil
}

// settle gives the relay and the projections time to catch up with the log. They go on
// from where they were in any case.
func (a *app) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	head, err := a.log.Head(ctx)
	if err != nil {
		return err
	}
	for _, name := range a.projections.Names() {
		if err := a.projections.WaitFor(ctx, name, head); err != nil {
			a.logger.Info("a projection is behind; it will go on at the next start", zap.String("projection", name), zap.Error(err))
		}
	}
	if err := a.broker.Check(); err != nil {
		a.logger.Info("NATS may be behind the log, and will be told at the next start", zap.Error(err))
		return nil
	}
	a.relayed(ctx)
	return nil
}

// relayed waits until the relay has come to the log's end, or cannot.
func (a *app) relayed(ctx context.Context) {
	tick := time.NewTicker(relayLook)
	defer tick.Stop()
	for {
		lag, err := a.relay.Lag(ctx)
		if lag == 0 && err == nil {
			return
		}
		if err := errors.Join(err, a.relay.Stats().Err); err != nil {
			a.logger.Info("NATS is behind the log, and will be told at the next start", zap.Error(err))
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done(): // the next look says so
		}
	}
}

// openInbox makes sure of the inbox, which does nothing by itself yet.
func (a *app) openInbox(ctx context.Context) (err error) {
	if a.door, _, err = a.connect(broker.Door); err != nil {
		return err
	}
	a.inbox, err = ingress.NewInbox(ctx, a.door, a.recorder, a.guard, a.logger.Named("ingress"))
	return err
}

// openPeople finishes what an earlier process may have begun to forget.
func (a *app) openPeople(ctx context.Context) error {
	forgetting := commands.NewForgetting(a.recorder, a.keys, a.now)
	again := func(err error) {
		a.logger.Error("a person's key is destroyed and no event says so yet; it is tried again", zap.Error(err))
	}
	finished, err := forgetting.Finish(ctx)
	if err != nil {
		again(err) // the disk may be full: no reason to answer nobody
	}
	if finished > 0 {
		a.logger.Info("a person was being forgotten when the ledger ended; now it is recorded", zap.Int("events", finished))
	}
	a.run("forgetting", func(ctx context.Context) error {
		forgetting.Run(ctx, tick, again)
		return ctx.Err()
	})
	a.people = &people.People{
		Log: a.log, Projections: a.projections, Inbox: a.inbox, Keys: a.keys, Forgetting: forgetting, Now: a.now,
	}
	return nil
}

func (a *app) openIngress(ctx context.Context) error {
	if err := backup.PutBack(ctx, a.data, a.inbox.PutBack); err != nil {
		return err
	}
	requests, err := ingress.NewService(a.door, a.recorder, a.guard, a.broker.Disconnect, a.logger.Named("ingress"))
	if err != nil {
		return err
	}
	a.run("inbox", a.inbox.Run)
	events, err := ingress.NewEvents(a.door, a.people.Event, a.logger.Named("ingress"))
	if err != nil {
		return err
	}
	a.run("events", events.Run)
	a.run("requests", requests.Run)
	return nil
}

func (a *app) openTimekeeper(context.Context) error {
	keeper := commands.NewTimekeeper(a.recorder, watch{a.projections}, a.now)
	a.run("timekeeper", func(ctx context.Context) error {
		keeper.Run(ctx, cmp.Or(a.look, tick), func(err error) { a.logger.Warn("the timekeeper will look again", zap.Error(err)) })
		return ctx.Err()
	})
	return nil
}

func (a *app) openHTTP(context.Context) error {
	parts := httpapi.Parts{
		AsyncAPI: func() ([]byte, error) { return asyncapi.Document(programVersion(), a.published()) },
		Log:      a.log, Recorder: a.recorder, FollowUps: a.recorder, Policies: a.recorder, Projections: a.projections, Inbox: a.inbox, Relay: a.relay, Guard: a.guard, Tokens: a.tokens,
		Holder: a.guard.Holder, Sessions: a.guard.Sessions, Limits: a.guard.Limits, Trail: a.guard.Trail,
		Notary: a.notary, People: a.people,
		Checks: a.checks(), Version: programVersion(), NATS: a.broker.URL(), Now: a.now, Logger: a.logger.Named("http"), Backup: a.backup,
	}
	if a.schedule != nil {
		parts.Schedule = a.schedule
	}
	door, err := httpapi.New(parts)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", a.http)
	if err != nil {
		return addressError(err, a.http, "--http")
	}
	a.address = listener.Addr().String()
	listener = access.LimitConnections(listener, a.maxConnections())
	server := door.Server()
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve := server.Serve
		if a.tls != nil {
			server.TLSConfig = a.tlsOf()
			serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
		}
		if err := serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.fail("HTTP", err)
		}
	}()
	a.onClose(func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, cmp.Or(a.drain, drainTime))
		defer cancel()
		err := server.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			a.logger.Warn("requests that did not end are cut off: who sent them has no answer")
			err = server.Close()
		}
		<-done
		return err
	})
	return nil
}

func (a *app) checks() []httpapi.Check {
	return []httpapi.Check{
		{Name: "log", Vital: true, Fault: func(ctx context.Context) error {
			_, err := a.log.Head(ctx)
			if err == nil && a.log.Stats().Full {
				err = errors.New("cannot write: the disk is full or has failed")
			}
			return err
		}},
		{Name: "nats", Vital: true, Fault: func(context.Context) error { return a.broker.Check() }},
		{Name: "relay", Fault: func(context.Context) error { return a.relay.Stats().Err }},
	}
}

// addressFree says in a sentence if another program listens on the address.
func addressFree(address, flag string) error {
	if address == "" {
		return nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return addressError(err, address, flag)
	}
	return l.Close()
}

func addressError(err error, address, flag string) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("another program listens on %s; stop it, or choose another address with %s", address, flag)
	}
	return fmt.Errorf("%s: %w", flag, err)
}
