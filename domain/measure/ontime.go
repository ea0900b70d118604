package measure

// The formulas of being on time. A policy says which one holds for the measure "on_time"
// from when on; without a word, it is OnTimeBy1.
const (
	// OnTimeBy1 is what was there by the promised instant, however early.
	OnTimeBy1 = "on-time-by-1"
	// OnTimeWindow1 is what was there by the promised instant and not before the promised
	// day, in the time zone of the policy's calendar: early is a miss, too.
	OnTimeWindow1 = "on-time-window-1"
)
