package messengertest

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// errRefused is what a client sees of a closed port.
var errRefused error = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

// reopenWithin is how long the old port may take to become free again.
const reopenWithin = 5 * time.Second

// front answers what comes in at a port.
type front interface {
	// Serve answers until Close. It always ends because of that: there is no other way to stop it.
	Serve(net.Listener) error
	Close() error
}

// listening is the network side of a simulator.
type listening struct {
	// scheme begins the address of the API, and path ends it.
	scheme, path string
	// front makes what answers while the port is open, and counts what goes on.
	front func(*running) front

	mu      sync.Mutex
	address string
	serving front
	socket  net.Listener
	running *running
}

// httpFront answers by HTTP.
func httpFront(handler http.Handler) func(*running) front {
	return func(calls *running) front {
		return &http.Server{
			ReadHeaderTimeout: 10 * time.Second,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !calls.enter() {
					panic(http.ErrAbortHandler)
				}
				defer calls.wg.Done()
				handler.ServeHTTP(w, r)
			}),
		}
	}
}

// running counts what goes on behind one opening of the port. A request whose
// connection was accepted just before the end comes too late.
type running struct {
	mu   sync.Mutex
	over bool
	wg   sync.WaitGroup
}

func (r *running) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return false
	}
	r.wg.Add(1)
	return true
}

func (r *running) end() {
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	r.wg.Wait()
}

// Listen serves on addr, such as "127.0.0.1:8080"; empty means a free port of
// 127.0.0.1.
func (l *listening) Listen(addr string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.address != "" {
		return fmt.Errorf("already listening on %s", l.address)
	}
	return l.open(cmp.Or(addr, "127.0.0.1:0"))
}

// URL returns the address of the API, and "" before Listen.
func (l *listening) URL() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.address == "" {
		return ""
	}
	return l.scheme + "://" + l.address + l.path
}

// Close stops serving, ends every connection and waits until no call is being
// answered.
func (l *listening) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shut()
	l.address = ""
}

// refuse closes or reopens the port of a simulator that listens.
func (l *listening) refuse(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.address == "" {
		return
	}
	if on {
		l.shut()
		return
	}
	deadline := time.Now().Add(reopenWithin)
	for {
		err := l.open(l.address)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			panic("the simulator's port cannot be opened again: " + err.Error())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (l *listening) open(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	calls := &running{}
	server := l.front(calls)
	l.address, l.serving, l.socket, l.running = listener.Addr().String(), server, listener, calls
	calls.wg.Go(func() { _ = server.Serve(listener) })
	return nil
}

func (l *listening) shut() {
	if l.serving == nil {
		return
	}
	// What has not begun to serve yet does not know what to close.
	_ = l.socket.Close()
	_ = l.serving.Close()
	l.running.end()
	l.serving = nil
}
