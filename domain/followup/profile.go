package followup

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Profile is what the queue needs to know of an account.
type Profile struct {
	Account domain.AccountID
	// Tier is the latest classification's; "" if there was none.
	Tier string
	// Manager is who looks after the account: the owner of items that have none.
	Manager string
	// Sponsor is the senior person who was appointed last.
	Sponsor string
	// Released are those who were the account's manager and no longer are, by when they
	// were released. What they owned before is their successor's; see [HandOver].
	Released map[string]time.Time
	// MergedInto is the account this one is read as part of; "" if it stands alone.
	MergedInto domain.AccountID
	// CadenceD is how often contact was agreed, in days; 0 if it was not, or the
	// customer has left since.
	CadenceD int64
	// CadenceAt is when it was agreed, CadenceRecorded when that was recorded.
	CadenceAt, CadenceRecorded time.Time
	// NoticedFor is the last contact after which the account's silence was noticed
	// last. Zero with Noticed: there had been none.
	NoticedFor time.Time
	Noticed    bool
}

// Fact is what an event says about an account's profile. Of several about the same
// thing the last counts, by when they happened; merges count as they were recorded.
type Fact struct {
	Position   domain.Position
	OccurredAt time.Time
	RecordedAt time.Time
	Is         FactKind
	// Text is the tier, the person, or the other account.
	Text string
	// Days is the cadence.
	Days int64
	// At is the last contact.
	At time.Time
	// Void is what no longer stands.
	Void bool
}

// FactKind is what a fact is about.
type FactKind string

// The facts. Their names are kept in read models and never change.
const (
	Classified  FactKind = "classified"
	Assigned    FactKind = "assigned"
	Released    FactKind = "released"
	Appointed   FactKind = "appointed"
	Merged      FactKind = "merged"
	Unmerged    FactKind = "unmerged"
	Cadence     FactKind = "cadence"
	Lost        FactKind = "lost"
	SilenceSeen FactKind = "silence"
)

// BearsOnItems reports whether items may have another tier or owner by it.
func (f Fact) BearsOnItems() bool {
	switch f.Is {
	case Cadence, Lost, SilenceSeen:
		return false
	}
	return true
}

// factOf is what an event says about a profile; false if it says nothing.
func factOf(e domain.Event) (f Fact, ok bool) {
	switch d := e.(type) {
	case domain.AccountClassified:
		return Fact{Is: Classified, Text: d.TierNow}, true
	case domain.AccountManagerAssigned:
		return Fact{Is: Assigned, Text: d.Person}, true
	case domain.AccountManagerReleased:
		return Fact{Is: Released, Text: d.Person}, true
	case domain.AccountSponsorAppointed:
		return Fact{Is: Appointed, Text: d.Person}, true
	case domain.AccountMerged:
		return Fact{Is: Merged, Text: string(d.Into)}, true
	case domain.AccountUnmerged:
		return Fact{Is: Unmerged, Text: string(d.From)}, true
	case domain.AccountCadenceAgreed:
		return Fact{Is: Cadence, Days: d.EveryD}, true
	case domain.AccountLost:
		return Fact{Is: Lost}, true
	case domain.SilenceNoticed:
		return Fact{Is: SilenceSeen, At: d.LastContactAt}, true
	}
	return Fact{}, false
}

// profiles are the types that say something about a profile.
var profiles = map[domain.Type]bool{
	domain.AccountClassified{}.EventType():       true,
	domain.AccountManagerAssigned{}.EventType():  true,
	domain.AccountManagerReleased{}.EventType():  true,
	domain.AccountSponsorAppointed{}.EventType(): true,
	domain.AccountMerged{}.EventType():           true,
	domain.AccountUnmerged{}.EventType():         true,
	domain.AccountCadenceAgreed{}.EventType():    true,
	domain.AccountLost{}.EventType():             true,
	domain.SilenceNoticed{}.EventType():          true,
}

// Profiles reports whether an event of the type says something about a profile.
func Profiles(t domain.Type) bool { return profiles[t] }

// ReadFact is what an event says about its account's profile; false if it says nothing.
func ReadFact(e domain.Recorded) (Fact, bool) {
	f, ok := factOf(e.Data)
	f.Position, f.OccurredAt, f.RecordedAt = e.Position, e.OccurredAt, e.RecordedAt
	return f, ok
}

// FoldProfile makes the profile of an account of all facts about it, in any order.
func FoldProfile(account domain.AccountID, facts []Fact) Profile {
	p := Profile{Account: account}
	stand := slices.DeleteFunc(slices.Clone(facts), func(f Fact) bool { return f.Void })
	slices.SortFunc(stand, func(a, b Fact) int { return cmp.Compare(a.Position, b.Position) })
	for _, f := range stand {
		switch f.Is {
		case Merged:
			p.MergedInto = domain.AccountID(f.Text)
		case Unmerged:
			p.MergedInto = ""
		}
	}
	slices.SortStableFunc(stand, func(a, b Fact) int { return a.OccurredAt.Compare(b.OccurredAt) })
	for _, f := range stand {
		p.take(f)
	}
	return p
}

func (p *Profile) take(f Fact) {
	switch f.Is {
	case Classified:
		p.Tier = f.Text
	case Assigned:
		p.Manager = f.Text
		delete(p.Released, f.Text)
	case Released:
		if p.Manager == f.Text {
			p.Manager = ""
		}
		if p.Released == nil {
			p.Released = make(map[string]time.Time)
		}
		p.Released[f.Text] = f.OccurredAt
	case Appointed:
		p.Sponsor = f.Text
	case Cadence:
		p.CadenceD, p.CadenceAt, p.CadenceRecorded = f.Days, f.OccurredAt, f.RecordedAt
	case Lost:
		p.CadenceD, p.CadenceAt, p.CadenceRecorded = 0, time.Time{}, time.Time{}
	case SilenceSeen:
		if !p.Noticed || f.At.After(p.NoticedFor) {
			p.NoticedFor = f.At
		}
		p.Noticed = true
	}
}

// SilentFrom is when the account counts as silent unless there is a contact: the
// agreed time after the last contact, or after the agreement if that came later.
// False: nothing was agreed.
func (p Profile) SilentFrom(lastContact time.Time) (time.Time, bool) {
	if p.CadenceD == 0 {
		return time.Time{}, false
	}
	from := p.CadenceAt
	if lastContact.After(from) {
		from = lastContact
	}
	return from.Add(time.Duration(p.CadenceD) * 24 * time.Hour), true
}

// Broken is the signal that a touch ends a silence: one that followed the contact
// after which the silence was noticed, even if that was not known then.
func Broken(silence Signal, touch domain.Position, touchedAt time.Time) Signal {
	s := silence
	s.Says = Says{Does: Settles}
	s.Position = max(silence.Position, touch)
	s.OccurredAt = touchedAt
	if touchedAt.Before(silence.OccurredAt) {
		s.OccurredAt = silence.OccurredAt
	}
	return s
}
