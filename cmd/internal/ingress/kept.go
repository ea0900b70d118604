package ingress

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Kept is a message that is nowhere but in JetStream: one of the inbox that is not
// recorded yet, or one of the rejected list.
type Kept struct {
	Subject string      `json:"subject"`
	Time    time.Time   `json:"time"` // when JetStream took it
	Header  nats.Header `json:"header,omitempty"`
	Data    []byte      `json:"data"`
}

// Rejected tells a message of the rejected list from one of the inbox.
func (k Kept) Rejected() bool { return strings.HasPrefix(k.Subject, RejectedPrefix) }

// keptTime is the header that has the first time of a message that was put back.
const keptTime = "Rapport-Time"

// Kept yields what the inbox and then the rejected list have, oldest first. What leaves
// the inbox meanwhile is, when this is done, in the log or was yielded with the
// rejected list.
func (in *Inbox) Kept(ctx context.Context) iter.Seq2[Kept, error] {
	return func(yield func(Kept, error) bool) {
		for _, from := range []struct{ stream, subjects string }{
			{inboxStream, inboxSubjects}, {rejectedStream, RejectedPrefix + ">"},
		} {
			for m, err := range in.messages(ctx, from.stream, from.subjects) {
				if err != nil {
					yield(Kept{}, fmt.Errorf("read %s: %w", from.stream, err))
					return
				}
				if !yield(Kept{Subject: m.Subject, Time: timeOf(m), Header: m.Header, Data: m.Data}, nil) {
					return
				}
			}
		}
	}
}

// messages are those of a stream, oldest first.
func (in *Inbox) messages(ctx context.Context, name, subjects string) iter.Seq2[*jetstream.RawStreamMsg, error] {
	return func(yield func(*jetstream.RawStreamMsg, error) bool) {
		stream, err := in.js.Stream(ctx, name)
		if err != nil {
			yield(nil, err)
			return
		}
		for after := uint64(0); ; {
			m, err := stream.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(subjects))
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return
			}
			if !yield(m, err) || err != nil {
				return
			}
			after = m.Sequence
		}
	}
}

// PutBack puts messages that were [Inbox.Kept] into their streams again. Under the
// same name it does so once, if it is called again within moments. Call it before
// [Inbox.Run].
func (in *Inbox) PutBack(ctx context.Context, name string, messages iter.Seq2[Kept, error]) error {
	n := 0
	for k, err := range messages {
		if err != nil {
			return err
		}
		n++
		m := &nats.Msg{Subject: k.Subject, Data: k.Data, Header: nats.Header{}}
		for key, values := range k.Header {
			// What the sender asked of JetStream was about the first time.
			if !strings.HasPrefix(key, "Nats-") {
				m.Header[key] = values
			}
		}
		m.Header.Set(keptTime, k.Time.Format(time.RFC3339Nano))
		if _, err := in.js.PublishMsg(ctx, m, jetstream.WithMsgID("kept-"+name+"-"+strconv.Itoa(n))); err != nil {
			return unavailable("put message "+strconv.Itoa(n)+" back on "+k.Subject, err)
		}
	}
	return nil
}

// timeOf is when JetStream first took the message.
func timeOf(m *jetstream.RawStreamMsg) time.Time {
	if t, err := time.Parse(time.RFC3339Nano, m.Header.Get(keptTime)); err == nil {
		return t
	}
	return m.Time.UTC()
}
