package commands

import (
	"context"
	"slices"
	"sync"
)

// quantum is how many events a lane may have recorded before it is another's turn.
const quantum = 64

type laneKey struct{}

// InLane is ctx for requests that take turns with those of other lanes: however much
// waits in one, the first in another waits for about one append. Requests of a lane
// keep their order. A request whose context says nothing is in the lane of its first
// event's source, with all its parts.
func InLane(ctx context.Context, lane string) context.Context {
	return context.WithValue(ctx, laneKey{}, lane)
}

func laneOf(ctx context.Context, items []item) string {
	if lane, ok := ctx.Value(laneKey{}).(string); ok {
		return "lane " + lane
	}
	if len(items) == 0 {
		return ""
	}
	return "source " + items[0].event.Source
}

// lanes are the requests that wait. They are not bounded: a request that waits is held
// by a caller that waits.
type lanes struct {
	// filled gets a signal when there is as much to take as was wanted.
	filled chan struct{}

	mu      sync.Mutex
	named   map[string]*lane
	turns   []*lane // those with something in them, in turn
	waiting int     // requests in all lanes
	wanted  int
}

type lane struct {
	name    string
	waiting []*request
	// credit is how many events the lane may have recorded; what a large request takes
	// is saved up for in several turns.
	credit int
}

func newLanes() *lanes {
	return &lanes{filled: make(chan struct{}, 1), named: make(map[string]*lane), wanted: 1}
}

func (l *lanes) add(q *request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	in := l.lane(q.lane)
	in.waiting = append(in.waiting, q)
	if l.waiting++; l.waiting < l.wanted {
		return
	}
	select {
	case l.filled <- struct{}{}:
	default:
	}
}

// giveBack puts requests that were taken in front of their lanes again. What of them is
// still to be recorded has its credit back.
func (l *lanes) giveBack(requests []*request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, q := range slices.Backward(requests) {
		in := l.lane(q.lane)
		in.waiting = slices.Insert(in.waiting, 0, q)
		in.credit += q.open
	}
	l.waiting += len(requests)
}

// lane is the one of that name; it has its turn after those there are.
func (l *lanes) lane(name string) *lane {
	in := l.named[name]
	if in == nil {
		in = &lane{name: name}
		l.named[name] = in
		l.turns = append(l.turns, in)
	}
	return in
}

// want sets how many requests there have to be for a signal, and reports whether there
// are.
func (l *lanes) want(requests int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanted = requests
	return l.waiting >= requests
}

// take gives requests of all lanes in turn, until there are enough events or nothing
// is left.
func (l *lanes) take(enough int) []*request {
	l.mu.Lock()
	defer l.mu.Unlock()
	var taken []*request
	for n := 0; n < enough && len(l.turns) > 0; {
		in := l.turns[0]
		l.turns = l.turns[1:]
		in.credit += quantum
		for n < enough && len(in.waiting) > 0 && in.waiting[0].open <= in.credit {
			q := in.waiting[0]
			in.waiting[0] = nil
			in.waiting = in.waiting[1:]
			in.credit -= q.open
			n += q.open
			taken = append(taken, q)
		}
		if len(in.waiting) == 0 {
			delete(l.named, in.name)
		} else {
			l.turns = append(l.turns, in)
		}
	}
	l.waiting -= len(taken)
	return taken
}
