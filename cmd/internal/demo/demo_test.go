package demo

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

var end = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func TestTheSameEndGivesTheSameHistory(t *testing.T) {
	t.Parallel()
	if a, b := History(end), History(end.Add(time.Hour)); !reflect.DeepEqual(a, b) {
		t.Error("two histories with ends on the same day differ")
	}
}

func TestNothingIsRecordedBeforeItOccurredOrAfterTheEnd(t *testing.T) {
	t.Parallel()
	last := time.Time{}
	for _, day := range History(end) {
		if !day.RecordedAt.After(last) || day.RecordedAt.After(end) {
			t.Fatalf("a day recorded at %v comes after %v", day.RecordedAt, last)
		}
		last = day.RecordedAt
		for _, e := range day.Events {
			if e.OccurredAt.After(day.RecordedAt) {
				t.Errorf("%s occurred at %v and was recorded at %v", e.ID, e.OccurredAt, day.RecordedAt)
			}
		}
	}
}

func TestTheWorksAndTheHouseHaveAPartInTheHistory(t *testing.T) {
	t.Parallel()
	told := map[string]bool{}
	for _, day := range History(end) {
		for _, e := range day.Events {
			told[e.Data.EventType().Family()] = true
		}
	}
	for _, family := range []string{
		"quality", "return", "warranty", "freight", "job", "nonconformity", "impact", "dependency", "incident", "role", "assessment",
		"figure", "performance", "training", "certificate", "initiative", "cycle", "objective", "payment", "referral", "priority", "checklist",
	} {
		if !told[family] {
			t.Errorf("nothing is told of %s", family)
		}
	}
}

func TestTheLedgerAcceptsTheWholeHistory(t *testing.T) {
	t.Parallel()
	accounts := map[domain.AccountID]*domain.Account{}
	recorded := map[string]domain.Recorded{}
	streams := map[domain.AccountID][]domain.Recorded{}
	ids := map[string]bool{}
	position := domain.Position(0)
	for _, day := range History(end) {
		for _, e := range day.Events {
			if ids[e.ID] {
				t.Fatalf("id %s is given twice", e.ID)
			}
			ids[e.ID] = true
			account := accounts[e.Account]
			if account == nil {
				account = domain.NewAccount(e.Account)
				accounts[e.Account] = account
			}
			position++
			r := domain.Recorded{Envelope: e, Position: position, RecordedAt: day.RecordedAt}
			switch entry := e.Data.(type) {
			case domain.EntryCorrected:
				r.Target = recorded[entry.ID].Position
			case domain.EntryRetracted:
				r.Target = recorded[entry.ID].Position
			default:
				if err := account.Decide(e); err != nil {
					t.Errorf("%s %s is refused: %v", e.Account, e.Data.EventType(), err)
				}
				account.Evolve(r)
			}
			if e.Data.EventType().Family() == "entry" && r.Target == 0 {
				t.Errorf("%s speaks of an event that is not there yet", e.ID)
			}
			recorded[e.ID] = r
			streams[e.Account] = append(streams[e.Account], r)
		}
	}
	if got := len(accounts); got < 40 {
		t.Errorf("accounts: got %d, want at least 40", got)
	}
	if position < 5000 {
		t.Errorf("events: got %d, want at least 5000", position)
	}
	t.Log(position, "events")
}

func TestTheHistoryTellsOfAllThatCustomersSayAndNeed(t *testing.T) {
	t.Parallel()
	told := map[domain.Type]bool{}
	for _, day := range History(end) {
		for _, e := range day.Events {
			told[e.Data.EventType()] = true
		}
	}
	families := []string{"voice", "need", "problem", "expectation", "wish", "driver", "competitor", "alternative"}
	for _, e := range domain.Catalogue {
		if slices.Contains(families, e.Type.Family()) && !told[e.Type] {
			t.Errorf("no %s is told of", e.Type)
		}
	}
}
