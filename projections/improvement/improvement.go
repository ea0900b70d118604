// Package improvement is the projection that answers what became of complaints, requests and
// nonconformities, stage by stage and with clocks, and which improvements were agreed,
// delivered and told, with whose help.
package improvement

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/calendar"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Name is the projection's name.
const Name = "improvement"

// New makes the projector.
func New() *dossier.Projector {
	return dossier.New(Name, 2, "complaint", "request", "nonconformity", "plan", "improvement", "involvement", "training", "certificate",
		"figure.published", "voice.captured", "wish.expressed", "problem.disclosed", "account.manager_assigned", "account.manager_released",
		"contact.linked", "contact.unlinked", "contact.left", "role")
}

// Report is what became of what an account told us. Minutes and hours are business time by the
// calendar in force, without those in which it was the customer's turn.
type Report struct {
	dossier.Heading
	Complaints      ComplaintFigures     `json:"complaints"`
	Requests        RequestFigures       `json:"requests"`
	Nonconformities NonconformityFigures `json:"nonconformities"`
	Improvements    ImprovementFigures   `json:"improvements"`
	Inputs          Inputs               `json:"inputs"`
	Involvement     Involvement          `json:"involvement"`
	Coverage        Coverage             `json:"coverage"`
	ComplaintList   []Complaint          `json:"complaint_list" doc:"open ones first, the gravest first"`
	RequestList     []Request            `json:"request_list" doc:"unanswered ones first, the oldest first"`
	Unmet           []Nonconformity      `json:"nonconformity_list" doc:"open ones first, the gravest first"`
	ImprovementList []Improvement        `json:"improvement_list" doc:"delivered and not told first, then what is not delivered"`
	Plans           []Plan               `json:"plans" doc:"what is overdue and the customer knows of first"`
	Efforts         []Effort             `json:"efforts" doc:"what customers and suppliers take part in, the last first"`
	People          []Person             `json:"people" doc:"our people on the account, and what they are trained and certified in"`
}

// About is the report about an account.
func About(d *dossier.Dossier) Report {
	v := newView(d)
	r := Report{Heading: d.Heading()}
	r.ComplaintList, r.Complaints = v.complaints()
	r.RequestList, r.Requests = v.requests()
	r.Unmet, r.Nonconformities = v.nonconformities()
	r.Plans, r.Inputs = v.plans()
	r.Efforts, r.Involvement = v.efforts()
	r.ImprovementList, r.Improvements = v.improvements(r.Efforts)
	r.Involvement.WithSupplierPct, r.Involvement.WithCustomerPct = shares(r.ImprovementList)
	r.People, r.Coverage = v.people()
	return r
}

// view is a dossier with the clock its figures go by.
type view struct {
	*dossier.Dossier
	clock *calendar.Calendar // nil where the calendar in force never opens
}

func newView(d *dossier.Dossier) *view {
	clock, err := calendar.New(d.Policy().Calendar)
	if err != nil {
		clock = nil
	}
	return &view{d, clock}
}

// worked is the business time from then until then.
func (v *view) worked(from, until time.Time, pauses ...calendar.Interval) time.Duration {
	if v.clock == nil {
		return max(0, until.Sub(from))
	}
	return v.clock.Between(from, until, pauses...)
}

// allowed is the time that the policy in force allows for the first of the reasons that it names.
func (v *view) allowed(reasons ...string) time.Duration {
	p := v.Policy().FollowUp
	due := p.DefaultDueH
	for _, reason := range slices.Backward(reasons) {
		for _, s := range p.SLAs {
			if s.Reason == reason {
				due = s.DueH
			}
		}
	}
	return time.Duration(due * float64(time.Hour))
}

// waits are the spans in which it was the customer's turn.
type waits struct {
	all   []calendar.Interval
	since time.Time
}

func (w *waits) turn(awaiting string, at time.Time) {
	switch {
	case awaiting == "customer" && w.since.IsZero():
		w.since = at
	case awaiting != "customer" && !w.since.IsZero():
		w.all = append(w.all, calendar.Interval{From: w.since, To: at})
		w.since = time.Time{}
	}
}

// until gives the spans up to then.
func (w *waits) until(at time.Time) []calendar.Interval {
	if w.since.IsZero() {
		return w.all
	}
	return append(slices.Clone(w.all), calendar.Interval{From: w.since, To: at})
}

// Count is how often something occurs.
type Count struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// counts are the most frequent first.
func counts(tally map[string]int) []Count {
	all := []Count{}
	for name, n := range tally {
		all = append(all, Count{name, n})
	}
	slices.SortFunc(all, func(a, b Count) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Name, b.Name)) })
	return all
}

