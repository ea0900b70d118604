// Package checklist is the projection that holds the ten points of interaction, as people
// answer them, against what the events show.
package checklist

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Name is the projection's name.
const Name = "checklist"

// New makes the projector.
func New() *dossier.Projector {
	return dossier.New(Name, 2, "checklist.answered", "expectation", "plan", "involvement", "nonconformity", "complaint.raised",
		"delivery.missed", "survey.answered", "wish.expressed", "interaction.held", "training.completed", "certificate",
		"effort.logged", "account.channel_opened", "figure.published", "contact.added", "contact.role_recorded")
}

// Report is the checklist of an account.
type Report struct {
	dossier.Heading
	Since         time.Time `json:"since" doc:"evidence from here on counts: from, or a year before at, because what lies further back shows nothing of today"`
	YesCount      int       `json:"yes_count" doc:"points that the events show to be done"`
	PartialCount  int       `json:"partial_count"`
	NoCount       int       `json:"no_count" doc:"points of which the events show nothing"`
	MismatchCount int       `json:"mismatch_count" doc:"points where people's last answer says something else"`
	Items         []Item    `json:"items" doc:"the ten points, in their order"`
	Deficiencies  []string  `json:"deficiencies" doc:"points that the events or people do not answer with yes"`
}

// Item is a point, answered by the events and by people.
type Item struct {
	Item          string          `json:"item" enum:"planning,suppliers,tracking,corrective_action,voice,training,conferences,involvement,time,channels"`
	Shown         string          `json:"shown" enum:"yes,partial,no" doc:"what the events show"`
	Answered      string          `json:"answered,omitzero" enum:"yes,partial,no" doc:"what people said last; absent if nobody was asked"`
	Mismatch      string          `json:"mismatch,omitzero" enum:"claimed,unclaimed" doc:"claimed: people say more than the events show; unclaimed: less"`
	Why           string          `json:"why" doc:"what it rests on"`
	EvidenceCount int             `json:"evidence_count" doc:"events that bear on it"`
	LastAt        time.Time       `json:"last_at,omitzero" doc:"when the last of them occurred"`
	Position      domain.Position `json:"position,omitzero" doc:"of the last of them"`
	Answers       []Answer        `json:"answers" doc:"what people said over time, the last first"`
}

// Answer is what somebody said about a point.
type Answer struct {
	At        time.Time       `json:"at"`
	Performed string          `json:"performed" enum:"yes,partial,no"`
	Assessor  string          `json:"assessor"`
	Note      string          `json:"note,omitzero"`
	Position  domain.Position `json:"position"`
}

// About is the checklist of an account. Training and certificates of people and suppliers
// count for all accounts where they are recorded for none in particular.
func About(d *dossier.Dossier) Report {
	events, said := slices.Concat(d.General, d.Events), answers(d.Events)
	r := Report{Heading: d.Heading(), Since: d.From, Items: []Item{}, Deficiencies: []string{}}
	if r.Since.IsZero() {
		r.Since = d.At.AddDate(-1, 0, 0)
	}
	for _, p := range points {
		f := findings{d: d, since: r.Since}
		shown, why := p.judge(&f, events)
		item := Item{
			Item: p.name, Shown: shown, Why: why, EvidenceCount: f.count, LastAt: f.last.OccurredAt, Position: f.last.Position, Answers: said[p.name],
		}
		if item.Answers == nil {
			item.Answers = []Answer{}
		} else {
			item.Answered = item.Answers[0].Performed
			item.Mismatch = mismatch(item.Answered, shown)
		}
		r.count(item)
	}
	return r
}

func (r *Report) count(item Item) {
	r.Items = append(r.Items, item)
	switch item.Shown {
	case "yes":
		r.YesCount++
	case "partial":
		r.PartialCount++
	default:
		r.NoCount++
	}
	if item.Mismatch != "" {
		r.MismatchCount++
	}
	if item.Shown != "yes" || item.Answered != "" && item.Answered != "yes" {
		r.Deficiencies = append(r.Deficiencies, item.Item)
	}
}

