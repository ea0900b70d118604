package domain

// Standing is a history as it counts: without what was retracted, with what was
// corrected in its corrected form, and without the entry.* events themselves. Order,
// positions and recorded times are the originals'; a correction may move OccurredAt.
//
// The events passed in are in recorded order and are not changed. Of several entries
// about one event the last wins; retracting a correction restores what stood before it.
func Standing(events []Recorded) []Recorded {
	void := make(map[Position]bool)
	for _, e := range events {
		if _, ok := e.Data.(EntryRetracted); ok {
			void[e.Target] = true
		}
	}
	correction := make(map[Position]Recorded)
	for _, e := range events {
		if _, ok := e.Data.(EntryCorrected); ok && !void[e.Position] {
			correction[e.Target] = e
		}
	}
	stands := make([]Recorded, 0, len(events))
	for _, e := range events {
		if void[e.Position] || e.Data.EventType().Family() == "entry" {
			continue
		}
		if c, ok := correction[e.Position]; ok {
			e = e.correctedBy(c.Data.(EntryCorrected))
			e.CorrectedBy = c.Position
		}
		stands = append(stands, e)
	}
	return stands
}

func (e Recorded) correctedBy(c EntryCorrected) Recorded {
	e.Data = c.Data
	if !c.OccurredAt.IsZero() {
		e.OccurredAt, e.OccurredAssumed = c.OccurredAt, false
	}
	return e
}
