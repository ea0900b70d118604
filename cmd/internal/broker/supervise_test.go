package broker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap/zaptest"
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
	writes := errors.New("a write failed")
	for name, test := range map[string]struct {
		notOpen time.Duration   // how long all that is wrong is a stream that is not open
		well    time.Duration   // how long it is well after that
		until   time.Duration   // how long it is looked at; cannot write until then
		want    []time.Duration // when it is restarted
	}{
		"what cannot write is soon, and then with longer waits": {until: 6 * time.Second, want: []time.Duration{1500 * time.Millisecond, 3 * time.Second, 5 * time.Second}},
		"a stream that is being made gets time":                 {notOpen: 29 * time.Second, well: time.Minute, until: time.Minute},
		"and not for ever":                                      {notOpen: 35 * time.Second, until: 34 * time.Second, want: []time.Duration{30500 * time.Millisecond}},
		"what cannot write while one is made is soon":           {notOpen: 3 * time.Second, until: 4 * time.Second, want: []time.Duration{3 * time.Second}},
		"what is well again and then cannot write is soon":      {notOpen: 3 * time.Second, well: 2 * time.Second, until: 7 * time.Second, want: []time.Duration{6 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			var c course
			var got []time.Duration
			for at := checkEvery; at <= test.until; at += checkEvery {
				err := writes
				switch {
				case at < test.notOpen:
					err = fmt.Errorf("%w: PUBLIC", errNotOpen)
				case at < test.notOpen+test.well:
					c.checks = 0
					continue
				}
				if now := start.Add(at); c.ill(now, err) {
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

func TestWhatIsWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer bool  // to the first check; then there is no server to ask
		first  error // that answer
		after  time.Duration
	}{
		"that it cannot write":              {answer: true, first: errors.New("a write failed"), after: checkEvery},
		"that it does not answer":           {after: checkEvery + answerTime},
		"but not that a stream is not open": {answer: true, first: fmt.Errorf("%w: PUBLIC", errNotOpen), after: 2 * checkEvery},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				answer := make(chan error, 1)
				b := &Broker{logger: zaptest.NewLogger(t), stop: make(chan struct{}), asked: answer}
				if test.answer {
					answer <- test.first
				}
				go b.supervise()
				defer close(b.stop)
				time.Sleep(test.after - time.Millisecond)
				if err := b.Check(); err != nil {
					t.Errorf("before: %v", err)
				}
				time.Sleep(2 * time.Millisecond)
				if b.Check() == nil {
					t.Errorf("nothing is told after %v", test.after)
				}
			})
		})
	}
}

func TestAStreamThatIsNotOpenIsToldAfterThreeLooks(t *testing.T) {
	t.Parallel()
	var c course
	notOpen := fmt.Errorf("%w: PUBLIC", errNotOpen)
	for look, want := range []bool{false, false, true, true} {
		c.ill(time.Now(), notOpen)
		if got := c.tells(notOpen); got != want {
			t.Errorf("after %d looks: told %v, want %v", look+1, got, want)
		}
	}
}

func TestAStreamThatIsBeingMadeIsNoTrouble(t *testing.T) {
	t.Parallel()
	b, err := Start(Options{Dir: t.TempDir(), Logger: zaptest.NewLogger(t)})
	must(t, err)
	defer b.Close()
	must(t, b.examine())
	made := filepath.Join(b.options.Dir, "jetstream", "RAPPORT", "streams", "REJECTED")
	must(t, os.MkdirAll(made, 0o700))
	if err := b.examine(); !errors.Is(err, errNotOpen) {
		t.Errorf("with files of a stream that is not open: got %v, want %v", err, errNotOpen)
	}
	if err := b.Check(); err != nil {
		t.Errorf("one look may come at a bad moment, but got %v", err)
	}
	eventually(t, func() bool { return errors.Is(b.Check(), errNotOpen) })
	must(t, os.Remove(made))
	eventually(t, func() bool { return b.Check() == nil })
}
