package access

import (
	"fmt"
	"io"
	"net"
	"testing"
)

func TestConnectionsBeyondTheBoundEndAtOnceAndMakeRoomWhenTheyClose(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := LimitConnections(inner, 2)
	defer l.Close()
	accepted := make(chan net.Conn, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	dial()
	dial()
	first := <-accepted
	<-accepted
	if _, err := dial().Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the third: got %v, want the end", err)
	}
	first.Close()
	first.Close() // counts once
	dial()
	<-accepted
	if _, err := dial().Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the fourth: got %v, want the end", err)
	}
}

func TestOneAddressDoesNotTakeAllConnections(t *testing.T) {
	t.Parallel()
	l := &limited{most: 10_000, from: make(map[string]int)}
	for i := range 2 * maxPerAddress {
		if got, want := l.enter("192.0.2.1"), i < maxPerAddress; got != want {
			t.Fatalf("connection %d: got %v", i, got)
		}
		if !l.enter("") {
			t.Fatalf("connection %d of this machine has no room", i)
		}
	}
	if !l.enter("192.0.2.2") {
		t.Error("another address has no room")
	}
	for range maxPerAddress {
		l.leave("192.0.2.1")
	}
	if fmt.Sprint(l.from) != fmt.Sprintf("map[:%d 192.0.2.2:1]", 2*maxPerAddress) {
		t.Errorf("it keeps %v", l.from)
	}
}
