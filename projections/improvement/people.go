package improvement

import (
	"cmp"
	"maps"
	"slices"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Coverage is how many of our people on the account are trained and certified.
type Coverage struct {
	PeopleCount  int      `json:"people_count"`
	TrainedPct   *float64 `json:"trained_pct" doc:"null if nobody of ours is known to be on the account"`
	CertifiedPct *float64 `json:"certified_pct" doc:"with a certificate valid at the time asked about"`
}

// Person is one of ours on the account.
type Person struct {
	Person       string        `json:"person"`
	Programmes   []string      `json:"programmes" doc:"what they were trained in"`
	Certificates []Certificate `json:"certificates" doc:"what they held at the time asked about"`
}

// people are ours who look after the account, are tied to somebody there, or have a critical role,
// with what they are trained and certified in by what was recorded of the account and in general.
func (v *view) people() ([]Person, Coverage) {
	events := skills(v.General, v.Events)
	held := certificates(events, v.At)
	all := []Person{}
	trained, certified := 0, 0
	for _, name := range v.onTheAccount() {
		p := Person{Person: name, Programmes: []string{}, Certificates: []Certificate{}}
		for _, e := range events {
			if t, ok := e.Data.(domain.TrainingCompleted); ok && t.Person == name && t.Audience == "employee" {
				if programme := cmp.Or(t.Programme, "unnamed"); !slices.Contains(p.Programmes, programme) {
					p.Programmes = append(p.Programmes, programme)
				}
			}
		}
		for _, c := range held {
			if c.Person == name && c.Supplier == "" && !c.Expired {
				p.Certificates = append(p.Certificates, c)
			}
		}
		trained += dossier.Truth(len(p.Programmes) > 0)
		certified += dossier.Truth(len(p.Certificates) > 0)
		all = append(all, p)
	}
	return all, Coverage{len(all), dossier.Percent(trained, len(all)), dossier.Percent(certified, len(all))}
}

// onTheAccount are the names of ours who look after it, are tied to somebody there, or have a critical role.
func (v *view) onTheAccount() []string {
	type part struct{ of, person string } // as the manager, by a contact or by a role
	parts := map[part]bool{}
	leave := func(of string) { maps.DeleteFunc(parts, func(p part, _ bool) bool { return p.of == of }) }
	for _, e := range v.Events {
		switch data := e.Data.(type) {
		case domain.AccountManagerAssigned:
			parts[part{"manager", data.Person}] = true
		case domain.AccountManagerReleased:
			delete(parts, part{"manager", data.Person})
		case domain.ContactLinked:
			parts[part{"contact " + v.Person(e, data.Contact), data.OurPerson}] = true
		case domain.ContactUnlinked:
			delete(parts, part{"contact " + v.Person(e, data.Contact), data.OurPerson})
		case domain.ContactLeft:
			leave("contact " + v.Person(e, data.Contact))
		case domain.RoleAssigned:
			leave("role " + v.Name(e, domain.ID(data.Role)))
			parts[part{"role " + v.Name(e, domain.ID(data.Role)), data.Person}] = true
		case domain.RoleVacated:
			leave("role " + v.Name(e, domain.ID(data.Role)))
		}
	}
	var names []string
	for p := range parts {
		names = append(names, p.person)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
