package importer

import (
	"os"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// The public data sets are not part of the project, and are read once for all tests. Where they are
// missing, what there is of tests on made-up files has to do, but not in CI.
var (
	marketplace = sync.OnceValues(func() (Set, error) { return Olist(os.DirFS(sharedDir + "olist")) })
	helpDesk    = sync.OnceValues(func() (Set, error) { return Helpdesk(os.DirFS(sharedDir + "helpdesk")) })
)

const sharedDir = "../../../../shared/data/"

func shared(t *testing.T, read func() (Set, error)) Set {
	t.Helper()
	if _, err := os.Stat(sharedDir); err != nil && os.Getenv("CI") != "true" {
		t.Skipf("SKIPPED: the public data sets are not here: %v", err)
	}
	set, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// accepted folds the events as the ledger would and fails on the first that it refuses.
func accepted(t *testing.T, events []domain.Envelope) map[domain.Type]int {
	t.Helper()
	accounts := map[domain.AccountID]*domain.Account{}
	seen := map[string]bool{}
	counts := map[domain.Type]int{}
	for i, e := range events {
		if seen[e.ID] {
			t.Fatalf("id %s is given twice", e.ID)
		}
		seen[e.ID] = true
		if !e.Account.Valid() {
			t.Fatalf("%s: account %q is not valid", e.ID, e.Account)
		}
		account := accounts[e.Account]
		if account == nil {
			account = domain.NewAccount(e.Account)
			accounts[e.Account] = account
		}
		if err := account.Decide(e); err != nil {
			t.Fatalf("%s %s is refused: %v", e.ID, e.Data.EventType(), err)
		}
		account.Evolve(domain.Recorded{Envelope: e, Position: domain.Position(i + 1)})
		counts[e.Data.EventType()]++
	}
	return counts
}

func TestTheLedgerAcceptsAllOfOlist(t *testing.T) {
	t.Parallel()
	set := shared(t, marketplace)
	counts := accepted(t, set.Events)
	for typ, least := range map[domain.Type]int{
		"account.opened": 3095, "order.won": 47000, "delivery.promised": 45000, "delivery.missed": 2000,
		"commitment.kept": 30000, "survey.answered": 40000,
	} {
		if counts[typ] < least {
			t.Errorf("%s: got %d, want at least %d", typ, counts[typ], least)
		}
	}
	if got, want := len(set.Notes), 2; got != want {
		t.Errorf("notes: got %d, want %d: %v", got, want, set.Notes)
	}
	t.Log(len(set.Events), counts, set.Notes)
}

func TestTheLedgerAcceptsAllOfTheHelpDesk(t *testing.T) {
	t.Parallel()
	set := shared(t, helpDesk)
	counts := accepted(t, set.Events)
	if got, want := counts["complaint.raised"], 4580; got != want {
		t.Errorf("complaints: got %d, want %d", got, want)
	}
	t.Log(len(set.Events), counts, set.Notes)
}

// olistFiles is a marketplace of one seller, with the columns of the real one.
func olistFiles(order, review string) fstest.MapFS {
	file := func(header, row string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(header + "\n" + row + "\n")}
	}
	return fstest.MapFS{
		"customers.csv": file("customer_id,customer_unique_id", "c1,person1"),
		"sellers.csv":   file("seller_id,seller_zip_code_prefix,seller_city,seller_state", "seller01,1,recife,PE"),
		"order_items.csv": file("order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
			"o1,1,p,seller01,2018-01-05 12:00:00,10.50,1"),
		"orders.csv": file("order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"+
			"order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date,biased_only", order),
		"order_reviews.csv": file("review_id,order_id,review_score,review_comment_title,review_comment_message,"+
			"review_creation_date,review_answer_timestamp", review),
	}
}

func TestAMissHappensWhenThePromiseFellDue(t *testing.T) {
	t.Parallel()
	const review = "r1,o1,1,bad,late,2018-01-20 00:00:00,2018-01-21 10:00:00"
	for name, c := range map[string]struct {
		order  string
		missed bool
	}{
		"arrived on the last day":      {"o1,c1,delivered,2018-01-01 10:00:00,,2018-01-03 09:00:00,2018-01-10 23:00:00,2018-01-10,False", false},
		"arrived a day later":          {"o1,c1,delivered,2018-01-01 10:00:00,,2018-01-03 09:00:00,2018-01-11 00:30:00,2018-01-10,False", true},
		"never arrived":                {"o1,c1,shipped,2018-01-01 10:00:00,,2018-01-03 09:00:00,,2018-01-10 00:00:00,False", true},
		"was cancelled":                {"o1,c1,canceled,2018-01-01 10:00:00,,,,2018-01-10,False", false},
		"is over-represented, no more": {"o1,c1,shipped,2018-01-01 10:00:00,,,,2018-01-10,True", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := Olist(olistFiles(c.order, review))
			if err != nil {
				t.Fatal(err)
			}
			accepted(t, set.Events)
			missed := false
			for _, e := range set.Events {
				if _, ok := e.Data.(domain.DeliveryMissed); ok {
					missed = true
					// The end of 10 January in São Paulo, which kept summer time then.
					if want := time.Date(2018, 1, 11, 1, 59, 59, 0, time.UTC); !e.OccurredAt.Equal(want) {
						t.Errorf("missed at %v, want %v", e.OccurredAt, want)
					}
				}
			}
			if missed != c.missed {
				t.Errorf("missed: got %v, want %v", missed, c.missed)
			}
		})
	}
}

