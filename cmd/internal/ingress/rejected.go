package ingress

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

// ErrNotRejected is an id that the rejected list does not have.
var ErrNotRejected = errors.New("not in the rejected list")

// problemKey is the metadata under which a message carries its problem on the way to
// the rejected list.
const problemKey = "problem"

// RejectedMessage is a message of REJECTED: what is wrong with a message of the inbox,
// and that message.
type RejectedMessage struct {
	Problem  *api.Problem `json:"problem"`
	Source   string       `json:"source"`   // what came after inbox.
	Received time.Time    `json:"received"` // by the inbox
	Headers  nats.Header  `json:"headers,omitempty"`
	// Event is the body, if it is JSON; otherwise Body is, in base64.
	Event json.RawMessage `json:"event,omitempty"`
	Body  []byte          `json:"body,omitempty"`
}

// encode writes the message as JSON, its event as it came: escaped for HTML, as is
// usual, it might be six times as long and more than a message may be.
func (r RejectedMessage) encode() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		panic(err) // a struct of our own, which can be written
	}
	return b.Bytes()
}

// rejecter moves messages to REJECTED: the poison queue's publisher.
type rejecter struct {
	js jetstream.JetStream
}

var _ message.Publisher = (*rejecter)(nil)

// Publish returns when the messages are on disk.
func (r *rejecter) Publish(_ string, messages ...*message.Message) error {
	for _, m := range messages {
		d := deliveryOf(m)
		rejected := RejectedMessage{
			Source:   strings.TrimPrefix(d.Subject(), InboxPrefix),
			Received: d.received.UTC().Truncate(time.Microsecond),
			Headers:  d.Headers(),
		}
		if err := json.Unmarshal([]byte(m.Metadata.Get(problemKey)), &rejected.Problem); err != nil {
			return fmt.Errorf("reject: %w", err)
		}
		if body := d.Data(); json.Valid(body) && utf8.Valid(body) {
			rejected.Event = body
		} else {
			rejected.Body = body
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(m.Context()), recordTimeout)
		_, err := r.js.Publish(ctx, RejectedPrefix+rejected.Source, rejected.encode(),
			jetstream.WithMsgID(fmt.Sprintf("inbox-%d-%d", d.sequence, d.received.UnixNano())))
		cancel()
		if err != nil {
			return fmt.Errorf("reject: %w", err)
		}
	}
	return nil
}

// Close does nothing: the connection is not the rejecter's.
func (r *rejecter) Close() error { return nil }

// pageSize bounds a page of the rejected list, in bytes; it has one message at least.
const pageSize = 8 << 20

// Rejected lists up to limit refused messages, oldest first, after the cursor; the
// empty cursor is the beginning. Pages of large messages have fewer.
func (in *Inbox) Rejected(ctx context.Context, cursor string, limit int) (api.Page[api.Rejected], error) {
	var page api.Page[api.Rejected]
	var after uint64
	if cursor != "" {
		var err error
		if after, err = strconv.ParseUint(cursor, 10, 63); err != nil {
			return page, api.Malformed("The cursor is not one this list gave.")
		}
	}
	for size := 0; ; {
		m, err := in.rejected.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(RejectedPrefix+">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return page, nil
		}
		if err != nil {
			return page, unavailable("list what was rejected", err)
		}
		if size += len(m.Data); len(page.Items) == limit || len(page.Items) > 0 && size > pageSize {
			page.Next = strconv.FormatUint(after, 10)
			return page, nil
		}
		page.Items = append(page.Items, itemOf(m))
		after = m.Sequence
	}
}

// Get gives one refused message, or [ErrNotRejected].
func (in *Inbox) Get(ctx context.Context, id string) (api.Rejected, error) {
	m, err := in.find(ctx, id)
	if err != nil {
		return api.Rejected{}, err
	}
	return itemOf(m), nil
}

// Resend records the events of a refused message again, as ctx's principal's, with the
// rights of who sent it. If all are recorded, it
// leaves the rejected list; otherwise it stays as it is, and the receipts say what is
// wrong now. An error that is not about the message is an [*api.Problem] or the log's.
func (in *Inbox) Resend(ctx context.Context, id string) (api.Receipts, error) {
	m, err := in.find(ctx, id)
	if err != nil {
		return api.Receipts{}, err
	}
	rejected := rejectedOf(m.Subject, m.Data)
	body := rejected.Body
	if rejected.Event != nil {
		body = rejected.Event
	}
	sender := in.sender(rejected.Source)
	if p := access.From(ctx); p.Known() {
		sender.ID = p.ID
	}
	all, err := in.record(ctx, sender, &nats.Msg{Header: rejected.Headers, Data: body})
	answer := api.Receipts{Receipts: all}
	if err != nil || answer.Rejected() {
		return answer, err
	}
	err = in.rejected.DeleteMsg(ctx, m.Sequence)
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return answer, unavailable("take message "+id+" off the rejected list", err)
	}
	return answer, nil
}

func (in *Inbox) find(ctx context.Context, id string) (*jetstream.RawStreamMsg, error) {
	sequence, err := strconv.ParseUint(id, 10, 63)
	if err != nil || sequence == 0 {
		return nil, ErrNotRejected
	}
	m, err := in.rejected.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, ErrNotRejected
	}
	if err != nil {
		return nil, unavailable("look up rejected message "+id, err)
	}
	return m, nil
}

// rejectedOf reads a message of REJECTED. What the ledger did not put there, as can be where
// NATS is elsewhere, is on the list as it is, and keeps nothing else from being listed or
// forgotten.
func rejectedOf(subject string, data []byte) RejectedMessage {
	var r RejectedMessage
	if json.Unmarshal(data, &r) != nil || r.Problem == nil {
		r = RejectedMessage{Problem: api.Malformed("The ledger did not put it on this list."), Source: strings.TrimPrefix(subject, RejectedPrefix), Body: data}
	}
	return r
}

func itemOf(m *jetstream.RawStreamMsg) api.Rejected {
	r := rejectedOf(m.Subject, m.Data)
	return api.Rejected{
		ID: strconv.FormatUint(m.Sequence, 10), Source: r.Source, Time: timeOf(m).Truncate(time.Microsecond),
		Problem: *r.Problem, Event: r.Event, Original: string(r.Body),
	}
}

// unavailable is trouble with the server, as the doors tell it.
func unavailable(act string, err error) error {
	return fmt.Errorf("%s: %w: %w", act, api.Unavailable("NATS does not answer, and what came by the inbox is there; ask again."), err)
}
