package dispatch

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// condition is whether an address works, see the package's table.
type condition int

const (
	healthy condition = iota
	failing
	blocked
)

// health is whether an address works, and when it may be tried if not.
type health struct {
	// failures are those in a row that should pass.
	failures int
	// problem is why the address cannot work, nil while it can.
	problem *messenger.Error
	// until is when the address may go on after a failure, and since the last
	// delivery that was started before it.
	until time.Time
	since uint64
	// by is the method that failed last, and stands is until when calls of others say nothing
	// about it.
	by     Method
	stands time.Time
}

func (h *health) condition() condition {
	switch {
	case h.problem != nil:
		return blocked
	case h.failures > 0:
		return failing
	default:
		return healthy
	}
}

// width is how many deliveries may be under way.
func (h *health) width(w window) int {
	if h.condition() != healthy {
		return 1
	}
	return w.size
}

// works notes that a call to the address worked. One that was started before the
// address failed says nothing.
func (h *health) works(started uint64, by Method, now time.Time) {
	if started > h.since && (by == h.by || h.isProof(by, now)) {
		*h = health{since: h.since}
	}
}

// isProof reports whether a call that worked says that another method would work as well. Posts
// may hang at a service that is searched without trouble: if each search ended their back-off,
// they would be made without end. Where nothing can be done at all, a search that works does not
// say that anything can be.
func (h *health) isProof(by Method, now time.Time) bool {
	return h.condition() == healthy || !now.Before(h.stands) || h.condition() == blocked && by != Find
}

// failure is a delivery that failed.
type failure struct {
	// started is its number, and last that of the last one that was started.
	started, last uint64
	by            Method
	now           time.Time
	// patience is how long after the address may go on its method may take to fail again.
	patience time.Duration
}

// failed makes the address back off, for as long as its failures in a row say. Deliveries
// that were under way together, last among them, fail as one.
func (h *health) failed(f failure, delay func(failures int) time.Duration) {
	if f.started > h.since {
		h.failures++
		h.stop(f, delay(h.failures))
	}
}

// block notes that the address cannot work, and is tried after the delay.
func (h *health) block(problem *messenger.Error, f failure, delay time.Duration) {
	h.problem = problem
	h.stop(f, delay)
}

// stop keeps the address from going on for the delay.
func (h *health) stop(f failure, delay time.Duration) {
	h.since, h.until = f.last, f.now.Add(delay)
	h.by, h.stands = f.by, h.until.Add(f.patience)
}

// retry ends a back-off, and reports whether there was one.
func (h *health) retry(now time.Time) bool {
	if h.condition() != failing || !now.Before(h.until) {
		return false
	}
	h.until = time.Time{}
	return true
}

// unblock has an address tried that cannot work, and reports whether it is one.
func (h *health) unblock() bool {
	if h.condition() != blocked {
		return false
	}
	h.until = time.Time{}
	return true
}
