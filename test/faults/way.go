package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
)

// way leads TCP connections to a server, and can be cut: then its port refuses
// connections, and those that were open are gone, as with a server that is down.
type way struct {
	target string

	mu       sync.Mutex
	addr     string
	listener net.Listener
	open     map[net.Conn]struct{}
}

// openWay opens a way to the server that a URL names.
func openWay(server string) (*way, error) {
	parsed, err := url.Parse(server)
	if err != nil {
		return nil, fmt.Errorf("reading the server's address: %w", err)
	}
	w := &way{target: parsed.Host, addr: "127.0.0.1:0", open: map[net.Conn]struct{}{}}
	return w, w.restore()
}

func (w *way) address() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addr
}

// restore opens the way, at the same address as before.
func (w *way) restore() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	listener, err := net.Listen("tcp", w.addr)
	if err != nil {
		return fmt.Errorf("opening the way to the API server: %w", err)
	}
	w.listener, w.addr = listener, listener.Addr().String()
	go w.accept(listener)
	return nil
}

// cut closes the way and everything that is on it.
func (w *way) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listener != nil {
		_ = w.listener.Close()
		w.listener = nil
	}
	for conn := range w.open {
		_ = conn.Close()
	}
	clear(w.open)
}

func (w *way) close() { w.cut() }

func (w *way) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", w.target)
		if err != nil {
			_ = conn.Close()
			continue
		}
		w.join(listener, conn, server)
	}
}

// join connects two connections, unless the way was cut meanwhile.
func (w *way) join(listener net.Listener, pair ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, from := range pair {
		to := pair[1-i]
		if w.listener != listener {
			_ = from.Close()
			continue
		}
		w.open[from] = struct{}{}
		go func() {
			_, _ = io.Copy(to, from)
			_ = to.Close()
			w.mu.Lock()
			defer w.mu.Unlock()
			delete(w.open, from)
		}()
	}
}
