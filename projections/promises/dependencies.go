package promises

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Dependency is what a process of the customer's needs of us.
type Dependency struct {
	Dependency      string          `json:"dependency" doc:"the emitter's id"`
	CustomerProcess string          `json:"customer_process"`
	OurDeliverable  string          `json:"our_deliverable"`
	Critical        bool            `json:"critical"`
	LeadH           *float64        `json:"lead_h,omitempty" doc:"how long before they need it they must have it"`
	BufferH         *float64        `json:"buffer_h" doc:"how long they can go on without it; null if that is not known"`
	RecoveryTargetH *float64        `json:"recovery_target_h,omitempty"`
	PeopleCount     *int64          `json:"people_count" doc:"people who stop when the buffer ends; null if that is not known"`
	CostPerHMinor   *int64          `json:"cost_per_h_minor" doc:"cost of an hour's stop; null if that is not known"`
	Currency        string          `json:"currency,omitzero"`
	Lines           []string        `json:"lines" doc:"the delivery lines it is about; all if there are none"`
	RecordedAt      time.Time       `json:"recorded_at" doc:"when we learnt of it"`
	RetiredAt       time.Time       `json:"retired_at,omitzero"`
	Position        domain.Position `json:"position"`
}

// Stop is a process of the customer's that a late delivery brings to a stop.
type Stop struct {
	CustomerProcess string            `json:"customer_process"`
	Critical        bool              `json:"critical"`
	StopsAt         time.Time         `json:"stops_at" doc:"when the buffer ends: the promised time and what they can go on without it"`
	Line            string            `json:"line"`
	PromisedAt      time.Time         `json:"promised_at" doc:"by the date confirmed first, or requested"`
	ExpectedAt      time.Time         `json:"expected_at" doc:"by the date confirmed last; now, if that has passed"`
	DelayH          float64           `json:"delay_h"`
	StoppedH        float64           `json:"stopped_h" doc:"how long it stands still; 0 while the buffer lasts"`
	PeopleCount     *int64            `json:"people_count" doc:"null if that is not known"`
	CostMinor       *int64            `json:"cost_minor" doc:"of the stop; null if what an hour costs is not known"`
	Currency        string            `json:"currency,omitzero"`
	Dependency      string            `json:"dependency"`
	Positions       []domain.Position `json:"positions" doc:"of the dependency and the promises"`
}

// dependencies are what was recorded, in that order. Recorded again, it is as it is said last.
func dependencies(d *dossier.Dossier) []Dependency {
	all := []Dependency{}
	at := map[string]int{}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.DependencyRecorded:
			dep := Dependency{
				Dependency: d.Name(e, data.Dependency), CustomerProcess: data.CustomerProcess, OurDeliverable: data.OurDeliverable, Critical: data.Critical,
				LeadH: data.LeadH, BufferH: data.BufferH, RecoveryTargetH: data.RecoveryTargetH, PeopleCount: data.PeopleCount,
				CostPerHMinor: data.CostPerHMinor, Currency: data.Currency, Lines: []string{}, RecordedAt: e.OccurredAt, Position: e.Position,
			}
			for _, line := range data.Lines {
				dep.Lines = append(dep.Lines, d.Name(e, line))
			}
			if i, ok := at[dep.Dependency]; ok {
				dep.RecordedAt = all[i].RecordedAt
				all[i] = dep
				continue
			}
			at[dep.Dependency], all = len(all), append(all, dep)
		case domain.DependencyRetired:
			if i, ok := at[d.Name(e, data.Dependency)]; ok {
				all[i].RetiredAt = e.OccurredAt
			}
		}
	}
	return all
}

// delivery is a line that was promised.
type delivery struct {
	line               string
	requested, last    time.Time // asked for last, confirmed last
	first              time.Time // confirmed first
	saidFirst          bool      // whether somebody said which was confirmed first
	qty                *float64  // how much of it was promised last
	uom                string
	tolerance          float64 // share of qty that may lack
	positions          []domain.Position
	promised, expected time.Time
}

func (p *delivery) promise(e domain.Recorded, data domain.DeliveryPromised) {
	switch {
	case data.Basis == "requested":
		p.requested = data.PromisedAt
	default:
		if p.last = data.PromisedAt; p.first.IsZero() || data.Basis == "first_confirmed" && !p.saidFirst {
			p.first, p.saidFirst = data.PromisedAt, data.Basis == "first_confirmed"
		}
	}
	if data.Qty != nil {
		p.qty, p.uom = data.Qty, data.UOM
	}
	if data.TolerancePct != nil {
		p.tolerance = *data.TolerancePct / 100
	}
	p.positions = append(p.positions, e.Position)
}

// complete reports whether what came is all that was promised. Where that cannot be told, it is.
func (p *delivery) complete(made []domain.DeliveryMade) bool {
	if p.qty == nil {
		return len(made) > 0
	}
	lacks := *p.qty * (1 - p.tolerance) * (1 - dossier.Rounding)
	for _, m := range made {
		if m.Qty == nil || m.UOM != p.uom {
			return true
		}
		if lacks -= *m.Qty; lacks <= 0 {
			return true
		}
	}
	return false
}

