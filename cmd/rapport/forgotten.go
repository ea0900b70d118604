package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// forgottenLine is what counts in a line that rapport replay printed.
type forgottenLine struct {
	Type          string                 `json:"type"`
	Source        string                 `json:"source"`
	ID            string                 `json:"id"`
	Account       domain.AccountID       `json:"subject"`
	Time          time.Time              `json:"time"`
	Actor         string                 `json:"actor"`
	CorrelationID string                 `json:"correlationid"`
	RecordedBy    string                 `json:"recordedby"`
	Data          domain.PersonForgotten `json:"data"`
}

// readForgotten reads events that say who was forgotten.
func readForgotten(name string) ([]domain.Envelope, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var events []domain.Envelope
	lines := bufio.NewScanner(f)
	for number := 1; lines.Scan(); number++ {
		var l forgottenLine
		err := json.Unmarshal(lines.Bytes(), &l)
		if err == nil && (l.Type != forgottenType || l.Source != domain.OwnSource || l.ID == "" || l.Account == "" || l.Data.Contact == "" || l.Time.IsZero()) {
			err = errors.New("not a " + forgottenType + " that a ledger recorded")
		}
		if err != nil {
			return nil, fmt.Errorf("%s line %d: %w", name, number, err)
		}
		events = append(events, domain.Envelope{
			Source: l.Source, ID: l.ID, Account: l.Account, OccurredAt: l.Time.UTC(), Actor: l.Actor, CorrelationID: l.CorrelationID, RecordedBy: l.RecordedBy, Data: l.Data,
		})
	}
	return events, lines.Err()
}

const forgottenType = "rapport.person.forgotten.v1"
