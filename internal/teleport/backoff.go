package teleport

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/backoff"
)

const (
	// firstDelay is the longest wait after one failure, minDelay the shortest after any.
	firstDelay = time.Second
	minDelay   = firstDelay / 2
	maxDelay   = 30 * time.Second
	// maxSoon is the longest wait before a list is read again that is doubted. By
	// then an event that contradicts it is believed no longer.
	maxSoon = eventGrace + time.Second
)

// attempts spaces what is tried at a server. The zero value is ready.
type attempts struct {
	failures int
	// tried is true once an attempt was made without waiting.
	tried bool
}

// first reports, once until reset, that the next attempt need not wait.
func (a *attempts) first() bool {
	was := a.tried
	a.tried = true
	return !was && a.failures == 0
}

func (a *attempts) next() time.Duration {
	a.failures++
	return backoff.Delay(firstDelay, maxDelay, a.failures)
}

func (a *attempts) reset() {
	*a = attempts{}
}

// soon returns the wait after a number of doubtful lists in a row, up to maxSoon.
func soon(doubts int) time.Duration {
	return min(backoff.Around(backoff.Ceiling(time.Second, maxSoon, doubts)), maxSoon)
}
