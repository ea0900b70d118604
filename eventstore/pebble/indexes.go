package pebble

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"

	"github.com/cockroachdb/pebble/v2"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// CheckIndexes holds the indexes, by source and id and by account and revision, against
// the events: each event is in both, and nothing else is. An entry too many would make
// an event that is yet to come a duplicate, one too few a duplicate an event. What is
// wrong is given to found, with the position concerned. The error is that it could not
// look.
//
// It reads events and entries once, in the order in which they are stored, and compares
// sums that nobody can foresee; only if these differ is each looked up. Events that cannot
// be read are passed over.
func (l *Log) CheckIndexes(ctx context.Context, found func(p domain.Position, what string)) error {
	if !l.using.enter() {
		return eventstore.ErrClosed
	}
	defer l.using.leave()
	db := l.db.NewSnapshot()
	defer db.Close()
	c := indexCheck{ctx: ctx, db: db, found: found}
	same, err := c.compare()
	if err != nil || same {
		return err
	}
	if err := c.lookUpEvents(); err != nil {
		return err
	}
	return c.lookUpEntries()
}

// indexNames are for people, by kind of key.
var indexNames = map[byte]string{kindIdentity: "by source and id", kindStream: "by account and revision"}

type indexCheck struct {
	ctx   context.Context
	db    *pebble.Snapshot
	found func(domain.Position, string)
}

// compare sums up which key leads where, once as the events say and once as the indexes do.
func (c indexCheck) compare() (same bool, err error) {
	seed := maphash.MakeSeed()
	want, have := make(map[byte]uint64), make(map[byte]uint64)
	add := func(sums map[byte]uint64, key []byte, p domain.Position) {
		var one maphash.Hash
		one.SetSeed(seed)
		_, _ = one.Write(key)
		maphash.WriteComparable(&one, p)
		sums[key[0]] += one.Sum64()
	}
	whole := true
	err = c.events(func(e eventstore.Recorded) error {
		for _, key := range indexKeys(e) {
			add(want, key, e.Position)
		}
		return nil
	}, func() { whole = false })
	if err != nil {
		return false, err
	}
	err = c.entries(func(key []byte, p domain.Position, err error) error {
		whole = whole && err == nil
		add(have, key, p)
		return nil
	})
	return whole && have[kindIdentity] == want[kindIdentity] && have[kindStream] == want[kindStream], err
}

func indexKeys(e eventstore.Recorded) [2][]byte {
	return [2][]byte{identityKey(e.Source, e.ID), streamKey(e.Stream, e.Revision)}
}

// lookUpEvents looks for each event by both indexes.
func (c indexCheck) lookUpEvents() error {
	return c.events(func(e eventstore.Recorded) error {
		for _, key := range indexKeys(e) {
			value, closer, err := c.db.Get(key)
			if errors.Is(err, pebble.ErrNotFound) {
				c.found(e.Position, "the event is not in the index "+indexNames[key[0]])
				continue
			}
			if err != nil {
				return translate(err, e.Position)
			}
			p, err := indexPosition(key, value)
			switch {
			case err != nil:
				c.found(e.Position, "its entry in the index "+indexNames[key[0]]+" is damaged")
			case p != e.Position:
				c.found(e.Position, fmt.Sprintf("the index %s leads to %d instead", indexNames[key[0]], p))
			}
			if err := closer.Close(); err != nil {
				return err
			}
		}
		return nil
	}, func() {})
}

// lookUpEntries looks for the event of each entry.
func (c indexCheck) lookUpEntries() error {
	return c.entries(func(key []byte, p domain.Position, err error) error {
		if err != nil {
			return nil // if an event has it, it was found by the event
		}
		value, closer, err := c.db.Get(eventKey(p))
		if errors.Is(err, pebble.ErrNotFound) {
			c.found(p, "the index "+indexNames[key[0]]+" leads here, where there is no event")
			return nil
		}
		if err != nil {
			return translate(err, p)
		}
		defer closer.Close()
		e, err := parse(p, value)
		if err != nil {
			return nil // it cannot be read, and reading the log says so
		}
		for _, own := range indexKeys(e) {
			if own[0] == key[0] && string(own) != string(key) {
				c.found(p, "the index "+indexNames[key[0]]+" leads here from another event's entry")
			}
		}
		return nil
	})
}

// events gives all events that can be read, and calls unreadable for the others.
func (c indexCheck) events(do func(eventstore.Recorded) error, unreadable func()) error {
	return c.each(eventBounds(0), func(key, value []byte) error {
		e, err := parse(eventPosition(key), value)
		if err != nil {
			unreadable()
			return nil
		}
		return do(e)
	})
}

// entries gives all entries of both indexes; the error is that one is damaged.
func (c indexCheck) entries(do func(key []byte, p domain.Position, err error) error) error {
	for kind := range indexNames {
		err := c.each(&pebble.IterOptions{LowerBound: []byte{kind}, UpperBound: []byte{kind + 1}}, func(key, value []byte) error {
			p, err := indexPosition(key, value)
			return do(key, p, err)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// each gives what is within the bounds, until the context ends.
func (c indexCheck) each(bounds *pebble.IterOptions, do func(key, value []byte) error) error {
	it, err := c.db.NewIter(bounds)
	if err != nil {
		return translate(err, 0)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return translate(err, 0)
		}
		if err := do(it.Key(), value); err != nil {
			return err
		}
	}
	return translate(it.Error(), 0)
}
