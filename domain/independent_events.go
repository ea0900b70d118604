package domain

import "fmt"

// The independent family: our performance as others measure it, beside our own figures.

// AssessmentMade is a judgement of how well we do: a third party's comparison, an audit
// against a standard, a rating of one of our functions.
type AssessmentMade struct {
	Assessor     string      `json:"assessor" max:"200" doc:"who assessed: a firm, an auditor, the customer"`
	Independent  bool        `json:"independent,omitzero" doc:"whether the assessor is neither the customer nor we"`
	Method       string      `json:"method,omitzero" max:"200"`
	Measure      string      `json:"measure,omitzero" max:"128" doc:"what was assessed, such as on-time delivery"`
	Function     string      `json:"function,omitzero" max:"128" doc:"the function of ours that was assessed"`
	Period       string      `json:"period,omitzero" max:"32" doc:"such as 2026-Q1 or 2026-03"`
	SampleCount  *int64      `json:"sample_count,omitzero" min:"1"`
	OurScore     *float64    `json:"our_score,omitzero"`
	PeerScores   []PeerScore `json:"peer_scores,omitzero"`
	ScaleMin     *float64    `json:"scale_min,omitzero" doc:"the scale's worst score, also where that is its highest number"`
	ScaleMax     *float64    `json:"scale_max,omitzero" doc:"the scale's best score"`
	Standard     string      `json:"standard,omitzero" max:"200" doc:"the standard audited against, such as ISO 9001"`
	Clause       string      `json:"clause,omitzero" max:"128"`
	Result       string      `json:"result,omitzero" enum:"conforming minor_finding major_finding failed" doc:"of an audit"`
	ReportSHA256 string      `json:"report_sha256,omitzero" max:"64" doc:"the report's SHA-256, as 64 hexadecimal digits in lower case"`
}

// PeerScore is another's score in the same assessment.
type PeerScore struct {
	Peer  string  `json:"peer,omitzero" max:"200" doc:"absent if the assessor names nobody"`
	Score float64 `json:"score"`
}

// FigurePublished is somebody's number for a measure and a period: ours, the
// customer's or a third party's, to be laid side by side. Published again by the same,
// it is as it is said last.
type FigurePublished struct {
	Measure  string  `json:"measure" max:"128" doc:"such as otif, ppm, service_cost"`
	Period   string  `json:"period" max:"32" doc:"such as 2026-Q1 or 2026-03"`
	Value    float64 `json:"value"`
	UOM      string  `json:"uom" max:"32" doc:"unit of measure of value, such as pct, ppm, EUR"`
	By       string  `json:"by" enum:"us customer third_party supplier" doc:"whose number it is"`
	Supplier string  `json:"supplier,omitzero" max:"128" doc:"the supplier whose performance it is, by our own id; absent if it is ours"`
	Origin   string  `json:"origin,omitzero" max:"200" doc:"where it was published, such as the customer's portal"`
}

// FigureReconciled is the number agreed on in the end.
type FigureReconciled struct {
	Measure     string  `json:"measure" max:"128"`
	Period      string  `json:"period,omitzero" max:"32"`
	AgreedValue float64 `json:"agreed_value"`
	UOM         string  `json:"uom" max:"32" doc:"unit of measure of agreed_value"`
	Supplier    string  `json:"supplier,omitzero" max:"128"`
	Right       string  `json:"right,omitzero" enum:"us customer third_party supplier nobody" doc:"whose number was found to be right"`
	Reason      string  `json:"reason,omitzero"`
	Contact     ID      `json:"contact,omitzero" doc:"who agreed for the customer"`
}

// PerformanceChallenged says the customer disputes how well we say we do.
type PerformanceChallenged struct {
	Measure       string   `json:"measure" max:"128"`
	Period        string   `json:"period,omitzero" max:"32" doc:"such as 2026-Q1 or 2026-03"`
	CustomerValue *float64 `json:"customer_value,omitzero"`
	OurValue      *float64 `json:"our_value,omitzero"`
	UOM           string   `json:"uom,omitzero" max:"32" doc:"unit of measure of the values"`
	Complaint     ID       `json:"complaint,omitzero" doc:"the complaint it was raised with"`
	Contact       ID       `json:"contact,omitzero"`
	Statement     string   `json:"statement,omitzero" max:"20000" personal:"contact"`
}

