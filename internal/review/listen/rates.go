package listen

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// rates bounds how many calls there are in a second, for each notifier and for all of them.
type rates struct {
	all *rate.Limiter

	mu    sync.Mutex
	each  map[string]*called
	swept time.Time
}

// called is a notifier that was called lately.
type called struct {
	limiter *rate.Limiter
	last    time.Time
}

func newRates() *rates {
	return &rates{all: rate.NewLimiter(inAll, burstInAll), each: map[string]*called{}}
}

// allow counts a call of a notifier at a path. One too many for that notifier takes nothing from
// the others.
func (r *rates) allow(path string, now time.Time) bool {
	return r.of(path, now).AllowN(now, 1) && r.all.AllowN(now, 1)
}

// of returns the limit of a notifier, and forgets those that were not called for long.
func (r *rates) of(path string, now time.Time) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.swept) >= forgetAfter {
		r.swept = now
		for other, c := range r.each {
			if now.Sub(c.last) >= forgetAfter {
				delete(r.each, other)
			}
		}
	}
	c, ok := r.each[path]
	if !ok {
		c = &called{limiter: rate.NewLimiter(perNotifier, burstPerNotifier)}
		r.each[path] = c
	}
	c.last = now
	return c.limiter
}
