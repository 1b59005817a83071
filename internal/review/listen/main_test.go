package listen

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// calls counts what became of calls.
type calls struct {
	mu     sync.Mutex
	became map[Outcome]int
}

func (c *calls) count(o Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.became == nil {
		c.became = map[Outcome]int{}
	}
	c.became[o]++
}

func (c *calls) of(o Outcome) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.became[o]
}

// only finds notifiers of the namespace team, by their names.
func only(notifiers map[string]http.HandlerFunc) func(string, string) (http.HandlerFunc, bool) {
	return func(namespace, name string) (http.HandlerFunc, bool) {
		receive, ok := notifiers[name]
		return receive, ok && namespace == "team"
	}
}

func fine(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// running is a server, and how to end it.
type running struct {
	address string
	stop    func()
	ended   chan error
}

// run serves on the loopback interface, until the test ends.
func run(t *testing.T, o Options) *running {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, s, listener)
}

func start(t *testing.T, s *Server, listener net.Listener) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{address: listener.Addr().String(), ended: make(chan error, 1)}
	var once sync.Once
	r.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-r.ended; err != nil {
				t.Errorf("serve = %v", err)
			}
		})
	}
	go func() { r.ended <- s.serve(ctx, listener) }()
	t.Cleanup(r.stop)
	return r
}

// pipes is a listener whose connections are in memory, fit for testing/synctest.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}
