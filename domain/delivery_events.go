package domain

import "time"

// The delivery family: what was to arrive, and what did.

// DeliveryPromised is a date and quantity for an order line, on one of the bases
// delivery performance is measured against.
type DeliveryPromised struct {
	Line         ID        `json:"line"`
	Order        ID        `json:"order,omitzero"`
	Basis        string    `json:"basis" enum:"requested first_confirmed reconfirmed"`
	PromisedAt   time.Time `json:"promised_at"`
	DepartureAt  time.Time `json:"departure_at,omitzero" doc:"when it is to leave us"`
	Product      string    `json:"product,omitzero" max:"200"`
	Qty          *float64  `json:"qty,omitzero" min:"0"`
	UOM          string    `json:"uom,omitzero" max:"32" doc:"unit of measure of qty"`
	TolerancePct *float64  `json:"tolerance_pct,omitzero" min:"0" max:"100"`
}

// DeliveryMade says goods or service arrived.
type DeliveryMade struct {
	Line        ID        `json:"line"`
	DeliveredAt time.Time `json:"delivered_at"`
	DepartedAt  time.Time `json:"departed_at,omitzero" doc:"when it left us"`
	Product     string    `json:"product,omitzero" max:"200"`
	Qty         *float64  `json:"qty,omitzero" min:"0"`
	UOM         string    `json:"uom,omitzero" max:"32" doc:"unit of measure of qty"`
	DocumentsOK *bool     `json:"documents_ok,omitzero"`
	DamageFree  *bool     `json:"damage_free,omitzero"`
}

// DeliveryMissed says a promise for a line was not met. It happened when the promise
// fell due, whenever it was noticed.
type DeliveryMissed struct {
	Line     ID       `json:"line"`
	LateMin  *float64 `json:"late_min,omitzero" min:"0" doc:"how late, if that is known yet"`
	ShortQty *float64 `json:"short_qty,omitzero" min:"0"`
	UOM      string   `json:"uom,omitzero" max:"32" doc:"unit of measure of short_qty"`
	Reason   string   `json:"reason,omitzero"`
	Supplier string   `json:"supplier,omitzero" max:"128" doc:"the supplier it goes back to, by our own id"`
}

// DeliveryExcused says a miss is not held against us, and who decided so. The miss stays visible.
type DeliveryExcused struct {
	Line   ID     `json:"line"`
	Code   string `json:"code" max:"64"`
	By     string `json:"by" max:"128"`
	Reason string `json:"reason,omitzero"`
}

// A line is known by its last miss and whether that was excused. Deliveries come from
// systems of their own, often without the promise and in several parts, so they are
// taken as they come.
var misses = &kind{noun: "delivery line", field: "line", born: "missed"}

func (e DeliveryPromised) check(Envelope) []Fault { return together(e.Qty != nil, e.UOM, "uom", "qty") }
func (e DeliveryMade) check(Envelope) []Fault     { return together(e.Qty != nil, e.UOM, "uom", "qty") }
func (e DeliveryMissed) check(Envelope) []Fault {
	return together(e.ShortQty != nil, e.UOM, "uom", "short_qty")
}

func (e DeliveryExcused) decide(a *Account) []Fault { return a.in(misses, e.Line, "missed") }

func (e DeliveryMissed) evolve() change  { return set(misses, e.Line, "missed") }
func (e DeliveryExcused) evolve() change { return move(misses, e.Line, "excused") }

func (DeliveryPromised) EventType() Type { return "delivery.promised" }
func (DeliveryMade) EventType() Type     { return "delivery.made" }
func (DeliveryMissed) EventType() Type   { return "delivery.missed" }
func (DeliveryExcused) EventType() Type  { return "delivery.excused" }

var deliveryEvents = []Entry{
	define[DeliveryPromised]("A delivery date was requested or confirmed."),
	define[DeliveryMade]("A delivery arrived."),
	define[DeliveryMissed]("A promised delivery was late or short."),
	define[DeliveryExcused]("A missed delivery was excused."),
}
