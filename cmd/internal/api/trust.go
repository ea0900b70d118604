package api

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Trust is how far an account can trust us, judged from the events up to an instant,
// as far as they were known at another.
type Trust struct {
	Account string    `json:"account"`
	At      time.Time `json:"at" doc:"events that occurred up to here count"`
	KnownAt time.Time `json:"known_at" doc:"events recorded up to here count"`
	Standing
	Dimensions    []Dimension    `json:"dimensions"`
	Flags         []Flag         `json:"flags" doc:"what stands beside the score and is not averaged into it"`
	Policy        string         `json:"policy" doc:"name of the policy in force"`
	Contributions []Contribution `json:"contributions,omitzero" doc:"what every event adds, with explain=true"`
	Change        []Change       `json:"change,omitzero" doc:"what moved the score, with since"`
}

// Standing is a score with what it rests on.
type Standing struct {
	Known    bool    `json:"known" doc:"false if there is no evidence: the score is then the prior's"`
	Score    float64 `json:"score" doc:"0 to 100"`
	Low      float64 `json:"low" doc:"lower end of the 90% interval"`
	High     float64 `json:"high" doc:"upper end of the 90% interval"`
	Evidence float64 `json:"evidence" doc:"how much evidence there is, faded, in pieces"`
}

// Dimension is a part of trust.
type Dimension struct {
	Name string `json:"name"`
	Standing
}

// Flag is a fact that must not drown in an average, such as an open broken promise.
type Flag struct {
	Name      string            `json:"name"`
	Positions []domain.Position `json:"positions" doc:"the events behind it"`
}

// Contribution is what one event does to the score.
type Contribution struct {
	Position  domain.Position `json:"position"`
	Dimension string          `json:"dimension"`
	Effect    float64         `json:"effect" doc:"points of the overall score"`
}

// Change is a part of the score's change, by cause.
type Change struct {
	Cause     string            `json:"cause" doc:"such as new_evidence, fading, correction, late_arrival, merge, calibration, policy"`
	Effect    float64           `json:"effect" doc:"points of the overall score"`
	Positions []domain.Position `json:"positions"`
}
