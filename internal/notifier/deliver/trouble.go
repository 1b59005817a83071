package deliver

import (
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

// trouble tells an address in trouble from a messenger in trouble: while calls of the same
// kind to others work, it is not the messenger.
type trouble struct {
	mu sync.Mutex
	s  troubleState
}

// troubleState is guarded by trouble.mu.
type troubleState struct {
	// since is when the first of the failures in a row was, by kind of call and address.
	since map[troubled]time.Time
	// worked is when a kind of call succeeded last.
	worked map[dispatch.Method]time.Time
}

// troubled is a kind of call at an address.
type troubled struct {
	method  dispatch.Method
	address string
}

func newTrouble() *trouble {
	return &trouble{s: troubleState{since: map[troubled]time.Time{}, worked: map[dispatch.Method]time.Time{}}}
}

// failed notes a failed call and reports whether no call of its kind has worked since the
// address began to fail.
func (t *trouble) failed(job dispatch.Job) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := troubled{job.Method, job.Address}
	since, ok := t.s.since[key]
	if !ok {
		since = time.Now()
		t.s.since[key] = since
	}
	return !t.s.worked[job.Method].After(since)
}

// succeeded notes a call that worked.
func (t *trouble) succeeded(job dispatch.Job) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.worked[job.Method] = time.Now()
	delete(t.s.since, troubled{job.Method, job.Address})
}
