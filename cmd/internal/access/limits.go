package access

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// burstSeconds is for how long a principal that was quiet may do as much at once.
const burstSeconds = 4

// minBurst is the most that comes at once: a batch of events.
const minBurst = 10_000

// maxLimiters bounds how many principals are remembered at a time.
const maxLimiters = 10_000

// Limits bound how much each principal does. How much those who administer the ledger do, and
// everybody where no token is required, is not bounded, because they could do worse; how many
// streams they follow is.
type Limits struct {
	rate float64
	now  func() time.Time

	mu       sync.Mutex
	limiters map[string]*rate.Limiter // by the principal's id
	streams  map[string]int
	// maxStreams is how many streams a principal may follow at a time.
	maxStreams int
}

// NewLimits allows each principal so many requests and events a second, in the long
// run, and so many streams at a time. A rate of 0 is no limit.
func NewLimits(perSecond, streams int, now func() time.Time) *Limits {
	return &Limits{
		rate: float64(perSecond), maxStreams: streams, now: now,
		limiters: make(map[string]*rate.Limiter), streams: make(map[string]int),
	}
}

// Take is 0 if the principal may do one more thing now. Otherwise it may not, and may
// try again after that time.
func (l *Limits) Take(p Principal) (wait time.Duration) {
	if l == nil || l.rate == 0 || p.May(Administer) {
		return 0
	}
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter, ok := l.limiters[p.ID]
	if !ok {
		l.forget(now)
		limiter = rate.NewLimiter(rate.Limit(l.rate), l.burst())
		l.limiters[p.ID] = limiter
	}
	taken := limiter.ReserveN(now, 1)
	if wait = taken.DelayFrom(now); wait > 0 {
		taken.CancelAt(now)
	}
	return wait
}

// Spend takes n things that turned out to come with one that was allowed. They may be
// more than are left: then nothing is allowed until that is made up for. So what is too
// much is refused before it costs anything, and nothing that was read is thrown away.
func (l *Limits) Spend(p Principal, n int) {
	if l == nil || l.rate == 0 || n <= 0 || p.May(Administer) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if limiter, ok := l.limiters[p.ID]; ok {
		limiter.ReserveN(l.now(), min(n, l.burst()))
	}
}

func (l *Limits) burst() int {
	return int(min(max(burstSeconds*l.rate, minBurst), math.MaxInt32))
}

// forget makes room for another: who has been quiet is as good as new.
func (l *Limits) forget(now time.Time) {
	if len(l.limiters) < maxLimiters {
		return
	}
	for id, limiter := range l.limiters {
		if limiter.TokensAt(now) >= float64(l.burst()) {
			delete(l.limiters, id)
		}
	}
}

// Follow is false if the principal follows as many streams as it may already. If it is
// true, end is to be called when the stream ends.
func (l *Limits) Follow(p Principal) (end func(), ok bool) {
	if l == nil {
		return func() {}, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.streams[p.ID] >= l.maxStreams {
		return nil, false
	}
	l.streams[p.ID]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.streams[p.ID]--; l.streams[p.ID] == 0 {
			delete(l.streams, p.ID)
		}
	}, true
}
