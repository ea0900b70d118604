package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rapport-ledger/rapport/domain"
)

// maxFaults bounds how many faults of one event are listed.
const maxFaults = 100

// maxBatchFaults bounds how many faults of a batch are listed. Once there are more, each
// event has its first only.
const maxBatchFaults = 5000

// step is a part of the location: a name, whose index is -1, or the index of an item.
type step struct {
	name  string
	index int
}

// syntaxFault turns a tokenizer's error into a fault. The prefix is where in the event
// the bytes belong, if they are not all of it.
func syntaxFault(b []byte, prefix string, err error) domain.Fault {
	location, offset, reason := prefix, int64(len(b)), "it ends too soon"
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		offset = syntactic.ByteOffset
		location = joinPointer(prefix, syntactic.JSONPointer)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			reason = syntactic.Err.Error()
		}
	}
	if len(bytes.TrimSpace(b)) == 0 {
		offset, reason = 0, "it is empty"
	}
	if location == "" {
		location = "body"
	}
	before := b[:min(max(offset, 0), int64(len(b)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return domain.Fault{
		Location: location,
		Message:  fmt.Sprintf("is not JSON at byte %d (line %d, column %d): %s", offset, line, column, reason),
	}
}

func joinPointer(prefix string, pointer jsontext.Pointer) string {
	var path []step
	if prefix != "" {
		path = append(path, step{prefix, -1})
	}
	for token := range pointer.Tokens() {
		if n, err := strconv.Atoi(token); err == nil && n >= 0 {
			path = append(path, step{index: n})
		} else {
			path = append(path, step{token, -1})
		}
	}
	return location(path)
}

// maxSteps bounds how much of a location is written; no field lies so deep.
const maxSteps = 16

// location writes a path as data.contacts[2].
func location(path []step) string {
	var b strings.Builder
	for i, s := range path {
		if i == maxSteps {
			b.WriteString("...")
			break
		}
		switch {
		case s.index >= 0:
			fmt.Fprintf(&b, "[%d]", s.index)
		case !plainName(s.name):
			fmt.Fprintf(&b, "[%s]", echo(s.name))
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.name)
		}
	}
	return b.String()
}

func plainName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= maxEchoed
}

func (p *parser) push(name string) { p.path = append(p.path, step{name, -1}) }
func (p *parser) pop()             { p.path = p.path[:len(p.path)-1] }

// fault notes what is wrong at the current path.
func (p *parser) fault(message string) {
	switch n := len(p.faults); {
	case n < maxFaults:
		p.faults = append(p.faults, domain.Fault{Location: location(p.path), Message: message})
	case n == maxFaults:
		p.faults = append(p.faults, domain.Fault{Location: location(p.path), Message: moreFaults})
	}
}

const moreFaults = "and there may be more faults"

// keepFaults keeps the first so many faults, and one at least. It gives the number kept.
func (p *parser) keepFaults(most int) int {
	if most = max(most, 1); len(p.faults) > most {
		more := domain.Fault{Location: p.faults[most].Location, Message: moreFaults}
		p.faults = append(slices.Clone(p.faults[:most]), more)
	}
	return len(p.faults)
}

func (p *parser) faultAt(name, message string) {
	p.push(name)
	p.fault(message)
	p.pop()
}

// err gives the faults as an error.
func (p *parser) err() error {
	switch {
	case len(p.faults) == 0:
		return nil
	case p.malformed:
		return &Malformed{Faults: p.faults}
	}
	return &domain.Refusal{Faults: p.faults}
}
