// Package hostile is what a tenant may name as a Teleport, a chat service or a mail server to harm
// the operator that calls it, and its neighbours: servers whose answers are garbage, never end, come
// a byte at a time, have wrong types, unpack to what no machine has room for, lead elsewhere, or ask
// for less safety than there is.
package hostile

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// Peer is a server that harms who calls it. End it with Close.
type Peer struct {
	// Does says how, such as "gzip bomb".
	Does string
	// Addr is its address, host:port.
	Addr string

	connected atomic.Int64
	ctx       context.Context //nolint:containedctx // It is the life of what serves, which has no caller.
	end       context.CancelFunc
	listener  net.Listener
	serving   sync.WaitGroup
}

// CA is the authority that vouches for peers with TLS, in PEM.
func CA() string { return messengertest.EmailCA() }

// Connected is how many connections were made to it.
func (p *Peer) Connected() int { return int(p.connected.Load()) }

// Close ends the server and all connections, and waits for them.
func (p *Peer) Close() {
	p.end()
	_ = p.listener.Close()
	p.serving.Wait()
}

// Accept implements net.Listener. A connection ends with the peer at the latest.
func (p *Peer) Accept() (net.Conn, error) {
	conn, err := p.listener.Accept()
	if err != nil {
		return nil, err
	}
	p.connected.Add(1)
	context.AfterFunc(p.ctx, func() { _ = conn.Close() })
	return conn, nil
}

// peerListener is a peer as what an http.Server listens with.
type peerListener struct{ *Peer }

// Close implements net.Listener. It is the peer that ends.
func (peerListener) Close() error { return nil }

// Addr implements net.Listener.
func (l peerListener) Addr() net.Addr { return l.listener.Addr() }

func listen(does string) (*Peer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // It ends with Close.
	if err != nil {
		return nil, fmt.Errorf("starting a hostile server: %w", err)
	}
	p := &Peer{Does: does, Addr: listener.Addr().String(), listener: listener}
	p.ctx, p.end = context.WithCancel(context.Background())
	return p, nil
}

// act ill-treats a connection, which is closed when it returns.
type act struct {
	does string
	do   func(net.Conn)
}

// startAct ill-treats all connections, inside TLS if there is a configuration.
func startAct(a act, config *tls.Config) (*Peer, error) {
	p, err := listen(a.does)
	if err != nil {
		return nil, err
	}
	p.serving.Go(func() {
		for {
			conn, err := p.Accept()
			if err != nil {
				return
			}
			p.serving.Go(func() {
				defer func() { _ = conn.Close() }()
				if config != nil {
					conn = tls.Server(conn, config)
				}
				a.do(conn)
			})
		}
	})
	return p, nil
}

// startHTTP serves HTTP/1.1 and HTTP/2 over TLS, or without a configuration HTTP/1.1 in clear text.
func startHTTP(does string, handler http.Handler, config *tls.Config) (*Peer, error) {
	p, err := listen(does)
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		Handler: afterBody(handler), TLSConfig: config, ReadHeaderTimeout: time.Minute,
		ErrorLog: log.New(io.Discard, "", 0), // What callers do about it is for them to say.
	}
	serve := server.Serve
	if config != nil {
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	p.serving.Go(func() {
		// It ends with its listener.
		_ = serve(peerListener{p})
		_ = server.Close()
	})
	return p, nil
}

// afterBody reads a request before it is answered: until then, nobody would notice that its caller
// has gone.
func afterBody(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, maxRequest))
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler.ServeHTTP(w, r)
	})
}

// maxRequest is more than any caller sends.
const maxRequest = 16 << 20

// secured is the configuration of a server that shows a certificate of CA.
func secured(protocols ...string) *tls.Config {
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{messengertest.EmailCertificate("127.0.0.1", time.Now().Add(time.Hour))},
		NextProtos:   protocols,
	}
}

// peers collects those that are started, and the first error.
type peers struct {
	all []*Peer
	err error
}

func (s *peers) add(p *Peer, err error) {
	if err != nil {
		s.err = errors.Join(s.err, err)
		return
	}
	s.all = append(s.all, p)
}

// result returns all, or none.
func (s *peers) result() ([]*Peer, error) {
	if s.err == nil {
		return s.all, nil
	}
	Close(s.all)
	return nil, s.err
}

// Close ends peers.
func Close(all []*Peer) {
	for _, p := range all {
		p.Close()
	}
}

// Webs starts what a tenant may name as an address of HTTPS, be it that of a chat service, a webhook
// or the Proxy of a Teleport: one for each way to do harm.
func Webs() ([]*Peer, error) {
	var started peers
	for _, a := range answers() {
		started.add(startHTTP(a.does, a.serve, secured("h2", "http/1.1")))
	}
	for _, a := range answers() {
		if a.byHTTP1 {
			started.add(startHTTP(a.does+" by HTTP/1.1", a.serve, secured("http/1.1")))
		}
	}
	for _, a := range floods() {
		started.add(startAct(a, secured("h2")))
	}
	for _, a := range wires() {
		started.add(startAct(a, nil))
	}
	return started.result()
}
