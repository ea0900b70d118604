package relay

import (
	"testing"
	"time"
)

func TestAConsumerWhoseReaderPausesLosesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t).run()
	r.append("acme", "the first")
	read(t.Context(), t, r.source(), 0, 1)
	js := r.broker.connect()
	came := func() uint64 { return js.Conn().Stats().InMsgs }
	c, err := consume(t.Context(), js, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer c.stop()
	// The server says twice that it is there, and then sends all it was asked for.
	for before := came(); came() < before+2; {
		time.Sleep(time.Millisecond)
	}
	before := came()
	r.fill(pullEvents)
	for came() < before+pullEvents {
		time.Sleep(time.Millisecond)
	}
	for want := uint64(2); want <= pullEvents+1; want++ {
		m, err := c.next(t.Context())
		if err != nil {
			t.Fatalf("instead of message %d: %v", want, err)
		}
		if meta, err := m.Metadata(); err != nil || meta.Sequence.Stream != want {
			t.Fatalf("got %+v, %v, want message %d", meta, err, want)
		}
	}
}
