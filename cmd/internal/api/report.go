package api

import "time"

// Overview is a projection's answer about all accounts.
type Overview[T, R any] struct {
	From    time.Time `json:"from,omitzero" doc:"figures count what occurred from here on"`
	At      time.Time `json:"at" doc:"events that occurred up to here count"`
	KnownAt time.Time `json:"known_at" doc:"events recorded up to here count"`
	Total   T         `json:"total"`
	Items   []R       `json:"items" doc:"accounts, those that need looking at first"`
	Next    string    `json:"next,omitzero" doc:"cursor of the next page; absent on the last"`
}

// Len is how many accounts are on the page.
func (o Overview[T, R]) Len() int { return len(o.Items) }
