package domain

import (
	"encoding/hex"
	"fmt"
)

// rating is a number somebody gave, and where the data has it.
type rating struct {
	location string
	value    float64
}

// checkScale wants a scale from the worst answer to the best, which may be the lower
// number, and the ratings to be on it.
func checkScale(worst, best float64, ratings ...rating) []Fault {
	if worst == best {
		return []Fault{{"data.scale_max", "must not be scale_min"}}
	}
	var faults []Fault
	for _, r := range ratings {
		if r.value < min(worst, best) || r.value > max(worst, best) {
			faults = append(faults, Fault{r.location, fmt.Sprintf("must be from %v to %v, the scale given", worst, best)})
		}
	}
	return faults
}

// checkSHA256 wants a digest, if there is one, in the one way of writing it.
func checkSHA256(location, digest string) []Fault {
	bytes, err := hex.DecodeString(digest)
	if digest == "" || err == nil && len(bytes) == 32 && digest == hex.EncodeToString(bytes) {
		return nil
	}
	return []Fault{{location, "must be 64 hexadecimal digits in lower case"}}
}
