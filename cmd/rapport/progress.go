package main

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// progress shows on a terminal how far a long run has come.
type progress struct {
	w     io.Writer
	total int // 0 if not known
	n     int
	begun time.Time
	drawn time.Time
}

// newProgress shows nothing if w is not a terminal.
func newProgress(w io.Writer, total int) *progress {
	p := &progress{total: total, begun: time.Now()}
	if isTerminal(w) {
		p.w = w
	}
	return p
}

// counting shows how many items have passed.
func counting[T any](p *progress, items iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for item, err := range items {
			if err == nil {
				p.at(p.n + 1)
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

// at says how far it has come.
func (p *progress) at(n int) {
	p.n = n
	if p.w != nil && time.Since(p.drawn) > 100*time.Millisecond {
		p.draw()
	}
}

// until draws, every now and then, how far it has come, until it is done.
func (p *progress) until(done <-chan error, n func() int) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			p.at(n())
		}
	}
}

const barWidth = 30

func (p *progress) draw() {
	p.drawn = time.Now()
	rate := float64(p.n) / time.Since(p.begun).Seconds()
	if p.total == 0 {
		fmt.Fprintf(p.w, "\r\x1b[K%d events, %.0f/s", p.n, rate)
		return
	}
	full := barWidth * p.n / p.total
	fmt.Fprintf(p.w, "\r\x1b[K[%-*s] %3d%%  %d of %d, %.0f/s", barWidth, strings.Repeat("=", full), 100*p.n/p.total, p.n, p.total, rate)
}

// done takes the bar away.
func (p *progress) done() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
