package notifier

import (
	"context"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// health watches over the messenger's token. A refused token stops all
// deliveries, since services ban addresses that hammer them with one, and is
// tried again slowly.
type health struct {
	check  func(context.Context) error
	timing Timing
	// opened and closed are called when deliveries may or may not be made.
	opened func(context.Context)
	closed func()
	// changed is called whenever failure changes.
	changed func()
	// wake makes run act on a refused token, probe makes it check at once.
	wake, probe chan struct{}

	mu      sync.Mutex
	checked bool
	failure *messenger.Error
	// refusal is why wake was signalled last.
	refusal *messenger.Error
	// worked is when a call succeeded last.
	worked time.Time
}

func newHealth(timing Timing, check func(context.Context) error) *health {
	return &health{timing: timing, check: check, wake: make(chan struct{}, 1), probe: make(chan struct{}, 1)}
}

// run checks the token until it works, and again whenever it was refused.
// Deliveries are held until the first check has an answer. A service that is
// merely down does not stop them: each lane backs off by itself.
func (h *health) run(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		err := h.check(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			failures = 0
			h.passed(ctx)
			continue
		}
		failures++
		failure := messenger.AsError(err)
		h.set(failure)
		switch failure.Class {
		case messenger.MessengerPermanent:
			h.closed()
			h.pause(ctx)
		case messenger.Throttled:
			h.opened(ctx)
			h.sleep(ctx, failure.RetryAfter)
		default:
			h.opened(ctx)
			h.sleep(ctx, h.timing.backoff(failures))
		}
	}
}

// passed acts on a check that the token has passed. If it was refused meanwhile, the
// check was made before.
func (h *health) passed(ctx context.Context) {
	select {
	case <-h.wake:
		h.stop(ctx)
	default:
		h.set(nil)
		h.opened(ctx)
		h.sleep(ctx, 0)
	}
}

// stop acts on a refused token.
func (h *health) stop(ctx context.Context) {
	h.set(h.refused())
	h.closed()
	h.pause(ctx)
}

// sleep waits until d has passed, forever if d is 0. When the token is refused
// in the meantime, it waits as long as a refused token has to.
func (h *health) sleep(ctx context.Context, d time.Duration) {
	var due <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-ctx.Done():
	case <-due:
	case <-h.probe:
	case <-h.wake:
		h.stop(ctx)
	}
}

// pause waits before a refused token is tried again.
func (h *health) pause(ctx context.Context) {
	timer := time.NewTimer(h.timing.slow())
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-h.probe:
	}
	select {
	case <-h.wake:
	default:
	}
}

// refused returns why a call was refused last.
func (h *health) refused() *messenger.Error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refusal
}

// refuse notes that a call was refused because of the token.
func (h *health) refuse(failure *messenger.Error) {
	h.mu.Lock()
	h.refusal = failure
	h.mu.Unlock()
	h.set(failure)
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// troubled notes that calls have failed since then, again and again, for a reason
// that will pass. While others work, it is not the service that is in trouble.
func (h *health) troubled(failure *messenger.Error, since time.Time) {
	h.mu.Lock()
	news := h.checked && h.failure == nil && !h.worked.After(since)
	h.mu.Unlock()
	if news {
		h.set(failure)
	}
}

// again makes the token be checked now.
func (h *health) again() {
	select {
	case h.probe <- struct{}{}:
	default:
	}
}

// works notes that a call succeeded.
func (h *health) works() {
	h.mu.Lock()
	h.worked = time.Now()
	h.mu.Unlock()
	h.answers()
}

// answers notes that a call was answered, if only by a refusal, which ends a failure
// that was not final.
func (h *health) answers() {
	if h.inTrouble() {
		h.set(nil)
	}
}

// inTrouble reports whether the service does not work for a reason that will pass.
func (h *health) inTrouble() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failure != nil && h.failure.Class != messenger.MessengerPermanent
}

func (h *health) set(failure *messenger.Error) {
	h.mu.Lock()
	same := h.checked && (failure == nil) == (h.failure == nil) &&
		(failure == nil || failure.Code == h.failure.Code && failure.Class == h.failure.Class)
	h.failure, h.checked = failure, true
	h.mu.Unlock()
	if !same {
		h.changed()
	}
}

// state returns the last failure, nil when the messenger works, and whether
// anything is known yet.
func (h *health) state() (failure *messenger.Error, checked bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failure, h.checked
}
