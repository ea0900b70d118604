package closeness

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Channel is a way of contact.
type Channel struct {
	Channel    string    `json:"channel"`
	OpenedAt   time.Time `json:"opened_at,omitzero" doc:"absent if it was used without having been opened"`
	ClosedAt   time.Time `json:"closed_at,omitzero"`
	Levels     []string  `json:"levels,omitzero" doc:"the customer's it is meant for"`
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
	SinceD     *float64  `json:"since_d" doc:"days since it was used; null if never"`
	UsedCount  int       `json:"used_count" doc:"in the period"`
	Dark       bool      `json:"dark" doc:"open, and not used for 90 days"`
}

// darkAfter is how long a channel may lie unused.
const darkAfter = 90 * 24 * time.Hour

func (v *view) channels() []Channel {
	all := []*Channel{}
	find := func(name string) *Channel {
		i := slices.IndexFunc(all, func(c *Channel) bool { return c.Channel == name })
		if i < 0 {
			i, all = len(all), append(all, &Channel{Channel: name})
		}
		return all[i]
	}
	for _, e := range v.Events {
		switch data := e.Data.(type) {
		case domain.AccountChannelOpened:
			c := find(data.Channel)
			c.OpenedAt, c.ClosedAt, c.Levels = e.OccurredAt, time.Time{}, data.Levels
		case domain.AccountChannelClosed:
			find(data.Channel).ClosedAt = e.OccurredAt
		case domain.InteractionHeld:
			c := find(cmp.Or(data.Channel, data.Kind))
			c.LastUsedAt = e.OccurredAt
			if v.Within(e.OccurredAt) {
				c.UsedCount++
			}
		}
	}
	channels := make([]Channel, len(all))
	for i, c := range all {
		since := c.LastUsedAt
		if since.IsZero() {
			since = c.OpenedAt
		}
		c.Dark = c.ClosedAt.IsZero() && v.At.Sub(since) > darkAfter
		c.SinceD = v.since(c.LastUsedAt)
		channels[i] = *c
	}
	slices.SortStableFunc(channels, func(a, b Channel) int {
		return cmp.Or(a.LastUsedAt.Compare(b.LastUsedAt), cmp.Compare(a.Channel, b.Channel))
	})
	return channels
}

// Cadence is a rhythm of contact that was agreed.
type Cadence struct {
	Level         string          `json:"level,omitzero" doc:"the customer's level; empty: any"`
	Purpose       string          `json:"purpose,omitzero"`
	EveryD        int64           `json:"every_d"`
	AgreedAt      time.Time       `json:"agreed_at"`
	LastContactAt time.Time       `json:"last_contact_at,omitzero" doc:"at that level, since it was agreed"`
	NextDueAt     time.Time       `json:"next_due_at"`
	OverdueD      float64         `json:"overdue_d" doc:"days since it was due; 0 if it is not"`
	KeptPct       *float64        `json:"kept_pct" doc:"of the intervals since it was agreed, those that had a contact; null in the first"`
	Position      domain.Position `json:"position"`
}

// cadences are the rhythms that hold: of each level the last that was agreed.
func (v *view) cadences() []Cadence {
	all := []Cadence{}
	for _, e := range v.Events {
		if data, ok := e.Data.(domain.AccountCadenceAgreed); ok {
			all = slices.DeleteFunc(all, func(c Cadence) bool { return c.Level == data.Level })
			all = append(all, Cadence{Level: data.Level, Purpose: data.Purpose, EveryD: data.EveryD, AgreedAt: e.OccurredAt, Position: e.Position})
		}
	}
	for i := range all {
		all[i].keep(v)
	}
	slices.SortStableFunc(all, func(a, b Cadence) int {
		return cmp.Or(cmp.Compare(b.OverdueD, a.OverdueD), cmp.Compare(a.Level, b.Level))
	})
	return all
}

// keep holds the rhythm against the contacts there were.
func (c *Cadence) keep(v *view) {
	every := time.Duration(c.EveryD) * 24 * time.Hour
	whole := int(v.At.Sub(c.AgreedAt) / every)
	had := map[int]bool{}
	for _, at := range v.contactsAt(c.Level) {
		if at.Before(c.AgreedAt) {
			continue
		}
		c.LastContactAt = at
		if n := int(at.Sub(c.AgreedAt) / every); n < whole {
			had[n] = true
		}
	}
	if whole > 0 {
		kept := 100 * float64(len(had)) / float64(whole)
		c.KeptPct = &kept
	}
	last := c.LastContactAt
	if last.IsZero() {
		last = c.AgreedAt
	}
	c.NextDueAt = last.Add(every)
	c.OverdueD = max(0, dossier.Days(v.At.Sub(c.NextDueAt)))
}

