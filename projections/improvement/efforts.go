package improvement

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Effort is something that customers or suppliers take part in.
type Effort struct {
	Effort      string          `json:"effort" doc:"the emitter's id"`
	Kinds       []string        `json:"kinds"`
	Customer    bool            `json:"customer" doc:"whether the customer takes or took part"`
	Suppliers   []string        `json:"suppliers" doc:"suppliers who take or took part"`
	PeopleCount int64           `json:"people_count" doc:"people of theirs, as far as anybody said"`
	StartedAt   time.Time       `json:"started_at"`
	EndedAt     time.Time       `json:"ended_at,omitzero" doc:"when it was over"`
	Left        []string        `json:"left,omitzero" doc:"who left before, and why"`
	Outcome     string          `json:"outcome,omitzero"`
	Reached     *bool           `json:"reached" doc:"whether it reached what it was for; null if nobody said"`
	Improvement string          `json:"improvement,omitzero"`
	Position    domain.Position `json:"position"`
}

// Involvement is about efforts begun in the period.
type Involvement struct {
	EffortsCount      int      `json:"efforts_count"`
	CustomerCount     int      `json:"customer_count" doc:"with the customer"`
	SupplierCount     int      `json:"supplier_count" doc:"with suppliers"`
	ReachedWithPct    *float64 `json:"reached_with_pct" doc:"of efforts with the customer whose outcome is known, those that reached what they were for"`
	ReachedWithoutPct *float64 `json:"reached_without_pct" doc:"of those without the customer"`
	WithSupplierPct   *float64 `json:"with_supplier_pct" doc:"of improvements, those a supplier helped with; null if there are none"`
	WithCustomerPct   *float64 `json:"with_customer_pct" doc:"of improvements, those the customer helped with"`
}

func (v *view) efforts() ([]Effort, Involvement) {
	var all []*Effort
	named := map[string]*Effort{}
	for _, e := range v.Events {
		switch data := e.Data.(type) {
		case domain.InvolvementStarted:
			name := v.Name(e, data.Effort)
			x := named[name]
			if x == nil {
				x = &Effort{Effort: name, Kinds: []string{}, Suppliers: []string{}, StartedAt: e.OccurredAt, Position: e.Position}
				all, named[name] = append(all, x), x
			}
			x.start(v, e, data)
		case domain.InvolvementEnded:
			if x := named[v.Name(e, data.Effort)]; x != nil {
				x.end(e, data)
			}
		}
	}
	var i Involvement
	with, without, reachedWith, reachedWithout := 0, 0, 0, 0
	list := make([]Effort, 0, len(all))
	for _, x := range slices.Backward(all) {
		list = append(list, *x)
		if !v.Within(x.StartedAt) {
			continue
		}
		i.EffortsCount++
		i.CustomerCount += dossier.Truth(x.Customer)
		i.SupplierCount += dossier.Truth(len(x.Suppliers) > 0)
		switch {
		case x.Reached == nil:
		case x.Customer:
			with++
			reachedWith += dossier.Truth(*x.Reached)
		default:
			without++
			reachedWithout += dossier.Truth(*x.Reached)
		}
	}
	i.ReachedWithPct, i.ReachedWithoutPct = dossier.Percent(reachedWith, with), dossier.Percent(reachedWithout, without)
	return list, i
}

func (x *Effort) start(v *view, e domain.Recorded, data domain.InvolvementStarted) {
	if !slices.Contains(x.Kinds, data.Kind) {
		x.Kinds = append(x.Kinds, data.Kind)
	}
	x.PeopleCount += max(data.PeopleCount, int64(len(data.Contacts)))
	x.Improvement = cmp.Or(v.Name(e, data.Improvement), x.Improvement)
	x.EndedAt = time.Time{}
	if data.Party == "customer" {
		x.Customer = true
		return
	}
	if supplier := cmp.Or(data.Supplier, "unnamed"); !slices.Contains(x.Suppliers, supplier) {
		x.Suppliers = append(x.Suppliers, supplier)
	}
}

func (x *Effort) end(e domain.Recorded, data domain.InvolvementEnded) {
	if data.Party != "" {
		left := cmp.Or(data.Supplier, data.Party)
		if data.Reason != "" {
			left += ": " + data.Reason
		}
		x.Left = append(x.Left, left)
		return
	}
	x.EndedAt, x.Outcome, x.Reached = e.OccurredAt, data.Outcome, data.Reached
}

// shares are of the improvements those that suppliers and the customer helped with.
func shares(all []Improvement) (suppliers, customer *float64) {
	s, c := 0, 0
	for _, i := range all {
		s += dossier.Truth(i.SupplierHelped)
		c += dossier.Truth(i.CustomerHelped)
	}
	return dossier.Percent(s, len(all)), dossier.Percent(c, len(all))
}

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

// Certificate is one that was granted.
type Certificate struct {
	Scheme   string          `json:"scheme"`
	Person   string          `json:"person,omitzero"`
	Supplier string          `json:"supplier,omitzero"`
	ValidTo  time.Time       `json:"valid_to,omitzero" doc:"absent if it does not end"`
	Expired  bool            `json:"expired"`
	Position domain.Position `json:"position"`
}

// people are ours who look after the account, are tied to somebody there, or have a critical role,
// with what they are trained and certified in anywhere.
func (v *view) people() ([]Person, Coverage) {
	events := slices.Concat(v.General, v.Events)
	held := certificates(events, v.At)
	all := []Person{}
	trained, certified := 0, 0
	for _, name := range v.onTheAccount() {
		p := Person{Person: name, Programmes: []string{}, Certificates: []Certificate{}}
		for _, e := range events {
			if t, ok := e.Data.(domain.TrainingCompleted); ok && t.Person == name && t.Audience == "employee" {
				p.Programmes = append(p.Programmes, cmp.Or(t.Programme, "unnamed"))
			}
		}
		for _, c := range held {
			if c.Person == name && !c.Expired {
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

// certificates are the last of each scheme and holder, and whether they hold at the time.
func certificates(events []domain.Recorded, now time.Time) []Certificate {
	type holder struct{ scheme, person, supplier string }
	var all []Certificate
	at := map[holder]int{}
	for _, e := range events {
		switch data := e.Data.(type) {
		case domain.CertificateGranted:
			c := Certificate{Scheme: data.Scheme, Person: data.Person, Supplier: data.Supplier, ValidTo: data.ValidTo, Position: e.Position}
			c.Expired = !c.ValidTo.IsZero() && !now.Before(c.ValidTo)
			h := holder{c.Scheme, c.Person, c.Supplier}
			if i, ok := at[h]; ok {
				all[i] = c
				continue
			}
			at[h], all = len(all), append(all, c)
		case domain.CertificateExpired:
			if i, ok := at[holder{data.Scheme, data.Person, data.Supplier}]; ok {
				all[i].Expired = true
			}
		}
	}
	return all
}

// soon is how long before a certificate ends that is worth knowing.
const soon = 90 * 24 * time.Hour

// expiring are the certificates among the events that have ended, or will soon.
func expiring(events []domain.Recorded, now time.Time) []Certificate {
	return slices.DeleteFunc(certificates(events, now), func(c Certificate) bool {
		return !c.Expired && (c.ValidTo.IsZero() || c.ValidTo.Sub(now) > soon)
	})
}
