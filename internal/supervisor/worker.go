package supervisor

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
)

// worker runs one notifier: one engine at a time.
type worker struct {
	key Key
	// changed holds a token while the spec is newer than the engine.
	changed chan struct{}
	// started is whether the worker has a goroutine; guarded by Supervisor.mu.
	started bool

	mu sync.Mutex
	// spec is what should run, nil when nothing should.
	spec *Spec
	hash string
	// epoch counts specs. What an engine of an older one reports is dropped.
	epoch int
	// identity is the newest identity that can be used; identityErr is why a
	// newer one cannot.
	identity    *teleport.Identity
	identityErr error
	// recheck looks again at an identity that is not valid yet.
	recheck *time.Timer
	lease   *teleport.Lease
	session teleport.Key
	engine  *notifier.Notifier
	// failure is why there is no engine although there should be one.
	failure error
	crashes int
	// tell says that the snapshot has changed. It is called without mu.
	tell func()
}

func newWorker(key Key, tell func()) *worker {
	return &worker{key: key, changed: make(chan struct{}, 1), tell: tell}
}

// want makes spec the one to run.
func (w *worker) want(spec Spec) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.takeIdentity(spec)
	hash := spec.hash()
	if w.spec != nil && w.hash == hash {
		w.spec = &spec
		return
	}
	w.spec, w.hash = &spec, hash
	w.replace()
}

// replace makes the engine out of date. What it says from now on is not about
// the spec, so it is not shown. The caller holds mu.
func (w *worker) replace() {
	w.engine, w.failure = nil, nil
	w.epoch++
	signal(w.changed)
}

// takeIdentity hands a usable identity on to the session. An identity that
// cannot be used changes nothing there: the session keeps what it has.
func (w *worker) takeIdentity(spec Spec) {
	stopTimer(w.recheck)
	identity, err := teleport.ParseIdentity(spec.Teleport.Identity, time.Now())
	w.identityErr = err
	if err != nil {
		w.awaitIdentity(err)
		return
	}
	w.identity = identity
	if w.lease != nil && w.session == spec.session(w.key.Namespace) {
		w.lease.SetIdentity(identity)
	}
}

// identityRecheck is the longest time between two looks at an identity that is
// not valid yet: it becomes valid earlier than announced if the clock of this
// machine, which was behind, is set right.
const identityRecheck = 10 * time.Second

// awaitIdentity has an identity that becomes valid by itself looked at again then.
// The caller holds mu.
func (w *worker) awaitIdentity(err error) {
	e, ok := errors.AsType[*teleport.Error](err)
	if !ok || e.Detail != teleport.IdentityNotYetValid {
		return
	}
	wait := min(time.Until(e.ValidFrom), identityRecheck)
	w.recheck = time.AfterFunc(max(wait, time.Second/10), w.takeAwaitedIdentity)
}

// takeAwaitedIdentity looks again at the identity of the spec.
func (w *worker) takeAwaitedIdentity() {
	w.mu.Lock()
	awaiting := w.spec != nil && w.identityErr != nil
	if awaiting {
		w.takeIdentity(*w.spec)
	}
	taken := awaiting && w.identityErr == nil
	w.mu.Unlock()
	if taken {
		w.tell()
	}
}

// unusable returns why the newest identity cannot be used, nil if it can. One
// that could be when it came may have expired since. The caller holds mu.
func (w *worker) unusable(now time.Time) error {
	if w.identityErr != nil || w.identity == nil {
		return w.identityErr
	}
	return w.identity.Valid(now)
}

// remove makes nothing the thing to run.
func (w *worker) remove() {
	w.mu.Lock()
	defer w.mu.Unlock()
	stopTimer(w.recheck)
	w.spec, w.hash = nil, ""
	w.identity, w.identityErr = nil, nil
	w.replace()
}

func (w *worker) resync() {
	w.mu.Lock()
	engine := w.engine
	w.mu.Unlock()
	if engine != nil {
		engine.Resync()
	}
}

func (w *worker) removed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.spec == nil
}

// current returns what should run, false if nothing should.
func (w *worker) current() (spec Spec, epoch int, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.spec == nil {
		return Spec{}, w.epoch, false
	}
	return *w.spec, w.epoch, true
}

// hold makes the worker hold a lease of the spec's session. A session that it
// held before is let go after the new one is held, so that one session serves
// both if they are the same.
func (w *worker) hold(pool *teleport.Pool, spec Spec) *teleport.Lease {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := spec.session(w.key.Namespace)
	if w.lease != nil && w.session == key {
		return w.lease
	}
	lease := pool.Acquire(key, w.identity)
	if w.lease != nil {
		w.lease.Release()
	}
	w.lease, w.session = lease, key
	return lease
}

// letGo gives the lease back, and waits for no identity any more.
func (w *worker) letGo() {
	w.mu.Lock()
	defer w.mu.Unlock()
	stopTimer(w.recheck)
	if w.lease != nil {
		w.lease.Release()
	}
	w.lease, w.session = nil, teleport.Key{}
}

// report notes the engine of an epoch, or why there is none.
func (w *worker) report(epoch int, engine *notifier.Notifier, failure error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if epoch == w.epoch {
		w.engine, w.failure = engine, failure
	}
}

func stopTimer(timer *time.Timer) {
	if timer != nil {
		timer.Stop()
	}
}

func (w *worker) crashed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.crashes++
}

// errPanic is returned for an engine that panicked where it could not be
// recovered inside.
var errPanic = errors.New("engine panicked")

// protect runs f and turns a panic into an error without its value, which may
// hold what people typed.
func protect(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("%w with a %T", errPanic, value)
		}
	}()
	return f()
}
