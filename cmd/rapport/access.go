package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

// saveEvery is how often the times at which tokens were used are written down.
const saveEvery = 10 * time.Minute

// listening says where a ledger listens, and who is let in.
type listening struct {
	HTTP       string `name:"http" default:"127.0.0.1:8280" placeholder:"ADDR" help:"Where HTTP listens (${default})."`
	NATSListen string `name:"nats-listen" default:"127.0.0.1:4222" placeholder:"ADDR" help:"Where the embedded NATS listens (${default}); empty: nowhere."`

	RequireTokens bool   `group:"Access" help:"Ask for a token on this machine too; elsewhere one is always asked for."`
	TLSCert       string `name:"tls-cert" group:"Access" placeholder:"FILE" help:"Certificate for HTTP and NATS, in PEM; read again when it changes."`
	TLSKey        string `name:"tls-key" group:"Access" placeholder:"FILE" help:"Its key."`
}

func (l listening) options() options {
	return options{
		http: l.HTTP, natsListen: l.NATSListen,
		requireTokens: l.RequireTokens, tlsCert: l.TLSCert, tlsKey: l.TLSKey,
	}
}

// openAccess opens the tokens, and refuses to be open to others by mistake.
func (a *app) openAccess(context.Context) error {
	tokens, err := access.OpenTokens(accessDir(a.data), a.now)
	if errors.Is(err, access.ErrLocked) {
		return lockedDir(a.data)
	}
	if err != nil {
		return err
	}
	a.tokens = tokens
	a.onClose(func(context.Context) error { return tokens.Close() })
	exposed := a.exposed()
	a.guard = &access.Guard{Required: a.requireTokens || exposed != nil, Tokens: tokens}
	if err := a.openTLS(); err != nil {
		return err
	}
	if exposed != nil && (a.tls == nil || !a.hasWayIn()) {
		return a.exposureError(exposed)
	}
	if a.guard.Required && !a.hasWayIn() {
		a.logger.Warn("nobody can get in: there is no admin token; stop, and make one: rapport token create --role admin --data " + a.data)
	}
	a.run("tokens", a.keepTokens)
	return nil
}

// hasWayIn reports whether there is anybody who could administer the ledger.
func (a *app) hasWayIn() bool { return a.tokens.HasAdmin() }

func (a *app) openTLS() error {
	if (a.tlsCert == "") != (a.tlsKey == "") {
		return usageError("--tls-cert and --tls-key go together")
	}
	if a.tlsCert == "" {
		return nil
	}
	certificate, err := access.LoadCertificate(a.tlsCert, a.tlsKey, a.logger.Named("tls"))
	if err != nil {
		return err
	}
	a.tls = certificate.Config()
	return nil
}

// keepTokens writes down now and then when tokens were used.
func (a *app) keepTokens(ctx context.Context) error {
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			if err := a.tokens.Save(); err != nil {
				a.logger.Warn("when tokens were used is not written down", zap.Error(err))
			}
		}
	}
}

// tlsOf is a configuration of its own for one of several servers: they change theirs.
func (a *app) tlsOf() *tls.Config { return a.tls.Clone() }

// exposed are the flags by which the ledger would listen for other machines.
func (a *app) exposed() []string {
	var flags []string
	if reachable(a.http) {
		flags = append(flags, "--http "+a.http)
	}
	if a.natsURL == "" && a.natsListen != "" && reachable(a.natsListen) {
		flags = append(flags, "--nats-listen "+a.natsListen)
	}
	return flags
}

// reachable reports whether other machines may reach a listener at the address. They do
// not if it is none: then nobody can listen there.
func reachable(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "" {
		return true
	}
	addresses, err := net.LookupHost(host)
	if err != nil {
		return false
	}
	for _, a := range addresses {
		ip, _, _ := strings.Cut(a, "%")
		if parsed := net.ParseIP(ip); parsed == nil || !parsed.IsLoopback() {
			return true
		}
	}
	return false
}

// exposureError says why the ledger does not start, and what to do.
func (a *app) exposureError(flags []string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s would open the ledger to other machines. That takes", strings.Join(flags, " and "))
	if a.tls == nil {
		b.WriteString("\n  a certificate:  --tls-cert FILE --tls-key FILE")
	}
	if !a.hasWayIn() {
		b.WriteString("\n  a first token:  rapport token create --role admin --data " + a.data)
	}
	b.WriteString("\nOr listen on 127.0.0.1 only, which needs neither.")
	return usageError(b.String())
}
