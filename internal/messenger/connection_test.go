package messenger

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestALostConnectionIsReplaced loses all packets of a connection that serves
// every call, as a firewall does that has forgotten it.
func TestALostConnectionIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor != 2 {
				t.Errorf("a call by %s", r.Proto)
			}
			w.WriteHeader(http.StatusNoContent)
		}))
		_ = server.Listener.Close()
		server.Listener, server.EnableHTTP2 = listener, true
		server.StartTLS()
		defer server.Close()
		client := NewHTTPClient(TransportConfig{})
		trust(client, server)
		transport := client.Transport.(*http.Transport)
		transport.Proxy = nil
		transport.DialContext = listener.dial
		defer client.CloseIdleConnections()
		call := func() error {
			response, err := client.Get("https://example.com/")
			if err == nil {
				err = response.Body.Close()
			}
			return err
		}
		if err := call(); err != nil {
			t.Fatal(err)
		}
		listener.lost.Store(true)
		began := time.Now()
		if call() == nil {
			t.Fatal("a call got an answer over a lost connection")
		}
		listener.lost.Store(false)
		for err := call(); err != nil; err = call() {
			if time.Since(began) > time.Minute {
				t.Fatalf("still no new connection: %v", err)
			}
			time.Sleep(time.Second)
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("it took %v to give the connection up", took)
		}
	})
}

// pipes is a network without sockets.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	close sync.Once
	// lost makes the connections that exist lose what is written, forever.
	lost atomic.Bool
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return &lossy{Conn: client, network: p}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	p.close.Do(func() { close(p.done) })
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443} }

// lossy is a connection whose packets get lost from some moment on.
type lossy struct {
	net.Conn
	network *pipes
	lost    atomic.Bool
}

func (c *lossy) Write(p []byte) (int, error) {
	if c.network.lost.Load() {
		c.lost.Store(true)
	}
	if c.lost.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}
