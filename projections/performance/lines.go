package performance

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/measure"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// line is an order line with all that was promised of it and all that came.
type line struct {
	id, order, product string

	requested, first, last *promise // asked for last, confirmed first, confirmed last
	latest                 *promise // of all of them
	made                   []arrival
	misses                 []domain.Recorded
	lateMin                *float64 // as a miss said last
	shortQty               float64  // the most that a miss said to be short
	shortUOM               string
	shortSaid              bool // whether a miss said how much is short, if only 0
	excuses                []Excuse
	positions              []domain.Position
}

// promise is a date for a line, with how much of it.
type promise struct {
	at, departure time.Time // departure is zero if none was promised
	qty           *float64
	uom           string
	tolerance     float64 // share of qty that may lack
}

// arrival is a delivery of the line, or of a part of it.
type arrival struct {
	at, departed time.Time
	qty          *float64
	uom          string
	documents    *bool
	undamaged    *bool
}

// Excuse is somebody's word that a miss is not held against us.
type Excuse struct {
	Code     string          `json:"code"`
	By       string          `json:"by"`
	Reason   string          `json:"reason,omitzero"`
	At       time.Time       `json:"at"`
	Position domain.Position `json:"position"`
}

// linesOf are the lines, in the order in which they were first spoken of.
func linesOf(d *dossier.Dossier) []*line {
	var all []*line
	named := map[string]*line{}
	about := func(e domain.Recorded, id domain.ID) *line {
		name := d.Name(e, id)
		l := named[name]
		if l == nil {
			l = &line{id: name}
			all, named[name] = append(all, l), l
		}
		l.positions = append(l.positions, e.Position)
		return l
	}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.DeliveryPromised:
			about(e, data.Line).promise(data)
		case domain.DeliveryMade:
			about(e, data.Line).arrive(data)
		case domain.DeliveryMissed:
			about(e, data.Line).miss(e, data)
		case domain.DeliveryExcused:
			l := about(e, data.Line)
			l.excuses = append(l.excuses, Excuse{Code: data.Code, By: data.By, Reason: data.Reason, At: e.OccurredAt, Position: e.Position})
		}
	}
	for _, l := range all {
		slices.SortStableFunc(l.made, func(a, b arrival) int { return a.at.Compare(b.at) })
	}
	return all
}

// promise takes in a date. What it does not say of the quantity is as it was said before.
func (l *line) promise(data domain.DeliveryPromised) {
	p := &promise{at: data.PromisedAt, departure: data.DepartureAt, qty: data.Qty, uom: data.UOM}
	before := l.latest
	if before != nil && p.qty == nil {
		p.qty, p.uom = before.qty, before.uom
	}
	switch {
	case data.TolerancePct != nil:
		p.tolerance = *data.TolerancePct / 100
	case before != nil:
		p.tolerance = before.tolerance
	}
	l.latest = p
	switch data.Basis {
	case "requested":
		l.requested = p
	case "first_confirmed":
		if l.first == nil {
			l.first = p
		}
		l.last = p
	default:
		l.last = p
	}
	l.order, l.product = cmp.Or(string(data.Order), l.order), cmp.Or(data.Product, l.product)
}

func (l *line) arrive(data domain.DeliveryMade) {
	l.made = append(l.made, arrival{
		at: data.DeliveredAt, departed: data.DepartedAt, qty: data.Qty, uom: data.UOM, documents: data.DocumentsOK, undamaged: data.DamageFree,
	})
	l.product = cmp.Or(data.Product, l.product)
}

func (l *line) miss(e domain.Recorded, data domain.DeliveryMissed) {
	l.misses = append(l.misses, e)
	if data.LateMin != nil {
		l.lateMin = data.LateMin
	}
	l.shortSaid = l.shortSaid || data.ShortQty != nil
	if data.ShortQty != nil && *data.ShortQty > l.shortQty {
		l.shortQty, l.shortUOM = *data.ShortQty, data.UOM
	}
}

// inForce is the promise a line is measured against where none is named, as it is for
// trust: the one confirmed first, else the latest.
func (l *line) inForce() *promise {
	if l.first != nil {
		return l.first
	}
	return l.latest
}

// by is the promise of a basis; nil if there is none.
func (l *line) by(basis string) *promise {
	switch basis {
	case "requested":
		return l.requested
	case "first_confirmed":
		return l.first
	}
	return l.last
}

// truth is an answer that may be unknown.
type truth int

const (
	unknown truth = iota
	no
	yes
)

func truly(b bool) truth {
	if b {
		return yes
	}
	return no
}

