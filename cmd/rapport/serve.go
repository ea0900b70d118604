package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/rapport-ledger/rapport/eventstore/proof"
)

type serveCmd struct {
	Data string `default:"./rapport-data" placeholder:"DIR" help:"Where everything is kept (${default})."`
	listening
	NATS string `name:"nats" env:"RAPPORT_NATS" placeholder:"URL" help:"Use this NATS instead of the embedded one. With a password in it, say it in RAPPORT_NATS."`
	sealing
	scheduled
	signing
	logging
}

// signing is for commands that sign the log.
type signing struct {
	Origin    string        `placeholder:"NAME" help:"What the log is called in its signed checkpoints, such as example.com/ledger; chosen once, when the key is made."`
	SignEvery time.Duration `name:"sign-every" default:"10s" placeholder:"TIME" help:"How often a log that grows is signed (${default})."`
}

func (s signing) check() error {
	if s.SignEvery < time.Second {
		return usageError("--sign-every: at least a second")
	}
	if s.Origin != "" {
		if err := proof.CheckOrigin(s.Origin); err != nil {
			return usageError("--origin: " + err.Error())
		}
	}
	return nil
}

// logging is for commands that log.
type logging struct {
	LogLevel string `enum:"debug,info,warn,error" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error; debug has every request."`
}

func (c *serveCmd) Run(e *env) error {
	if err := errors.Join(c.listening.check(), c.signing.check()); err != nil {
		return err
	}
	logger := c.logger(e.stderr)
	defer func() { _ = logger.Sync() }() // a terminal cannot be synced
	o := c.options()
	o.origin, o.signEvery = c.Origin, c.SignEvery
	o.data, o.natsURL, o.now, o.logger = c.Data, c.NATS, time.Now, logger
	o.backups, o.masterKey = c.backups(), c.MasterKey
	return serve(e, o, func(*env, *app) {})
}

// The collector runs when the heap has grown by garbagePercent, and more often as the
// program's own memory nears memoryLimit, in bytes; the databases' page caches and the
// program's code come on top. The limit is well above what a large ledger has in use:
// where it was not, half the processor went into collecting. GOGC and GOMEMLIMIT in
// the environment take precedence.
const (
	garbagePercent = 100
	memoryLimit    = 300 << 20
)

// Twice as many threads as processors run the program's goroutines: an event passes from
// one to the next a dozen times, and where all threads are busy it waits for a turn, which
// the system gives to a thread sooner than the runtime to a goroutine. GOMAXPROCS in the
// environment takes precedence.
func shareProcessors() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.NumCPU())
	}
}

func boundMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// serve runs the ledger until it is told to stop, and calls up once it is there. A
// second signal ends the process at once.
func serve(e *env, o options, up func(*env, *app)) error {
	ctx, stop := signal.NotifyContext(e.ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	boundMemory()
	shareProcessors()
	a, err := open(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stdout, a.where(ctx))
	up(e, a)
	select {
	case <-ctx.Done():
		o.logger.Info("stopping")
	case err = <-a.failed:
		o.logger.Error("stopping because a part of the ledger ended", zap.Error(err))
	}
	stop()
	if err = errors.Join(err, a.close(context.WithoutCancel(ctx))); err == nil {
		o.logger.Info("stopped")
	}
	return err
}

// where says what runs where, in a line.
func (a *app) where(ctx context.Context) string {
	nats := a.broker.URL()
	if nats == "" {
		nats = "in this process only"
	}
	head, err := a.log.Head(ctx)
	if err != nil {
		head = 0 // the log was read a moment ago; /readyz will tell
	}
	return fmt.Sprintf("rapport %s is up: %s, NATS %s, data %s, %d events", programVersion(), a.url(), nats, a.data, head)
}

// url is where HTTP is.
func (a *app) url() string {
	if a.tls != nil {
		return "https://" + a.address
	}
	return "http://" + a.address
}

// logger logs for people on a terminal, and as JSON otherwise.
func (l logging) logger(w io.Writer) *zap.Logger {
	level, err := zapcore.ParseLevel(l.LogLevel)
	if err != nil {
		panic(err) // the flag is an enum
	}
	config := zap.NewProductionEncoderConfig()
	config.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	config.EncodeDuration = zapcore.StringDurationEncoder
	encoder := zapcore.NewJSONEncoder(config)
	if isTerminal(w) {
		config.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
		encoder = zapcore.NewConsoleEncoder(config)
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), level))
}
