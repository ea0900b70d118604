package access

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"
)

// lookEvery is how often the files of a certificate are looked at.
const lookEvery = time.Second

// Certificate is a certificate whose files may change while it is in use. Connections
// that begin after a change get the new one. One that cannot be read, such as half of a
// pair, leaves the one in use, and a line in the log.
type Certificate struct {
	cert, key string
	logger    *zap.Logger

	mu     sync.Mutex
	inUse  *tls.Certificate
	looked time.Time
	seen   [2]stamp
}

// stamp tells whether a file is as it was.
type stamp struct {
	changed time.Time
	size    int64
}

// LoadCertificate reads a certificate, with those that vouch for it, and its key, both
// in PEM.
func LoadCertificate(cert, key string, logger *zap.Logger) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, logger: logger}
	if err := c.load(); err != nil {
		return nil, err
	}
	c.looked = time.Now()
	return c, nil
}

// Config is for servers. TLS 1.2 is the oldest version: what is older is broken, and
// there is software that still lacks 1.3.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
}

func (c *Certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.looked) >= lookEvery {
		c.looked = now
		if err := c.load(); err != nil {
			c.logger.Error("the certificate is not renewed", zap.Error(err))
		}
	}
	return c.inUse, nil
}

// load reads the files if they are not as they were.
func (c *Certificate) load() error {
	var seen [2]stamp
	for i, path := range []string{c.cert, c.key} {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("TLS: %w", err)
		}
		seen[i] = stamp{info.ModTime(), info.Size()}
	}
	if seen == c.seen {
		return nil
	}
	c.seen = seen // if they are no pair, one of them will change
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("TLS: certificate %s with key %s: %w", c.cert, c.key, err)
	}
	if c.inUse != nil {
		c.logger.Info("a new certificate is in use", zap.Time("until", pair.Leaf.NotAfter))
	}
	c.inUse = &pair
	return nil
}
