package feed

import (
	"fmt"
	"strings"
)

const hexDigits = "0123456789ABCDEF"

// Key is the id as a KV key or as the end of a subject. Letters, digits, "-" and "_"
// stand for themselves, and so does a dot between two other characters; every other
// byte is "=" and two hexadecimal digits: acme~1f is acme=7E1f.
func Key(id string) string {
	var b strings.Builder
	for i := range len(id) {
		if c := id[i]; stands(id, i) {
			b.WriteByte(c)
		} else {
			b.WriteByte('=')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

func stands(id string, i int) bool {
	switch c := id[i]; {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		return true
	case c == '.':
		// NATS has no empty tokens.
		return i > 0 && i < len(id)-1 && id[i-1] != '.'
	}
	return false
}

// ID is the inverse of [Key].
func ID(key string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		if key[i] != '=' {
			b.WriteByte(key[i])
			continue
		}
		if i+2 >= len(key) {
			return "", fmt.Errorf("key %q ends in the middle of a byte", key)
		}
		high, low := strings.IndexByte(hexDigits, key[i+1]), strings.IndexByte(hexDigits, key[i+2])
		if high < 0 || low < 0 {
			return "", fmt.Errorf("key %q has no byte after =", key)
		}
		b.WriteByte(byte(high<<4 | low))
		i += 2
	}
	return b.String(), nil
}