// Row is an account among all.
type Row struct {
	Account         domain.AccountID `json:"account"`
	OpenComplaints  int              `json:"open_complaints_count"`
	Unanswered      int              `json:"unanswered_count" doc:"requests nobody answered"`
	OpenUnmet       int              `json:"open_nonconformities_count"`
	OverdueActions  int              `json:"overdue_actions_count"`
	KnownOverdue    int              `json:"known_overdue_count" doc:"plans overdue, by themselves or by an action, that the customer knows of"`
	NotTold         int              `json:"not_told_count" doc:"improvements delivered that nobody told of"`
	Unplanned       int              `json:"unplanned_count" doc:"what they told us that has led to no plan, though the time for it is over"`
	AcceptedPct     *float64         `json:"accepted_pct" doc:"complaints closed that the customer accepted"`
	MedianAnswerMin *float64         `json:"median_answer_min" doc:"business minutes until a request was answered"`
	ToldPct         *float64         `json:"told_pct" doc:"improvements delivered that the customer was told of"`
	UntrainedCount  int              `json:"untrained_count" doc:"our people on the account without training or certificate"`
}

// Total is all accounts together.
type Total struct {
	AccountsCount int                  `json:"accounts_count" doc:"of which there is anything"`
	Complaints    ComplaintFigures     `json:"complaints"`
	Requests      RequestFigures       `json:"requests"`
	Unmet         NonconformityFigures `json:"nonconformities"`
	Improvements  ImprovementFigures   `json:"improvements"`
	Inputs        Inputs               `json:"inputs"`
	Expiring      []Certificate        `json:"expiring" doc:"certificates that are valid and end within 90 days, or have ended and were not renewed, the first first"`
}

// Overall is all accounts together, those with most that is overdue and known to the customer first.
func Overall(all iter.Seq2[*dossier.Dossier, error]) (total Total, rows []Row, err error) {
	total = newTotal()
	var learned []domain.Recorded
	var now time.Time
	for d, err := range all {
		if err != nil {
			return Total{}, nil, err
		}
		if now.IsZero() {
			now, learned = d.At, skills(d.General)
			total.Improvements.CapacityPersonH = capacity(d.General)
		}
		r := About(d)
		total.add(r)
		for _, e := range skills(d.Events) {
			e.Account = d.Account // also of those merged into it
			learned = append(learned, e)
		}
		if w, any := row(r); any {
			rows = append(rows, w)
		}
	}
	total.rate()
	total.AccountsCount = len(rows)
	total.Expiring = expiring(skills(learned), now)
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(b.KnownOverdue-a.KnownOverdue, b.OpenComplaints-a.OpenComplaints, b.Unanswered-a.Unanswered, b.NotTold-a.NotTold, cmp.Compare(a.Account, b.Account))
	})
	return total, rows, nil
}

func newTotal() Total {
	return Total{
		Complaints:   ComplaintFigures{tally: complaintTally{hours: map[int64][]float64{}}},
		Requests:     RequestFigures{tally: requestTally{shortcomings: map[string]int{}}},
		Unmet:        NonconformityFigures{tally: nonconformityTally{hours: map[string][]float64{}, cost: dossier.Purse{}}},
		Improvements: ImprovementFigures{tally: improvementTally{value: dossier.Purse{}, assumed: dossier.Purse{}, levels: map[string][2]int{}}},
	}
}

func (t *Total) add(r Report) {
	t.Complaints.add(r.Complaints)
	t.Requests.add(r.Requests)
	t.Unmet.add(r.Nonconformities)
	t.Improvements.add(r.Improvements)
	t.Inputs.add(r.Inputs)
}

func (t *Total) rate() {
	t.Complaints.rate()
	t.Requests.rate()
	t.Unmet.rate()
	t.Improvements.rate()
	t.Inputs.rate()
}

func row(r Report) (w Row, any bool) {
	w = Row{
		Account: r.Account, OpenComplaints: r.Complaints.OpenCount, Unanswered: r.Requests.UnansweredCount, OpenUnmet: r.Nonconformities.OpenCount,
		OverdueActions: r.Nonconformities.OverdueActionsCount, KnownOverdue: r.Inputs.KnownOverdueCount, NotTold: r.Improvements.NotToldCount,
		Unplanned: r.Inputs.UnplannedCount, AcceptedPct: r.Complaints.AcceptedPct, MedianAnswerMin: r.Requests.MedianAnswerMin, ToldPct: r.Improvements.ToldPct,
	}
	for _, p := range r.People {
		if len(p.Programmes)+len(p.Certificates) == 0 {
			w.UntrainedCount++
		}
	}
	any = len(r.ComplaintList)+len(r.RequestList)+len(r.Unmet)+len(r.ImprovementList)+len(r.Plans)+len(r.Efforts)+r.Inputs.InputsCount+w.UntrainedCount > 0
	return w, any
}