var degree = map[string]int{"no": 0, "partial": 1, "yes": 2}

func mismatch(answered, shown string) string {
	switch cmp.Compare(degree[answered], degree[shown]) {
	case 1:
		return "claimed"
	case -1:
		return "unclaimed"
	}
	return ""
}

// answers are what people said of each point, the last first.
func answers(events []domain.Recorded) map[string][]Answer {
	said := map[string][]Answer{}
	for _, e := range slices.Backward(events) {
		if a, ok := e.Data.(domain.ChecklistAnswered); ok {
			said[a.Item] = append(said[a.Item], Answer{At: e.OccurredAt, Performed: a.Performed, Assessor: a.Assessor, Note: a.Note, Position: e.Position})
		}
	}
	return said
}

// Total is the checklist of all accounts.
type Total struct {
	AccountsCount int         `json:"accounts_count"`
	Items         []TotalItem `json:"items" doc:"a row for each point"`
}

// TotalItem is a point among all accounts.
type TotalItem struct {
	Item           string   `json:"item"`
	YesCount       int      `json:"yes_count" doc:"accounts whose events show it done"`
	PartialCount   int      `json:"partial_count"`
	NoCount        int      `json:"no_count"`
	YesPct         *float64 `json:"yes_pct"`
	AnsweredCount  int      `json:"answered_count" doc:"accounts about which people answered it"`
	ClaimedCount   int      `json:"claimed_count" doc:"accounts where people say more than the events show"`
	UnclaimedCount int      `json:"unclaimed_count"`
	General        string   `json:"general,omitzero" doc:"what people said last of us in general"`
}

// Row is an account among all.
type Row struct {
	Account       domain.AccountID `json:"account"`
	YesCount      int              `json:"yes_count"`
	PartialCount  int              `json:"partial_count"`
	NoCount       int              `json:"no_count"`
	MismatchCount int              `json:"mismatch_count"`
	Deficiencies  []string         `json:"deficiencies"`
}

// Overall is the checklist of all accounts, those with the most that is claimed and not shown first.
func Overall(all iter.Seq2[*dossier.Dossier, error]) (total Total, rows []Row, err error) {
	claimed := map[domain.AccountID]int{}
	total.Items = make([]TotalItem, len(points))
	for i, p := range points {
		total.Items[i].Item = p.name
	}
	for d, err := range all {
		if err != nil {
			return Total{}, nil, err
		}
		r := About(d)
		if total.AccountsCount++; total.AccountsCount == 1 {
			general := answers(d.General)
			for i, p := range points {
				if said := general[p.name]; said != nil {
					total.Items[i].General = said[0].Performed
				}
			}
		}
		for i, item := range r.Items {
			total.Items[i].count(item)
			if item.Mismatch == "claimed" {
				claimed[d.Account]++
			}
		}
		rows = append(rows, Row{
			Account: d.Account, YesCount: r.YesCount, PartialCount: r.PartialCount, NoCount: r.NoCount, MismatchCount: r.MismatchCount, Deficiencies: r.Deficiencies,
		})
	}
	for i := range total.Items {
		total.Items[i].YesPct = dossier.Percent(total.Items[i].YesCount, total.AccountsCount)
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(claimed[b.Account]-claimed[a.Account], b.MismatchCount-a.MismatchCount, a.YesCount-b.YesCount, cmp.Compare(a.Account, b.Account))
	})
	return total, rows, nil
}

func (t *TotalItem) count(item Item) {
	switch item.Shown {
	case "yes":
		t.YesCount++
	case "partial":
		t.PartialCount++
	default:
		t.NoCount++
	}
	if item.Answered != "" {
		t.AnsweredCount++
	}
	switch item.Mismatch {
	case "claimed":
		t.ClaimedCount++
	case "unclaimed":
		t.UnclaimedCount++
	}
}
