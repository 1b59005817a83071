// Package backoff spaces attempts at what fails.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// maxDoublings keeps a delay from overflowing.
const maxDoublings = 16

// Delay returns the delay after a number of failures in a row: exponential from base to
// limit with full jitter, but never so short that a failing service is hammered.
func Delay(base, limit time.Duration, failures int) time.Duration {
	ceiling := limit
	if doublings := failures - 1; doublings < maxDoublings {
		ceiling = min(base<<max(doublings, 0), limit)
	}
	return base/5 + rand.N(ceiling)
}

// Around returns d, up to a fifth more or less, so that those that began together do not
// go on together.
func Around(d time.Duration) time.Duration {
	return d*4/5 + rand.N(d*2/5)
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