// contactsAt are the times of contacts at the level; any, if it is empty.
func (v *view) contactsAt(level string) []time.Time {
	if level == "" {
		return v.touches
	}
	var at []time.Time
	for _, e := range v.Events {
		if data, ok := e.Data.(domain.InteractionHeld); ok && slices.Contains(v.levels(e, data), level) {
			at = append(at, e.OccurredAt)
		}
	}
	return at
}

// Silence is how long we heard nothing, against what is usual or agreed.
type Silence struct {
	SilentD           *float64        `json:"silent_d" doc:"days since the last contact; null if there never was one"`
	ExpectedD         *float64        `json:"expected_d" doc:"days between contacts: as agreed, or else the median so far, what is said within a day being one; null if neither is known"`
	Agreed            bool            `json:"agreed" doc:"whether that was agreed"`
	Ratio             *float64        `json:"ratio" doc:"silent against expected; above 1 it is longer than expected; null if that is not known"`
	NoticedAt         time.Time       `json:"noticed_at,omitzero" doc:"when the silence that lasts was noticed"`
	NoticedCount      int             `json:"noticed_count" doc:"silences noticed in the period"`
	BrokenByThemCount int             `json:"broken_by_them_count" doc:"of those that ended, ended by the customer"`
	AlternativesCount int             `json:"alternatives_count" doc:"signs in the period that they looked at others"`
	Position          domain.Position `json:"position,omitzero" doc:"of the last silence.noticed"`
}

// fewContacts is how many contacts are too few to say what is usual.
const fewContacts = 4

// usual is the median of the days between contacts; null if there were too few. What is said within a day of each
// other is one contact.
func (v *view) usual() *float64 {
	var gaps []float64
	var last time.Time
	for _, at := range v.touches {
		switch gap := dossier.Days(at.Sub(last)); {
		case last.IsZero():
			last = at
		case gap >= 1:
			last, gaps = at, append(gaps, gap)
		}
	}
	if len(gaps) < fewContacts {
		return nil
	}
	return dossier.Median(gaps)
}

func (v *view) silence(cadences []Cadence) (s Silence) {
	s.SilentD = v.since(v.lastContact)
	for _, c := range cadences {
		if s.ExpectedD == nil || float64(c.EveryD) < *s.ExpectedD {
			s.ExpectedD, s.Agreed = new(float64(c.EveryD)), true
		}
	}
	if s.ExpectedD == nil {
		s.ExpectedD = v.usual()
	}
	if s.ExpectedD != nil && s.SilentD != nil {
		s.Ratio = new(*s.SilentD / *s.ExpectedD)
	}
	for _, e := range v.Events {
		within := v.Within(e.OccurredAt)
		switch data := e.Data.(type) {
		case domain.SilenceNoticed:
			s.NoticedAt, s.Position = e.OccurredAt, e.Position
			s.NoticedCount += dossier.Truth(within)
		case domain.SilenceBroken:
			s.NoticedAt = time.Time{}
			s.BrokenByThemCount += dossier.Truth(within && data.By == "them")
		case domain.AlternativeSought:
			s.AlternativesCount += dossier.Truth(within)
		}
	}
	if v.lastContact.After(s.NoticedAt) {
		s.NoticedAt = time.Time{}
	}
	return s
}

// Unspoken is a miss about which nobody complained.
type Unspoken struct {
	At       time.Time       `json:"at"`
	Type     string          `json:"type"`
	Line     string          `json:"line,omitzero"`
	Position domain.Position `json:"position"`
}

// speakWithin is how long after a miss a complaint counts as one about it.
const speakWithin = 14 * 24 * time.Hour

// unspoken are the misses of the period that no complaint, challenge or disclosed problem followed in
// two weeks. One that is younger may yet be spoken of.
func (v *view) unspoken() []Unspoken {
	var spoken []time.Time
	for _, e := range v.Events {
		switch e.Data.(type) {
		case domain.ComplaintRaised, domain.PerformanceChallenged, domain.ProblemDisclosed:
			spoken = append(spoken, e.OccurredAt)
		}
	}
	all := []Unspoken{}
	for _, e := range v.Events {
		if !v.Within(e.OccurredAt) || v.At.Sub(e.OccurredAt) < speakWithin {
			continue
		}
		u := Unspoken{At: e.OccurredAt, Type: string(e.Data.EventType()), Position: e.Position}
		switch data := e.Data.(type) {
		case domain.DeliveryMissed:
			u.Line = v.Name(e, data.Line)
		case domain.QualityMeasured:
			if data.NonconformingQty == 0 {
				continue
			}
			u.Line = v.Name(e, data.Line)
		default:
			continue
		}
		next, _ := slices.BinarySearchFunc(spoken, e.OccurredAt, time.Time.Compare)
		if next == len(spoken) || spoken[next].Sub(e.OccurredAt) > speakWithin {
			all = append(all, u)
		}
	}
	return all
}
