package codec

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rapport-ledger/rapport/domain"
)

// versioned is a type in one of its versions.
type versioned struct {
	Type    domain.Type
	Version int
}

// upcaster turns the data of one version into the data of the next. What it is given
// is a JSON object, without spaces; what it returns must be one. Personal fields may be
// missing even if they are required, because they are sealed or somebody was forgotten;
// what is made of them is then missing too, and personal itself. It must not change its
// input, and must give the same output for ever: stored bytes never change.
type upcaster func(data []byte) ([]byte, error)

// upcasters has, for each version but a type's last, the way to the next.
type upcasters map[versioned]upcaster

// storedUpcasters are those of the catalogue. No type has a second version yet.
var storedUpcasters = upcasters{}

// upcast brings data of an older version to the current one. Data of the current
// version is returned as it is.
func (c *catalogue) upcast(s *spec, version int, data []byte) ([]byte, error) {
	for v := version; v < s.Version; v++ {
		next, err := c.upcasters[versioned{s.Type, v}](data)
		if err != nil {
			return nil, fmt.Errorf("bring %s from version %d to %d: %w", s.Type, v, v+1, err)
		}
		compact := jsontext.Value(next)
		if err := compact.Compact(); err != nil {
			return nil, fmt.Errorf("bring %s from version %d to %d: %w", s.Type, v, v+1, err)
		}
		data = compact
	}
	return data, nil
}

// upcastGiven is upcast for data that an emitter wrote.
func (c *catalogue) upcastGiven(s *spec, version int, data []byte) ([]byte, error) {
	compact := append(jsontext.Value(nil), data...)
	if err := compact.Compact(); err != nil {
		return nil, err
	}
	return c.upcast(s, version, compact)
}
