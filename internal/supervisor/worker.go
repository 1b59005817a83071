package supervisor

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/internal/wording"
)

// identityRecheck is the longest time between two looks at an identity that is
// not valid yet: it becomes valid earlier than announced if the clock of this
// machine, which was behind, is set right.
const identityRecheck = 10 * time.Second

// worker is one notifier: what should run, and what does.
type worker struct {
	key Key
	// tell says that the snapshot has changed. It is called without mu.
	tell func()

	mu sync.Mutex
	s  workerState
}

// workerState is guarded by worker.mu.
type workerState struct {
	// spec is what should run, nil when nothing should; hash tells specs apart.
	spec *Spec
	hash string
	// run is the newest one, nil before there is any. It may have to end yet.
	run *run
	// identity is the newest identity that can be used; identityErr is why a
	// newer one cannot.
	identity    *teleport.Identity
	identityErr error
	// recheck looks again at an identity that is not valid yet.
	recheck *time.Timer
	crashes int
}

// want makes spec the one to run, and reports whether that takes a new run. One with
// other rules or another wording does not.
func (w *worker) want(spec Spec) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	hash := spec.hash()
	same := w.s.spec != nil && w.s.hash == hash
	if same && w.s.run != nil && !reflect.DeepEqual(w.s.spec.Rules, spec.Rules) {
		w.s.run.router.Replace(spec.Rules)
	}
	if same && w.s.run != nil && !reflect.DeepEqual(w.s.spec.Wording, spec.Wording) {
		w.s.run.wording.Replace(spec.Wording)
		// What the words cannot tell is known at once, if there is a request that shows it.
		w.s.run.router.LookAgain()
	}
	w.s.spec, w.s.hash = &spec, hash
	w.takeIdentity()
	if same && w.s.run != nil && w.s.identityErr == nil {
		w.s.run.session.SetIdentity(w.s.identity)
	}
	return !same
}

// takeIdentity takes the identity of the spec, if it can be used. The caller holds mu.
func (w *worker) takeIdentity() {
	stopTimer(w.s.recheck)
	identity, err := teleport.ParseIdentity(w.s.spec.Teleport.Identity, time.Now())
	w.s.identityErr = err
	if err == nil {
		w.s.identity = identity
		return
	}
	if e, ok := errors.AsType[*teleport.Error](err); ok && e.Detail == teleport.IdentityNotYetValid {
		wait := min(time.Until(e.ValidFrom), identityRecheck)
		w.s.recheck = time.AfterFunc(max(wait, time.Second/10), w.takeAwaitedIdentity)
	}
}

// takeAwaitedIdentity looks again at the identity of the spec.
func (w *worker) takeAwaitedIdentity() {
	w.mu.Lock()
	awaiting := w.s.spec != nil && w.s.identityErr != nil
	if awaiting {
		w.takeIdentity()
	}
	taken := awaiting && w.s.identityErr == nil
	if taken && w.s.run != nil {
		w.s.run.session.SetIdentity(w.s.identity)
	}
	w.mu.Unlock()
	if taken {
		w.tell()
	}
}

// replace makes a run of the spec in place of the one before, which it ends. The new
// run shares the session with it if they are the same.
func (w *worker) replace(pool *teleport.Pool, cancel context.CancelFunc) *run {
	w.mu.Lock()
	defer w.mu.Unlock()
	session := pool.Acquire(w.s.spec.session(w.key.Namespace), w.s.identity)
	next := &run{
		spec:    *w.s.spec,
		router:  routing.NewMonitoringRouter(w.s.spec.Rules, session),
		wording: wording.New(w.s.spec.Wording),
		session: session,
		cancel:  cancel,
		done:    make(chan struct{}),
	}
	if old := w.s.run; old != nil {
		next.before = old.done
		old.cancel()
	}
	w.s.run = next
	return next
}

// remove makes nothing the thing to run, and reports whether nothing is left to end.
func (w *worker) remove() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	stopTimer(w.s.recheck)
	w.s.spec, w.s.hash = nil, ""
	w.s.identity, w.s.identityErr = nil, nil
	if w.s.run == nil {
		return true
	}
	w.s.run.cancel()
	return false
}

// over notes that a run has ended. It reports whether nothing is left to run.
func (w *worker) over(r *run) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.s.run != r {
		return false
	}
	stopTimer(w.s.recheck)
	return w.s.spec == nil
}

// reviewSpec says who may decide in chat, as the newest spec has it.
func (w *worker) reviewSpec() (newest review.Spec) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.s.spec != nil {
		newest = w.s.spec.Review
	}
	return newest
}

// updateClicks makes the newest spec say who may decide in chat.
func (w *worker) updateClicks() {
	w.mu.Lock()
	r := w.s.run
	w.mu.Unlock()
	if r != nil {
		r.state().clicks.update()
	}
}

func (w *worker) resync() {
	w.mu.Lock()
	r := w.s.run
	w.mu.Unlock()
	if r == nil {
		return
	}
	if engine := r.state().engine; engine != nil {
		engine.Resync()
	}
}

func (w *worker) crashed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.s.crashes++
}

// snapshot returns how the notifier is doing, false if nothing should run.
func (w *worker) snapshot() (Snapshot, bool) {
	w.mu.Lock()
	if w.s.spec == nil {
		w.mu.Unlock()
		return Snapshot{}, false
	}
	snapshot := Snapshot{Identity: identityProblem(w.s.unusable(time.Now())), Crashes: w.s.crashes}
	r := w.s.run
	w.mu.Unlock()
	if r != nil {
		snapshot.add(r)
	}
	return snapshot, true
}

// unusable returns why the newest identity cannot be used, nil if it can. One
// that could be when it came may have expired since.
func (w *workerState) unusable(now time.Time) error {
	if w.identityErr != nil || w.identity == nil {
		return w.identityErr
	}
	return w.identity.Valid(now)
}

func stopTimer(timer *time.Timer) {
	if timer != nil {
		timer.Stop()
	}
}
