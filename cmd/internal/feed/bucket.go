package feed

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rapport-ledger/rapport/domain"
)

// timeout bounds each question to the server.
const timeout = 10 * time.Second

var seed = maphash.MakeSeed()

// bucket is a KV bucket and what is known to be in it.
type bucket struct {
	kv jetstream.KeyValue
	// has is a hash of each answer in the bucket, by account and id.
	has map[domain.AccountID]map[string]uint64
}

// accountOf is the account of an id: what precedes the tilde.
func accountOf(id string) domain.AccountID {
	account, _, _ := strings.Cut(id, "~")
	return domain.AccountID(account)
}

// openBucket makes sure of the bucket and reads it.
func openBucket(ctx context.Context, js jetstream.JetStream, name string) (*bucket, error) {
	short, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	// The stream is what a KV bucket is, but not synced: the answers can be made again.
	_, err := js.CreateOrUpdateStream(short, jetstream.StreamConfig{
		Name:              "KV_" + name,
		Description:       "The current answers of the projection " + name + ".",
		Subjects:          []string{"$KV." + name + ".>"},
		MaxMsgsPerSubject: 1,
		Discard:           jetstream.DiscardNew,
		Storage:           jetstream.FileStorage,
		PersistMode:       jetstream.AsyncPersistMode,
		AllowRollup:       true,
		DenyDelete:        true,
		AllowDirect:       true,
	})
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	b := &bucket{has: make(map[domain.AccountID]map[string]uint64)}
	if b.kv, err = js.KeyValue(short, name); err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	if err := b.load(ctx); err != nil {
		return nil, fmt.Errorf("read bucket %s: %w", name, err)
	}
	return b, nil
}

func (b *bucket) load(ctx context.Context) error {
	watch, err := b.kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return err
	}
	defer watch.Stop()
	idle := time.NewTimer(timeout)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-idle.C:
			return errors.New("the server stopped sending")
		case e, ok := <-watch.Updates():
			if !ok {
				return errors.New("the connection was lost")
			}
			if e == nil {
				return nil
			}
			idle.Reset(timeout)
			id, err := ID(e.Key())
			if err != nil {
				return err
			}
			b.note(id, maphash.Bytes(seed, e.Value()))
		}
	}
}

func (b *bucket) note(id string, hash uint64) {
	account := accountOf(id)
	if b.has[account] == nil {
		b.has[account] = make(map[string]uint64, 1)
	}
	b.has[account][id] = hash
}

// set makes the bucket have these answers of the account and no others. Nothing is
// written that is there already.
func (b *bucket) set(ctx context.Context, account domain.AccountID, answers map[string][]byte) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for id, answer := range answers {
		hash := maphash.Bytes(seed, answer)
		if had, ok := b.has[account][id]; ok && had == hash {
			continue
		}
		if accountOf(id) != account {
			return fmt.Errorf("answer %q is not one of account %s", id, account)
		}
		if _, err := b.kv.Put(ctx, Key(id), answer); err != nil {
			return fmt.Errorf("put %s: %w", id, err)
		}
		b.note(id, hash)
	}
	for id := range b.has[account] {
		if _, ok := answers[id]; ok {
			continue
		}
		if err := b.kv.Purge(ctx, Key(id)); err != nil {
			return fmt.Errorf("delete %s: %w", id, err)
		}
		delete(b.has[account], id)
	}
	if len(b.has[account]) == 0 {
		delete(b.has, account)
	}
	return nil
}
