package followups

import (
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Optional times are NULL in the tables and zero in Go.

func stored(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

func loaded(us sql.NullInt64) time.Time {
	if !us.Valid {
		return time.Time{}
	}
	return moment(us.Int64)
}

func moment(us int64) time.Time { return time.UnixMicro(us).UTC() }

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func joined(positions []domain.Position) string {
	var b strings.Builder
	for i, p := range positions {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatUint(uint64(p), 10))
	}
	return b.String()
}

func split(s string) []domain.Position {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ",")
	positions := make([]domain.Position, len(parts))
	for i, part := range parts {
		n, _ := strconv.ParseUint(part, 10, 64) // joined wrote it
		positions[i] = domain.Position(n)
	}
	return positions
}

// formerManagers is the accounts table's form of them.
func formerManagers(released map[string]time.Time) string {
	if len(released) == 0 {
		return ""
	}
	at := make(map[string]int64, len(released))
	for person, when := range released {
		at[person] = when.UnixMicro()
	}
	b, _ := json.Marshal(at) // in the order of the names
	return string(b)
}

func released(former string) (map[string]time.Time, error) {
	if former == "" {
		return nil, nil
	}
	var at map[string]int64
	if err := json.Unmarshal([]byte(former), &at); err != nil {
		return nil, err
	}
	released := make(map[string]time.Time, len(at))
	for person, when := range at {
		released[person] = moment(when)
	}
	return released, nil
}

// chunks are the sizes in which rows are written and ids looked up, so that there are
// few different statements to prepare.
var chunks = []int{64, 8, 1}

// inChunks calls f with parts of the list whose lengths are among [chunks].
func inChunks[T any](list []T, f func([]T) error) error {
	for _, size := range chunks {
		for ; len(list) >= size; list = list[size:] {
			if err := f(list[:size]); err != nil {
				return err
			}
		}
	}
	return nil
}

// marks are placeholders for so many values: ?,?,?
func marks(n int) string { return strings.Repeat("?,", n-1) + "?" }
