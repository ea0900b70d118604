package improvement_test

import (
	"fmt"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

// complain is complaints at every stage, raised before February or in it.
func complain(l *dossiertest.Ledger, account domain.AccountID) {
	add := func(on string, e domain.Event) { l.Add(account, on, e) }
	raise := func(on string, id domain.ID, severity int64) {
		add(on, domain.ComplaintRaised{Complaint: id, Severity: severity})
	}
	accepted, refused := new(true), new(false)
	add("2026-01-30T09:00", domain.ComplaintRaised{Complaint: "old", Severity: 2, Safety: true})
	add("2026-02-02T09:00", domain.ComplaintRaised{Complaint: "straight", Severity: 3, Topic: "manual", Product: "pump", Contact: "jane"})
	add("2026-02-02T09:30", domain.ComplaintAcknowledged{Complaint: "straight"})
	add("2026-02-02T09:40", domain.ComplaintAcknowledged{Complaint: "straight"})
	add("2026-02-02T09:50", domain.ComplaintAssessed{Complaint: "straight", Severity: 4})
	add("2026-02-02T10:00", domain.ComplaintInvestigated{Complaint: "straight", Awaiting: "customer"})
	add("2026-02-02T11:00", domain.ComplaintInvestigated{Complaint: "straight", Awaiting: "us"})
	add("2026-02-02T12:00", domain.ComplaintAnswered{Complaint: "straight", Stance: "explained"})
	add("2026-02-02T12:10", domain.ComplaintAnswered{Complaint: "straight", Stance: "accepted"})
	add("2026-02-02T14:30", domain.ComplaintClosed{Complaint: "straight", AcceptedByCustomer: accepted})

	raise("2026-02-03T09:00", "opened again", 4)
	add("2026-02-03T09:45", domain.ComplaintAnswered{Complaint: "opened again"})
	add("2026-02-03T11:00", domain.ComplaintClosed{Complaint: "opened again", AcceptedByCustomer: refused})
	add("2026-02-04T09:00", domain.ComplaintReopened{Complaint: "opened again"})

	raise("2026-02-04T09:00", "acknowledged late", 3)
	add("2026-02-04T10:00", domain.ComplaintAnswered{Complaint: "acknowledged late"})
	add("2026-02-20T09:00", domain.ComplaintAcknowledged{Complaint: "acknowledged late"})
	add("2026-02-20T10:00", domain.ComplaintClosed{Complaint: "acknowledged late", AcceptedByCustomer: refused})

	add("2026-02-05T09:00", domain.ComplaintRaised{Complaint: "unheard", Severity: 5, Safety: true})

	raise("2026-02-06T09:00", "their turn", 1)
	add("2026-02-06T11:00", domain.ComplaintInvestigated{Complaint: "their turn", Awaiting: "customer"})

	raise("2026-02-09T09:00", "never answered", 4)
	add("2026-02-09T10:30", domain.ComplaintAcknowledged{Complaint: "never answered"})
	add("2026-02-16T09:00", domain.ComplaintClosed{Complaint: "never answered"})

	raise("2026-02-10T09:00", "answered", 2)
	add("2026-02-10T09:30", domain.ComplaintAssessed{Complaint: "answered", Owner: "m.keller"})
	add("2026-02-10T10:00", domain.ComplaintAnswered{Complaint: "answered", Stance: "disputed"})

	raise("2026-02-11T09:00", "heard late", 2)
	add("2026-02-16T09:00", domain.ComplaintAcknowledged{Complaint: "heard late"})

	raise("2026-02-12T09:00", "closed without a word", 3)
	add("2026-02-13T12:00", domain.ComplaintClosed{Complaint: "closed without a word"})
}

func TestEveryFigureOfComplaints(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	complain(l, "acme")
	dossiertest.Same(t, since(t, l).Complaints, `{"raised_count":9,"open_count":6,"open_safety_count":2,"median_ack_min":60,"ack_in_time_pct":75,"answered_in_time_pct":62.5,
		"accepted_pct":50,"reopened_pct":20,"recovered_pct":11.11111111111111,"severities":[{"severity":3,"count":2,"median_h":50.75,"p90_h":91},{"severity":4,"count":2,"median_h":20.5,"p90_h":37.5}]}`)
}

func TestEveryFieldOfAComplaint(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	complain(l, "acme")
	all := since(t, l).ComplaintList
	got := ""
	for _, c := range all {
		inTime := "-"
		if c.InTime != nil {
			inTime = fmt.Sprint(*c.InTime)
		}
		got += fmt.Sprintf("%s: %s, heard %s, answered %s, closed %s, age %v, in time %s\n", c.Complaint, c.Stage, show(c.AcknowledgedMin), show(c.AnsweredH), show(c.ClosedH), c.AgeH, inTime)
	}
	want := `unheard: raised, heard -, answered -, closed -, age 285, in time false
old: raised, heard -, answered -, closed -, age 315, in time false
opened again: raised, heard 45, answered 0.75, closed -, age 300, in time true
answered: answered, heard 60, answered 1, closed -, age 262.5, in time true
heard late: acknowledged, heard 1350, answered -, closed -, age 255, in time false
their turn: investigated, heard -, answered -, closed -, age 2, in time -
straight: closed, heard 30, answered 2, closed 3.5, age 3.5, in time true
never answered: closed, heard 90, answered -, closed 37.5, age 37.5, in time false
acknowledged late: closed, heard 60, answered 1, closed 91, age 91, in time true
closed without a word: closed, heard -, answered -, closed 10.5, age 10.5, in time true
`
	if got != want {
		t.Fatalf("got\n%s, want\n%s", got, want)
	}
	dossiertest.Same(t, all[6], `{"complaint":"straight","stage":"closed","open":false,"severity":4,"raised_at":"2026-02-02T09:00:00Z","acknowledged_min":30,"answered_h":2,"closed_h":3.5,
		"age_h":3.5,"in_time":true,"accepted":true,"reopened_count":0,"stance":"accepted","topic":"manual","product":"pump","contact":"jane","position":2,
		"positions":[2,3,4,5,6,7,8,9,10]}`)
	dossiertest.Same(t, all[2], `{"complaint":"opened again","stage":"raised","open":true,"severity":4,"raised_at":"2026-02-03T09:00:00Z","acknowledged_min":45,"answered_h":0.75,"closed_h":null,
		"age_h":300,"in_time":true,"accepted":null,"reopened_count":1,"position":11,"positions":[11,12,13,14]}`)
	dossiertest.Same(t, all[5], `{"complaint":"their turn","stage":"investigated","open":true,"severity":1,"raised_at":"2026-02-06T09:00:00Z","acknowledged_min":null,"answered_h":null,"closed_h":null,
		"age_h":2,"in_time":null,"accepted":null,"reopened_count":0,"awaiting":"customer","position":20,"positions":[20,21]}`)
	dossiertest.Same(t, all[0], `{"complaint":"unheard","stage":"raised","open":true,"severity":5,"safety":true,"raised_at":"2026-02-05T09:00:00Z","acknowledged_min":null,"answered_h":null,"closed_h":null,
		"age_h":285,"in_time":false,"accepted":null,"reopened_count":0,"position":19,"positions":[19]}`)
}

func TestAComplaintIsInTimeUpToTheMinute(t *testing.T) {
	t.Parallel()
	acknowledged, answered := domain.ComplaintAcknowledged{Complaint: "C-1"}, domain.ComplaintAnswered{Complaint: "C-1"}
	tests := []struct {
		name string
		e    domain.Event
		on   string
		at   string
		want string
	}{
		{"waiting for two business days", nil, "", "2026-01-07T09:00", "in time -, acknowledged -, answered -"},
		{"waiting for more", nil, "", "2026-01-07T09:01", "in time false, acknowledged 0, answered 0"},
		{"acknowledged after two business days", acknowledged, "2026-01-07T09:00", "2026-01-07T09:00", "in time -, acknowledged 100, answered -"},
		{"acknowledged after more", acknowledged, "2026-01-07T09:01", "2026-01-07T09:01", "in time false, acknowledged 0, answered 0"},
		{"answered after two business days", answered, "2026-01-07T09:00", "2026-02-01", "in time true, acknowledged 100, answered 100"},
		{"answered after more", answered, "2026-01-07T09:01", "2026-02-01", "in time false, acknowledged 0, answered 0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := dossiertest.New(t)
			l.Add("acme", "2026-01-05T09:00", domain.ComplaintRaised{Complaint: "C-1", Severity: 3})
			if test.e != nil {
				l.Add("acme", test.on, test.e)
			}
			r, inTime := about(l, test.at), "-"
			if c := r.ComplaintList[0]; c.InTime != nil {
				inTime = fmt.Sprint(*c.InTime)
			}
			got := fmt.Sprintf("in time %s, acknowledged %s, answered %s", inTime, show(r.Complaints.AckInTimePct), show(r.Complaints.AnsweredInTimePct))
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestTheTimesOfComplaintsAreBySeverity(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	raise := func(id domain.ID, severity int64) {
		l.Add("acme", "2026-01-05T09:00", domain.ComplaintRaised{Complaint: id, Severity: severity})
	}
	raise("open", 2)
	l.Add("acme", "2026-01-05T09:10", domain.ComplaintAssessed{Complaint: "open"})
	r := about(l, "2026-02-01")
	dossiertest.Same(t, r.Complaints.Severities, `[]`)
	if got := r.ComplaintList[0].Stage; got != "assessed" {
		t.Errorf("got %s", got)
	}
	raise("grave", 5)
	l.Add("acme", "2026-01-06T09:00", domain.ComplaintClosed{Complaint: "grave"})
	for i := 1; i <= 10; i++ { // every six minutes one
		id := domain.ID(fmt.Sprint(i))
		raise(id, 1)
		l.Add("acme", fmt.Sprintf("2026-01-05T%02d:%02d", 9+i/10, 6*i%60), domain.ComplaintClosed{Complaint: id})
	}
	dossiertest.Same(t, about(l, "2026-02-01").Complaints.Severities, `[{"severity":1,"count":10,"median_h":0.55,"p90_h":0.9},{"severity":5,"count":1,"median_h":7.5,"p90_h":7.5}]`)
}
