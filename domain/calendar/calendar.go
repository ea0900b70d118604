// Package calendar counts business time: the hours in which work is done, by a
// policy's week, holidays and time zone.
//
// A day's opening hours are times on the wall. Where clocks are put forward, a time
// that is skipped stands for the moment of the change; where they are put back, a time
// that comes twice stands for its first coming. Opening hours across a change are
// therefore as long as people work, not as long as the wall says.
package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// ErrNeverOpen is a calendar without any opening hours.
var ErrNeverOpen = errors.New("the calendar never opens")

// Calendar says when business is done, to the microsecond, up to the end of the year
// 9999. It is immutable. Its answers take no longer for years than for days, but for
// the changes of the clocks in between.
type Calendar struct {
	zone *time.Location
	week [7][]span // by time.Weekday; sorted, without overlap
	// holidays are the days, sorted, and closed[i] is what the first i of them would
	// have been open by the week alone.
	holidays []int64
	closed   []int64
}

// span is a part of a day, in microseconds on the wall since midnight; or a part of
// time, in microseconds since 1970.
type span struct{ from, to int64 }

const (
	second = int64(time.Second / time.Microsecond)
	minute = 60 * second
	day    = 24 * 60 * minute
)

// horizon is the last day a calendar reaches: 9999-12-30, far enough from the last
// instant that can be written down for any time zone.
var horizon = dayOf(time.Date(9999, 12, 30, 0, 0, 0, 0, time.UTC))

// New makes the calendar of a policy. Errors: [ErrNeverOpen], an unknown time zone, a
// day or time that cannot be read.
func New(p domain.CalendarPolicy) (*Calendar, error) {
	zone, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	c := &Calendar{zone: zone}
	for _, o := range p.Week {
		if err := c.open(o); err != nil {
			return nil, fmt.Errorf("calendar: %w", err)
		}
	}
	if c.inWeek() == 0 {
		return nil, fmt.Errorf("calendar: %w", ErrNeverOpen)
	}
	for i := range c.week {
		c.week[i] = merge(c.week[i])
	}
	return c, c.close(p.Holidays)
}

func (c *Calendar) open(o domain.OpeningInterval) error {
	weekday := slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, o.Day)
	if weekday < 0 {
		return fmt.Errorf("%q is not a day of the week", o.Day)
	}
	from, err := timeOfDay(o.From)
	if err != nil {
		return err
	}
	to, err := timeOfDay(o.To)
	if err != nil {
		return err
	}
	if from < to {
		c.week[weekday] = append(c.week[weekday], span{from, to})
	}
	return nil
}

func (c *Calendar) close(holidays []string) error {
	for _, h := range holidays {
		t, err := time.Parse(time.DateOnly, h)
		if err != nil {
			return fmt.Errorf("calendar: %q is not a date", h)
		}
		c.holidays = append(c.holidays, dayOf(t))
	}
	slices.Sort(c.holidays)
	c.holidays = slices.Compact(c.holidays)
	c.closed = make([]int64, 1, len(c.holidays)+1)
	for i, d := range c.holidays {
		c.closed = append(c.closed, c.closed[i]+c.nominal(d))
	}
	return nil
}

func timeOfDay(s string) (int64, error) {
	n, ok := domain.MinuteOfDay(s)
	if !ok {
		return 0, fmt.Errorf("%q is not a time of day", s)
	}
	return int64(n) * minute, nil
}

// merge sorts spans and joins those that touch or overlap.
func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	merged := spans[:0]
	for _, s := range spans {
		if n := len(merged); n > 0 && s.from <= merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// Day is how long a business day is: the mean over the days of the week that open.
func (c *Calendar) Day() time.Duration {
	open := 0
	for _, spans := range c.week {
		if len(spans) > 0 {
			open++
		}
	}
	return duration(c.inWeek() / int64(open))
}

// Between is the business time from a to b; 0 if b is not after a. Time in a pause
// does not count; pauses may overlap and need no order.
func (c *Calendar) Between(a, b time.Time, pauses ...Interval) time.Duration {
	from, to := micros(a), micros(b)
	if to <= from {
		return 0
	}
	total := c.between(from, to)
	for _, p := range union(pauses, from, to) {
		total -= c.between(p.from, p.to)
	}
	return duration(total)
}

// Add gives the first instant by which d of business time has passed since start,
// pauses not counted. It is never later than the year 9999, and that where a pause
// that has not ended leaves no time.
func (c *Calendar) Add(start time.Time, d time.Duration, pauses ...Interval) time.Time {
	at, left := micros(start), d.Microseconds()
	if left <= 0 {
		return moment(at)
	}
	for _, p := range union(pauses, at, math.MaxInt64) {
		if before := c.between(at, p.from); before < left {
			left -= before
			at = p.to
			continue
		}
		break
	}
	if at == math.MaxInt64 {
		return moment(horizon * day)
	}
	return moment(c.add(at, left))
}

// Sub gives the last instant from which d of business time passes until end.
func (c *Calendar) Sub(end time.Time, d time.Duration) time.Time {
	at, left := micros(end), d.Microseconds()
	if left <= 0 {
		return moment(at)
	}
	n := c.dayAt(at)
	today := c.openBefore(n, at)
	if left <= today {
		return moment(c.within(n, today-left, true))
	}
	left -= today
	back := c.gallop(n+horizon, func(k int64) bool { return c.days(n-k, n) >= left })
	first := n - back
	return moment(c.within(first, c.days(first, n)-left, true))
}

// between is the business time of a span, which must not be negative.
func (c *Calendar) between(from, to int64) int64 {
	a, b := c.dayAt(from), c.dayAt(to)
	return c.days(a, b) + c.openBefore(b, to) - c.openBefore(a, from)
}

// add gives the first instant by which left, more than 0, of business time has passed.
func (c *Calendar) add(at, left int64) int64 {
	n := c.dayAt(at)
	left += c.openBefore(n, at)
	ahead := c.gallop(horizon-n, func(k int64) bool { return c.days(n, n+k) >= left })
	if n+ahead >= horizon {
		return horizon * day
	}
	last := n + ahead - 1
	return c.within(last, left-c.days(n, last), false)
}

// gallop finds the smallest k from 1 on that is enough, or the most, by steps that
// double and then by halving: near answers are found at once.
func (c *Calendar) gallop(most int64, enough func(k int64) bool) int64 {
	low, high := int64(0), int64(1) // low is not enough
	for high < most && !enough(high) {
		low, high = high, high*2
	}
	high = min(high, most)
	for low+1 < high {
		if middle := low + (high-low)/2; enough(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return max(high, 1)
}

// within gives the instant at which a day has been open for so long: the first such,
// at the end of an opening rather than at the start of the next, or the last such.
func (c *Calendar) within(n, open int64, last bool) int64 {
	spans := c.spans(n)
	for i, s := range spans {
		length := s.to - s.from
		if open < length || open == length && (!last || i == len(spans)-1) {
			return s.from + open
		}
		open -= length
	}
	return c.wall(n+1, 0)
}
