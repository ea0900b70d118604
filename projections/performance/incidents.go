package performance

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Incident is something of ours that stopped working, with all that came of it since.
type Incident struct {
	Incident      string          `json:"incident" doc:"the emitter's id"`
	General       bool            `json:"general" doc:"recorded for no single account"`
	System        string          `json:"system"`
	Severity      int64           `json:"severity,omitzero" doc:"1 slight to 5 grave; absent if nobody said"`
	StartedAt     time.Time       `json:"started_at"`
	EndedAt       time.Time       `json:"ended_at,omitzero"`
	DurationMin   *float64        `json:"duration_min" doc:"null while it goes on"`
	AffectedCount *int64          `json:"affected_count" doc:"parties affected, as it was said last; null if it is not known"`
	LastDayN      int64           `json:"last_day_n" doc:"the last day on which an effect was seen; 0 is the day it started"`
	Unknown       []string        `json:"unknown" doc:"what was said not to be known of it, and still is not"`
	Tail          []TailDay       `json:"tail" doc:"what it did, by day"`
	Position      domain.Position `json:"position"`

	days   map[int64]*TailDay
	losses map[string]bool // that have an id
}

// TailDay is what an incident did on one day.
type TailDay struct {
	DayN          int64             `json:"day_n" doc:"day since it started; 0 is the day itself"`
	Effects       []string          `json:"effects" doc:"what was observed"`
	AffectedCount *int64            `json:"affected_count" doc:"parties affected, as far as it was known by then; null if nobody said"`
	IdlePersonH   *float64          `json:"idle_person_h" doc:"null if nobody reported any"`
	ImpactCount   int               `json:"impact_count" doc:"penalties, idle people and losses that name the incident, each loss where it was estimated first"`
	Positions     []domain.Position `json:"positions"`
}

// incidents are those that were not over before the period, or did something in it, the last
// first. One that is recorded for no account is with those whose impacts name it.
func incidents(d *dossier.Dossier, unknowns []Unknown, causes *causes) []Incident {
	still := map[domain.Position]string{}
	for _, u := range unknowns {
		if u.KnownBy == 0 {
			still[u.Position] = u.Unknown
		}
	}
	all := map[string]*Incident{}
	for _, e := range d.General {
		if started, ok := e.Data.(domain.IncidentStarted); ok {
			all[string(started.Incident)] = begun(e, started, string(started.Incident))
		}
	}
	own := map[string]bool{}
	for _, e := range d.Events {
		if started, ok := e.Data.(domain.IncidentStarted); ok {
			name := d.Name(e, started.Incident)
			all[name], own[name] = begun(e, started, name), true
		}
	}
	for _, e := range d.General {
		if i := all[string(incidentOf(e))]; i != nil && i.General {
			i.follow(e)
		}
	}
	for _, e := range d.Events {
		name := causes.incident(e, incidentOf(e))
		if _, a, ok := effect(e); ok && a.incident == "" {
			if c := causes.find(e, a, ""); c.Kind == "incident" {
				name = c.Of
			}
		}
		if i := all[name]; i != nil {
			own[name] = true
			i.follow(e)
			if what := still[e.Position]; what != "" && !slices.Contains(i.Unknown, what) {
				i.Unknown = append(i.Unknown, what)
			}
		}
	}
	return recent(d, all, own)
}

// recent lists the incidents that are of the account and the period.
func recent(d *dossier.Dossier, all map[string]*Incident, own map[string]bool) []Incident {
	list := []Incident{}
	for name, i := range all {
		i.Tail = []TailDay{}
		for _, n := range slices.Sorted(maps.Keys(i.days)) {
			i.Tail = append(i.Tail, *i.days[n])
			i.LastDayN = n
		}
		last := i.StartedAt.Add(time.Duration(i.LastDayN+1) * 24 * time.Hour)
		if own[name] && (i.EndedAt.IsZero() || d.Within(i.EndedAt) || len(i.Tail) > 0 && last.After(d.From)) {
			list = append(list, *i)
		}
	}
	slices.SortFunc(list, func(a, b Incident) int {
		return cmp.Or(b.StartedAt.Compare(a.StartedAt), cmp.Compare(a.Incident, b.Incident))
	})
	return list
}

func begun(e domain.Recorded, data domain.IncidentStarted, name string) *Incident {
	return &Incident{
		Incident: name, General: e.Account == domain.Ledger, System: data.System, Severity: data.Severity, StartedAt: e.OccurredAt,
		AffectedCount: data.AffectedCount, Unknown: []string{}, Position: e.Position, days: map[int64]*TailDay{}, losses: map[string]bool{},
	}
}

// incidentOf is the incident an event is about.
func incidentOf(e domain.Recorded) domain.ID {
	switch data := e.Data.(type) {
	case domain.IncidentObserved:
		return data.Incident
	case domain.IncidentEnded:
		return data.Incident
	case domain.ImpactIdleReported:
		return data.Incident
	case domain.ImpactPenaltyAssessed:
		return data.Incident
	case domain.ImpactLossEstimated:
		return data.Incident
	case domain.ImpactUnknownDeclared:
		return data.Incident
	}
	return ""
}

// follow takes in what came of it.
func (i *Incident) follow(e domain.Recorded) {
	switch data := e.Data.(type) {
	case domain.IncidentObserved:
		day := i.day(e, data.DayN)
		day.Effects = append(day.Effects, data.Effect)
		i.affected(data.AffectedCount)
		if data.AffectedCount != nil {
			day.AffectedCount = data.AffectedCount
		}
	case domain.IncidentEnded:
		i.EndedAt, i.DurationMin = e.OccurredAt, data.DurationMin
		if i.DurationMin == nil {
			i.DurationMin = new(e.OccurredAt.Sub(i.StartedAt).Minutes())
		}
		i.affected(data.AffectedCount)
	case domain.ImpactIdleReported:
		day := i.since(e)
		day.ImpactCount++
		day.IdlePersonH = plus(day.IdlePersonH, personH(data))
	case domain.ImpactPenaltyAssessed:
		i.since(e).ImpactCount++
	case domain.ImpactLossEstimated:
		day, loss := i.since(e), string(e.Account)+"/"+string(data.Loss)
		if data.Loss == "" || !i.losses[loss] {
			day.ImpactCount++
		}
		i.losses[loss] = true
	}
}

func (i *Incident) affected(count *int64) {
	if count != nil {
		i.AffectedCount = count
	}
}

// since is the day on which something happened that came of it.
func (i *Incident) since(e domain.Recorded) *TailDay {
	return i.day(e, max(0, int64(e.OccurredAt.Sub(i.StartedAt)/(24*time.Hour))))
}

func (i *Incident) day(e domain.Recorded, n int64) *TailDay {
	day := i.days[n]
	if day == nil {
		day = &TailDay{DayN: n, Effects: []string{}}
		i.days[n] = day
	}
	day.Positions = append(day.Positions, e.Position)
	return day
}
