package broker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/zap"
)

const (
	// checkEvery is how often the server's health is asked for.
	checkEvery = 500 * time.Millisecond
	// patience is how many checks in a row fail before the server is restarted: a
	// stream that is just being deleted looks ill for a moment.
	patience = 3
	// restartAtMost bounds the wait between two restarts.
	restartAtMost = 30 * time.Second
	// settling is how long a stream may have files and not be open. Its owner, who may be
	// just being started too, is making it, perhaps because its files could not be read; a
	// restart does not help that, and cuts the owners off.
	settling = 30 * time.Second
	// answerTime is how long the server may take to say how it is, or to stop.
	answerTime = 5 * time.Second
	// elbowRoom is how many bytes must be writable before a restart is tried.
	elbowRoom = 4 << 20
)

// supervise restarts the server when JetStream cannot write any more. The server does
// not come back by itself: after a write error (a full disk, above all) a stream
// refuses every write until it is opened anew, without an answer to whoever publishes,
// and on some errors the whole of JetStream is shut down.
func (b *Broker) supervise() {
	var c course
	for {
		select {
		case <-b.stop:
			return
		case <-time.After(checkEvery):
		}
		err := b.ask()
		if err == nil {
			c.checks = 0
			b.tell(nil)
			continue
		}
		due := c.ill(time.Now(), err)
		if c.tells(err) {
			b.tell(err)
		}
		if errors.Is(err, errHangs) {
			// It cannot be replaced: it would not stop, and still has its files.
			if c.checks == patience {
				b.logger.Error("NATS hangs; start rapport anew, and delete the mirrors in the directory if that does not help",
					zap.Error(err), zap.String("mirrors", filepath.Join(b.options.Dir, "jetstream", "PUBLIC")))
			}
			continue
		}
		if !due {
			continue
		}
		if full := probe(b.options.Dir); full != nil {
			if c.checks == patience {
				b.logger.Error("NATS cannot write and is restarted when it can", zap.Error(err), zap.NamedError("disk", full))
			}
			continue
		}
		c.restarted(time.Now())
		b.logger.Error("NATS is restarted", zap.Error(err))
		if err := b.restart(); err != nil {
			b.logger.Error("restart NATS", zap.Error(err))
		}
	}
}

// tell has [Broker.Check] say so.
func (b *Broker) tell(trouble error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trouble = trouble
}

// course is how the server has been doing.
type course struct {
	checks int           // that failed, in a row
	since  time.Time     // the first of them
	began  time.Time     // when the server was last restarted
	wait   time.Duration // how long it is left alone then
}

// ill takes in a check that failed, and says whether it is time for a restart.
func (c *course) ill(now time.Time, err error) bool {
	if c.checks == 0 {
		c.since = now
	}
	c.checks++
	if errors.Is(err, errNotOpen) && now.Sub(c.since) < settling {
		return false
	}
	return c.checks >= patience && now.Sub(c.began) >= c.wait
}

// tells reports whether a check that failed, taken in, is worth telling: one may come upon a
// stream that is just being made.
func (c *course) tells(err error) bool { return !errors.Is(err, errNotOpen) || c.checks >= patience }

// restarted has the next wait be twice this one, unless that was long ago.
func (c *course) restarted(now time.Time) {
	if now.Sub(c.began) > 2*restartAtMost {
		c.wait = 0
	}
	c.checks, c.began, c.wait = 0, now, min(max(2*c.wait, time.Second), restartAtMost)
}

var (
	errHangs   = errors.New("the embedded NATS server does not answer")
	errNotOpen = errors.New("a stream has files and is not open")
)

// ask is examine, without waiting for ever: the server, on a damaged file, has been
// seen to go round in circles with its locks held.
func (b *Broker) ask() error {
	if b.asked == nil {
		answer := make(chan error, 1)
		go func() { answer <- b.examine() }()
		b.asked = answer
	}
	select {
	case err := <-b.asked:
		b.asked = nil
		return err
	case <-b.stop:
		return nil
	case <-time.After(answerTime):
		return errHangs
	}
}

// examine asks the server how it is. What no restart is needed for is said last.
func (b *Broker) examine() error {
	b.mu.Lock()
	s := b.server
	b.mu.Unlock()
	if s == nil {
		return errors.New("the embedded NATS server is not running")
	}
	if !s.JetStreamEnabled() {
		return errors.New("JetStream is disabled")
	}
	var notOpen error
	for _, e := range s.Healthz(&server.HealthzOptions{Details: true}).Errors {
		if e.Stream == "" || !strings.HasSuffix(e.Error, "could not be recovered") {
			return fmt.Errorf("JetStream: %s", e.Error)
		}
		notOpen = fmt.Errorf("JetStream: %w: %s", errNotOpen, e.Error)
	}
	return notOpen
}

// restart replaces the server. Connections find the new one by themselves.
func (b *Broker) restart() error {
	b.mu.Lock()
	old := b.server
	b.server = nil
	b.mu.Unlock()
	shutdown(old)
	s, err := b.run()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.server = s
	return err
}

// probe finds out whether the directory's disk takes writes.
func probe(dir string) error {
	f, err := os.CreateTemp(dir, "probe-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, elbowRoom))
	err = errors.Join(err, f.Sync(), f.Close(), os.Remove(filepath.Clean(f.Name())))
	return err
}
