package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

// saveEvery is how often the times at which tokens were used are written down.
const saveEvery = 10 * time.Minute

// streamsEach is how many streams of changes a principal may follow at a time.
const streamsEach = 64

// listening says where a ledger listens, and who is let in.
type listening struct {
	HTTP       string `name:"http" default:"127.0.0.1:8280" placeholder:"ADDR" help:"Where HTTP listens (${default})."`
	NATSListen string `name:"nats-listen" default:"127.0.0.1:4222" placeholder:"ADDR" help:"Where the embedded NATS listens (${default}); empty: nowhere."`

	RequireTokens bool   `group:"Access" help:"Ask for a token on this machine too; elsewhere one is always asked for."`
	TLSCert       string `name:"tls-cert" group:"Access" placeholder:"FILE" help:"Certificate for HTTP and NATS, in PEM; read again when it changes."`
	TLSKey        string `name:"tls-key" group:"Access" placeholder:"FILE" help:"Its key."`
	AccessTrail   bool   `group:"Access" help:"Write down who reads personal data, in access/trail.ndjson of the data directory."`

	OIDCIssuer   string `name:"oidc-issuer" group:"Access" placeholder:"URL" help:"Trust the tokens of this OpenID Connect issuer too."`
	OIDCAudience string `name:"oidc-audience" group:"Access" placeholder:"NAME" help:"Whom they have to be for."`
	OIDCRoles    string `name:"oidc-roles" group:"Access" default:"roles" placeholder:"CLAIM" help:"The claim that has the names of roles (${default}); dots lead into claims."`
	OIDCSources  string `name:"oidc-sources" group:"Access" default:"sources" placeholder:"CLAIM" help:"The claim that has an emitter's sources (${default})."`

	Rate        int `group:"Limits" default:"2000" placeholder:"N" help:"Requests and events a second that the holder of a token may send in the long run (${default}); 0 for any; admins are not limited."`
	Connections int `group:"Limits" default:"4096" placeholder:"N" help:"Connections that may be open at a time, over HTTP and over NATS each (${default})."`
}

func (l listening) check() error {
	if l.Rate < 0 {
		return usageError("--rate: 0 for any, or more")
	}
	if l.Connections < 1 {
		return usageError("--connections: at least one")
	}
	return nil
}

func (l listening) options() options {
	return options{
		http: l.HTTP, natsListen: l.NATSListen,
		requireTokens: l.RequireTokens, tlsCert: l.TLSCert, tlsKey: l.TLSKey, accessTrail: l.AccessTrail,
		oidc: access.OIDCConfig{Issuer: l.OIDCIssuer, Audience: l.OIDCAudience, RolesClaim: l.OIDCRoles, SourcesClaim: l.OIDCSources},
		rate: l.Rate, connections: l.Connections,
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
	a.guard = &access.Guard{
		Required: a.requireTokens || exposed != nil || a.oidc.Issuer != "", Tokens: tokens,
		Limits: access.NewLimits(a.rate, streamsEach, a.now),
	}
	for _, step := range []func() error{a.openTLS, a.openIssuer, a.openSessions, a.openTrail} {
		if err := step(); err != nil {
			return err
		}
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
func (a *app) hasWayIn() bool { return a.guard.Issuer != nil || a.tokens.HasAdmin() }

func (a *app) openIssuer() error {
	if a.oidc.Issuer == "" {
		return nil
	}
	config := a.oidc
	config.Now = a.now
	issuer, err := access.NewOIDC(config)
	if err != nil {
		return usageError("--oidc-issuer: " + err.Error())
	}
	a.guard.Issuer = issuer
	return nil
}

func (a *app) openSessions() (err error) {
	a.guard.Sessions, err = access.OpenSessions(filepath.Join(a.data, "keys"), a.guard)
	return err
}

func (a *app) openTrail() (err error) {
	if !a.accessTrail {
		return nil
	}
	if a.guard.Trail, err = access.OpenTrail(accessDir(a.data)); err == nil {
		a.onClose(func(context.Context) error { return a.guard.Trail.Close() })
	}
	return err
}

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

// maxConnections is how many connections a door has open at a time.
func (a *app) maxConnections() int { return cmp.Or(a.connections, 4096) }
