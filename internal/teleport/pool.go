package teleport

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/signal"
)

// DefaultResyncInterval is the time between two full lists of a session that
// stays connected, up to a tenth more or less.
const DefaultResyncInterval = 10 * time.Minute

// Key says which session a notifier needs. Notifiers with equal keys share one.
type Key struct {
	// Namespace is the namespace of the references; empty outside Kubernetes.
	Namespace string
	// Address is the Auth's or Proxy's, host:port.
	Address string
	// IdentityRef names where the identity comes from, such as a Secret and key.
	IdentityRef string
	// CARef names where the private CA comes from, if there is one.
	CARef string
}

// ConnectFunc makes a connection. It must end with ctx, and its errors should
// be of type *Error.
type ConnectFunc func(ctx context.Context, address string, id *Identity) (Client, error)

// Options configure a pool. The zero value is ready for use.
type Options struct {
	// Log gets what happens to connections; nothing is logged by default.
	Log logr.Logger
	// Guard decides where connections may lead, by default nowhere on this machine
	// or its link.
	Guard *dialguard.Guard
	// Connect makes connections; that of a [Dialer] with the guard by default.
	Connect ConnectFunc
	// ResyncInterval is the time between two full lists;
	// [DefaultResyncInterval] by default.
	ResyncInterval time.Duration
}

// Pool keeps one session for each key that is in use.
type Pool struct {
	options Options
	wake    signal.Signal

	mu       sync.Mutex
	sessions map[Key]*pooled
	pending  []*pooled
}

// pooled is a session with its users.
type pooled struct {
	session *Session
	handles int
	// stop ends the running session; nil until it runs.
	stop context.CancelFunc
}

// SessionHandle is one user's hold on a session, which lives until its last handle is
// released.
type SessionHandle struct {
	*Session
	release func()
}

// NewPool returns a pool that does nothing before [Pool.Run].
func NewPool(o Options) *Pool {
	if o.Connect == nil {
		if o.Guard == nil {
			o.Guard = dialguard.New()
		}
		o.Connect = Dialer{Guard: o.Guard}.Dial
	}
	if o.ResyncInterval <= 0 {
		o.ResyncInterval = DefaultResyncInterval
	}
	return &Pool{options: o, wake: signal.New(), sessions: map[Key]*pooled{}}
}

// Run runs the pool's sessions until ctx ends, and returns nil once all of them
// have ended. It must be called once.
func (p *Pool) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		p.startPending(ctx, &running)
		select {
		case <-p.wake:
		case <-ctx.Done():
			return nil
		}
	}
}

// Acquire returns a handle of the session with that key, and makes it if there
// is none. The session uses id, unless that is nil, as if by
// [Session.SetIdentity]. Acquire does no I/O. It may be called before Run.
func (p *Pool) Acquire(key Key, id *Identity) *SessionHandle {
	p.mu.Lock()
	entry, ok := p.sessions[key]
	if !ok {
		entry = &pooled{session: newSession(key, p.options)}
		p.sessions[key] = entry
		p.pending = append(p.pending, entry)
	}
	entry.handles++
	p.mu.Unlock()

	entry.session.SetIdentity(id)
	p.wake.Give()
	return &SessionHandle{Session: entry.session, release: sync.OnceFunc(func() { p.drop(key, entry) })}
}

// Release gives the session back. It returns at once and may be called again.
func (l *SessionHandle) Release() {
	l.release()
}

func (p *Pool) drop(key Key, entry *pooled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	entry.handles--
	if entry.handles > 0 {
		return
	}
	delete(p.sessions, key)
	if entry.stop != nil {
		entry.stop()
	}
}

func (p *Pool) startPending(ctx context.Context, running *sync.WaitGroup) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, entry := range p.pending {
		if entry.handles == 0 {
			continue
		}
		sessionCtx, cancel := context.WithCancel(ctx)
		entry.stop = cancel
		running.Go(func() {
			defer cancel()
			entry.session.run(sessionCtx)
		})
	}
	p.pending = nil
}
