package importer

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

const (
	helpdeskLayout = "2006/01/02 15:04:05.000"
	helpdeskSource = "helpdesk"
	// helpdeskSeverity stands for the ticket's seriousness, whose values are anonymised.
	helpdeskSeverity = 2
)

// ticketRow is one line of a ticket's life.
type ticketRow struct {
	activity, agent string
	at              time.Time
}

// Helpdesk reads helpdesk.csv from the directory. The customer is the account and each
// ticket a complaint: raised with its first activity, then assessed, taken in charge
// and put on hold while waiting for the customer, answered when resolved, closed.
// What goes on after the end opens it again.
func Helpdesk(dir fs.FS) (Set, error) {
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return Set{}, err
	}
	tickets := map[string][]ticketRow{}
	customers := map[string]string{}
	moved := map[string]bool{}
	var order []string
	err = table(dir, "helpdesk.csv", func(get func(string) string) error {
		at, err := local(helpdeskLayout, get("Complete Timestamp"), zone)
		if err != nil {
			return err
		}
		ticket := get("Case ID")
		if c, known := customers[ticket]; known && c != get("customer") {
			moved[ticket] = true
		}
		if tickets[ticket] == nil {
			order = append(order, ticket)
			customers[ticket] = get("customer")
		}
		tickets[ticket] = append(tickets[ticket], ticketRow{get("Activity"), get("Resource"), at})
		return nil
	})
	if err != nil {
		return Set{}, err
	}
	var set Set
	first := map[string]time.Time{}
	for _, ticket := range order {
		rows := tickets[ticket]
		slices.SortStableFunc(rows, func(a, b ticketRow) int { return a.at.Compare(b.at) })
		customer := customers[ticket]
		if at, ok := first[customer]; !ok || rows[0].at.Before(at) {
			first[customer] = rows[0].at
		}
		set.ticket(ticket, slug(customer), rows)
	}
	for _, customer := range slices.Sorted(maps.Keys(first)) {
		set.Events = append(set.Events, domain.Envelope{
			Source: helpdeskSource, ID: slug(customer) + "/opened", Account: domain.AccountID(slug(customer)), OccurredAt: first[customer].Add(-time.Second),
			Data: domain.AccountOpened{Name: "Customer " + customer, Kind: "customer"},
		})
	}
	set.note(len(moved), "tickets name more than one customer: each is kept with the first")
	set.note(len(order), "tickets have an anonymised seriousness: all are recorded with severity %d", helpdeskSeverity)
	set.sort()
	return set, nil
}

// slug makes an id of a name such as "Case 12".
func slug(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "-")) }

func (s *Set) ticket(name, account string, rows []ticketRow) {
	id := domain.ID(slug(name))
	closed := false
	n := 0
	say := func(row ticketRow, data domain.Event) {
		n++
		s.Events = append(s.Events, domain.Envelope{
			Source: helpdeskSource, ID: fmt.Sprintf("%s/%d", id, n), Account: domain.AccountID(account), OccurredAt: row.at,
			Actor: row.agent, Data: data,
		})
	}
	say(rows[0], domain.ComplaintRaised{Complaint: id, Severity: helpdeskSeverity, Channel: "helpdesk"})
	for _, row := range rows {
		if closed {
			say(row, domain.ComplaintReopened{Complaint: id, Reason: row.activity})
			closed = false
		}
		switch row.activity {
		case "Assign seriousness":
			say(row, domain.ComplaintAssessed{Complaint: id, Owner: row.agent})
		case "Insert ticket":
			// It is the raising itself.
		case "Take in charge ticket":
			say(row, domain.ComplaintInvestigated{Complaint: id, Awaiting: "us", Finding: "taken in charge"})
		case "Wait":
			say(row, domain.ComplaintInvestigated{Complaint: id, Awaiting: "customer"})
		case "Resolve ticket", "RESOLVED":
			say(row, domain.ComplaintAnswered{Complaint: id})
		case "Closed":
			say(row, domain.ComplaintClosed{Complaint: id})
			closed = true
		default:
			say(row, domain.ComplaintInvestigated{Complaint: id, Awaiting: "us", Finding: strings.ToLower(row.activity)})
		}
	}
}
