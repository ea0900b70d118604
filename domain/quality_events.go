package domain

// The rest of the delivery family: how good it was, what came back, and what it cost.

// QualityMeasured is how much of what was looked at was not good.
type QualityMeasured struct {
	InspectedQty     float64 `json:"inspected_qty" min:"0"`
	NonconformingQty float64 `json:"nonconforming_qty" min:"0"`
	UOM              string  `json:"uom" max:"32" doc:"unit of measure of both quantities"`
	Product          string  `json:"product,omitzero" max:"200"`
	Line             ID      `json:"line,omitzero" doc:"the delivery line that was inspected"`
	Period           string  `json:"period,omitzero" max:"32" doc:"such as 2026-Q1 or 2026-03, if it is not about one delivery"`
	Supplier         string  `json:"supplier,omitzero" max:"128" doc:"the supplier whose quality it is, by our own id; absent if it is ours"`
	By               string  `json:"by,omitzero" enum:"us customer third_party" doc:"who measured"`
}

// ReturnReceived says goods came back.
type ReturnReceived struct {
	Return     ID       `json:"return"`
	Qty        *float64 `json:"qty,omitzero" min:"0"`
	UOM        string   `json:"uom,omitzero" max:"32" doc:"unit of measure of qty"`
	Product    string   `json:"product,omitzero" max:"200"`
	Serial     string   `json:"serial,omitzero" max:"128"`
	Line       ID       `json:"line,omitzero"`
	ReasonCode string   `json:"reason_code,omitzero" max:"64" doc:"why, as the customer says"`
}

// ReturnAnalysed is what we found; a later analysis may find something else.
type ReturnAnalysed struct {
	Return       ID     `json:"return"`
	NoFaultFound bool   `json:"no_fault_found"`
	CauseCode    string `json:"cause_code,omitzero" max:"64" doc:"our own code of the cause"`
	Finding      string `json:"finding,omitzero"`
}

// WarrantyClaimed says the customer wants a failure made good.
type WarrantyClaimed struct {
	Claim       ID       `json:"claim"`
	Product     string   `json:"product,omitzero" max:"200"`
	Serial      string   `json:"serial,omitzero" max:"128"`
	FailureCode string   `json:"failure_code,omitzero" max:"64"`
	InWarranty  *bool    `json:"in_warranty,omitzero"`
	AgeD        *int64   `json:"age_d,omitzero" min:"0" max:"36500" doc:"age of the product at the failure, in days"`
	ClaimMinor  *int64   `json:"claim_minor,omitzero" min:"0" doc:"amount claimed in the currency's minor unit"`
	Currency    string   `json:"currency,omitzero" format:"currency"`
	Qty         *float64 `json:"qty,omitzero" min:"0" doc:"how many failed; one if absent"`
	UOM         string   `json:"uom,omitzero" max:"32" doc:"unit of measure of qty"`
	Return      ID       `json:"return,omitzero" doc:"the return it came with"`
	Contact     ID       `json:"contact,omitzero"`
}

// WarrantyDecided is our answer to the claim.
type WarrantyDecided struct {
	Claim     ID     `json:"claim"`
	Accepted  bool   `json:"accepted"`
	PaidMinor *int64 `json:"paid_minor,omitzero" min:"0" doc:"amount paid in the currency's minor unit"`
	Currency  string `json:"currency,omitzero" format:"currency"`
	Reason    string `json:"reason,omitzero"`
}

// CostCompared is a price or a cost of ours, beside that of somebody else.
type CostCompared struct {
	Kind           string `json:"kind,omitzero" enum:"price cost service_cost" doc:"what the customer pays, what it costs us, or what serving them costs us; price if absent"`
	Subject        string `json:"subject,omitzero" max:"200" doc:"of what"`
	OurMinor       int64  `json:"our_minor" min:"0" doc:"ours in the currency's minor unit"`
	ReferenceMinor *int64 `json:"reference_minor,omitzero" min:"0" doc:"the other in the currency's minor unit; absent if only ours was measured"`
	Currency       string `json:"currency" format:"currency"`
	Reference      string `json:"reference,omitzero" max:"200" doc:"whose the other is, or when it was ours"`
	Period         string `json:"period,omitzero" max:"32" doc:"such as 2026-Q1 or 2026-03"`
}