// late are the lines not all delivered yet that are expected after the time they were promised for: that
// which was confirmed, or where nothing was, that which the customer asked for.
func late(d *dossier.Dossier) []*delivery {
	var all []*delivery
	named, made := map[string]*delivery{}, map[string][]domain.DeliveryMade{}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.DeliveryPromised:
			line := d.Name(e, data.Line)
			p := named[line]
			if p == nil {
				p = &delivery{line: line}
				all, named[line] = append(all, p), p
			}
			p.promise(e, data)
		case domain.DeliveryMade:
			line := d.Name(e, data.Line)
			made[line] = append(made[line], data)
		}
	}
	return slices.DeleteFunc(all, func(p *delivery) bool {
		p.promised, p.expected = p.first, p.last
		if p.last.IsZero() {
			p.promised, p.expected = p.requested, p.requested
		}
		if d.At.After(p.expected) {
			p.expected = d.At
		}
		return p.complete(made[p.line]) || !p.expected.After(p.promised)
	})
}

// stops are the processes that late deliveries bring to a stop, the first first.
func stops(d *dossier.Dossier, dependencies []Dependency) []Stop {
	all := []Stop{}
	for _, p := range late(d) {
		for _, dep := range dependencies {
			if !dep.RetiredAt.IsZero() || len(dep.Lines) > 0 && !slices.Contains(dep.Lines, p.line) {
				continue
			}
			all = append(all, stop(p, dep))
		}
	}
	slices.SortStableFunc(all, func(a, b Stop) int {
		return cmp.Or(a.StopsAt.Compare(b.StopsAt), cmp.Compare(a.Dependency, b.Dependency), cmp.Compare(a.Line, b.Line))
	})
	return all
}

func stop(p *delivery, dep Dependency) Stop {
	s := Stop{
		Dependency: dep.Dependency, CustomerProcess: dep.CustomerProcess, Critical: dep.Critical, Line: p.line, PromisedAt: p.promised, ExpectedAt: p.expected,
		DelayH: p.expected.Sub(p.promised).Hours(), PeopleCount: dep.PeopleCount, Currency: dep.Currency,
		Positions: append([]domain.Position{dep.Position}, p.positions...),
	}
	buffer := 0.0 // where none is known, there is none to rely on
	if dep.BufferH != nil {
		buffer = *dep.BufferH
	}
	s.StopsAt = p.promised.Add(time.Duration(buffer * float64(time.Hour)))
	s.StoppedH = max(0, s.DelayH-buffer)
	if dep.CostPerHMinor != nil {
		s.CostMinor = new(int64(math.Round(s.StoppedH * float64(*dep.CostPerHMinor))))
	}
	return s
}

// Role is a critical role for the account.
type Role struct {
	Role     string          `json:"role"`
	State    string          `json:"state" enum:"covered,no_backup,vacant"`
	Person   string          `json:"person,omitzero"`
	Backup   string          `json:"backup,omitzero"`
	Process  string          `json:"process,omitzero" doc:"the customer's process it is for"`
	Since    time.Time       `json:"since" doc:"when the person got it, or it became vacant"`
	VacantD  float64         `json:"vacant_d" doc:"days it was vacant in all"`
	Position domain.Position `json:"position"`
}

// roles are the critical roles, vacant ones first.
func roles(d *dossier.Dossier) []Role {
	all := []Role{}
	find := func(e domain.Recorded, name string) *Role {
		name = d.Name(e, domain.ID(name))
		i := slices.IndexFunc(all, func(r Role) bool { return r.Role == name })
		if i < 0 {
			i = len(all)
			all = append(all, Role{Role: name})
		}
		return &all[i]
	}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.RoleAssigned:
			r := find(e, data.Role)
			r.close(e.OccurredAt)
			r.State, r.Person, r.Backup, r.Since, r.Position = "covered", data.Person, data.Backup, e.OccurredAt, e.Position
			r.Process = cmp.Or(data.Process, r.Process)
			if r.Backup == "" {
				r.State = "no_backup"
			}
		case domain.RoleVacated:
			r := find(e, data.Role)
			if r.State == "vacant" { // who had it since was retracted
				continue
			}
			r.State, r.Person, r.Backup, r.Since, r.Position = "vacant", "", "", e.OccurredAt, e.Position
		}
	}
	for i := range all {
		all[i].close(d.At)
	}
	order := []string{"vacant", "no_backup", "covered"}
	slices.SortStableFunc(all, func(a, b Role) int {
		return cmp.Or(slices.Index(order, a.State)-slices.Index(order, b.State), cmp.Compare(a.Role, b.Role))
	})
	return all
}

// close counts the time the role was vacant until then.
func (r *Role) close(until time.Time) {
	if r.State == "vacant" {
		r.VacantD += dossier.Days(until.Sub(r.Since))
	}
}
