package calendar

import (
	"math"
	"slices"
	"sort"
	"time"
)

// Days are numbered from 1970-01-01, which is 0. A day is the time from its midnight
// on the wall to the next one's.

func dayOf(t time.Time) int64 { return floorDiv(t.Unix(), 24*60*60) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func micros(t time.Time) int64  { return t.UnixMicro() }
func moment(at int64) time.Time { return time.UnixMicro(at).UTC() }

func duration(micros int64) time.Duration {
	if micros > math.MaxInt64/int64(time.Microsecond) {
		return math.MaxInt64
	}
	return time.Duration(micros) * time.Microsecond
}

// weekday is the day of the week; day 0 was a Thursday.
func weekday(n int64) int64 { return ((n+4)%7 + 7) % 7 }

// nominal is how long a day is open by the week alone.
func (c *Calendar) nominal(n int64) (open int64) {
	for _, s := range c.week[weekday(n)] {
		open += s.to - s.from
	}
	return open
}

func (c *Calendar) inWeek() (open int64) {
	for n := range int64(7) {
		open += c.nominal(n)
	}
	return open
}

func (c *Calendar) holiday(n int64) bool {
	_, found := slices.BinarySearch(c.holidays, n)
	return found
}

// days is how long the days from a up to but not including b are open: by the week,
// less the holidays, as far as changes of the clocks do not make it otherwise.
func (c *Calendar) days(a, b int64) int64 {
	if b <= a {
		return 0
	}
	weeks := (b - a) / 7
	open := weeks * c.inWeek()
	for n := a + 7*weeks; n < b; n++ {
		open += c.nominal(n)
	}
	i, _ := slices.BinarySearch(c.holidays, a)
	j, _ := slices.BinarySearch(c.holidays, b)
	return open - (c.closed[j] - c.closed[i]) + c.changes(a, b)
}

// changes is by how much longer or shorter than by the week the days from a up to b
// are open because clocks change.
func (c *Calendar) changes(a, b int64) (longer int64) {
	done := a // days before it are accounted for
	for at := c.wall(a, 0) - 1; done < b; {
		next, ok := c.nextChange(at)
		if !ok {
			return longer
		}
		at = next
		// The days the change is in, or skips.
		before, after := c.onWall(at-1), c.onWall(at)
		for n := max(min(before, after), done); n <= max(before, after) && n < b; n++ {
			if !c.holiday(n) {
				longer += c.length(n) - c.nominal(n)
			}
			done = n + 1
		}
		if before >= b {
			return longer
		}
	}
	return longer
}

// nextChange is an instant after the given one before which clocks do not change; it
// need not be a change. False: they never change again.
func (c *Calendar) nextChange(at int64) (int64, bool) {
	_, end := moment(at).In(c.zone).ZoneBounds()
	if end.IsZero() {
		return 0, false
	}
	if next := micros(end); next > at {
		return next, true
	}
	// For years that a zone has only a rule for, package time lets bounds end with the
	// year, and takes each year to have 365 days: the bounds of the last day of a leap
	// year end before it.
	return at + day, true
}

func (c *Calendar) length(n int64) (open int64) {
	for _, s := range c.spans(n) {
		open += s.to - s.from
	}
	return open
}

// spans are the parts of time in which a day is open.
func (c *Calendar) spans(n int64) []span {
	if c.holiday(n) {
		return nil
	}
	week := c.week[weekday(n)]
	spans := make([]span, len(week))
	for i, s := range week {
		spans[i] = span{c.wall(n, s.from), c.wall(n, s.to)}
	}
	return spans
}

// openBefore is how long the day has been open at an instant.
func (c *Calendar) openBefore(n, at int64) (open int64) {
	for _, s := range c.spans(n) {
		open += max(min(at, s.to)-s.from, 0)
	}
	return open
}

// dayAt is the day an instant belongs to.
func (c *Calendar) dayAt(at int64) int64 {
	n := c.onWall(at)
	for at >= c.wall(n+1, 0) {
		n++
	}
	for at < c.wall(n, 0) {
		n--
	}
	return n
}

// onWall is the day a calendar on the wall shows at an instant. Where clocks are put
// back over midnight it shows a day twice.
func (c *Calendar) onWall(at int64) int64 {
	t := moment(at).In(c.zone)
	_, offset := t.Zone()
	return floorDiv(t.Unix()+int64(offset), 24*60*60)
}

// wall is the instant at which clocks on the wall show the time of the day.
func (c *Calendar) wall(n, timeOfDay int64) int64 {
	utc := n*day + timeOfDay
	before, after := c.offset(utc-day), c.offset(utc+day)
	if before == after {
		return utc - before
	}
	change := c.changeBetween(utc-day, utc+day)
	if first := utc - before; first < change {
		return first
	}
	return max(utc-after, change)
}

// changeBetween is when clocks change between two instants, to the second.
func (c *Calendar) changeBetween(from, to int64) int64 {
	before := c.offset(from)
	n := sort.Search(int((to-from)/second), func(i int) bool { return c.offset(from+int64(i)*second) != before })
	return from + int64(n)*second
}

func (c *Calendar) offset(at int64) int64 {
	_, seconds := moment(at).In(c.zone).Zone()
	return int64(seconds) * second
}
