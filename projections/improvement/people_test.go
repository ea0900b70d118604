package improvement_test

import (
	"fmt"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/improvement"
)

// granted is a certificate; until "" it does not end.
func granted(scheme, person, until string) domain.CertificateGranted {
	c := domain.CertificateGranted{Scheme: scheme, Person: person}
	if until != "" {
		c.ValidTo = dossiertest.Time(until)
	}
	return c
}

func suppliers(c domain.CertificateGranted, supplier string) domain.CertificateGranted {
	c.Supplier = supplier
	return c
}

// train is people of ours on the account with what they learned; half of it was recorded of the company.
func train(l *dossiertest.Ledger, account domain.AccountID) {
	l.Add(account, "2026-01-01", domain.AccountManagerAssigned{Person: "m.keller"})
	l.Add(account, "2026-01-01", domain.AccountManagerAssigned{Person: "j.novak"})
	l.Add(account, "2026-01-01", domain.ContactLinked{Contact: "jane", OurPerson: "l.moreau"})
	l.Add(account, "2026-01-01", domain.RoleAssigned{Role: "planner", Person: "c.weiss"})
	trained := func(of domain.AccountID, on, person, audience, programme string) {
		l.Add(of, on, domain.TrainingCompleted{Person: person, Audience: audience, Programme: programme})
	}
	trained(account, "2026-02-03", "m.keller", "employee", "8D")
	trained(domain.Ledger, "2026-01-03", "m.keller", "employee", "first steps")
	trained(domain.Ledger, "2026-01-04", "m.keller", "employee", "8D")
	trained(account, "2026-01-05", "m.keller", "employee", "")
	trained(domain.Ledger, "2026-01-05", "l.moreau", "employee", "8D")
	trained(domain.Ledger, "2026-01-05", "c.weiss", "supplier", "8D") // somebody else

	l.Add(domain.Ledger, "2026-01-06", granted("auditor", "m.keller", "2026-06-01"))
	l.Add(account, "2026-01-07", granted("welding", "m.keller", "2026-02-10"))
	l.Add(domain.Ledger, "2026-02-05", granted("welding", "m.keller", "2027-01-01"))
	l.Add(domain.Ledger, "2026-01-08", granted("first aid", "m.keller", ""))
	l.Add(domain.Ledger, "2026-01-09", granted("crane", "m.keller", "2027-01-01"))
	l.Add(account, "2026-03-01", domain.CertificateExpired{Scheme: "crane", Person: "m.keller"})
	l.Add(domain.Ledger, "2026-01-10", granted("auditor", "l.moreau", "2026-03-31"))
	l.Add(account, "2026-01-11", granted("auditor", "j.novak", ""))
	l.Add(account, "2026-01-12", suppliers(granted("auditor", "c.weiss", ""), "castings"))
	trained(account, "2026-01-06", "j.novak", "employee", "8D")
}

func TestEveryFieldOfPeople(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	train(l, "acme")
	r := since(t, l)
	dossiertest.Same(t, r.Coverage, `{"people_count":4,"trained_pct":75,"certified_pct":50}`)
	dossiertest.Same(t, r.People, `[
		{"person":"c.weiss","programmes":[],"certificates":[]},
		{"person":"j.novak","programmes":["8D"],"certificates":[{"scheme":"auditor","person":"j.novak","expired":false,"position":18}]},
		{"person":"l.moreau","programmes":["8D"],"certificates":[]},
		{"person":"m.keller","programmes":["first steps","8D","unnamed"],"certificates":[
			{"scheme":"auditor","person":"m.keller","valid_to":"2026-06-01T00:00:00Z","expired":false,"position":11},
			{"scheme":"welding","person":"m.keller","valid_to":"2027-01-01T00:00:00Z","expired":false,"position":13},
			{"scheme":"first aid","person":"m.keller","expired":false,"position":14}]}]`)
}

