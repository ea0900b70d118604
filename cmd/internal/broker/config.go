package broker

import (
	"bytes"
	"cmp"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"text/template"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// MaxPayload is the largest message, in bytes, the embedded server takes: the
// largest batch on rapport.record.
const MaxPayload = 8 << 20

// Limits of a connection.
const (
	// maxConnections is how many clients there may be at a time unless told otherwise,
	// and maxSubscriptions how many subscriptions each may have.
	maxConnections   = 4096
	maxSubscriptions = 1024
	// tlsTime and authTime are how long a client may take to agree on keys, and to say
	// who it is; the issuer of its token may have to be asked meanwhile.
	tlsTime  = 5 * time.Second
	authTime = 10 * time.Second
)

// accounts.conf holds the accounts and who may do what in them, in the server's own
// configuration language.
//
//go:embed accounts.conf
var accountsConf string

var accountsTemplate = template.Must(template.New("accounts.conf").Parse(accountsConf))

// credentials are the passwords of the users inside this process. They are made anew
// at each start, kept in memory and never leave it.
type credentials struct {
	Relay, Reader, Door, Feed, Notary, Keeper, PublicKeeper, Public string
}

func newCredentials() credentials {
	return credentials{
		Relay: rand.Text(), Reader: rand.Text(), Door: rand.Text(), Feed: rand.Text(), Notary: rand.Text(),
		Keeper: rand.Text(), PublicKeeper: rand.Text(), Public: rand.Text(),
	}
}

func (c credentials) of(role Role) (password string) {
	return map[Role]string{
		Relay: c.Relay, Reader: c.Reader, Door: c.Door, Feed: c.Feed, Notary: c.Notary,
		keeper: c.Keeper, publicKeeper: c.PublicKeeper,
	}[role]
}

// serverOptions configures the server. It is asked again for each restart: the server
// changes what it is given.
func serverOptions(o Options, c credentials) (*server.Options, error) {
	opts := &server.Options{
		ServerName: "rapport",
		StoreDir:   filepath.Clean(o.Dir),
		JetStream:  true,
		// An acknowledged message of INBOX is on disk. Streams that can be made again
		// from the log ask for asynchronous persistence themselves.
		SyncAlways: true,
		// Said outright, because the server would otherwise measure the disk once and
		// refuse what does not fit; a full disk is met when it comes.
		JetStreamMaxStore:  1 << 50,
		JetStreamMaxMemory: 256 << 20,
		MaxPayload:         MaxPayload,
		NoSigs:             true,
		NoLog:              true,
	}
	if o.Key != [32]byte{} {
		opts.JetStreamKey = hex.EncodeToString(o.Key[:])
		opts.JetStreamCipher = server.AES // stream mode, with the processor's instructions
	}
	var conf bytes.Buffer
	err := accountsTemplate.Execute(&conf, struct {
		credentials
		Open bool
	}{c, !o.required()})
	if err != nil {
		return nil, err
	}
	if err := opts.ProcessConfigString(conf.String()); err != nil {
		return nil, fmt.Errorf("accounts of the embedded NATS server: %w", err)
	}
	if o.TLS != nil {
		opts.TLS, opts.TLSConfig, opts.TLSTimeout = true, o.TLS.Clone(), tlsTime.Seconds()
	}
	opts.AuthTimeout = authTime.Seconds()
	opts.MaxConn, opts.MaxSubs = cmp.Or(o.Connections, maxConnections), maxSubscriptions
	if o.Listen == "" {
		opts.DontListen = true
		return opts, nil
	}
	host, port, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("address for NATS clients: %w", err)
	}
	opts.Host = host
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return nil, fmt.Errorf("address for NATS clients: port %q is not a number", port)
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	return opts, nil
}
