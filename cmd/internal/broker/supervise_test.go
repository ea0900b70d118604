package broker

import (
	"errors"
	"slices"
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

func TestWhenTheServerIsRestarted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ill   time.Duration   // since when it is ill
		until time.Duration   // how long it was looked at
		want  []time.Duration // when it was restarted
	}{
		"at first it has time to settle":               {until: 35 * time.Second, want: []time.Duration{30 * time.Second, 31500 * time.Millisecond, 33500 * time.Millisecond}},
		"later it is soon, and then with longer waits": {ill: time.Minute, until: 66 * time.Second, want: []time.Duration{61 * time.Second, 62500 * time.Millisecond, 64500 * time.Millisecond}},
		"what looks ill for a moment is not restarted": {ill: time.Minute, until: time.Minute + checkEvery},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			c := newCourse(start)
			var got []time.Duration
			for at := checkEvery; at <= test.until; at += checkEvery {
				if now := start.Add(at); at >= test.ill && c.ill(now) {
					c.restarted(now)
					got = append(got, at)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("restarted at %v, want %v", got, test.want)
			}
		})
	}
}
