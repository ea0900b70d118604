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
		begins bool            // well
		well   time.Duration   // when the server was well again; 0 if never
		ill    time.Duration   // when it was ill after that
		until  time.Duration   // how long it was looked at
		want   []time.Duration // when it was restarted
	}{
		"what was well is soon, and then with longer waits": {begins: true, until: 6 * time.Second, want: []time.Duration{1500 * time.Millisecond, 3 * time.Second, 5 * time.Second}},
		"what never was gets time to settle":                {until: 35 * time.Second, want: []time.Duration{30 * time.Second, 31500 * time.Millisecond, 33500 * time.Millisecond}},
		"what settled is not":                               {well: 29 * time.Second, ill: time.Minute, until: time.Minute},
		"what settled and fell ill is soon":                 {well: 3 * time.Second, ill: 5 * time.Second, until: 7 * time.Second, want: []time.Duration{6 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			c := newCourse(start, test.begins)
			var got []time.Duration
			for at := checkEvery; at <= test.until; at += checkEvery {
				now := start.Add(at)
				if test.well > 0 && at >= test.well && at < test.ill {
					c.well()
				} else if c.ill(now) {
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
