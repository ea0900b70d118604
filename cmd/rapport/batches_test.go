package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzReadEvents reads any file of events. What comes out is JSON or has a problem.
func FuzzReadEvents(f *testing.F) {
	for _, text := range []string{"", "{}\n{}\n", "\ufeff[{},{}]", "{\n}\n{}", "[", "\n\n{\nx", "{}\nx\n{}", "[{}] {}", "null"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_ = readEvents(bytes.NewReader(text))(func(i item) bool {
			if i.problem == nil && !json.Valid(i.event) {
				t.Errorf("%q is not JSON", i.event)
			}
			return true
		})
	})
}
