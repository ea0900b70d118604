package calendar

import (
	"math"
	"time"
)

// Interval is a span of time: From is included, To is not. A zero To is open: the
// span has not ended.
type Interval struct {
	From, To time.Time
}

// union is the time covered by the intervals inside the bounds, as spans in order.
func union(intervals []Interval, from, to int64) []span {
	if len(intervals) == 0 {
		return nil
	}
	spans := make([]span, 0, len(intervals))
	for _, i := range intervals {
		end := int64(math.MaxInt64)
		if !i.To.IsZero() {
			end = micros(i.To)
		}
		if s := (span{max(micros(i.From), from), min(end, to)}); s.from < s.to {
			spans = append(spans, s)
		}
	}
	return merge(spans)
}
