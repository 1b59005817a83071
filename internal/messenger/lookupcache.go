package messenger

import (
	"context"
	"errors"
	"sync"
	"time"
)

// LookupCache keeps what a service answered for a while, by key, and asks once for
// all who ask at the same time. Failures are shared, and not kept. It is safe for
// concurrent use.
type LookupCache[V any] struct {
	// TTL is how long an answer is kept. Set it before the first use.
	TTL time.Duration

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

// errCallerCancelled is the answer of a question whose caller was cancelled.
var errCallerCancelled = errors.New("the caller was cancelled")

// Get returns the answer for key, asking with ask if there is none. An error is
// that of ask, or of ctx.
func (c *LookupCache[V]) Get(ctx context.Context, key string, ask func(context.Context) (V, error)) (V, error) {
	for {
		found, mine := c.find(key)
		if mine {
			return c.ask(ctx, key, found, ask)
		}
		select {
		case <-found.done:
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
		if !errors.Is(found.err, errCallerCancelled) {
			return found.value, found.err
		}
	}
}

// find returns the answer for key, and whether it is the caller who has to ask.
func (c *LookupCache[V]) find(key string) (found *answer[V], mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if found, ok := c.answers[key]; ok && !found.expired(now) {
		return found, false
	}
	for other, a := range c.answers {
		if a.expired(now) {
			delete(c.answers, other)
		}
	}
	if c.answers == nil {
		c.answers = map[string]*answer[V]{}
	}
	found = &answer[V]{done: make(chan struct{}), asked: now, err: errCallerCancelled}
	c.answers[key] = found
	return found, true
}

// expired reports whether the answer is too old. The caller holds the cache's
// lock.
func (a *answer[V]) expired(now time.Time) bool {
	return !a.until.IsZero() && !now.Before(a.until)
}

func (c *LookupCache[V]) ask(ctx context.Context, key string, a *answer[V], ask func(context.Context) (V, error)) (V, error) {
	// Others must not wait forever if ask panics.
	defer c.settle(key, a)
	value, err := ask(ctx)
	if ctx.Err() == nil {
		a.value, a.err = value, err
	}
	return value, err
}

// settle gives the answer to the callers that wait for it, and keeps it if it is a good one.
func (c *LookupCache[V]) settle(key string, a *answer[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a.until = time.Now().Add(c.TTL)
	if a.err != nil && c.answers[key] == a {
		delete(c.answers, key)
	}
	close(a.done)
}

// Invalidate drops the answer for key if it was asked for before the given time. Who
// misses something in an answer does so before asking again: it may have come
// since.
func (c *LookupCache[V]) Invalidate(key string, before time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a, ok := c.answers[key]; ok && a.asked.Before(before) {
		delete(c.answers, key)
	}
}
