// Package trust is the model of how far an account can trust us.
//
// The score is a function of the events known, the policy in force and the instant:
// same inputs, same numbers, to the last bit, in whatever order the events arrived.
//
// # From events to evidence
//
// Of each event the model keeps a [Fact]. Facts about the same thing (a delivery line,
// a complaint, a request, a promise) are a case; what a case amounts to depends on all
// its facts that are known, so a promise kept after it was broken counts as kept late.
// A case yields pieces of evidence, each for, against, or shared between the two, in
// one dimension, at an instant, and each owed to one event. [domain.EvidenceKinds]
// lists them. What did not happen is no evidence: a promise past its date without a
// word is a [Flag], and silence widens the intervals and moves nothing.
//
// What was said in negotiation or for political reasons counts less and is flagged; an
// [Assessment] has the reading without it, too.
//
// # From evidence to a score
//
// Per dimension, the share of good outcomes has a Beta posterior around a prior of
// mean m and strength s (Jøsang and Ismail, The Beta Reputation System, 2002, with
// their forgetting as a half-life H):
//
//	alpha = s*m     + sum(for     * 2^(-age/H))
//	beta  = s*(1-m) + sum(against * 2^(-age/H))
//	mean  = alpha / (alpha + beta)
//
// The overall mean is the mean of the dimensions by their shares. It splits exactly: a
// piece of f for and a against (faded) in a dimension of share w has the effect
//
//	100 * w * (f*(1-m) - a*m) / (alpha + beta)
//
// points, and the prior has 100 * sum(w*m).
//
// # How sure
//
// Intervals hold 90%: the 5% and 95% quantiles of the posterior. The plain posterior
// was too narrow on every data set tried, so at read-out alpha and beta are scaled
// down together until their sum is at most the policy's cap: the mean stays, the
// interval widens. While an account is silent the sum is halved as well.
//
// The overall interval is that of the Beta with the overall mean and the overall
// standard deviation, which is the sum of the dimensions' by their shares. That is
// exact if the dimensions move together and too wide if they do not; taken as
// independent, six priors would add up to a certainty nobody has.
package trust
