package followups_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// FuzzCursor reads on from any place, by a cursor that is well made, and by what is none.
// A page may be empty; it must come, and be of the queue.
func FuzzCursor(f *testing.F) {
	l := &ledger{t: f}
	for i := range 3 {
		l.record("acme", domain.RequestReceived{Request: domain.ID(fmt.Sprint(i))})
	}
	m := l.fold()
	f.Add("", monday.UnixMicro(), 3, monday.UnixMicro(), "acme~0")
	f.Add("AAAA", int64(math.MinInt64), -1, int64(math.MaxInt64), "\xff")
	f.Add("", int64(math.MaxInt64), math.MaxInt, int64(math.MinInt64), "")
	f.Fuzz(func(t *testing.T, cursor string, now int64, rank int, due int64, id string) {
		q := followups.Query{Now: monday, Limit: 2}
		for _, q.Cursor = range []string{cursor, followups.CursorOf(q, time.UnixMicro(now), rank, due, id)} {
			err := m.db.View(t.Context(), func(tx *sqldb.Tx) error {
				page, err := followups.Queue(t.Context(), tx, q)
				for _, item := range page.Items {
					if item.Account != "acme" {
						t.Errorf("got %+v", item)
					}
				}
				return err
			})
			if err != nil && !errors.Is(err, followups.ErrBadCursor) {
				t.Error(err)
			}
		}
	})
}
