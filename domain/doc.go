// Package domain holds what the ledger is about: the events a customer
// relationship is made of, the rules that decide whether a fact may be recorded,
// and the history that stands once corrections are taken into account.
//
// It is pure. It reads no clock, makes no ids, does no I/O and logs nothing; time
// and identity arrive as arguments. A test keeps its imports that way.
package domain
