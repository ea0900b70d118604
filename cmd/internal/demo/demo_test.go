package demo

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
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
		"figure", "performance", "training", "certificate", "initiative", "cycle", "objective", "payment", "referral", "priority", "checklist", "plan", "involvement",
	} {
		if !told[family] {
			t.Errorf("nothing is told of %s", family)
		}
	}
}

func TestTheLedgerAcceptsTheWholeHistory(t *testing.T) {
	t.Parallel()
	accounts := map[domain.AccountID]*domain.Account{}
	books := map[domain.AccountID]*followup.Book{}
	recorded := map[string]domain.Recorded{}
	streams := map[domain.AccountID][]domain.Recorded{}
	ids := map[string]bool{}
	position := domain.Position(0)
	var log []domain.Recorded
	read := func(p domain.Position) (domain.Recorded, error) { return log[p-1], nil }
	for _, day := range History(end) {
		for _, e := range day.Events {
			if ids[e.ID] {
				t.Fatalf("id %s is given twice", e.ID)
			}
			ids[e.ID] = true
			account := accounts[e.Account]
			if account == nil {
				account = domain.NewAccount(e.Account)
				accounts[e.Account], books[e.Account] = account, followup.NewBook(e.Account)
			}
			if faults, err := books[e.Account].Check(e, read); err != nil || faults != nil {
				t.Errorf("%s %s is refused: %v, %v", e.ID, e.Data.EventType(), faults, err)
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
			log = append(log, r)
			books[e.Account].Evolve(r)
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

func TestTheQueueIsOneThatCanBeWorkedThrough(t *testing.T) {
	t.Parallel()
	signals := map[string][]followup.Signal{}
	position := domain.Position(0)
	for _, day := range History(end) {
		for _, e := range day.Events {
			position++
			for _, s := range followup.Read(domain.Recorded{Envelope: e, Position: position, RecordedAt: day.RecordedAt}) {
				signals[s.Item] = append(signals[s.Item], s)
			}
		}
	}
	terms := followup.NewTerms(domain.Policies{}.Known(end))
	open, accounts, told := 0, map[domain.AccountID]int{}, ""
	for id, of := range signals {
		item, ok := followup.Fold(of, terms)
		if account := followup.AccountOf(id); ok && item.Ending == "" && !item.SnoozedUntil.After(end) && account != domain.Ledger {
			open++
			accounts[account]++
			told += fmt.Sprintf("%s %s %s, due %s\n", account, item.Rule, item.Subject, item.DueAt.Format(time.DateOnly))
		}
	}
	if open < 20 || open > 40 || len(accounts) < 12 {
		t.Errorf("%d items of %d accounts wait:\n%s", open, len(accounts), told)
	}
	for account, n := range accounts {
		if n > 6 {
			t.Errorf("%d items of %s wait:\n%s", n, account, told)
		}
	}
}

func TestPlansAndImprovementsCiteWhatLedToThem(t *testing.T) {
	t.Parallel()
	var all []domain.Envelope
	cited := 0
	for _, day := range History(end) {
		for _, e := range day.Events {
			all = append(all, e)
			var from []domain.Position
			switch because := e.Data.(type) {
			case domain.PlanCreated:
				from = because.From
			case domain.ImprovementAgreed:
				from = because.From
			}
			for _, p := range from {
				cited++
				if int(p) >= len(all) || all[p-1].Account != e.Account {
					t.Fatalf("%s is at %d and cites %d, of another account or later", e.ID, len(all), p)
				}
				switch cause := all[p-1].Data.(type) {
				case domain.WishExpressed, domain.ProblemDisclosed, domain.AssessmentMade, domain.ComplaintRaised, domain.SurveyAnswered:
				default:
					t.Errorf("%s cites a %s", e.ID, cause.EventType())
				}
			}
		}
	}
	if cited < 60 {
		t.Errorf("%d plans and improvements cite something", cited)
	}
}

func TestMostCustomersAreMetWithoutSomethingToBuyOrSell(t *testing.T) {
	t.Parallel()
	met := map[string]map[domain.AccountID]bool{}
	for _, day := range History(end) {
		for _, e := range day.Events {
			if held, ok := e.Data.(domain.InteractionHeld); ok {
				if met[held.Kind] == nil {
					met[held.Kind] = map[domain.AccountID]bool{}
				}
				met[held.Kind][e.Account] = true
			}
		}
	}
	if n := len(met["check_in"]); n < 20 || n == len(companies) {
		t.Errorf("check-ins with %d of %d, want with most and not with all", n, len(companies))
	}
	if len(met["conference"]) < 10 || len(met["focus_group"]) < 5 {
		t.Errorf("conferences with %d, focus groups with %d", len(met["conference"]), len(met["focus_group"]))
	}
}
