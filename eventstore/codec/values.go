package codec

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"

	"github.com/rapport-ledger/rapport/domain"
)

const (
	maxIDAttribute = 256 // characters of id, source and the attributes in free form
	maxEchoed      = 40  // characters of a wrong value that a fault repeats
)

// checkText gives what is wrong with the string as a value of the field, or "".
func (c *catalogue) checkText(f *field, s string) string {
	if s == "" {
		if f.optional {
			return "must not be empty; leave it out if there is nothing to say"
		}
		return "must not be empty"
	}
	if f.enum != nil {
		if !slices.Contains(f.enum, s) {
			return fmt.Sprintf("must be one of %s, not %s%s", strings.Join(f.enum, ", "), echo(s), didYouMean(s, f.enum))
		}
		return ""
	}
	if msg := checkChars(s, f.maxChars, f.prose); msg != "" {
		return msg
	}
	switch f.format {
	case formatID:
		return checkID(s)
	case formatAccount:
		return checkAccount(s)
	case formatCurrency:
		return checkCurrency(s)
	case formatLanguage:
		return checkLanguage(s)
	case formatEventType:
		return c.checkCorrectedType(s)
	}
	return ""
}

// checkChars bounds a string's length in characters, and keeps control characters
// out. Prose may have tabs and line breaks.
func checkChars(s string, most int, prose bool) string {
	if len(s) > most {
		if n := utf8.RuneCountInString(s); n > most {
			return fmt.Sprintf("must have at most %d characters, not %d", most, n)
		}
	}
	for _, r := range s {
		if unicode.IsControl(r) && !(prose && (r == '\t' || r == '\n' || r == '\r')) {
			return fmt.Sprintf("must not have control characters, such as %U", r)
		}
	}
	return ""
}

func checkID(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	if unicode.Is(unicode.Z, first) || unicode.Is(unicode.Z, last) {
		return "must not begin or end with a space"
	}
	return ""
}

func checkAccount(s string) string {
	if !domain.AccountID(s).Valid() {
		return fmt.Sprintf("must be an account id: a letter or digit, then at most 63 letters, digits or . _ : - (not %s)", echo(s))
	}
	return ""
}

func checkCurrency(s string) string {
	if _, err := currency.ParseISO(s); err != nil || strings.ToUpper(s) != s {
		return fmt.Sprintf("must be a currency code of ISO 4217, such as EUR, not %s", echo(s))
	}
	return ""
}

func checkLanguage(s string) string {
	if _, err := language.Parse(s); err != nil || strings.ContainsRune(s, '_') {
		return fmt.Sprintf("must be a language tag of BCP 47, such as de or pt-BR, not %s", echo(s))
	}
	return ""
}

// checkCorrectedType allows the types whose data a correction may carry.
func (c *catalogue) checkCorrectedType(s string) string {
	found, _, ok := c.resolve(s)
	switch {
	case !ok || !strings.HasPrefix(s, domain.Prefix):
		return c.unknownType(s)
	case !found.correctable():
		return "must not be a correction or a retraction; retract that instead"
	}
	return ""
}

// correctable reports whether events of the type can be corrected.
func (s *spec) correctable() bool { return s.Type.Family() != "entry" }

// correctable gives the CloudEvents types a correction may speak of, in all versions.
func (c *catalogue) correctable() []string {
	var names []string
	for _, s := range c.byType {
		for v := 1; v <= s.Version && s.correctable(); v++ {
			names = append(names, domain.Entry{Type: s.Type, Version: v}.CloudEventType())
		}
	}
	slices.Sort(names)
	return names
}

// unknownType says why the type is not one a CloudEvent can have here.
func (c *catalogue) unknownType(name string) string {
	if s := c.byType[domain.Type(name)]; s != nil {
		return fmt.Sprintf("must be written as %s", s.wireType)
	}
	if t, version, ok := splitWireType(name); ok {
		if s := c.byType[t]; s != nil {
			return fmt.Sprintf("%s has no version %d; its last is %s", t, version, s.wireType)
		}
	}
	known := make([]string, 0, len(c.byWire))
	for wire := range c.byWire {
		known = append(known, wire)
	}
	slices.Sort(known)
	return fmt.Sprintf("%s is not a type the ledger knows%s", echo(name), didYouMean(name, known))
}

// echo quotes the beginning of a value that was given.
func echo(s string) string {
	if utf8.RuneCountInString(s) > maxEchoed {
		s = string([]rune(s)[:maxEchoed]) + "..."
	}
	return fmt.Sprintf("%q", s)
}
