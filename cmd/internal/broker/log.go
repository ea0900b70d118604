package broker

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"go.uber.org/zap"
)

// serverLog passes on what the server has to say, and remembers why it could not
// start: the server itself only logs that.
type serverLog struct {
	logger *zap.Logger

	mu   sync.Mutex
	died error
}

func (l *serverLog) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.died
}

// Noticef is for what a server of its own would print at its start.
func (l *serverLog) Noticef(format string, v ...any) { l.pass(l.logger.Debug, format, v) }
func (l *serverLog) Errorf(format string, v ...any)  { l.pass(l.logger.Error, format, v) }
func (l *serverLog) Debugf(format string, v ...any)  {}
func (l *serverLog) Tracef(format string, v ...any)  {}

// Warnf leaves out a warning about our passwords: they are never in a file.
func (l *serverLog) Warnf(format string, v ...any) {
	if !strings.HasPrefix(format, "Plaintext passwords detected") {
		l.pass(l.logger.Warn, format, v)
	}
}

// Fatalf does not end the process; [Broker.run] looks for it.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.died = errors.Join(l.died, fmt.Errorf(format, v...))
}

func (l *serverLog) pass(log func(string, ...zap.Field), format string, v []any) {
	log("nats-server", zap.String("says", fmt.Sprintf(format, v...)))
}
