package domain

// The dimensions of trust.
const (
	Delivery       = "delivery"
	Quality        = "quality"
	Responsiveness = "responsiveness"
	Promises       = "promises"
	Voice          = "voice"
	Closeness      = "closeness"
)

// TrustDimensions lists the dimensions in the order in which answers show them.
var TrustDimensions = []string{Delivery, Quality, Responsiveness, Promises, Voice, Closeness}

func defaultTrust() TrustPolicy { return TrustPolicy{} }
