package codec

import (
	"errors"
	"fmt"
	"time"
)

const (
	minYear = 1900
	maxYear = 2200
)

var (
	errNotRFC3339 = errors.New("must be a time as in RFC 3339, such as 2026-03-09T14:30:00Z or 2026-03-09T15:30:00+01:00")
	errYear       = fmt.Errorf("must be a time between the years %d and %d", minYear, maxYear)
	errNoSuchDay  = errors.New("must be a date that exists")
	errNoSuchHour = errors.New("must be a time of day between 00:00:00 and 23:59:59; leap seconds cannot be kept")
)

// parseTime reads RFC 3339 and nothing else: UTC, truncated to the microsecond.
func parseTime(s string) (time.Time, error) {
	t, err := readTime(s)
	if err != nil {
		return time.Time{}, err
	}
	if y := t.Year(); y < minYear || y > maxYear {
		return time.Time{}, errYear
	}
	return t, nil
}

// readTime is parseTime without the bounds that doors set.
func readTime(s string) (time.Time, error) {
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[7] != '-' || s[10]|0x20 != 't' || s[13] != ':' || s[16] != ':' {
		return time.Time{}, errNotRFC3339
	}
	var n [6]int
	for i, at := range [6]int{0, 5, 8, 11, 14, 17} {
		size := 2
		if i == 0 {
			size = 4
		}
		v, ok := digits(s[at : at+size])
		if !ok {
			return time.Time{}, errNotRFC3339
		}
		n[i] = v
	}
	micros, rest, ok := fraction(s[19:])
	if !ok {
		return time.Time{}, errNotRFC3339
	}
	offset, ok := zone(rest)
	if !ok {
		return time.Time{}, errNotRFC3339
	}
	if n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return time.Time{}, errNoSuchHour
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], micros*1000, time.UTC)
	if t.Day() != n[2] || int(t.Month()) != n[1] {
		return time.Time{}, errNoSuchDay
	}
	if offset != 0 {
		t = t.Add(-offset)
	}
	return t, nil
}

func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// fraction reads .123456789 down to microseconds, and gives what follows.
func fraction(s string) (micros int, rest string, ok bool) {
	if s == "" || s[0] != '.' {
		return 0, s, true
	}
	i := 1
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		if i <= 6 {
			micros = micros*10 + int(s[i]-'0')
		}
	}
	for n := i; n <= 6; n++ {
		micros *= 10
	}
	return micros, s[i:], i > 1
}

func zone(s string) (time.Duration, bool) {
	if len(s) == 1 && s[0]|0x20 == 'z' {
		return 0, true
	}
	if len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	h, ok1 := digits(s[1:3])
	m, ok2 := digits(s[4:6])
	if !ok1 || !ok2 || h > 23 || m > 59 {
		return 0, false
	}
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if s[0] == '-' {
		d = -d
	}
	return d, true
}

// appendTime writes the one form in which the ledger gives times: UTC, as many
// decimals as needed, six at most.
func appendTime(dst []byte, t time.Time) []byte {
	return t.UTC().Truncate(time.Microsecond).AppendFormat(dst, time.RFC3339Nano)
}

func formatTime(t time.Time) string { return string(appendTime(nil, t)) }
