package domain_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/calendar"
)

// A calendar that may be recorded must be one that business time can be reckoned by:
// once it is in force there is no way round it.
func TestACalendarThatIsAcceptedWorks(t *testing.T) {
	t.Parallel()
	// Half of the calendars are of values that are good by themselves, so that some are
	// accepted; they can still open one day twice.
	week := func(from, to []string) *rapid.Generator[[]domain.OpeningInterval] {
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) domain.OpeningInterval {
			return domain.OpeningInterval{
				Day:  rapid.SampledFrom([]string{"mon", "tue", "sun"}).Draw(t, "day"),
				From: rapid.SampledFrom(from).Draw(t, "from"),
				To:   rapid.SampledFrom(to).Draw(t, "to"),
			}
		}), 0, 3)
	}
	times := []string{"00:00", "08:30", "09:00", "12:00", "12:30", "17:00", "23:59", "24:00", "9:00", "24:01", "", "ab:cd"}
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "", "Local", "Mars/Base"}
	holidays := []string{"2026-12-25", "2026-02-29", "25.12."}
	good, any := week(times[:3], times[3:8]), week(times, times)
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		week, zones, holidays := any, zones, holidays
		if rapid.Bool().Draw(t, "good values") {
			week, zones, holidays = good, zones[:3], holidays[:1]
		}
		c := domain.CalendarPolicy{
			TimeZone: rapid.SampledFrom(zones).Draw(t, "time zone"),
			Week:     week.Draw(t, "week"),
			Holidays: rapid.SliceOfN(rapid.SampledFrom(holidays), 0, 2).Draw(t, "holidays"),
		}
		e := domain.Envelope{Source: "office", ID: "x", Account: domain.Ledger, Data: domain.PolicyChanged{Name: "p", Calendar: &c}}
		if domain.NewAccount(domain.Ledger).Decide(e) != nil {
			return
		}
		accepted++
		if _, err := calendar.New(c); err != nil {
			t.Errorf("%+v was accepted, but %v", c, err)
		}
	})
	if accepted == 0 {
		t.Error("no calendar was accepted: the test says nothing")
	}
}
