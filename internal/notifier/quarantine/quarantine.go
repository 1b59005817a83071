// Package quarantine puts requests aside that panic, so that the others go on.
package quarantine

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/go-logr/logr"
)

// ErrPanic is why a notifier stopped that found itself in an impossible state.
var ErrPanic = errors.New("notifier panicked")

// maxQuarantine bounds for how long a request is put aside.
const maxQuarantine = time.Hour

// Quarantine puts requests aside that panic, so that the others go on.
type Quarantine struct {
	// first is for how long a request is put aside first.
	first time.Duration

	mu sync.Mutex
	s  state
}

// state is guarded by Quarantine.mu.
type state struct {
	crash    func()
	requests map[string]aside
}

// aside is one request that panicked.
type aside struct {
	panics int
	until  time.Time
}

// New returns a quarantine that puts a request aside for the duration first, and for twice
// as long each further time.
func New(first time.Duration) *Quarantine {
	return &Quarantine{first: first, s: state{crash: func() {}, requests: map[string]aside{}}}
}

// OnCrash sets what ends the notifier.
func (q *Quarantine) OnCrash(crash func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.s.crash = crash
}

// Stop ends the notifier, and not the process, when the function that defers it panics.
// The value is not reported: it may hold what people typed.
func (q *Quarantine) Stop(log logr.Logger) {
	value := recover()
	if value == nil {
		return
	}
	log.Error(ErrPanic, "Notifier stopped", "type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
	q.mu.Lock()
	crash := q.s.crash
	q.mu.Unlock()
	crash()
}

// Add puts a request aside, for longer each time, and reports whether that is news.
func (q *Quarantine) Add(id string) (wait time.Duration, news bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	a := q.s.requests[id]
	wait = min(q.first<<min(a.panics, 10), maxQuarantine)
	a.panics++
	a.until = time.Now().Add(wait)
	q.s.requests[id] = a
	return wait, a.panics == 1
}

// Left returns for how long a request is put aside.
func (q *Quarantine) Left(id string) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return max(time.Until(q.s.requests[id].until), 0)
}

// Release forgets a request that works.
func (q *Quarantine) Release(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.s.requests, id)
}

// Count returns how many requests are put aside.
func (q *Quarantine) Count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.s.requests)
}
