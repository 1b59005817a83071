package notifier

import (
	"sync"
	"time"
)

// trouble tells an address in trouble from a messenger in trouble: while calls to others
// work, it is not the messenger.
type trouble struct {
	mu sync.Mutex
	s  troubleState
}

// troubleState is guarded by trouble.mu.
type troubleState struct {
	// since is when the first of the failures in a row of an address was.
	since map[string]time.Time
	// worked is when a call succeeded last.
	worked time.Time
}

func newTrouble() *trouble {
	return &trouble{s: troubleState{since: map[string]time.Time{}}}
}

// failed notes a failed call and reports whether no call has worked since the address
// began to fail.
func (t *trouble) failed(address string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	since, ok := t.s.since[address]
	if !ok {
		since = time.Now()
		t.s.since[address] = since
	}
	return !t.s.worked.After(since)
}

// succeeded notes a call that worked.
func (t *trouble) succeeded(address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.worked = time.Now()
	delete(t.s.since, address)
}
