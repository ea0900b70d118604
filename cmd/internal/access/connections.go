package access

import (
	"net"
	"sync"
)

// maxPerAddress is how many connections there may be from one address at a time, other
// than from this machine.
const maxPerAddress = 512

// LimitConnections is the listener with a bound on the connections that are open at a
// time, in all and from each address. It ends those beyond at once: to let them wait
// would let one client keep the others out.
func LimitConnections(l net.Listener, most int) net.Listener {
	return &limited{Listener: l, most: most, from: make(map[string]int)}
}

type limited struct {
	net.Listener
	most int

	mu   sync.Mutex
	open int
	from map[string]int
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		address := ""
		if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
			address = tcp.IP.String()
		}
		if l.enter(address) {
			return &counted{Conn: conn, leave: sync.OnceFunc(func() { l.leave(address) })}, nil
		}
		_ = conn.Close()
	}
}

// enter is false if there is no room. The empty address is this machine.
func (l *limited) enter(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.most || address != "" && l.from[address] >= maxPerAddress {
		return false
	}
	l.open++
	l.from[address]++
	return true
}

func (l *limited) leave(address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.from[address]--; l.from[address] == 0 {
		delete(l.from, address)
	}
}

type counted struct {
	net.Conn
	leave func()
}

func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}
