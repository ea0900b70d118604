package calendar_test

import (
	"errors"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/calendar"
	"pgregory.net/rapid"
)

// office is Monday to Friday, 09:00 to 12:30 and 13:30 to 17:30.
func office(zone string, holidays ...string) domain.CalendarPolicy {
	p := domain.CalendarPolicy{TimeZone: zone, Holidays: holidays}
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri"} {
		p.Week = append(p.Week,
			domain.OpeningInterval{Day: day, From: "13:30", To: "17:30"},
			domain.OpeningInterval{Day: day, From: "09:00", To: "12:30"})
	}
	return p
}

func always(zone string) domain.CalendarPolicy {
	p := domain.CalendarPolicy{TimeZone: zone}
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		p.Week = append(p.Week, domain.OpeningInterval{Day: day, From: "00:00", To: "24:00"})
	}
	return p
}

func open(t testing.TB, p domain.CalendarPolicy) *calendar.Calendar {
	t.Helper()
	c, err := calendar.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAddGivesTheFirstInstantByWhichTheTimeHasPassed(t *testing.T) {
	t.Parallel()
	berlin := open(t, office("Europe/Berlin"))
	christmas := open(t, office("Europe/Berlin", "2026-12-24", "2026-12-25", "2026-12-28", "2026-12-29", "2026-12-30", "2026-12-31", "2027-01-01"))
	night := domain.CalendarPolicy{TimeZone: "Europe/Berlin", Week: []domain.OpeningInterval{{Day: "sun", From: "01:00", To: "05:00"}}}
	for _, tt := range []struct {
		name  string
		c     *calendar.Calendar
		start string
		d     time.Duration
		want  string
	}{
		{"within an opening", berlin, "2026-11-23T10:00:00+01:00", time.Hour, "2026-11-23T11:00:00+01:00"},
		{"over the lunch break", berlin, "2026-11-23T12:00:00+01:00", time.Hour, "2026-11-23T14:00:00+01:00"},
		{"up to the lunch break, not to its end", berlin, "2026-11-23T12:00:00+01:00", 30 * time.Minute, "2026-11-23T12:30:00+01:00"},
		{"from the lunch break", berlin, "2026-11-23T13:00:00+01:00", time.Hour, "2026-11-23T14:30:00+01:00"},
		{"over the weekend", berlin, "2026-11-27T17:00:00+01:00", time.Hour, "2026-11-30T09:30:00+01:00"},
		{"from the weekend", berlin, "2026-11-28T03:00:00+01:00", 7*time.Hour + 30*time.Minute, "2026-11-30T17:30:00+01:00"},
		{"nothing, outside the hours", berlin, "2026-11-28T03:00:00+01:00", 0, "2026-11-28T03:00:00+01:00"},
		{"two weeks", berlin, "2026-11-23T10:00:00+01:00", 75 * time.Hour, "2026-12-07T10:00:00+01:00"},
		{"before time was counted from 1970", berlin, "1969-12-31T17:00:00+01:00", time.Hour, "1970-01-01T09:30:00+01:00"},
		{"long before", berlin, "1955-11-11T17:00:00+01:00", 76 * time.Hour, "1955-11-28T09:30:00+01:00"},
		{"over a chain of holidays", christmas, "2026-12-23T17:00:00+01:00", time.Hour, "2027-01-04T09:30:00+01:00"},
		{"over a weekend in which clocks are put forward", berlin, "2026-03-27T17:00:00+01:00", time.Hour, "2026-03-30T09:30:00+02:00"},
		{"through the hour that is skipped", open(t, night), "2026-03-29T01:30:00+01:00", time.Hour, "2026-03-29T03:30:00+02:00"},
		{"through the hour that comes twice", open(t, night), "2026-10-25T01:30:00+02:00", 2 * time.Hour, "2026-10-25T02:30:00+01:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			start, want := at(t, tt.start), at(t, tt.want)
			if got := tt.c.Add(start, tt.d); !got.Equal(want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if got := tt.c.Between(start, want); got != tt.d {
				t.Errorf("between: got %v, want %v", got, tt.d)
			}
		})
	}
}

func TestPausesDoNotCount(t *testing.T) {
	t.Parallel()
	c := open(t, office("UTC"))
	start := at(t, "2026-11-23T10:00:00Z")
	tuesday := calendar.Interval{From: at(t, "2026-11-24T00:00:00Z"), To: at(t, "2026-11-25T00:00:00Z")}
	morning := calendar.Interval{From: at(t, "2026-11-23T11:00:00Z"), To: at(t, "2026-11-23T12:00:00Z")}
	overlap := calendar.Interval{From: at(t, "2026-11-23T11:30:00Z"), To: at(t, "2026-11-23T12:30:00Z")}
	ended := calendar.Interval{From: at(t, "2026-11-20T00:00:00Z"), To: at(t, "2026-11-23T09:30:00Z")}
	goesOn := calendar.Interval{From: at(t, "2026-11-23T11:00:00Z")}
	for _, tt := range []struct {
		name   string
		d      time.Duration
		pauses []calendar.Interval
		want   string
	}{
		{"a day", 6 * time.Hour, []calendar.Interval{tuesday}, "2026-11-23T17:00:00Z"},
		{"a day that is needed", 8 * time.Hour, []calendar.Interval{tuesday}, "2026-11-25T10:30:00Z"},
		{"several, out of order and overlapping", 8 * time.Hour, []calendar.Interval{tuesday, overlap, morning}, "2026-11-25T12:00:00Z"},
		{"before the start", time.Hour, []calendar.Interval{ended}, "2026-11-23T11:00:00Z"},
		{"enough time before it", time.Hour, []calendar.Interval{goesOn}, "2026-11-23T11:00:00Z"},
		{"one that goes on", 2 * time.Hour, []calendar.Interval{goesOn}, "9999-12-30T00:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, want := c.Add(start, tt.d, tt.pauses...), at(t, tt.want); !got.Equal(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
	if got := c.Between(start, at(t, "2026-11-25T10:30:00Z"), tuesday, morning, overlap); got != 6*time.Hour+30*time.Minute {
		t.Errorf("between: got %v", got)
	}
	if got := c.Between(start, start.Add(-time.Hour)); got != 0 {
		t.Errorf("backwards: got %v, want 0", got)
	}
}

func TestACalendarThatNeverOpensIsRefused(t *testing.T) {
	t.Parallel()
	for _, p := range []domain.CalendarPolicy{
		{TimeZone: "UTC"},
		{TimeZone: "UTC", Week: []domain.OpeningInterval{{Day: "mon", From: "10:00", To: "10:00"}}},
	} {
		if _, err := calendar.New(p); !errors.Is(err, calendar.ErrNeverOpen) {
			t.Errorf("%+v: got %v, want ErrNeverOpen", p, err)
		}
	}
	for name, p := range map[string]domain.CalendarPolicy{
		"zone":    {TimeZone: "Mars/Olympus"},
		"day":     {Week: []domain.OpeningInterval{{Day: "fun", From: "10:00", To: "11:00"}}},
		"time":    {Week: []domain.OpeningInterval{{Day: "mon", From: "10", To: "11:00"}}},
		"holiday": office("UTC", "25.12.2026"),
	} {
		if _, err := calendar.New(p); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestARareOpeningEndsWithTheCalendar(t *testing.T) {
	t.Parallel()
	c := open(t, domain.CalendarPolicy{TimeZone: "UTC", Week: []domain.OpeningInterval{{Day: "mon", From: "10:00", To: "10:01"}}})
	got := c.Add(at(t, "2026-11-23T10:00:00Z"), 100_000*time.Hour)
	if want := at(t, "9999-12-30T00:00:00Z"); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestABusinessDayIsTheMeanOfTheDaysThatOpen(t *testing.T) {
	t.Parallel()
	if got := open(t, office("UTC")).Day(); got != 7*time.Hour+30*time.Minute {
		t.Errorf("got %v", got)
	}
	part := open(t, domain.CalendarPolicy{TimeZone: "UTC", Week: []domain.OpeningInterval{{Day: "mon", From: "09:00", To: "12:00"}, {Day: "sat", From: "09:00", To: "10:00"}}})
	if got := part.Day(); got != 2*time.Hour {
		t.Errorf("the mean of three hours and one is %v", got)
	}
}

// zones have whole and half hours of change, changes at midnight and over it, a day
// that was skipped, and rules of their own.
var zones = []string{
	"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo",
	"America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "Europe/Dublin", "Asia/Tehran", "America/Havana",
}

func instants() *rapid.Generator[time.Time] {
	from, to := time.Date(1985, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2070, 1, 1, 0, 0, 0, 0, time.UTC)
	return rapid.Map(rapid.Int64Range(from.UnixMicro(), to.UnixMicro()), func(us int64) time.Time { return time.UnixMicro(us).UTC() })
}

func policies() *rapid.Generator[domain.CalendarPolicy] {
	return rapid.Custom(func(t *rapid.T) domain.CalendarPolicy {
		p := domain.CalendarPolicy{TimeZone: rapid.SampledFrom(zones).Draw(t, "zone")}
		clock := func(m int) string {
			if m == 24*60 {
				return "24:00"
			}
			return time.Date(0, 1, 1, 0, m, 0, 0, time.UTC).Format("15:04")
		}
		for range rapid.IntRange(1, 12).Draw(t, "openings") {
			from := rapid.IntRange(0, 24*60-1).Draw(t, "from")
			p.Week = append(p.Week, domain.OpeningInterval{
				Day:  rapid.SampledFrom([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}).Draw(t, "day"),
				From: clock(from), To: clock(rapid.IntRange(from+1, 24*60).Draw(t, "to")),
			})
		}
		for range rapid.IntRange(0, 30).Draw(t, "holidays") {
			p.Holidays = append(p.Holidays, instants().Draw(t, "holiday").Format(time.DateOnly))
		}
		return p
	})
}

func TestWhereItIsAlwaysOpenBusinessTimeIsTime(t *testing.T) {
	t.Parallel()
	calendars := make(map[string]*calendar.Calendar)
	for _, zone := range zones {
		calendars[zone] = open(t, always(zone))
	}
	rapid.Check(t, func(t *rapid.T) {
		c := calendars[rapid.SampledFrom(zones).Draw(t, "zone")]
		a, b := instants().Draw(t, "a"), instants().Draw(t, "b")
		if want := max(b.Sub(a), 0); c.Between(a, b) != want {
			t.Fatalf("between %v and %v: got %v, want %v", a, b, c.Between(a, b), want)
		}
	})
}

func TestYearsThatAZoneHasOnlyARuleFor(t *testing.T) {
	t.Parallel()
	for _, zone := range zones {
		c := open(t, always(zone))
		from := at(t, "2051-12-30T12:00:00Z")
		for to := from; to.Year() < 2058; to = to.Add(1103 * time.Hour) {
			if got := c.Between(from, to); got != to.Sub(from) {
				t.Fatalf("%s: from %v to %v: got %v", zone, from, to, got)
			}
			if got := c.Add(from, to.Sub(from)); !got.Equal(to) {
				t.Fatalf("%s: %v after %v: got %v, want %v", zone, to.Sub(from), from, got, to)
			}
		}
	}
}

func TestWhereItIsAlwaysOpenEveryChangeOfTheClocksIsCounted(t *testing.T) {
	t.Parallel()
	for _, zone := range zones {
		c := open(t, always(zone))
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for change := time.Date(1985, 1, 1, 0, 0, 0, 0, location); change.Year() < 2030; {
			_, change = change.ZoneBounds()
			if change.IsZero() {
				break
			}
			for m := -25 * 60; m <= 25*60; m += 97 {
				a := change.Add(time.Duration(m) * time.Minute)
				for _, d := range []time.Duration{47 * time.Minute, 25 * time.Hour} {
					if got := c.Between(a, a.Add(d)); got != d {
						t.Fatalf("%s: %v after %v: got %v", zone, d, a, got)
					}
					if got := c.Add(a, d); !got.Equal(a.Add(d)) {
						t.Fatalf("%s: %v plus %v: got %v", zone, a, d, got)
					}
				}
			}
		}
	}
}

func TestBetweenUndoesAddAndSub(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, err := calendar.New(policies().Draw(t, "policy"))
		if err != nil {
			t.Fatal(err)
		}
		start := instants().Draw(t, "start")
		d := time.Duration(rapid.Int64Range(1, int64(300*time.Hour/time.Microsecond)).Draw(t, "d")) * time.Microsecond
		end := c.Add(start, d)
		if got := c.Between(start, end); got != d {
			t.Fatalf("add: %v to %v is %v, want %v", start, end, got, d)
		}
		if got := c.Between(start, end.Add(-time.Microsecond)); got >= d {
			t.Fatalf("add: %v is not the first instant after %v", end, d)
		}
		back := c.Sub(start, d)
		if got := c.Between(back, start); got != d {
			t.Fatalf("sub: %v to %v is %v, want %v", back, start, got, d)
		}
		if got := c.Between(back.Add(time.Microsecond), start); got >= d {
			t.Fatalf("sub: %v is not the last instant before %v", back, d)
		}
	})
}

func TestBusinessTimeAddsUpAndPausesTakeAway(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, err := calendar.New(policies().Draw(t, "policy"))
		if err != nil {
			t.Fatal(err)
		}
		times := rapid.SliceOfN(instants(), 3, 3).Draw(t, "times")
		a := times[0]
		b := a.Add(time.Duration(rapid.Int64Range(0, int64(900*24*time.Hour)).Draw(t, "b"))).Truncate(time.Microsecond)
		mid := a.Add(b.Sub(a) / 3).Truncate(time.Microsecond)
		if c.Between(a, mid)+c.Between(mid, b) != c.Between(a, b) {
			t.Fatalf("%v to %v to %v does not add up", a, mid, b)
		}
		pause := calendar.Interval{From: mid, To: b}
		if got, want := c.Between(a, b, pause, pause), c.Between(a, mid); got != want {
			t.Fatalf("with the rest paused: got %v, want %v", got, want)
		}
		d := time.Duration(rapid.Int64Range(1, int64(100*time.Hour/time.Microsecond)).Draw(t, "d")) * time.Microsecond
		if end := c.Add(a, d, pause); c.Between(a, end, pause) != d {
			t.Fatalf("%v after %v, paused from %v to %v: got %v", d, a, mid, b, end)
		}
	})
}

// The plainest way to count: every minute is asked whether it is open.
func TestBetweenCountsTheMinutesThatAreOpen(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	c := open(t, office("Europe/Berlin", "2026-04-03", "2026-04-06"))
	from := time.Date(2026, 3, 25, 0, 0, 0, 0, time.UTC)
	var want time.Duration
	for at := from; at.Before(from.AddDate(0, 0, 21)); at = at.Add(time.Minute) {
		if got := c.Between(from, at); got != want {
			t.Fatalf("until %v: got %v, want %v", at, got, want)
		}
		local := at.In(berlin)
		m, date := local.Hour()*60+local.Minute(), local.Format(time.DateOnly)
		weekend := local.Weekday() == time.Saturday || local.Weekday() == time.Sunday
		if !weekend && date != "2026-04-03" && date != "2026-04-06" && (m >= 540 && m < 750 || m >= 810 && m < 1050) {
			want += time.Minute
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	c := open(b, office("Europe/Berlin", "2026-12-25"))
	start := at(b, "2026-11-23T10:00:00Z")
	for name, d := range map[string]time.Duration{"hours": 16 * time.Hour, "years": 20_000 * time.Hour} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c.Add(start, d)
			}
		})
	}
}
