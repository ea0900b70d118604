package ingress

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// Concerning gives the refused messages that seem to concern a person: those that name
// one of the contacts, and the account or none that can be read. What was refused may
// be anything, so this errs on the side of too many.
func (in *Inbox) Concerning(ctx context.Context, account domain.AccountID, contacts []domain.ID) ([]api.Rejected, error) {
	all := []api.Rejected{}
	err := in.concerning(ctx, account, contacts, func(m *jetstream.RawStreamMsg) error {
		all = append(all, itemOf(m))
		return nil
	})
	return all, err
}

// Purge deletes those messages, overwriting their place on disk, and tells how many
// there were.
func (in *Inbox) Purge(ctx context.Context, account domain.AccountID, contacts []domain.ID) (deleted int, err error) {
	err = in.concerning(ctx, account, contacts, func(m *jetstream.RawStreamMsg) error {
		err := in.rejected.SecureDeleteMsg(ctx, m.Sequence)
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return unavailable("delete a refused message", err)
		}
		deleted++
		return nil
	})
	return deleted, err
}

func (in *Inbox) concerning(ctx context.Context, account domain.AccountID, contacts []domain.ID, do func(*jetstream.RawStreamMsg) error) error {
	for after := uint64(0); ; {
		m, err := in.rejected.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(RejectedPrefix+">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return unavailable("look through what was rejected", err)
		}
		after = m.Sequence
		if !rejectedOf(m.Subject, m.Data).concerns(account, contacts) {
			continue
		}
		if err := do(m); err != nil {
			return err
		}
	}
}

// Concerns reports whether it is a refused message that seems to concern a person, as
// [Inbox.Concerning] finds them.
func (k Kept) Concerns(account domain.AccountID, contacts []domain.ID) bool {
	return k.Rejected() && rejectedOf(k.Subject, k.Data).concerns(account, contacts)
}

func (r RejectedMessage) concerns(account domain.AccountID, contacts []domain.ID) bool {
	binary := binaryMode(r.Headers)
	if isOther(codec.DecodeHeader(binary["subject"]), account) {
		return false
	}
	if r.Event == nil {
		return slices.ContainsFunc(contacts, func(c domain.ID) bool { return bytes.Contains(r.Body, []byte(c)) })
	}
	var said any
	if json.Unmarshal(r.Event, &said) != nil {
		return false // it was JSON when it came
	}
	if len(binary) > 0 {
		return mentions(said, contacts) // all of it is data
	}
	if events, ok := said.([]any); ok {
		return slices.ContainsFunc(events, func(e any) bool { return eventConcerns(e, account, contacts) })
	}
	return eventConcerns(said, account, contacts)
}

func eventConcerns(event any, account domain.AccountID, contacts []domain.ID) bool {
	if e, ok := event.(map[string]any); ok {
		if subject, ok := e["subject"].(string); ok && isOther(subject, account) {
			return false
		}
	}
	return mentions(event, contacts)
}

// isOther reports whether a subject names another account, and not none that can be: what
// is refused for its subject may be meant for any.
func isOther(subject string, account domain.AccountID) bool {
	said := domain.AccountID(subject)
	return said != account && (said.Valid() || said == domain.Ledger)
}

// mentions reports whether one of the contacts is a value anywhere in the JSON.
func mentions(said any, contacts []domain.ID) bool {
	switch v := said.(type) {
	case string:
		return slices.Contains(contacts, domain.ID(v))
	case []any:
		return slices.ContainsFunc(v, func(inner any) bool { return mentions(inner, contacts) })
	case map[string]any:
		for _, inner := range v {
			if mentions(inner, contacts) {
				return true
			}
		}
	}
	return false
}
