package broker

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAServerThatDoesNotAnswerHoldsUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan error, 1)
		b := &Broker{stop: make(chan struct{}), asked: answer}
		began := time.Now()
		if err := b.ask(); !errors.Is(err, errHangs) {
			t.Errorf("without an answer: got %v, want %v", err, errHangs)
		}
		if got := time.Since(began); got != answerTime {
			t.Errorf("waited %v, want %v", got, answerTime)
		}
		answer <- nil // at last
		if err := b.ask(); err != nil {
			t.Errorf("with the answer to what was asked before: got %v", err)
		}
		b.asked = make(chan error)
		close(b.stop)
		if err := b.ask(); err != nil {
			t.Errorf("while the broker closes: got %v", err)
		}
	})
}
