package teleporttest

import (
	"crypto/tls"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/credentials"
)

// connections knows every TCP connection of a server, so that all of them can
// be cut at once.
type connections struct {
	mu      sync.Mutex
	open    map[*conn]struct{}
	refused bool
}

// conn is one TCP connection.
type conn struct {
	net.Conn
	owner *connections
	// established is set once the client has shown a valid certificate.
	established atomic.Bool
	// isCut is set when the server plays dead.
	isCut atomic.Bool
}

func newConnections() *connections {
	return &connections{open: map[*conn]struct{}{}}
}

// refuse closes every connection and every one that is accepted from now on,
// or ends that.
func (c *connections) refuse(on bool) {
	c.mu.Lock()
	c.refused = on
	var open []*conn
	if on {
		open = slices.Collect(maps.Keys(c.open))
		clear(c.open)
	}
	c.mu.Unlock()
	for _, nc := range open {
		nc.cut()
	}
}

func (c *connections) established() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for nc := range c.open {
		if nc.established.Load() {
			n++
		}
	}
	return n
}

// cutTimeout is how long a client may take to notice that the server is gone.
const cutTimeout = time.Second

// cut ends the connection as the end of the server's process would: the client
// reads an EOF. To close the socket at once would reset the connection if bytes
// of the client were unread, so those are read and thrown away.
func (nc *conn) cut() {
	nc.isCut.Store(true)
	_ = nc.SetReadDeadline(time.Now().Add(cutTimeout))
	if half, ok := nc.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// Read reads what the client sends, and nothing more once the connection is
// cut.
func (nc *conn) Read(p []byte) (int, error) {
	n, err := nc.Conn.Read(p)
	for err == nil && nc.isCut.Load() {
		n, err = nc.Conn.Read(p)
	}
	if nc.isCut.Load() {
		n = 0
	}
	return n, err
}

// Write sends to the client; once the connection is cut it only pretends to.
func (nc *conn) Write(p []byte) (int, error) {
	if nc.isCut.Load() {
		return len(p), nil
	}
	return nc.Conn.Write(p)
}

// Close closes the connection and forgets it.
func (nc *conn) Close() error {
	nc.owner.mu.Lock()
	delete(nc.owner.open, nc)
	nc.owner.mu.Unlock()
	return nc.Conn.Close()
}

// listener hands its connections to a connections.
type listener struct {
	net.Listener
	conns *connections
}

// Accept waits for the next connection.
func (l *listener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	nc := &conn{Conn: raw, owner: l.conns}
	l.conns.mu.Lock()
	refused := l.conns.refused
	if !refused {
		l.conns.open[nc] = struct{}{}
	}
	l.conns.mu.Unlock()
	if refused {
		_ = raw.Close()
	}
	return nc, nil
}

// serverCredentials are TLS credentials that mark a connection as established
// once its handshake has succeeded.
type serverCredentials struct {
	credentials.TransportCredentials
}

func newServerCredentials(config *tls.Config) credentials.TransportCredentials {
	return serverCredentials{credentials.NewTLS(config)}
}

// ServerHandshake does the TLS handshake.
func (c serverCredentials) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	secured, info, err := c.TransportCredentials.ServerHandshake(raw)
	if nc, ok := raw.(*conn); ok && err == nil {
		nc.established.Store(true)
	}
	return secured, info, err
}
