package checklist

import (
	"cmp"
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// point is one of the ten, and how events answer it.
type point struct {
	name  string
	judge func(f *findings, events []domain.Recorded) (shown, why string)
}

// points are the ten, in their order.
var points = []point{
	{"planning", planning}, {"suppliers", suppliers}, {"tracking", tracking}, {"corrective_action", correctiveAction}, {"voice", voice},
	{"training", training}, {"conferences", conferences}, {"involvement", involvement}, {"time", timeSpent}, {"channels", channels},
}

// findings are the events that bear on a point.
type findings struct {
	d     *dossier.Dossier
	since time.Time
	count int
	last  domain.Recorded
}

// recent reports whether the event is recent enough to show something, and then notes it.
func (f *findings) recent(e domain.Recorded) bool {
	if e.OccurredAt.Before(f.since) {
		return false
	}
	f.note(e)
	return true
}

func (f *findings) note(e domain.Recorded) {
	f.count++
	if !e.OccurredAt.Before(f.last.OccurredAt) {
		f.last = e
	}
}

// held reports whether a talk took place: not if it was recorded before it can have.
func held(e domain.Recorded) bool { return domain.InContact(e.OccurredAt, e.RecordedAt) }

// share is yes if all of them are, no if none is.
func share(part, whole int) string {
	switch {
	case part == 0:
		return "no"
	case part < whole:
		return "partial"
	}
	return "yes"
}

// key names something of an emitter's in its account.
type key struct {
	account domain.AccountID
	id      domain.ID
}

// planning: the customer confirmed the requirements that were stated.
func planning(f *findings, events []domain.Recorded) (string, string) {
	stated, confirmed := map[key]bool{}, map[key]bool{}
	phases := 0
	for _, e := range events {
		switch data := e.Data.(type) {
		case domain.ExpectationStated:
			if data.Kind == "requirement" && f.recent(e) {
				stated[key{e.Account, data.Expectation}] = true
			}
		case domain.ExpectationConfirmed:
			if k := (key{e.Account, data.Expectation}); stated[k] && f.recent(e) {
				confirmed[k] = true
			}
		case domain.PlanCreated:
			if data.Kind == "project_phase" && f.recent(e) {
				phases++
			}
		}
	}
	shown := share(len(confirmed), len(stated))
	if shown == "no" && phases > 0 {
		shown = "partial"
	}
	return shown, fmt.Sprintf("%d of %d requirements confirmed by the customer, %d project phases planned", len(confirmed), len(stated), phases)
}

// suppliers: they take part in measuring and in improving.
func suppliers(f *findings, events []domain.Recorded) (string, string) {
	measuring, improving := 0, 0
	for _, e := range events {
		switch data := e.Data.(type) {
		case domain.InvolvementStarted:
			switch {
			case data.Party != "supplier" || !f.recent(e):
			case data.Kind == "measurement":
				measuring++
			default:
				improving++
			}
		case domain.FigurePublished:
			if data.Supplier != "" && f.recent(e) {
				measuring++
			}
		}
	}
	return share(min(measuring, 1)+min(improving, 1), 2), fmt.Sprintf("suppliers measured with us %d times and improved with us %d times", measuring, improving)
}

// tracking: what can be measured of what is required is measured.
func tracking(f *findings, events []domain.Recorded) (string, string) {
	measurable, measured := map[key]bool{}, map[key]bool{}
	for _, e := range events {
		switch data := e.Data.(type) {
		case domain.ExpectationStated:
			k := key{e.Account, data.Expectation}
			delete(measurable, key{e.Account, data.Replaces})
			if data.Target != nil {
				measurable[k] = true
			}
		case domain.ExpectationMeasured:
			if f.recent(e) {
				measured[key{e.Account, data.Expectation}] = true
			}
		}
	}
	both := 0
	for k := range measurable {
		if measured[k] {
			both++
		}
	}
	return share(both, len(measurable)), fmt.Sprintf("%d of %d expectations with a target were measured", both, len(measurable))
}

// correctiveAction: what went wrong was quantified and led to an action.
func correctiveAction(f *findings, events []domain.Recorded) (string, string) {
	quantified, acted := map[key]bool{}, map[key]bool{}
	opened := 0
	for _, e := range events {
		switch data := e.Data.(type) {
		case domain.NonconformityOpened:
			if f.recent(e) {
				opened++
				quantified[key{e.Account, data.Nonconformity}] = data.QtyAffected != nil || data.CostMinor != nil
			}
		case domain.NonconformityClosed:
			if k := (key{e.Account, data.Nonconformity}); data.CostMinor != nil {
				if _, recent := quantified[k]; recent {
					quantified[k] = true
				}
			}
		case domain.NonconformityActionPlanned:
			acted[key{e.Account, data.Nonconformity}] = true
		}
	}
	both := 0
	for k, known := range quantified {
		if known && acted[k] {
			both++
		}
	}
	shown := share(both, opened)
	if shown == "no" && opened > 0 {
		shown = "partial"
	}
	return shown, fmt.Sprintf("%d of %d nonconformities were quantified and led to an action", both, opened)
}

// voice: customers are asked in more ways than one what they wish.
func voice(f *findings, events []domain.Recorded) (string, string) {
	surveys, groups, wishes := 0, 0, 0
	for _, e := range events {
		switch data := e.Data.(type) {
		case domain.SurveyAnswered:
			if f.recent(e) {
				surveys++
			}
		case domain.InteractionHeld:
			if held(e) && data.Kind == "focus_group" && f.recent(e) {
				groups++
			}
		case domain.WishExpressed:
			if f.recent(e) {
				wishes++
			}
		}
	}
	ways := min(surveys, 1) + min(groups, 1) + min(wishes, 1)
	return share(min(ways, 2), 2), fmt.Sprintf("%d survey answers, %d focus groups, %d wishes", surveys, groups, wishes)
}

// training: employees and suppliers are trained, or hold certificates.
func training(f *findings, events []domain.Recorded) (string, string) {
	ours, theirs := 0, 0
	count := func(supplier bool) {
		if supplier {
			theirs++
		} else {
			ours++
		}
	}
	for _, e := range events {
		switch data := e.Data.(type) {
		case domain.TrainingCompleted:
			if f.recent(e) {
				count(data.Audience == "supplier")
			}
		case domain.CertificateGranted:
			if data.ValidTo.IsZero() && f.recent(e) || data.ValidTo.After(f.since) {
				if !data.ValidTo.IsZero() {
					f.note(e)
				}
				count(data.Supplier != "")
			}
		}
	}
	return share(min(ours, 1)+min(theirs, 1), 2), fmt.Sprintf("trainings and certificates: %d of our people, %d of suppliers", ours, theirs)
}

// conferences: we met where nobody had to buy or sell.
func conferences(f *findings, events []domain.Recorded) (string, string) {
	n := 0
	for _, e := range events {
		if data, ok := e.Data.(domain.InteractionHeld); ok && held(e) && data.Kind == "conference" && f.recent(e) {
			n++
		}
	}
	return share(n, n), fmt.Sprintf("%d conferences and user meetings", n)
}

// involvement: customers help to solve, compare, design or try; planning and measuring alone is a part.
func involvement(f *findings, events []domain.Recorded) (string, string) {
	deep, other := 0, 0
	for _, e := range events {
		data, ok := e.Data.(domain.InvolvementStarted)
		switch {
		case !ok || data.Party != "customer" || !f.recent(e):
		case data.Kind == "planning" || data.Kind == "measurement":
			other++
		default:
			deep++
		}
	}
	shown := share(deep, deep)
	if deep == 0 && other > 0 {
		shown = "partial"
	}
	return shown, fmt.Sprintf("customers took part in %d efforts to solve, compare, design or try, and in %d others", deep, other)
}

// timeSpent: time is set aside for the relationship, and spent.
func timeSpent(f *findings, events []domain.Recorded) (string, string) {
	planned, spent := 0.0, 0.0
	for _, e := range events {
		data, ok := e.Data.(domain.EffortLogged)
		if !ok || !data.Relationship || !f.recent(e) {
			continue
		}
		spent += data.HoursH
		if data.PlannedH != nil {
			planned += *data.PlannedH
		}
	}
	shown := "no"
	switch {
	case spent > 0 && planned > 0 && spent >= planned/2:
		shown = "yes"
	case spent > 0 || planned > 0:
		shown = "partial"
	}
	return shown, fmt.Sprintf("%.1f hours set aside for the relationship, %.1f spent", planned, spent)
}

// channels: three ways of contact or more, at two of the customer's levels or more.
func channels(f *findings, events []domain.Recorded) (string, string) {
	used, levels, level := map[string]bool{}, map[string]bool{}, levelsOf(f.d, events)
	for _, e := range events {
		data, ok := e.Data.(domain.InteractionHeld)
		if !ok || !held(e) || data.Kind == "briefing" || !f.recent(e) {
			continue
		}
		used[cmp.Or(data.Channel, data.Kind)] = true
		for _, l := range data.Levels {
			levels[l] = true
		}
		for _, c := range data.Contacts {
			if l, ok := level.At(f.d.Person(e, c), e.OccurredAt); ok {
				levels[l] = true
			}
		}
	}
	shown := "no"
	switch {
	case len(used) >= 3 && len(levels) >= 2:
		shown = "yes"
	case len(used) >= 2 || len(levels) >= 2:
		shown = "partial"
	}
	return shown, fmt.Sprintf("%d channels used, %d of the customer's levels met", len(used), len(levels))
}

// levelsOf are the levels of each person.
func levelsOf(d *dossier.Dossier, events []domain.Recorded) dossier.Courses[string] {
	all := dossier.Courses[string]{}
	for _, e := range events {
		var contact domain.ID
		var level string
		switch data := e.Data.(type) {
		case domain.ContactAdded:
			contact, level = data.Contact, data.Level
		case domain.ContactRoleRecorded:
			contact, level = data.Contact, data.Level
		}
		if level != "" {
			all.Add(d.Person(e, contact), e.OccurredAt, level)
		}
	}
	return all
}
