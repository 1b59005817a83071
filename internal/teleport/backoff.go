package teleport

import (
	"math/rand/v2"
	"time"
)

const (
	minDelay = 500 * time.Millisecond
	maxDelay = 30 * time.Second
	// maxDoublings keeps the ceiling from overflowing; it passes maxDelay.
	maxDoublings = 6
)

// backoff spaces attempts: each wait is anywhere between minDelay and a ceiling
// that doubles from one second to maxDelay, so that clients that lost the same
// server do not come back together. The zero value is ready.
type backoff struct {
	attempts int
}

func (b *backoff) next() time.Duration {
	ceiling := min(time.Second<<min(b.attempts, maxDoublings), maxDelay)
	b.attempts++
	return minDelay + rand.N(ceiling-minDelay)
}

func (b *backoff) reset() {
	b.attempts = 0
}

// jitter returns d, up to a tenth more or less.
func jitter(d time.Duration) time.Duration {
	tenth := d / 10
	return d - tenth + rand.N(2*tenth+1)
}
