package codec

import "strings"

// DecodeHeader undoes what CloudEvents does to a value to put it into a header: an
// optional pair of quotes, then one round of percent-encoding.
func DecodeHeader(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = unescapeQuoted(s[1 : len(s)-1])
	}
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexDigit(s[i+1]) && hexDigit(s[i+2]) {
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// unescapeQuoted takes the backslashes out of an HTTP quoted string.
func unescapeQuoted(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}

// encodeHeader is how CloudEvents puts a value into a header: space, quote, percent
// and all that is not printable ASCII percent-encoded.
func encodeHeader(s string) string {
	plain := func(c byte) bool { return c > ' ' && c <= '~' && c != '"' && c != '%' }
	first := 0
	for first < len(s) && plain(s[first]) {
		first++
	}
	if first == len(s) {
		return s
	}
	b := append(make([]byte, 0, len(s)+12), s[:first]...)
	for i := first; i < len(s); i++ {
		if plain(s[i]) {
			b = append(b, s[i])
		} else {
			const digits = "0123456789ABCDEF"
			b = append(b, '%', digits[s[i]>>4], digits[s[i]&15])
		}
	}
	return string(b)
}

func hexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
