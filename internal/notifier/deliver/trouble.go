package deliver

import (
	"maps"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

// forgottenAfter is how long after its last failure a kind of call at an address has failed
// in a row no more: what waits there is tried more often than that.
const forgottenAfter = 2 * time.Minute

// trouble tells an address in trouble from a messenger in trouble: while calls of the same
// kind to others work, it is not the messenger.
type trouble struct {
	mu sync.Mutex
	s  troubleState
}

// troubleState is guarded by trouble.mu.
type troubleState struct {
	// failing are the failures in a row, by kind of call and address.
	failing map[troubled]streak
	// worked is when a kind of call succeeded last.
	worked map[dispatch.Method]time.Time
}

// troubled is a kind of call at an address.
type troubled struct {
	method  dispatch.Method
	address string
}

// streak is when the first of the failures in a row was, and the last.
type streak struct{ since, last time.Time }

func (f streak) isOver(now time.Time) bool { return now.Sub(f.last) >= forgottenAfter }

func newTrouble() *trouble {
	return &trouble{s: troubleState{failing: map[troubled]streak{}, worked: map[dispatch.Method]time.Time{}}}
}

// failed notes a failed call and reports whether no call of its kind has worked since the
// address began to fail.
func (t *trouble) failed(job dispatch.Job) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(t.s.failing, func(_ troubled, f streak) bool { return f.isOver(now) })
	key := troubled{job.Method, job.Address}
	f, ok := t.s.failing[key]
	if !ok {
		f.since = now
	}
	f.last = now
	t.s.failing[key] = f
	return !t.s.worked[job.Method].After(f.since)
}

// succeeded notes a call that worked.
func (t *trouble) succeeded(job dispatch.Job) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.worked[job.Method] = time.Now()
	delete(t.s.failing, troubled{job.Method, job.Address})
}
