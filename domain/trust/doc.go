// Package trust is the model of how far an account can trust us. It is a function of
// the events known, the policy in force and the instant; same inputs, same numbers.
package trust