// both is whether all are true; one that is not is enough to know that they are not.
func both(all ...truth) truth {
	switch {
	case slices.Contains(all, no):
		return no
	case slices.Contains(all, unknown):
		return unknown
	}
	return yes
}

// verdict is how a line did against one of its promises.
type verdict struct {
	due            time.Time
	counts         time.Time // when it counts; zero: not yet
	onTime, inFull truth
	early          bool          // there before the day
	late           time.Duration // past due when the line was complete, or what came last was there
	shortQty       *float64      // what lacks; nil if it is not known
	shortUOM       string        // unit of shortQty
}

func (v verdict) otif() truth { return both(v.onTime, v.inFull) }

// judge holds the line against the promise: by when it reached the customer, or by when it
// left us. A promise past its time without a word about what became of it is not known
// to be missed. What has not fallen due counts once the line is complete.
func (l *line) judge(p *promise, departure bool, now time.Time, rules rules) verdict {
	v := verdict{due: p.at}
	if departure {
		v.due = p.departure
	}
	if v.due.IsZero() {
		return v
	}
	if !v.due.After(now) {
		v.counts = v.due
	}
	if len(l.made) == 0 {
		if len(l.misses) > 0 {
			l.missed(p, departure, &v)
			if v.counts.IsZero() {
				v.counts = now
			}
		}
		return v
	}
	came := l.complete(p, &v)
	if v.inFull != no && v.counts.IsZero() {
		v.counts = came.at
	}
	l.time(came, departure, rules, &v)
	return v
}

// missed goes by what misses say where nothing else was heard of the line. One that says only how late it was says
// nothing of how much came, nor the other way round; one that says neither is of a line that did not come.
func (l *line) missed(p *promise, departure bool, v *verdict) {
	v.onTime, v.inFull = no, no
	late, short := l.lateMin != nil && *l.lateMin > 0, l.lacks(p)
	switch {
	case late && !short:
		v.inFull = known(l.shortSaid)
	case short && !late:
		v.onTime = known(l.lateMin != nil)
	}
	if departure { // it may have left in time
		v.onTime = unknown
	}
}

// known is yes if it is.
func known(so bool) truth {
	if so {
		return yes
	}
	return unknown
}

// complete is the delivery with which the line was complete, or the last one, and says
// whether it was in full. Of a promise that says no quantity, what came is all unless a
// miss says otherwise.
func (l *line) complete(p *promise, v *verdict) arrival {
	v.inFull = yes
	if p.qty == nil {
		l.said(p, v, yes)
		return l.made[0]
	}
	needed, sum := *p.qty*(1-p.tolerance), 0.0
	for _, m := range l.made {
		if m.qty == nil || m.uom != p.uom {
			l.said(p, v, unknown)
			return m
		}
		if sum += *m.qty; sum >= needed*(1-dossier.Rounding) {
			return m
		}
	}
	v.inFull = no
	v.shortQty, v.shortUOM = new(*p.qty-sum), p.uom
	return l.made[len(l.made)-1]
}

// said goes by what misses say is short, where quantities do not tell.
func (l *line) said(p *promise, v *verdict, otherwise truth) {
	if v.inFull = otherwise; l.lacks(p) {
		v.inFull, v.shortQty, v.shortUOM = no, &l.shortQty, l.shortUOM
	}
}

// lacks reports whether a miss says that more is short than the promise tolerates.
func (l *line) lacks(p *promise) bool {
	return l.shortQty > 0 && !(p.qty != nil && l.shortUOM == p.uom && l.shortQty <= *p.qty*p.tolerance)
}

func (l *line) time(came arrival, departure bool, rules rules, v *verdict) {
	happened := came.at
	if departure {
		happened = came.departed
	}
	if happened.IsZero() {
		return
	}
	rule := rules.at(v.due)
	v.late, v.early = max(happened.Sub(v.due), 0), rule.early(happened, v.due)
	v.onTime = truly(v.late == 0 && !(v.early && rule.formula == measure.OnTimeWindow1))
}

// documents and condition are the third and fourth test of a perfect order.
func (l *line) documents() truth {
	return l.found(func(a arrival) *bool { return a.documents })
}

func (l *line) condition() truth {
	return l.found(func(a arrival) *bool { return a.undamaged })
}

func (l *line) found(of func(arrival) *bool) truth {
	if len(l.made) == 0 {
		return unknown
	}
	all := make([]truth, 0, len(l.made))
	for _, a := range l.made {
		found := unknown
		if b := of(a); b != nil {
			found = truly(*b)
		}
		all = append(all, found)
	}
	return both(all...)
}
