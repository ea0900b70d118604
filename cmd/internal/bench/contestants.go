package bench

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
)

// accounts is over how many accounts the events go.
const accounts = 1000

func (c Cell) run(ctx context.Context) (Result, error) {
	switch c.Contestant {
	case Rapport:
		return c.rapport(ctx)
	case PostgreSQL:
		return c.postgres(ctx)
	case JetStream:
		return c.jetStream(ctx)
	}
	return Result{}, fmt.Errorf("no contestant is called %q", c.Contestant)
}

// event is an id and a body of about 600 bytes that compresses as events do.
func event(client, n int) (id string, account string, body []byte) {
	v7 := uuid.Must(uuid.NewV7())
	id = v7.String()
	account = "account-" + strconv.Itoa((client*7919+n*31)%accounts)
	body = fmt.Appendf(make([]byte, 0, 640), `{"specversion":"1.0","type":"rapport.complaint.raised.v1","source":"helpdesk","id":%q,`+
		`"subject":%q,"time":"2026-11-22T09:%02d:%02dZ","data":{"complaint":"c-%d","severity":%d,"safety":false,"channel":"email",`+
		`"summary":"Delivery %x of week %d arrived late and two of the boxes were damaged at a corner; the customer asks for a replacement before %x","trail":%q}}`,
		id, account, n/60%60, n%60, n, 1+n%5, v7[8:], n%53, v7[10:], strings.Repeat(id, 4))
	return id, account, body
}

func (c Cell) rapport(ctx context.Context) (r Result, err error) {
	l, err := pebble.Open(filepath.Join(c.Dir, "log"), pebble.Options{})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	batch := max(c.Batch, 1)
	return Measure(ctx, c.Clients, c.Duration, func(ctx context.Context, client, n int) error {
		appends := make([]eventstore.Append, batch)
		for i := range appends {
			appends[i] = appendOf(client, n*batch+i)
		}
		_, err := l.Append(ctx, appends...)
		return err
	})
}

func appendOf(client, n int) eventstore.Append {
	id, account, body := event(client, n)
	return eventstore.Append{
		Stream: eventstore.StreamID(account), Expected: eventstore.Any,
		Events: []eventstore.Event{{Source: "helpdesk", ID: id, Hash: sha256.Sum256(body), Body: body}},
	}
}

// jetStream publishes to a stream on an embedded server that syncs each message, one
// publish for an event, each client waiting for its acknowledgement.
func (c Cell) jetStream(ctx context.Context) (r Result, err error) {
	s, err := server.NewServer(&server.Options{
		ServerName: "bench", DontListen: true, JetStream: true, SyncAlways: true, StoreDir: filepath.Join(c.Dir, "nats"), NoSigs: true, NoLog: true,
	})
	if err != nil {
		return r, err
	}
	s.Start()
	defer func() { s.Shutdown(); s.WaitForShutdown() }()
	if !s.ReadyForConnections(10 * time.Second) {
		return r, errors.New("the server did not start")
	}
	clients := make([]jetstream.JetStream, c.Clients)
	for i := range clients {
		conn, err := nats.Connect("", nats.InProcessServer(s))
		if err != nil {
			return r, err
		}
		defer conn.Close()
		if clients[i], err = jetstream.New(conn); err != nil {
			return r, err
		}
	}
	if _, err := clients[0].CreateStream(ctx, jetstream.StreamConfig{Name: "LEDGER", Subjects: []string{"ledger.>"}, Storage: jetstream.FileStorage}); err != nil {
		return r, err
	}
	return Measure(ctx, c.Clients, c.Duration, func(ctx context.Context, client, n int) error {
		_, _, body := event(client, n)
		_, err := clients[client].Publish(ctx, "ledger.complaint.raised", body)
		return err
	})
}

// postgres inserts into a table of a cluster made for the purpose, with PostgreSQL's
// own defaults: fsync on, each insert its own transaction. Nothing is checked but the
// primary key.
func (c Cell) postgres(ctx context.Context) (r Result, err error) {
	stop, err := startPostgres(ctx, c.Dir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	conns := make([]*pgx.Conn, c.Clients)
	for i := range conns {
		if conns[i], err = connect(ctx, c.Dir); err != nil {
			return r, err
		}
		defer conns[i].Close(context.WithoutCancel(ctx))
	}
	if _, err := conns[0].Exec(ctx, `CREATE TABLE events (id text PRIMARY KEY, account text NOT NULL, body text NOT NULL)`); err != nil {
		return r, err
	}
	return Measure(ctx, c.Clients, c.Duration, func(ctx context.Context, client, n int) error {
		id, account, body := event(client, n)
		_, err := conns[client].Exec(ctx, `INSERT INTO events VALUES ($1, $2, $3)`, id, account, string(body))
		return err
	})
}

// connect tries until the server takes connections.
func connect(ctx context.Context, dir string) (*pgx.Conn, error) {
	for end := time.Now().Add(20 * time.Second); ; {
		conn, err := pgx.Connect(ctx, fmt.Sprintf("host=%s user=bench dbname=postgres", dir))
		if err == nil || ctx.Err() != nil || time.Now().After(end) {
			return conn, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// startPostgres makes a cluster in the directory and runs it, listening on a socket
// there only. PostgreSQL refuses to be root, so root has another user run it.
func startPostgres(ctx context.Context, dir string) (stop func() error, err error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	as, err := otherThanRoot(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "cluster")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, as
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "logging_collector=off")
	cmd.Dir, cmd.SysProcAttr = dir, as
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() error {
		return errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait())
	}, nil
}

// postgresBin finds where Debian keeps the server's programs, the newest version
// first, or what is on the path.
func postgresBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(slices.Max(found)), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", fmt.Errorf("PostgreSQL is not installed here: %w", err)
	}
	return filepath.Dir(path), nil
}

// otherThanRoot gives the directory to a user that is not root, if this one is.
func otherThanRoot(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, uid, gid)
}
