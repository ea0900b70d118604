package api

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Beginning is how far an account trusted us in its first days, beside others of the same age.
type Beginning struct {
	Account domain.AccountID   `json:"account"`
	Merged  []domain.AccountID `json:"merged,omitzero" doc:"the other accounts that were read as part of this one"`
	At      time.Time          `json:"at" doc:"events that occurred up to here count"`
	KnownAt time.Time          `json:"known_at" doc:"events recorded up to here count"`
	Since   time.Time          `json:"since,omitzero" doc:"when the relationship began, as the portfolio has it; absent if that is not known"`
	Curve   []Age              `json:"curve" doc:"the ages that the account had reached, from 0 to 90 days"`
}

// Age is the trust in us so many days after a relationship began.
type Age struct {
	AgeD          int       `json:"age_d" doc:"days since the relationship began"`
	At            time.Time `json:"at" doc:"events of this account that occurred up to here count"`
	Score         *float64  `json:"score" doc:"0 to 100; null if there was no evidence yet"`
	Peers         int       `json:"peers_count" doc:"other accounts that had reached this age, without those merged into others"`
	KnownPeers    int       `json:"peers_known_count" doc:"of those, with a score at this age, which the quartiles are of"`
	LowerQuartile *float64  `json:"lower_quartile" doc:"the score that a quarter of them do not exceed; null if none has one"`
	Median        *float64  `json:"median"`
	UpperQuartile *float64  `json:"upper_quartile"`
}

// lastAge and ageStep are the ages of a curve, in days.
const lastAge, ageStep = 90, 15

// Ages are the instants of the curve of a relationship that began then, as far as they are not after at.
func Ages(since, at time.Time) (instants []time.Time) {
	for age := 0; !since.IsZero() && age <= lastAge; age += ageStep {
		if t := since.AddDate(0, 0, age); !t.After(at) {
			instants = append(instants, t)
		}
	}
	return instants
}

// CurveOf sets an account's scores beside its peers', each at the instants of their [Ages].
func CurveOf(instants []time.Time, scores []*float64, peers [][]*float64) []Age {
	curve := make([]Age, len(instants))
	for i, t := range instants {
		a := Age{AgeD: i * ageStep, At: t, Score: scores[i]}
		var known []float64
		for _, peer := range peers {
			if i >= len(peer) {
				continue
			}
			a.Peers++
			if peer[i] != nil {
				known = append(known, *peer[i])
			}
		}
		a.KnownPeers = len(known)
		a.LowerQuartile, a.Median, a.UpperQuartile = dossier.Percentile(25, known), dossier.Median(known), dossier.Percentile(75, known)
		curve[i] = a
	}
	return curve
}