func TestCertificatesEndForAllTogether(t *testing.T) {
	t.Parallel()
	ends := func(scheme, person string) domain.CertificateExpired {
		return domain.CertificateExpired{Scheme: scheme, Person: person}
	}
	type fact struct {
		of domain.AccountID
		on string
		e  domain.Event
	}
	const company = domain.Ledger
	tests := []struct {
		name string
		so   []fact
		want string // each with the position of its granting, as of 31 March
	}{
		{"what ends in 90 days and not in 91", []fact{{company, "2026-01-02", granted("a", "joe", "2026-06-29")}, {company, "2026-01-02", granted("b", "joe", "2026-06-30")}}, "a 1 false; "},
		{"what has just ended", []fact{{company, "2026-01-02", granted("a", "", "2026-03-31")}}, "a 1 true; "},
		{"what does not end", []fact{{company, "2026-01-02", granted("a", "", "")}}, ""},
		{"what was renewed", []fact{{company, "2026-01-02", granted("a", "", "2026-02-01")}, {company, "2026-01-20", granted("a", "", "2027-02-01")}}, ""},
		{"what the company holds and renewed for an account", []fact{{company, "2026-01-02", granted("a", "", "2026-02-01")}, {"acme", "2026-01-20", granted("a", "", "2027-02-01")}}, ""},
		{"what it holds for an account and renewed for all", []fact{{"acme", "2026-01-02", granted("a", "", "2026-02-01")}, {company, "2026-01-20", granted("a", "", "2027-02-01")}}, ""},
		{"what it holds for an account and renewed there", []fact{{"acme", "2026-01-02", granted("a", "", "2026-02-01")}, {"acme", "2026-01-20", granted("a", "", "2027-02-01")}}, ""},
		{"what it holds for an account and renewed for what was merged into it", []fact{
			{"acme", "2026-01-02", granted("a", "", "2026-02-01")}, {"beta", "2026-01-20", granted("a", "", "2027-02-01")}, {"beta", "2026-01-21", domain.AccountMerged{Into: "acme"}},
		}, ""},
		{"what it holds for one account and for another", []fact{{"acme", "2026-01-02", granted("a", "", "2026-02-01")}, {"beta", "2026-01-20", granted("a", "", "2027-02-01")}}, "a 1 true; "},
		{"what ended for one account and not for another", []fact{
			{"acme", "2026-01-02", granted("a", "", "2027-02-01")}, {"beta", "2026-01-20", granted("a", "", "2027-02-01")}, {"beta", "2026-01-21", ends("a", "")},
		}, "a 2 true; "},
		{"what a person renewed on another account", []fact{{"acme", "2026-01-02", granted("a", "joe", "2026-02-01")}, {"beta", "2026-01-20", granted("a", "joe", "2027-02-01")}}, ""},
		{"what a supplier renewed on another account", []fact{
			{"acme", "2026-01-02", suppliers(granted("a", "", "2026-02-01"), "castings")}, {"beta", "2026-01-20", suppliers(granted("a", "", "2027-02-01"), "castings")},
		}, ""},
		{"what another holds", []fact{
			{company, "2026-01-02", granted("a", "joe", "2026-02-01")}, {company, "2026-01-20", granted("a", "jane", "2027-02-01")},
			{company, "2026-01-20", suppliers(granted("a", "joe", "2027-02-01"), "castings")}, {company, "2026-01-20", granted("b", "joe", "2027-02-01")},
		}, "a 1 true; "},
		{"what a person lost on another account", []fact{{"acme", "2026-01-02", granted("a", "joe", "")}, {"beta", "2026-01-20", ends("a", "joe")}}, "a 1 true; "},
		{"what was granted anew", []fact{{company, "2026-01-02", granted("a", "joe", "")}, {company, "2026-01-20", ends("a", "joe")}, {company, "2026-01-21", granted("a", "joe", "")}}, ""},
		{"the first to end first", []fact{
			{"acme", "2026-01-02", granted("soon", "joe", "2026-04-01")},
			{"beta", "2026-01-03", granted("over", "joe", "2026-02-15")},
			{company, "2026-01-04", granted("taken back", "joe", "2027-01-01")},
			{company, "2026-01-05", granted("for ever", "joe", "")},
			{company, "2026-02-10", ends("for ever", "joe")},
			{company, "2026-02-20", ends("taken back", "joe")},
			{company, "2026-02-25", ends("over", "joe")}, // noticed late
			{"acme", "2026-03-01", granted("as soon", "joe", "2026-04-01")},
		}, "for ever 4 true; over 2 true; taken back 3 true; soon 1 false; as soon 8 false; "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := dossiertest.New(t)
			for _, f := range test.so {
				l.Add(f.of, f.on, f.e)
			}
			l.Add("acme", "2026-03-02", domain.AccountManagerAssigned{Person: "m.keller"})
			total, _ := dossiertest.Overall(l, improvement.New(), "2026-03-31", improvement.Overall)
			got := ""
			for _, c := range total.Expiring {
				got += fmt.Sprintf("%s %d %v; ", c.Scheme, c.Position, c.Expired)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
