package trust

// MergesQuery is how the merges of an account are read.
const MergesQuery = mergesQuery
