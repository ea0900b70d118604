package improvement

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Certificate is one that was granted.
type Certificate struct {
	Scheme   string          `json:"scheme"`
	Person   string          `json:"person,omitzero"`
	Supplier string          `json:"supplier,omitzero"`
	ValidTo  time.Time       `json:"valid_to,omitzero" doc:"absent if it does not end"`
	Expired  bool            `json:"expired"`
	Position domain.Position `json:"position"`

	of   domain.AccountID // whose it is, or the ledger's; see certificates
	ends time.Time        // the end of its time, or before it when it expired; zero if it does not end
}

// skills are the trainings and certificates among the events, in the order in which they occurred.
func skills(groups ...[]domain.Recorded) (all []domain.Recorded) {
	for _, events := range groups {
		for _, e := range events {
			switch e.Data.(type) {
			case domain.TrainingCompleted, domain.CertificateGranted, domain.CertificateExpired:
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b domain.Recorded) int {
		return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.Position, b.Position))
	})
	return all
}

// certificates are the last of each scheme and holder, and whether they hold at the time. What a person or a
// supplier holds is theirs, whichever account it was recorded of. What we hold ourselves may be for a single
// account, such as its approval of us: then it is another than what we hold for the next one, but the same as what
// we hold in general.
func certificates(events []domain.Recorded, now time.Time) []Certificate {
	type holder struct{ scheme, person, supplier string }
	last := map[holder][]Certificate{}
	of := func(e domain.Recorded, h holder) domain.AccountID {
		if h.person != "" || h.supplier != "" {
			return domain.Ledger
		}
		return e.Account
	}
	same := func(a, b domain.AccountID) bool { return a == b || a == domain.Ledger || b == domain.Ledger }
	for _, e := range events {
		switch data := e.Data.(type) {
		case domain.CertificateGranted:
			h := holder{data.Scheme, data.Person, data.Supplier}
			c := Certificate{
				Scheme: data.Scheme, Person: data.Person, Supplier: data.Supplier, ValidTo: data.ValidTo, Position: e.Position, of: of(e, h), ends: data.ValidTo,
			}
			last[h] = append(slices.DeleteFunc(last[h], func(before Certificate) bool { return same(before.of, c.of) }), c)
		case domain.CertificateExpired:
			h := holder{data.Scheme, data.Person, data.Supplier}
			for i := range last[h] {
				if c := &last[h][i]; same(c.of, of(e, h)) && (c.ends.IsZero() || e.OccurredAt.Before(c.ends)) {
					c.ends = e.OccurredAt
				}
			}
		}
	}
	all := []Certificate{}
	for _, held := range last {
		for _, c := range held {
			c.Expired = !c.ends.IsZero() && !now.Before(c.ends)
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b Certificate) int { return cmp.Compare(a.Position, b.Position) })
	return all
}

// soon is how long before a certificate ends that is worth knowing.
const soon = 90 * 24 * time.Hour

// expiring are the certificates among the events that have ended, or will soon, the first first.
func expiring(events []domain.Recorded, now time.Time) []Certificate {
	all := slices.DeleteFunc(certificates(events, now), func(c Certificate) bool { return c.ends.IsZero() || c.ends.Sub(now) > soon })
	slices.SortStableFunc(all, func(a, b Certificate) int { return a.ends.Compare(b.ends) })
	return all
}
