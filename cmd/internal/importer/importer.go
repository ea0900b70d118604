// Package importer turns data that other systems left behind into events: two public
// data sets, and any CSV file with a small mapping beside it. The ids it gives are
// derived from the data, so importing again records nothing twice.
package importer

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Set is a data set as events, in the order they occurred. Notes say what of the data
// was left out, and why.
type Set struct {
	Events []domain.Envelope
	Notes  []string
}

func (s *Set) note(n int, format string, args ...any) {
	if n > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d ", n)+fmt.Sprintf(format, args...))
	}
}

// sort brings the events into the order they occurred; those of one moment stay as
// they were written.
func (s *Set) sort() {
	slices.SortStableFunc(s.Events, func(a, b domain.Envelope) int {
		return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.Account, b.Account))
	})
}

// table reads a CSV file with a header, calling row with each line's values by column.
func table(fsys fs.FS, name string, row func(get func(column string) string) error) error {
	f, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("%s: header: %w", name, err)
	}
	columns := make(map[string]int, len(header))
	for i, h := range header {
		if _, twice := columns[h]; !twice {
			columns[h] = i
		}
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		get := func(column string) string {
			i, ok := columns[column]
			if !ok {
				return ""
			}
			return record[i]
		}
		if err := row(get); err != nil {
			line, _ := r.FieldPos(0)
			return fmt.Errorf("%s line %d: %w", name, line, err)
		}
	}
}

// local parses a time without a zone; an empty one is the zero time.
func local(layout, value string, zone *time.Location) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(layout, value, zone)
	return t.UTC(), err
}
