// Package backtest asks how well a trust policy would have foretold what came next, had
// it been in force all along.
//
// The past is walked through in the order in which it became known, never looking
// ahead. Every event that brings a piece of evidence is an outcome: right before it is
// known, each contestant says how much of it will be in our favour. Most outcomes are
// either for or against; an answer on a scale may lie between, and squares and logarithms
// measure what was said of it just as properly.
//
// A score is the expected share of evidence in favour, and a grave miss is more evidence
// than a slight one. So outcomes count by the weight that the policy gives them, for all
// contestants alike. It follows that policies with other weights are not comparable by
// log-loss; by their order (AUC, where each outcome counts once) they are.
//
// The span up to an instant is for training: half-lives, the prior's strength, the cap
// and the contestants' own parameters are fitted to it. What follows is for judging.
//
// # Contestants
//
//   - base rate: the mean of all training outcomes of the dimension
//   - recent rate: that of all accounts of late, as policy.calibrated sets the prior
//   - last value, running mean, and an exponentially weighted mean (EWMA) of the account's
//     own outcomes, starting from the recent rate
//   - the policy, and the policy as fitted, with the recent rate as the prior's mean
//
// # Measures
//
// Log-loss (Good, Rational Decisions, 1952) and Brier score (Brier, Verification of
// Forecasts Expressed in Terms of Probability, 1950) are means over the evidence; less is
// better. AUC is the probability that an outcome in favour was given more than one
// against, ties counting half (Hanley and McNeil, 1982); its 95% interval treats the
// outcomes of an account as a cluster (Obuchowski, Nonparametric Analysis of Clustered
// ROC Curve Data, 1997). ECE is the mean distance between what was foretold and what
// happened, over bins of equally many outcomes (Naeini, Cooper and Hauskrecht, 2015; Nguyen
// and O'Connor, 2015, for bins of equal size).
//
// Coverage is how often an 80% interval held what happened: for each ten outcomes of an
// account in a row, the interval for how many of them will be in favour, as said before
// the first of them. Counts are few, so no interval holds exactly 80%; what is given is
// the part of the count's probability that lies within (the non-randomised probability
// integral transform of Czado, Gneiting and Held, 2009), which is 80% in the mean if the
// forecast is right.
package backtest
