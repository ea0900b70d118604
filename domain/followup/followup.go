// Package followup decides who owes the customer what: which facts open an item of
// the follow-up queue, which end it, when it is due and how urgent it is.
//
// An item is a pure fold over its signals: what the events that stand say about it.
// Late arrivals, corrections and retractions therefore need no rules of their own: the
// item is folded again.
package followup

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/rapport-ledger/rapport/domain"
)

// ItemID names the item that a rule keeps for a key, such as a complaint's id. It is
// the account, a tilde and 12 hexadecimal digits of a hash; accounts have no tilde.
func ItemID(account domain.AccountID, rule, key string) string {
	sum := sha256.Sum256([]byte(rule + "\n" + key))
	return string(account) + "~" + hex.EncodeToString(sum[:6])
}

// AccountOf is the account an item's id begins with; "" if it is not an item's id.
func AccountOf(item string) domain.AccountID {
	account, rest, found := strings.Cut(item, "~")
	if _, err := hex.DecodeString(rest); !found || err != nil || len(rest) != 12 {
		return ""
	}
	return domain.AccountID(account)
}
