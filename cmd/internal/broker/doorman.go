package broker

import (
	"cmp"
	"context"
	"crypto/subtle"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

const (
	// ledgerAccount holds what counts, and publicAccount is where those are who read.
	ledgerAccount = "RAPPORT"
	publicAccount = "PUBLIC"
	// publicUser is who reads, and whoever shows no token to an open ledger.
	publicUser = "public"
	// emitterPrefix begins the names of emitters' accounts.
	emitterPrefix = "EMITTER_"
)

// doorman tells the server who a client is and what it may do. A client shows its
// token as NATS's token or as a password, whatever the user's name.
type doorman struct {
	guard  *access.Guard
	users  map[string]*server.User // of accounts.conf
	logger *zap.Logger
	server *server.Server

	mu   sync.Mutex
	made map[string]bool // emitters' accounts
}

var _ server.Authentication = (*doorman)(nil)

func newDoorman(guard *access.Guard, users []*server.User, logger *zap.Logger) *doorman {
	d := &doorman{guard: guard, users: make(map[string]*server.User), logger: logger, made: make(map[string]bool)}
	for _, u := range users {
		d.users[u.Username] = u
	}
	return d
}

// Check lets the client in or not.
func (d *doorman) Check(c server.ClientAuthentication) bool {
	if c.Kind() != server.CLIENT {
		return false
	}
	shown := c.GetOpts()
	user, err := d.userFor(shown.Username, shown.Password, shown.Token)
	if err != nil {
		d.logger.Info("a NATS client is not let in", zap.Stringer("from", c.RemoteAddress()), zap.Error(err))
		return false
	}
	c.RegisterUser(user)
	return d.still(user.Username)
}

// still is false if the token was revoked while its holder was let in: the connection
// may have come too late to be ended with the others.
func (d *doorman) still(id string) bool {
	if d.guard == nil || !access.IsTokenID(id) {
		return true
	}
	_, err := d.guard.Tokens.ByID(id)
	return err == nil
}

func (d *doorman) userFor(name, password, token string) (*server.User, error) {
	own, ok := d.users[name]
	if ok && name != publicUser && subtle.ConstantTimeCompare([]byte(own.Password), []byte(password)) == 1 {
		return d.in(own.Account.Name, server.User{Username: name, Permissions: own.Permissions})
	}
	credential := cmp.Or(token, password)
	if d.guard == nil || credential == "" && !d.guard.Required {
		return d.reader(access.Local)
	}
	ctx, cancel := context.WithTimeout(context.Background(), authTime)
	defer cancel()
	principal, err := d.guard.Holder(ctx, credential)
	if err != nil {
		return nil, err
	}
	switch {
	case principal.May(access.Read):
		// What it then reads the server does not tell.
		if err := d.guard.Trail.Add(access.Reading{Time: time.Now().UTC(), Principal: principal.ID, Name: principal.Name, Route: "NATS"}); err != nil {
			d.logger.Error("the access trail has a gap", zap.Error(err))
		}
		return d.reader(principal)
	case principal.May(access.Record):
		return d.emitter(principal)
	}
	return nil, &access.Denial{Principal: principal, Right: access.Read}
}

// reader is who may read what the ledger publishes.
func (d *doorman) reader(p access.Principal) (*server.User, error) {
	return d.in(publicAccount, server.User{Username: p.ID, Permissions: d.users[publicUser].Permissions, ConnectionDeadline: p.Expires})
}

// emitter is who may send events, and see the answers.
func (d *doorman) emitter(p access.Principal) (*server.User, error) {
	key := d.guard.Remember(p)
	account := emitterPrefix + key
	if err := d.make(account, key); err != nil {
		return nil, err
	}
	publish := []string{"rapport.record"}
	for _, source := range p.Sources {
		subject := "inbox." + source
		if source == access.AnySource {
			subject = "inbox.>"
		} else if !server.IsValidLiteralSubject(subject) {
			continue // it can be requested to be recorded, but has no inbox
		}
		publish = append(publish, subject)
	}
	return d.in(account, server.User{Username: p.ID, ConnectionDeadline: p.Expires, Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: publish}, Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}})
}

// make makes an emitter's account, if it is not there.
func (d *doorman) make(name, key string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.made[name] {
		return nil
	}
	ledger, err := d.server.LookupAccount(ledgerAccount)
	if err != nil {
		return err
	}
	account, _ := d.server.LookupOrRegisterAccount(name)
	for from, to := range map[string]string{"rapport.record": "rapport.by." + key, "inbox.>": "inbox.>"} {
		if err := account.AddServiceImport(ledger, from, to); err != nil {
			return fmt.Errorf("import %s: %w", to, err)
		}
	}
	d.made[name] = true
	return nil
}

// in is the user in the account.
func (d *doorman) in(account string, u server.User) (*server.User, error) {
	a, err := d.server.LookupAccount(account)
	if err != nil {
		return nil, err
	}
	u.Account = a
	return &u, nil
}

// Disconnect ends the connections of the principal to the embedded server. It may come
// back if it still may.
func (b *Broker) Disconnect(id string) {
	b.mu.Lock()
	s := b.server
	b.mu.Unlock()
	if s == nil {
		return
	}
	list, err := s.Connz(&server.ConnzOptions{Username: true, User: id, Limit: math.MaxInt32})
	if err != nil {
		b.logger.Error("NATS connections that are to end go on", zap.String("principal", id), zap.Error(err))
		return
	}
	for _, c := range list.Conns {
		_ = s.DisconnectClientByID(c.Cid) // it may be gone
	}
}
