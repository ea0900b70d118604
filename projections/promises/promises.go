// Package promises is the projection that answers what we promised an account and what it
// expects of us, whether that was kept and met, and what of the customer's stops if it is not.
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
func New() *dossier.Projector {
	return dossier.New(Name, 1, "commitment", "expectation", "dependency", "role", "plan.created", "plan.closed",
		"delivery.promised", "delivery.made", "value.shared")
}

// Report is what we promised an account.
type Report struct {
	dossier.Heading
	Kept         Kept          `json:"kept"`
	Open         []Commitment  `json:"open" doc:"promises not kept yet: overdue ones that the customer knows of first, then by date"`
	Past         []Commitment  `json:"past" doc:"promises that came to an end in the period, the last first"`
	Expected     Expectations  `json:"expected"`
	Expectations []Expectation `json:"expectations" doc:"what the customer expects: what is not met first, then what they never said anything about"`
	Phases       []Phase       `json:"phases" doc:"parts of projects, with the requirements that belong to them"`
	Dependencies []Dependency  `json:"dependencies" doc:"what of the customer's depends on us"`
	Stops        []Stop        `json:"stops" doc:"which process stops when, by the deliveries that are expected late"`
	Roles        []Role        `json:"roles" doc:"critical roles, vacant ones first"`
}

// Kept counts promises that fell due or came to an end in the period, and how they ended.
type Kept struct {
	DueCount          int      `json:"due_count" doc:"promises whose last date passed in the period, or that were kept or broken in it before their date; not those that we were released from"`
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
	expected := expectations(d)
	r.Expectations = make([]Expectation, 0, len(expected))
	for _, x := range expected {
		r.Expected.count(x)
		r.Expectations = append(r.Expectations, *x)
	}
	r.Expected.rate()
	slices.SortStableFunc(r.Expectations, byNeed)
	r.Phases, r.Dependencies, r.Roles = phases(d, expected), dependencies(d), roles(d)
	r.Stops = stops(d, r.Dependencies)
	return r
}

// Total is all accounts together.
type Total struct {
	Kept     Kept         `json:"kept"`
	Expected Expectations `json:"expected"`
	Uncovered
}

// Uncovered counts what nobody can step in for, and what is about to stop.
type Uncovered struct {
	StopCount     int `json:"stop_count" doc:"processes of customers that late deliveries stop, the buffer considered"`
	VacantCount   int `json:"vacant_count" doc:"critical roles that nobody has"`
	NoBackupCount int `json:"no_backup_count" doc:"critical roles that nobody stands in for"`
}

// Row is an account among all.
type Row struct {
	Account domain.AccountID `json:"account"`
	Kept
	UnmetCount          int `json:"unmet_count" doc:"expectations that are not met"`
	NeverValidatedCount int `json:"never_validated_count" doc:"expectations of which the customer never said whether they are met"`
	GoalAtRiskCount     int `json:"goal_at_risk_count"`
	Uncovered
}

// Overall is all accounts together, and those of which there is anything, the ones with most that is
// overdue and known to the customer first.
func Overall(all iter.Seq2[*dossier.Dossier, error]) (total Total, rows []Row, err error) {
	for d, err := range all {
		if err != nil {
			return Total{}, nil, err
		}
		if row, any := total.count(d); any {
			rows = append(rows, row)
		}
	}
	total.Kept.rate()
	total.Expected.rate()
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(b.OverdueKnownCount-a.OverdueKnownCount, b.OverdueCount-a.OverdueCount, b.StopCount-a.StopCount,
			b.UnmetCount-a.UnmetCount, cmp.Compare(a.Account, b.Account))
	})
	return total, rows, nil
}

// count takes in an account and gives its row, if there is anything of it.
func (t *Total) count(d *dossier.Dossier) (row Row, any bool) {
	row.Account = d.Account
	commitments, expected, needed, held := commitments(d), expectations(d), dependencies(d), roles(d)
	for _, c := range commitments {
		row.count(d, c)
		t.Kept.count(d, c)
	}
	row.rate()
	var counts Expectations
	for _, x := range expected {
		counts.count(x)
		t.Expected.count(x)
		if x.State == "unmet" && x.ReplacedBy == "" {
			row.UnmetCount++
		}
	}
	row.NeverValidatedCount, row.GoalAtRiskCount = counts.NeverValidatedCount, counts.GoalAtRiskCount
	stopped := map[string]bool{}
	for _, s := range stops(d, needed) {
		if s.StoppedH > 0 && !stopped[s.CustomerProcess] {
			stopped[s.CustomerProcess] = true
			row.StopCount++
		}
	}
	for _, r := range held {
		switch r.State {
		case "vacant":
			row.VacantCount++
		case "no_backup":
			row.NoBackupCount++
		}
	}
	t.StopCount += row.StopCount
	t.VacantCount += row.VacantCount
	t.NoBackupCount += row.NoBackupCount
	return row, len(commitments)+len(expected)+len(needed)+len(held) > 0
}
