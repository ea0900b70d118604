// Package promises is the projection that answers what we promised an account, whether it
// was kept, and when, and who asked for later dates.
package promises

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Name is the projection's name.
const Name = "promises"

// New makes the projector.
func New() *dossier.Projector { return dossier.New(Name, 1, "commitment") }

// Report is what we promised an account.
type Report struct {
	dossier.Heading
	Kept Kept         `json:"kept"`
	Open []Commitment `json:"open" doc:"promises not kept yet: overdue ones that the customer knows of first, then by date"`
	Past []Commitment `json:"past" doc:"promises that came to an end in the period, the last first"`
}

// Kept counts promises that fell due or came to an end in the period, and how they ended.
type Kept struct {
	DueCount          int      `json:"due_count" doc:"promises whose last date was in the period, and that nobody released us from"`
	KeptOnFirstCount  int      `json:"kept_on_first_count" doc:"kept by the date that was promised first"`
	KeptOnLastCount   int      `json:"kept_on_last_count" doc:"kept by the date that was agreed last"`
	KeptLateCount     int      `json:"kept_late_count"`
	BrokenCount       int      `json:"broken_count" doc:"said to be broken, or past their date and not kept"`
	ReleasedCount     int      `json:"released_count" doc:"the customer let us off; they count for neither side"`
	OnFirstPct        *float64 `json:"on_first_pct" doc:"of those due, kept by the first date; null if none was due"`
	OnLastPct         *float64 `json:"on_last_pct" doc:"of those due, kept by the last date; null if none was due"`
	MovedByUsCount    int      `json:"moved_by_us_count" doc:"later dates that we asked for"`
	MovedByThemCount  int      `json:"moved_by_them_count" doc:"later dates that the customer asked for"`
	OpenCount         int      `json:"open_count"`
	OverdueCount      int      `json:"overdue_count" doc:"open and past the last date"`
	OverdueKnownCount int      `json:"overdue_known_count" doc:"overdue ones that the customer knows of"`
}

// Commitment is one promise.
type Commitment struct {
	Commitment      string            `json:"commitment" doc:"the emitter's id"`
	Position        domain.Position   `json:"position" doc:"of the event that made it; it has the words"`
	State           string            `json:"state" enum:"open,kept,broken,released"`
	MadeAt          time.Time         `json:"made_at"`
	MadeBy          string            `json:"made_by,omitzero"`
	ToContact       string            `json:"to_contact,omitzero"`
	KnownToCustomer bool              `json:"known_to_customer"`
	FirstDueAt      time.Time         `json:"first_due_at"`
	DueAt           time.Time         `json:"due_at" doc:"the last date agreed"`
	Moved           []Move            `json:"moved,omitzero" doc:"dates agreed later, in order"`
	EndedAt         time.Time         `json:"ended_at,omitzero" doc:"when it was kept, broken or released"`
	LateH           *float64          `json:"late_h,omitempty" doc:"hours past the last date until it was kept, or until now; absent if it is not late"`
	Overdue         bool              `json:"overdue"`
	Reason          string            `json:"reason,omitzero" doc:"why it was broken or released"`
	Positions       []domain.Position `json:"positions" doc:"the events behind it"`
}

// Move is a date put in the place of another.
type Move struct {
	At      time.Time `json:"at"`
	DueAt   time.Time `json:"due_at"`
	AskedBy string    `json:"asked_by" enum:"us,them"`
}

// About is the report about an account.
func About(d *dossier.Dossier) Report {
	r := Report{Heading: d.Heading(), Open: []Commitment{}, Past: []Commitment{}}
	for _, c := range commitments(d) {
		r.Kept.count(d, c)
		switch {
		case c.State == "open":
			r.Open = append(r.Open, *c)
		case d.Within(c.EndedAt):
			r.Past = append(r.Past, *c)
		}
	}
	r.Kept.rate()
	slices.SortStableFunc(r.Open, byUrgency)
	slices.SortStableFunc(r.Past, func(a, b Commitment) int { return b.EndedAt.Compare(a.EndedAt) })
	return r
}

// Row is an account among all.
type Row struct {
	Account domain.AccountID `json:"account"`
	Kept
}

// Overall is all accounts together, and those with promises, the ones with most that is
// overdue and known to the customer first.
func Overall(all iter.Seq2[*dossier.Dossier, error]) (total Kept, rows []Row, err error) {
	for d, err := range all {
		if err != nil {
			return Kept{}, nil, err
		}
		commitments := commitments(d)
		if len(commitments) == 0 {
			continue
		}
		row := Row{Account: d.Account}
		for _, c := range commitments {
			row.count(d, c)
			total.count(d, c)
		}
		row.rate()
		rows = append(rows, row)
	}
	total.rate()
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(b.OverdueKnownCount-a.OverdueKnownCount, b.OverdueCount-a.OverdueCount, cmp.Compare(a.Account, b.Account))
	})
	return total, rows, nil
}
