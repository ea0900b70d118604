package broker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

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
	// settling is how long a server that is ill from its start is left alone. A stream it
	// could not read makes it so until the stream's owner, which is just being started
	// too, makes it again; a restart does not help that, and cuts the owners off.
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
func (b *Broker) supervise(c *course) {
	for {
		select {
		case <-b.stop:
			return
		case <-time.After(checkEvery):
		}
		err := b.ask()
		b.mu.Lock()
		b.trouble = err
		b.mu.Unlock()
		if err == nil {
			c.well()
			continue
		}
		due := c.ill(time.Now())
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

// course is how the server has been doing.
type course struct {
	checks int           // that failed, in a row
	never  bool          // it has not been well since the process began
	began  time.Time     // when it was last started
	wait   time.Duration // how long it is left alone then
}

func newCourse(now time.Time, well bool) *course {
	if well {
		return &course{began: now}
	}
	return &course{never: true, began: now, wait: settling}
}

func (c *course) well() {
	if c.checks = 0; c.never {
		c.never, c.wait = false, 0
	}
}

// ill takes in a check that failed, and says whether it is time for a restart.
func (c *course) ill(now time.Time) bool {
	c.checks++
	return c.checks >= patience && now.Sub(c.began) >= c.wait
}

// restarted has the next wait be twice this one, unless that was long ago.
func (c *course) restarted(now time.Time) {
	if c.never || now.Sub(c.began) > 2*restartAtMost {
		c.never, c.wait = false, 0
	}
	c.checks, c.began, c.wait = 0, now, min(max(2*c.wait, time.Second), restartAtMost)
}

var errHangs = errors.New("the embedded NATS server does not answer")

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

// examine asks the server how it is.
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
	if h := s.Healthz(nil); h.Error != "" {
		return fmt.Errorf("JetStream: %s", h.Error)
	}
	return nil
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
