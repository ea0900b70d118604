package api

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
	model "github.com/rapport-ledger/rapport/domain/trust"
	"github.com/rapport-ledger/rapport/projections/trust"
)

// Trust is how far an account can trust us, judged from the events up to an instant,
// as far as they were known at another.
type Trust struct {
	Account string    `json:"account"`
	Merged  []string  `json:"merged,omitzero" doc:"the other accounts that were read as part of this one"`
	At      time.Time `json:"at" doc:"events that occurred up to here count"`
	KnownAt time.Time `json:"known_at" doc:"events recorded up to here count"`
	Reading
	Dimensions    []Dimension    `json:"dimensions"`
	Flags         []Flag         `json:"flags" doc:"what stands beside the score and is not averaged into it"`
	Policy        string         `json:"policy" doc:"name of the policy in force"`
	Unflagged     *Reading       `json:"without_flagged,omitempty" doc:"the score without what was said in negotiation or for political reasons; absent if nothing was"`
	Prior         float64        `json:"prior" doc:"the part of the mean that no event contributed"`
	Contributions []Contribution `json:"contributions,omitzero" doc:"what every event adds; with the prior they add up to the mean. With explain=true"`
	Since         time.Time      `json:"since,omitzero"`
	Before        *Reading       `json:"before,omitempty" doc:"the score at since, as known then"`
	Change        []Change       `json:"change,omitzero" doc:"what moved the mean from before to now; the parts add up. With since"`
}

// Reading is a score with what it rests on.
type Reading struct {
	Known    bool     `json:"known" doc:"false if there is no evidence: there is then no score, and the mean and interval are the prior's"`
	Score    *float64 `json:"score" doc:"the mean, 0 to 100; null if not known"`
	Mean     float64  `json:"mean" doc:"expected share of good evidence in points, the prior's if not known"`
	Low      float64  `json:"low" doc:"lower end of the 90% interval"`
	High     float64  `json:"high" doc:"upper end of the 90% interval"`
	Evidence float64  `json:"evidence" doc:"how much evidence there is, faded, in pieces"`
}

// Dimension is a side of the relationship.
type Dimension struct {
	Name  string  `json:"name"`
	Share float64 `json:"share" doc:"its part in the overall score; shares add up to 1"`
	Reading
}

// Flag is a fact that must not drown in an average, such as an open broken promise.
type Flag struct {
	Name      string            `json:"name"`
	Key       string            `json:"key,omitzero" doc:"the emitter's id of what it is about"`
	Since     time.Time         `json:"since,omitzero" doc:"from when on it holds"`
	Positions []domain.Position `json:"positions" doc:"the events behind it"`
}

// Contribution is what one piece of evidence does to the overall score.
type Contribution struct {
	Position  domain.Position `json:"position"`
	Dimension string          `json:"dimension"`
	Kind      string          `json:"kind" doc:"kind of evidence, such as delivery.missed"`
	At        time.Time       `json:"at" doc:"when it happened; it fades from then on"`
	Flagged   bool            `json:"flagged,omitzero" doc:"whether it was said in negotiation or for political reasons"`
	For       float64         `json:"for" doc:"pieces of evidence in favour left of it"`
	Against   float64         `json:"against" doc:"pieces of evidence against left of it"`
	Effect    float64         `json:"effect" doc:"points of the overall mean"`
}

// Change is a part of the score's change, by cause.
type Change struct {
	Cause     string            `json:"cause" enum:"correction,late_arrival,merge,fading,new_evidence,calibration,policy"`
	Effect    float64           `json:"effect" doc:"points of the overall mean"`
	Positions []domain.Position `json:"positions" doc:"the events responsible; none for fading"`
}

// TrustOf is the JSON form of an answer about trust.
func TrustOf(a trust.Answer) Trust {
	t := Trust{
		Account: string(a.Account), At: a.At, KnownAt: a.KnownAt, Reading: readingOf(a.Reading),
		Policy: a.Policy, Prior: a.Prior, Dimensions: []Dimension{}, Flags: []Flag{},
	}
	for _, m := range a.Merged {
		t.Merged = append(t.Merged, string(m))
	}
	for _, d := range a.Dimensions {
		t.Dimensions = append(t.Dimensions, Dimension{Name: d.Name, Share: d.Share, Reading: readingOf(d.Reading)})
	}
	for _, f := range a.Flags {
		t.Flags = append(t.Flags, Flag{Name: f.Name, Key: string(f.Key), Since: f.Since, Positions: positions(f.Positions)})
	}
	for _, c := range a.Contributions {
		t.Contributions = append(t.Contributions, Contribution{
			Position: c.Position, Dimension: c.Dimension, Kind: c.Kind, At: c.At, Flagged: c.Flagged, For: c.For, Against: c.Against, Effect: c.Effect,
		})
	}
	if a.Unflagged != nil {
		without := readingOf(*a.Unflagged)
		t.Unflagged = &without
	}
	if a.Change != nil {
		before := readingOf(a.Change.From)
		t.Before, t.Change = &before, []Change{}
		for _, p := range a.Change.Parts {
			t.Change = append(t.Change, Change{Cause: string(p.Cause), Effect: p.Effect, Positions: positions(p.Positions)})
		}
	}
	return t
}

func readingOf(r model.Reading) Reading {
	return Reading{Known: r.Known, Score: r.Score(), Mean: r.Mean, Low: r.Low, High: r.High, Evidence: r.Evidence}
}

// positions makes a list that is never null in JSON.
func positions(p []domain.Position) []domain.Position {
	if p == nil {
		return []domain.Position{}
	}
	return p
}
