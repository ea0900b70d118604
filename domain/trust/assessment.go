package trust

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Reading is a posterior as it is shown.
type Reading struct {
	// Known is false if there is no evidence at all: what stands here is then the
	// prior, and says nothing about the account.
	Known bool
	// Mean is the expected share of good evidence, in points from 0 to 100.
	Mean float64
	// Low and High bound the 90% interval, in points.
	Low, High float64
	// Evidence is how much evidence there is, faded, in pieces.
	Evidence float64
}

// Score is the mean if it is known, else nil: what is not known has no score.
func (r Reading) Score() *float64 {
	if !r.Known {
		return nil
	}
	return &r.Mean
}

// Dimension is the reading of one side of the relationship.
type Dimension struct {
	Name string // such as domain.Delivery
	// Share is the dimension's part in the overall score; shares add up to 1.
	Share float64
	Reading
}

// Assessment is how far an account can trust us.
type Assessment struct {
	Reading
	// Dimensions are in the order of [domain.TrustDimensions].
	Dimensions []Dimension
	// Flags is what stands beside the score and is not averaged into it, in order of
	// name, then of time.
	Flags []Flag
	// Policy is the name of the policy that was in force.
	Policy string
	// Unflagged is the reading without what was said in negotiation or for political
	// reasons; nil if there is no such evidence.
	Unflagged *Reading
	// Prior is the part of Mean that no event contributed: Prior and the effects of
	// all contributions add up to Mean.
	Prior float64
	// Contributions is what every event adds, by position and dimension. An event
	// that was excused is there with no effect.
	Contributions []Contribution
}

// Contribution is what one piece of evidence does to the overall score.
type Contribution struct {
	Position  domain.Position
	Dimension string
	// Kind is the kind of evidence, see [domain.EvidenceKinds].
	Kind string
	// At is when it happened; it fades from then on.
	At time.Time
	// Flagged says that it was said in negotiation or for political reasons.
	Flagged bool
	// For and Against are the pieces of evidence left of it after fading.
	For, Against float64
	// Effect is in points of the overall score. Effects add up; they are exact.
	Effect float64
}

// Flag is a fact that must not drown in an average, such as an open broken promise.
type Flag struct {
	Name string // one of the Flag constants
	// Key is the emitter's id of what it is about: a commitment, a line, a complaint.
	Key domain.ID
	// Since is from when on the flag holds: when a promise was due, say.
	Since time.Time
	// Positions are the events behind it.
	Positions []domain.Position
}

// The flags.
const (
	// FlagCommitmentOverdue is a promise past its date, neither kept nor released.
	FlagCommitmentOverdue = "commitment_overdue"
	// FlagDeliveryOpen is a delivery that was missed and has not arrived since.
	FlagDeliveryOpen = "delivery_open"
	// FlagComplaintSevere is an open complaint of severity 4 or 5, or about safety.
	FlagComplaintSevere = "complaint_severe"
	// FlagSilent is an account that has not been in contact for longer than agreed.
	FlagSilent = "silent"
)

// Cause is why a score moved.
type Cause string

// The causes, in the order in which a change is split; see [History.Change].
const (
	CauseCorrection  Cause = "correction"
	CauseLateArrival Cause = "late_arrival"
	CauseMerge       Cause = "merge"
	CauseFading      Cause = "fading"
	CauseNewEvidence Cause = "new_evidence"
	CauseCalibration Cause = "calibration"
	CausePolicy      Cause = "policy"
)

// Change is how the score came from one reading to another. The effects of the parts
// add up to To.Mean - From.Mean.
type Change struct {
	From, To Reading
	// Parts has the causes that moved the score or brought events, in the order of
	// the constants.
	Parts []Part
}

// Part is what one cause did.
type Part struct {
	Cause Cause
	// Effect is in points of the overall score.
	Effect float64
	// Positions are the events responsible; none for fading.
	Positions []domain.Position
}
