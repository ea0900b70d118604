// Package broker is where NATS comes from: a nats-server in this process, or one
// elsewhere.
package broker

import (
	"errors"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"
)

// Role says what a connection is for, and so what it may do.
type Role string

const (
	// Relay writes the LEDGER stream. Nobody else can.
	Relay Role = "relay"
	// Reader reads it, for the projections.
	Reader Role = "reader"
	// Door serves requests, takes in the inbox and keeps the rejected list.
	Door Role = "door"
	// Feed publishes the projections' answers and changes.
	Feed Role = "feed"
)

// Options configure the embedded server.
type Options struct {
	// Dir is where JetStream keeps its streams.
	Dir string
	// Listen is the address for clients, such as 127.0.0.1:4222; port 0 takes a free
	// one, and the empty string opens none: connections are then in process only.
	Listen string
	Logger *zap.Logger
}

// Broker is a running NATS, or the way to one.
type Broker struct{}

// Start runs a server in this process until [Broker.Close].
func Start(o Options) (*Broker, error) { return nil, errors.ErrUnsupported }

// Dial uses the NATS server at the URL. What the ledger and others may do there is up
// to its operator.
func Dial(url string, logger *zap.Logger) (*Broker, error) { return nil, errors.ErrUnsupported }

// Connect opens a connection for the role. It survives a restart of the server. The
// caller closes it.
func (b *Broker) Connect(role Role) (*nats.Conn, error) { return nil, errors.ErrUnsupported }

// URL is where clients connect; empty if only this process can.
func (b *Broker) URL() string { return "" }

// Check says what is wrong, if something is, such as a full disk.
func (b *Broker) Check() error { return nil }

// Close stops the embedded server, if there is one.
func (b *Broker) Close() error { return nil }
