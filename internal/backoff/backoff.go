// Package backoff spaces attempts at what fails.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// maxDoublings keeps a delay from overflowing.
const maxDoublings = 16

// Ceiling returns the longest delay after a number of failures in a row: it doubles
// from base to limit.
func Ceiling(base, limit time.Duration, failures int) time.Duration {
	if doublings := failures - 1; doublings < maxDoublings {
		return min(base<<max(doublings, 0), limit)
	}
	return limit
}

// Delay returns a delay anywhere between half of base and the [Ceiling], so that clients
// that lost the same server do not come back together, and none hammers it.
func Delay(base, limit time.Duration, failures int) time.Duration {
	shortest := min(base, limit) / 2
	return shortest + rand.N(Ceiling(base, limit, failures)-shortest)
}

// Around returns d, up to a tenth more or less, so that those that began together do not
// go on together.
func Around(d time.Duration) time.Duration {
	tenth := d / 10
	return d - tenth + rand.N(2*tenth+1)
}

// Sleep waits for d, and reports false if ctx ended first.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
