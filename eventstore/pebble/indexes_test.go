package pebble

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

func TestTheIndexesAreHeldAgainstTheEvents(t *testing.T) {
	t.Parallel()
	entry := func(key []byte, p domain.Position) func(*pebble.Batch) error {
		return func(b *pebble.Batch) error { return b.Set(key, appendIndex(nil, key, p), nil) }
	}
	second, third := identityKey("test", "2"), identityKey("test", "3")
	ofSecond := streamKey("a-0", 1)
	for name, test := range map[string]struct {
		change func(*pebble.Batch) error
		want   []string
	}{
		"nothing": {func(*pebble.Batch) error { return nil }, nil},
		"an identity gone": {func(b *pebble.Batch) error { return b.Delete(second, nil) }, []string{
			"2: the event is not in the index by source and id"}},
		"a revision gone": {func(b *pebble.Batch) error { return b.Delete(ofSecond, nil) }, []string{
			"2: the event is not in the index by account and revision"}},
		"an identity that leads elsewhere": {entry(second, 3), []string{
			"2: the index by source and id leads to 3 instead", "3: the index by source and id leads here from another event's entry"}},
		"an identity of no event": {entry(identityKey("test", "never"), 1), []string{
			"1: the index by source and id leads here from another event's entry"}},
		"a revision of no event": {entry(streamKey("a-0", 9), 77), []string{
			"77: the index by account and revision leads here, where there is no event"}},
		"two that changed places": {func(b *pebble.Batch) error { return errors.Join(entry(second, 3)(b), entry(third, 2)(b)) }, []string{
			"2: the index by source and id leads to 3 instead", "3: the index by source and id leads to 2 instead",
			"3: the index by source and id leads here from another event's entry", "2: the index by source and id leads here from another event's entry"}},
		"a damaged entry": {func(b *pebble.Batch) error { return b.Set(second, bytes.Repeat([]byte{1}, 12), nil) }, []string{
			"2: its entry in the index by source and id is damaged"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := Open("log", Options{FS: vfs.NewMem()})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			for i := range 5 {
				_, err := l.Append(t.Context(), eventstore.Append{
					Stream: eventstore.StreamID(fmt.Sprint("a-", (i+1)%2)), Expected: eventstore.Any,
					Events: []eventstore.Event{{Source: "test", ID: fmt.Sprint(i + 1), Body: []byte("{}")}},
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			b := l.db.NewBatch()
			if err := errors.Join(test.change(b), b.Commit(pebble.Sync)); err != nil {
				t.Fatal(err)
			}
			var got []string
			if err := l.CheckIndexes(t.Context(), func(p domain.Position, what string) { got = append(got, fmt.Sprintf("%d: %s", p, what)) }); err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			slices.Sort(test.want)
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%q, want\n%q", got, test.want)
			}
		})
	}
}