func TestATicketIsAComplaintUntilItIsClosedAndAgainWhenItGoesOn(t *testing.T) {
	t.Parallel()
	const file = `Case ID,Activity,Resource,Complete Timestamp,customer
Case 7,Closed,Value 1,2012/10/12 09:00:00.000,Value 3
Case 7,Assign seriousness,Value 2,2012/10/09 14:50:17.000,Value 3
Case 7,Take in charge ticket,Value 2,2012/10/09 14:51:01.000,Value 3
Case 7,Wait,Value 2,2012/10/10 08:00:00.000,Value 3
Case 7,Resolve ticket,Value 1,2012/10/11 09:30:00.000,Value 4
Case 7,Require upgrade,Value 1,2012/10/15 10:00:00.000,Value 3
`
	set, err := Helpdesk(fstest.MapFS{"helpdesk.csv": {Data: []byte(file)}})
	if err != nil {
		t.Fatal(err)
	}
	accepted(t, set.Events)
	var told []string
	for _, e := range set.Events {
		if e.Account != "value-3" {
			t.Errorf("%s is of the account %s", e.ID, e.Account)
		}
		told = append(told, string(e.Data.EventType()))
	}
	want := []string{
		"account.opened", "complaint.raised", "complaint.assessed", "complaint.investigated", "complaint.investigated",
		"complaint.answered", "complaint.closed", "complaint.reopened", "complaint.investigated",
	}
	if !slices.Equal(told, want) {
		t.Errorf("got %q, want %q", told, want)
	}
	// Half past nine in summer in Rome.
	if got, want := set.Events[5].OccurredAt, time.Date(2012, 10, 11, 7, 30, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("answered at %v, want %v", got, want)
	}
	if len(set.Notes) != 2 {
		t.Errorf("got %q, want a note of the second customer and one of the seriousness", set.Notes)
	}
}

func TestAFaultInADataSetNamesFileAndLine(t *testing.T) {
	t.Parallel()
	_, err := Olist(olistFiles("o1,c1,delivered,yesterday,,,,2018-01-10,False", "r1,o1,1,,,2018-01-20,2018-01-21 10:00:00"))
	if err == nil || err.Error()[:len("orders.csv line 2: ")] != "orders.csv line 2: " {
		t.Errorf("got %v, want an error that starts with file and line", err)
	}
}

func TestASellerOfAShortIDIsASellerLikeOthers(t *testing.T) {
	t.Parallel()
	set, err := Olist(fstest.MapFS{
		"customers.csv":   {Data: []byte("customer_id,customer_unique_id\nc,u\n")},
		"order_items.csv": {Data: []byte("order_id,seller_id,shipping_limit_date,price\no,s,2018-01-03 10:00:00,9.90\n")},
		"orders.csv": {Data: []byte("order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date\n" +
			"o,c,delivered,2018-01-01 10:00:00,,2018-01-02 10:00:00,2018-01-05 10:00:00,2018-01-09 00:00:00\n")},
		"order_reviews.csv": {Data: []byte("review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp\nr,o,5,,,2018-01-06,2018-01-07 10:00:00\n")},
		"sellers.csv":       {Data: []byte("seller_id,seller_city,seller_state\ns,sao paulo,SP\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if counts := accepted(t, set.Events); counts["account.opened"] != 1 || counts["delivery.made"] != 1 || counts["survey.answered"] != 1 {
		t.Errorf("got %v", counts)
	}
}