// PerformanceAnswered is what we said to a challenge.
type PerformanceAnswered struct {
	Measure string `json:"measure" max:"128"`
	Period  string `json:"period,omitzero" max:"32"`
	Stance  string `json:"stance" enum:"accepted explained disputed"`
	Contact ID     `json:"contact,omitzero"`
	Answer  string `json:"answer,omitzero" max:"20000" personal:"contact"`
}

var (
	figures    = &kind{noun: "figure for", field: "measure", born: "published or challenged"}
	challenges = &kind{noun: "performance in", field: "measure", born: "challenged"}
)

// figure is the name of a measure's number for a period.
func figure(measure, period, supplier string) ID {
	return inside(inside(ID(period), ID(supplier)), ID(measure))
}

func (e AssessmentMade) check(Envelope) []Fault {
	faults := checkSHA256("data.report_sha256", e.ReportSHA256)
	if e.OurScore == nil && e.Result == "" {
		faults = append(faults, Fault{"data.our_score", "needed, or data.result: an assessment has an outcome"})
	}
	if (e.ScaleMin == nil) != (e.ScaleMax == nil) {
		return append(faults, Fault{"data.scale_max", "a scale has two ends: give scale_min and scale_max"})
	}
	if e.ScaleMin == nil {
		return faults
	}
	var ratings []rating
	if e.OurScore != nil {
		ratings = append(ratings, rating{"data.our_score", *e.OurScore})
	}
	for i, p := range e.PeerScores {
		ratings = append(ratings, rating{fmt.Sprintf("data.peer_scores[%d].score", i), p.Score})
	}
	return append(faults, checkScale(*e.ScaleMin, *e.ScaleMax, ratings...)...)
}
func (e FigurePublished) check(Envelope) []Fault {
	if e.By == "supplier" && e.Supplier == "" {
		return []Fault{{"data.supplier", "needed where the number is a supplier's"}}
	}
	return nil
}
func (e PerformanceChallenged) check(Envelope) []Fault {
	return together(e.CustomerValue != nil || e.OurValue != nil, e.UOM, "uom", "a value")
}

// What is reconciled was published or disputed: else there is nothing to bring together.
func (e FigureReconciled) decide(a *Account) []Fault {
	if a.status(challenges, figure(e.Measure, e.Period, e.Supplier)) != "" {
		return nil
	}
	return a.known(figures, figure(e.Measure, e.Period, e.Supplier))
}
func (e PerformanceAnswered) decide(a *Account) []Fault {
	return a.known(challenges, figure(e.Measure, e.Period, ""))
}

func (e FigurePublished) evolve() change {
	return set(figures, figure(e.Measure, e.Period, e.Supplier), "published")
}
func (e PerformanceChallenged) evolve() change {
	return set(challenges, figure(e.Measure, e.Period, ""), "challenged")
}

func (AssessmentMade) EventType() Type        { return "assessment.made" }
func (FigurePublished) EventType() Type       { return "figure.published" }
func (FigureReconciled) EventType() Type      { return "figure.reconciled" }
func (PerformanceChallenged) EventType() Type { return "performance.challenged" }
func (PerformanceAnswered) EventType() Type   { return "performance.answered" }

var independentEvents = []Entry{
	define[AssessmentMade]("How well we do was assessed.", anywhere),
	define[FigurePublished]("Somebody's number for a measure was published.", anywhere),
	define[FigureReconciled]("A number for a measure was agreed on.", anywhere),
	define[PerformanceChallenged]("The customer disputed how well we say we do.", touch, theirs),
	define[PerformanceAnswered]("We answered to a dispute of how well we do.", touch, ours),
}
