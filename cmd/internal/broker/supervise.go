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
	ill := 0
	var wait time.Duration
	var restarted time.Time
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
			ill = 0
			continue
		}
		if errors.Is(err, errHangs) {
			// It cannot be replaced: it would not stop, and still has its files.
			if ill++; ill == patience {
				b.logger.Error("NATS hangs; start rapport anew, and delete the mirrors in the directory if that does not help",
					zap.Error(err), zap.String("mirrors", filepath.Join(b.options.Dir, "jetstream", "PUBLIC")))
			}
			continue
		}
		if ill++; ill < patience || time.Since(restarted) < wait {
			continue
		}
		if full := probe(b.options.Dir); full != nil {
			if ill == patience {
				b.logger.Error("NATS cannot write and is restarted when it can", zap.Error(err), zap.NamedError("disk", full))
			}
			continue
		}
		if time.Since(restarted) > 2*restartAtMost {
			wait = 0
		}
		ill, restarted, wait = 0, time.Now(), min(max(2*wait, time.Second), restartAtMost)
		b.logger.Error("NATS is restarted", zap.Error(err))
		if err := b.restart(); err != nil {
			b.logger.Error("restart NATS", zap.Error(err))
		}
	}
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
