package messenger

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Memory keeps what a service answered for a while, by key, and asks once for
// all who ask at the same time. Failures are shared, and not kept. It is safe for
// concurrent use.
type Memory[V any] struct {
	// For is how long an answer is kept. Set it before the first use.
	For time.Duration

	mu      sync.Mutex
	answers map[string]*answer[V]
}

// answer is one answer, or the question while it is being asked.
type answer[V any] struct {
	// done is closed when all else is set.
	done chan struct{}
	// asked is when the question was asked. It is set from the start.
	asked time.Time
	value V
	err   error
	until time.Time
}

// errAbandoned is the answer of a question whose asker went away.
var errAbandoned = errors.New("asker went away")

// Get returns the answer for key, asking with ask if there is none. An error is
// that of ask, or of ctx.
func (m *Memory[V]) Get(ctx context.Context, key string, ask func(context.Context) (V, error)) (V, error) {
	for {
		found, mine := m.find(key)
		if mine {
			return m.ask(ctx, key, found, ask)
		}
		select {
		case <-found.done:
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
		if !errors.Is(found.err, errAbandoned) {
			return found.value, found.err
		}
	}
}

// find returns the answer for key, and whether it is the caller who has to ask.
func (m *Memory[V]) find(key string) (found *answer[V], mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if found, ok := m.answers[key]; ok && !found.expired(now) {
		return found, false
	}
	for other, a := range m.answers {
		if a.expired(now) {
			delete(m.answers, other)
		}
	}
	if m.answers == nil {
		m.answers = map[string]*answer[V]{}
	}
	found = &answer[V]{done: make(chan struct{}), asked: now, err: errAbandoned}
	m.answers[key] = found
	return found, true
}

// expired reports whether the answer is too old. The caller holds the memory's
// lock.
func (a *answer[V]) expired(now time.Time) bool {
	return !a.until.IsZero() && !now.Before(a.until)
}

func (m *Memory[V]) ask(ctx context.Context, key string, a *answer[V], ask func(context.Context) (V, error)) (V, error) {
	// Others must not wait forever if ask panics.
	defer m.settle(key, a)
	value, err := ask(ctx)
	if ctx.Err() == nil {
		a.value, a.err = value, err
	}
	return value, err
}

// settle gives waiting callers the answer, and keeps it if it is a good one.
func (m *Memory[V]) settle(key string, a *answer[V]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a.until = time.Now().Add(m.For)
	if a.err != nil && m.answers[key] == a {
		delete(m.answers, key)
	}
	close(a.done)
}

// Forget drops the answer for key if it was asked for before the given time. Who
// misses something in an answer does so before asking again: it may have come
// since.
func (m *Memory[V]) Forget(key string, before time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a, ok := m.answers[key]; ok && a.asked.Before(before) {
		delete(m.answers, key)
	}
}