// FreightPremiumPaid is what it cost to be in time after all.
type FreightPremiumPaid struct {
	AmountMinor int64  `json:"amount_minor" min:"0" doc:"amount in the currency's minor unit"`
	Currency    string `json:"currency" format:"currency"`
	Payer       string `json:"payer" enum:"us customer supplier"`
	Line        ID     `json:"line,omitzero"`
	Reason      string `json:"reason,omitzero"`
}

// JobCompleted says a piece of work for the customer is done.
type JobCompleted struct {
	Job            ID       `json:"job"`
	Kind           string   `json:"kind,omitzero" max:"128" doc:"such as repair, installation, invoice"`
	FirstTimeRight bool     `json:"first_time_right"`
	ReworkH        *float64 `json:"rework_h,omitzero" min:"0" doc:"hours spent on doing it again"`
	Contact        ID       `json:"contact,omitzero" doc:"for whom it was done"`
}

var (
	returns = &kind{noun: "return", field: "return", born: "received"}
	claims  = &kind{noun: "warranty claim", field: "claim", born: "filed"}
	jobs    = &kind{noun: "job", field: "job", born: "completed"}
)

func (e QualityMeasured) check(Envelope) []Fault {
	if e.NonconformingQty > e.InspectedQty {
		return []Fault{{"data.nonconforming_qty", "is more than was inspected"}}
	}
	return nil
}
func (e ReturnReceived) check(Envelope) []Fault { return together(e.Qty != nil, e.UOM, "uom", "qty") }
func (e WarrantyClaimed) check(Envelope) []Fault {
	return append(together(e.ClaimMinor != nil, e.Currency, "currency", "claim_minor"),
		together(e.Qty != nil, e.UOM, "uom", "qty")...)
}
func (e WarrantyDecided) check(Envelope) []Fault {
	return together(e.PaidMinor != nil, e.Currency, "currency", "paid_minor")
}
func (e JobCompleted) check(Envelope) []Fault {
	if e.FirstTimeRight && e.ReworkH != nil && *e.ReworkH > 0 {
		return []Fault{{"data.rework_h", "what was right the first time was not done again"}}
	}
	return nil
}

func (e ReturnReceived) decide(a *Account) []Fault  { return a.unused(returns, e.Return) }
func (e ReturnAnalysed) decide(a *Account) []Fault  { return a.known(returns, e.Return) }
func (e WarrantyClaimed) decide(a *Account) []Fault { return a.unused(claims, e.Claim) }
func (e WarrantyDecided) decide(a *Account) []Fault { return a.in(claims, e.Claim, "open") }
func (e JobCompleted) decide(a *Account) []Fault    { return a.unused(jobs, e.Job) }

func (e ReturnReceived) evolve() change  { return set(returns, e.Return, "received") }
func (e WarrantyClaimed) evolve() change { return set(claims, e.Claim, "open") }
func (e WarrantyDecided) evolve() change { return move(claims, e.Claim, "decided") }
func (e JobCompleted) evolve() change    { return set(jobs, e.Job, "completed") }

func (QualityMeasured) EventType() Type    { return "quality.measured" }
func (ReturnReceived) EventType() Type     { return "return.received" }
func (ReturnAnalysed) EventType() Type     { return "return.analysed" }
func (WarrantyClaimed) EventType() Type    { return "warranty.claimed" }
func (WarrantyDecided) EventType() Type    { return "warranty.decided" }
func (CostCompared) EventType() Type       { return "cost.compared" }
func (FreightPremiumPaid) EventType() Type { return "freight.premium_paid" }
func (JobCompleted) EventType() Type       { return "job.completed" }

var qualityEvents = []Entry{
	define[QualityMeasured]("How good what we delivered was, was measured."),
	define[ReturnReceived]("Goods came back."),
	define[ReturnAnalysed]("What had come back was analysed."),
	define[WarrantyClaimed]("The customer claimed warranty."),
	define[WarrantyDecided]("A warranty claim was decided."),
	define[CostCompared]("A price or a cost of ours was measured, beside that of others."),
	define[FreightPremiumPaid]("Premium freight was paid for."),
	define[JobCompleted]("A piece of work for the customer was completed."),
}
