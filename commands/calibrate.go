package commands

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

const (
	// calibrationEvidence is how many pieces of evidence the rates must rest on.
	calibrationEvidence = 200
	// calibrateEvery is how often a running timekeeper looks at the rates, which means
	// to read all recent evidence.
	calibrateEvery = time.Hour
	// calibrationChange is by how much a prior must move for it to be worth an event.
	calibrationChange = 0.01
)

// Calibrate records a policy.calibrated with the recent rates, at most once a day (by
// UTC) and only if they rest on enough evidence and differ from the priors in force.
// It tells whether it did.
func (t *Timekeeper) Calibrate(ctx context.Context) (bool, error) {
	now := t.now().UTC().Truncate(time.Microsecond)
	rates, ok, err := t.watch.Calibration(ctx, now)
	if err != nil {
		return false, fmt.Errorf("look at recent rates: %w", err)
	}
	if !ok || rates.EvidenceCount < calibrationEvidence {
		return false, nil
	}
	policies, err := t.recorder.Policies(ctx)
	if err != nil {
		return false, err
	}
	// Everything that is recorded is known, whatever this machine's clock says.
	inForce := policies.At(now, distantFuture).Policy
	if !material(rates.Priors, inForce.Trust) {
		return false, nil
	}
	n, err := t.notice(ctx, []domain.Envelope{{
		Source:     domain.OwnSource,
		ID:         "policy.calibrated/" + now.Format(time.DateOnly),
		Account:    domain.Ledger,
		OccurredAt: now,
		Data:       rates,
	}})
	return n > 0, err
}

var distantFuture = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// material reports whether a rate differs from the prior in force by enough.
func material(rates []domain.Prior, inForce domain.TrustPolicy) bool {
	for _, rate := range rates {
		for _, d := range inForce.Dimensions {
			if d.Name == rate.Dimension && math.Abs(d.PriorMean-rate.Mean) >= calibrationChange {
				return true
			}
		}
	}
	return false
}

// Policies is the history of the rules as it is recorded now.
func (r *Recorder) Policies(ctx context.Context) (domain.Policies, error) {
	var past domain.Policies
	for stored, err := range r.log.ReadStream(ctx, domain.Ledger, 1) {
		var e domain.Recorded
		if err == nil {
			e, err = decode(stored)
		}
		if err != nil {
			return domain.Policies{}, fmt.Errorf("read %s: %w", domain.Ledger, err)
		}
		past.Add(e)
	}
	return past, nil
}
