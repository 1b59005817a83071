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
	// maxSoon is the longest wait before a list is read again that is doubted. By
	// then an event that contradicts it is believed no longer.
	maxSoon = eventGrace + time.Second
)

// backoff spaces attempts: each wait is anywhere between minDelay and a ceiling
// that doubles from one second to maxDelay, so that clients that lost the same
// server do not come back together. The zero value is ready.
type backoff struct {
	attempts int
	// tried is true once an attempt was made without waiting.
	tried bool
}

// first reports, once until reset, that the next attempt need not wait.
func (b *backoff) first() bool {
	was := b.tried
	b.tried = true
	return !was && b.attempts == 0
}

func (b *backoff) next() time.Duration {
	ceiling := min(time.Second<<min(b.attempts, maxDoublings), maxDelay)
	b.attempts++
	return minDelay + rand.N(ceiling-minDelay)
}

func (b *backoff) reset() {
	b.attempts, b.tried = 0, false
}

// jitter returns d, up to a tenth more or less.
func jitter(d time.Duration) time.Duration {
	tenth := d / 10
	return d - tenth + rand.N(2*tenth+1)
}

// soon returns the wait after the n-th doubtful list in a row, from 0: it doubles
// from one second to maxSoon, less up to a tenth.
func soon(n int) time.Duration {
	d := min(time.Second<<min(n, maxDoublings), maxSoon)
	return d - rand.N(d/10)
}
