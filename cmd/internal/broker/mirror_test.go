package broker

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

func TestAMirrorOfTheLedgerThatLacksAMessageIsMadeAgain(t *testing.T) {
	t.Parallel()
	l := start(t)
	for range 3 {
		_, err := l.relay.Publish(t.Context(), "ledger.complaint.raised", []byte(`{"complaint":"C2"}`))
		must(t, err)
	}
	l.mirrored(t, "LEDGER", 4)
	nc, err := l.Connect(publicKeeper)
	must(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	must(t, err)

	// A mirror that lets messages be deleted, so that the test can.
	origin, err := l.relay.Stream(t.Context(), "LEDGER")
	must(t, err)
	open := mirrorOf(origin.CachedInfo())
	open.DenyDelete, open.DenyPurge = false, false
	var mirror jetstream.Stream
	eventually(t, func() bool {
		must(t, js.DeleteStream(t.Context(), "LEDGER"))
		mirror, err = js.CreateStream(t.Context(), open)
		return err == nil // or the broker was faster
	})
	l.mirrored(t, "LEDGER", 4)
	must(t, mirror.DeleteMsg(t.Context(), 2))

	eventually(t, func() bool {
		s, err := l.js.Stream(t.Context(), "LEDGER")
		return err == nil && s.CachedInfo().State.Msgs == 4 && s.CachedInfo().Config.DenyDelete
	})
}
