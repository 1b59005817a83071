// Package trouble tells an address in trouble from a messenger in trouble.
package trouble

import (
	"maps"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

// forgottenAfter is how long after its last failure a kind of call at an address has failed
// in a row no more: what waits there is tried more often than that.
const forgottenAfter = 2 * time.Minute

// Log knows how calls ended lately: while calls of the same kind to other addresses work, it
// is not the messenger that is in trouble. Make one with New.
type Log struct {
	mu sync.Mutex
	s  state
}

// state is guarded by Log.mu.
type state struct {
	// failing are the failures in a row, by kind of call and address.
	failing map[call]streak
	// worked is when a kind of call succeeded last.
	worked map[dispatch.Method]time.Time
}

// call is a kind of call at an address.
type call struct {
	method  dispatch.Method
	address string
}

// streak is when the first of the failures in a row was, and the last.
type streak struct{ since, last time.Time }

func (f streak) isOver(now time.Time) bool { return now.Sub(f.last) >= forgottenAfter }

// New returns a Log in which no call has failed.
func New() *Log {
	return &Log{s: state{failing: map[call]streak{}, worked: map[dispatch.Method]time.Time{}}}
}

// Failed notes a failed call and reports whether no call of its kind has worked since the
// address began to fail.
func (l *Log) Failed(job dispatch.Job) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(l.s.failing, func(_ call, f streak) bool { return f.isOver(now) })
	key := call{job.Method, job.Address}
	f, ok := l.s.failing[key]
	if !ok {
		f.since = now
	}
	f.last = now
	l.s.failing[key] = f
	return !l.s.worked[job.Method].After(f.since)
}

// Succeeded notes a call that worked.
func (l *Log) Succeeded(job dispatch.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.worked[job.Method] = time.Now()
	delete(l.s.failing, call{job.Method, job.Address})
}
