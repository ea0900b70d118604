package domain

func defaultTrust() TrustPolicy { return TrustPolicy{} }
