// Package calendar counts business time: the hours in which work is done, by a
// policy's week, holidays and time zone.
package calendar

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Calendar says when business is done. It is immutable.
type Calendar struct{}

// Interval is a span of time: From is included, To is not. A zero To is open: the
// span has not ended.
type Interval struct {
	From, To time.Time
}

// New makes the calendar of a policy.
func New(p domain.CalendarPolicy) (*Calendar, error) { return &Calendar{}, nil }

// Add gives the first instant by which d of business time, outside the pauses, has
// passed since start.
func (c *Calendar) Add(start time.Time, d time.Duration, pauses ...Interval) time.Time {
	return start.Add(d)
}

// Between is the business time from a to b, outside the pauses; 0 if b is not after a.
func (c *Calendar) Between(a, b time.Time, pauses ...Interval) time.Duration { return b.Sub(a) }
