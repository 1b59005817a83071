package controllers

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// recheckInterval is the time between two looks at a Secret that the operator may
// not read: no event tells that it may.
const recheckInterval = 10 * time.Second

// requeueAfter returns when to look again, 0 if events announce all that may happen.
func (r *AccessNotifierReconciler) requeueAfter(in inputs, s supervisor.Snapshot, d doubts, now time.Time) time.Duration {
	next := earliest(earliest(identityTurn(s, now), lateTurn(s, now)), d.end(now))
	if in.denied() {
		next = earliest(next, recheckInterval)
	}
	if r.SecretPollInterval > 0 {
		next = earliest(next, max(in.checkedAt.Add(r.SecretPollInterval).Sub(now), time.Millisecond))
	}
	return next
}

// identityTurn returns when the identity begins to expire or does, 0 if it has.
func identityTurn(s supervisor.Snapshot, now time.Time) time.Duration {
	if s.Teleport.IdentityNotAfter.IsZero() {
		return 0
	}
	for _, turn := range []time.Time{s.Teleport.IdentityExpiringFrom(), s.Teleport.IdentityNotAfter} {
		if !turn.Before(now) {
			return turn.Sub(now) + time.Second
		}
	}
	return 0
}

// lateTurn returns when the oldest undelivered message is late, 0 if it is or there is none.
func lateTurn(s supervisor.Snapshot, now time.Time) time.Duration {
	if s.Oldest == nil {
		return 0
	}
	return max(s.Oldest.Since.Add(lateAfter).Sub(now), 0)
}

// earliest returns the shorter of two waits, where 0 stands for none.
func earliest(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
