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
func (h *health) works(started uint64) {
	if started > h.since {
		*h = health{since: h.since}
	}
}

// failed makes the address back off, for as long as its failures in a row say. Deliveries
// that were under way together, last among them, fail as one.
func (h *health) failed(started, last uint64, delay func(failures int) time.Duration, now time.Time) {
	if started > h.since {
		h.failures++
		h.since, h.until = last, now.Add(delay(h.failures))
	}
}

// block notes that the address cannot work, and when it may be tried.
func (h *health) block(problem *messenger.Error, last uint64, until time.Time) {
	h.problem, h.since, h.until = problem, last, until
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
