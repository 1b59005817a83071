package notifier

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/go-logr/logr"
)

// errPanic is why a notifier stopped that found itself in an impossible state.
var errPanic = errors.New("notifier panicked")

// maxQuarantine bounds for how long a request is put aside.
const maxQuarantine = time.Hour

// quarantine puts requests aside that panic, so that the others go on.
type quarantine struct {
	timing Timing

	mu sync.Mutex
	s  quarantineState
}

// quarantineState is guarded by quarantine.mu.
type quarantineState struct {
	crash    func()
	requests map[string]aside
}

// aside is one request that panicked.
type aside struct {
	panics int
	until  time.Time
}

func newQuarantine(timing Timing) *quarantine {
	return &quarantine{timing: timing, s: quarantineState{crash: func() {}, requests: map[string]aside{}}}
}

// onCrash sets what ends the notifier.
func (q *quarantine) onCrash(crash func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.s.crash = crash
}

// stop ends the notifier, and not the process, when the function that defers it panics.
// The value is not reported: it may hold what people typed.
func (q *quarantine) stop(log logr.Logger) {
	value := recover()
	if value == nil {
		return
	}
	log.Error(errPanic, "Notifier stopped", "type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
	q.mu.Lock()
	crash := q.s.crash
	q.mu.Unlock()
	crash()
}

// add puts a request aside, for longer each time, and reports whether that is news.
func (q *quarantine) add(id string) (wait time.Duration, news bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	a := q.s.requests[id]
	wait = min(q.timing.SlowRetry<<min(a.panics, 10), maxQuarantine)
	a.panics++
	a.until = time.Now().Add(wait)
	q.s.requests[id] = a
	return wait, a.panics == 1
}

// left returns for how long a request is put aside.
func (q *quarantine) left(id string) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return max(time.Until(q.s.requests[id].until), 0)
}

// release forgets a request that works.
func (q *quarantine) release(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.s.requests, id)
}

// count returns how many requests are put aside.
func (q *quarantine) count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.s.requests)
}

// putAside puts the request aside when the function that defers it panics.
func (n *Notifier) putAside(id string) {
	value := recover()
	if value == nil {
		return
	}
	n.options.Log.Error(errPanic, "Put an access request aside", "request", id,
		"type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
	wait, news := n.quarantine.add(id)
	n.queue.AddAfter(id, wait)
	if news {
		n.announcer.give(Notice{
			Reason:  ReasonRequestFailed,
			Text:    fmt.Sprintf("Access request %s cannot be worked on because of a bug and is tried again later; please report it", id),
			Request: id,
			Warning: true,
		})
	}
	n.options.Changed()
}
