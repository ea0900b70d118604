package api

import (
	"errors"
	"strings"
	"time"
)

// ParseTime reads an instant as people give it: RFC 3339, or a date, which is the start
// of that day in UTC. It is cut to the microsecond. The beginning of the year 1 is refused,
// because the zero time stands for one that was not given, and so is what is before it, or
// after the year 9999 in UTC: JSON has no form for it.
func ParseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t, err = time.Parse(time.DateOnly, s)
	}
	t = t.UTC().Truncate(time.Microsecond)
	switch {
	case err == nil && (!t.After(time.Time{}) || t.Year() > 9999):
		return time.Time{}, errors.New("expected a time after the beginning of the year 1 and before the end of the year 9999, in UTC")
	case err == nil:
		return t, nil
	case strings.Contains(s, " "):
		return time.Time{}, errors.New("expected a time such as 2026-01-31T09:30:00+01:00, with + written as %2B in a URL")
	}
	return time.Time{}, errors.New("expected a time such as 2026-01-31T09:30:00Z, or a date such as 2026-01-31")
}
