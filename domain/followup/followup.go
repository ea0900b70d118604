// Package followup decides who owes the customer what: which facts open an item of
// the follow-up queue, which end it, when it is due and how urgent it is.
//
// An item is a pure fold over its signals, which are what the standing events say
// about it. Late arrivals, corrections and retractions therefore need no rules of
// their own: the item is folded again.
package followup

import "github.com/rapport-ledger/rapport/domain"

// ItemID names the item that a rule keeps for a key, such as a complaint's id.
func ItemID(account domain.AccountID, rule, key string) string { return "" }

// AccountOf is the account an item's id begins with; "" if it is not an item's id.
func AccountOf(item string) domain.AccountID { return "" }
