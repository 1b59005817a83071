package directory

import (
	"math/rand/v2"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// secondLook is how soon at the latest a configured recipient that does not exist is
// looked for once more: often it is just being made.
const secondLook = 20 * time.Second

// stuckAfter is for how long look-ups of a recipient must have failed before the status names it.
// Package breaker has the same patience with a kind of call.
const stuckAfter = 40 * time.Second

// belief is what look-ups say of one recipient.
type belief struct {
	answer Answer
	// failures are those in a row that should pass, refusals those that say that the
	// recipient does not work.
	failures, refusals int
	// failing is when the first of all look-ups has failed that were not answered since.
	failing time.Time
}

// learn takes in how a look-up ended, and returns how long the answer is believed.
func (b *belief) learn(person bool, address messenger.Address, err *messenger.Error, o Options, now time.Time) time.Duration {
	if err == nil {
		*b = belief{answer: Answer{State: Known, Address: address}}
		return backoff.Around(o.TTL)
	}
	b.answer.Err = err
	switch {
	case err.Class.Answered():
		b.failing = time.Time{}
	case b.failing.IsZero():
		b.failing = now
	}
	b.answer.Stuck = b.stuck(now)
	if err.Class == messenger.Transient {
		b.failures++
		return backoff.Delay(o.RetryBase, o.RetryCap, b.failures)
	}
	if waitsAlone(err) {
		return max(err.RetryAfter, o.RetryBase)
	}
	if !err.Class.Answered() {
		return 0 // All look-ups wait.
	}
	b.failures = 0
	b.refusals++
	b.answer.State, b.answer.Address = Broken, messenger.Address{}
	return b.slow(person, o)
}

// stuck reports whether a recipient is not known yet because look-ups have failed for a while.
func (b *belief) stuck(now time.Time) bool {
	return b.answer.State == Unknown && !b.failing.IsZero() && now.Sub(b.failing) >= stuckAfter
}

// waitsAlone reports whether the service asked to wait with this one recipient.
func waitsAlone(err *messenger.Error) bool {
	return err != nil && err.Class == messenger.Throttled && err.Scope == messenger.ScopeAddress
}

// slow returns when a recipient that does not work is looked up again: a person, whom
// only a requester's text names, less and less often.
func (b *belief) slow(person bool, o Options) time.Duration {
	switch {
	case person:
		return min(backoff.Around(o.SlowRetry)<<min(b.refusals-1, 16), backoff.Around(o.TTL))
	case b.refusals == 1:
		return min(backoff.Around(o.SlowRetry), secondLook-rand.N(secondLook/5))
	default:
		return backoff.Around(o.SlowRetry)
	}
}

// differs reports whether a caller would see a difference.
func (a Answer) differs(b Answer) bool {
	if a.State != b.State || a.Address != b.Address || a.Stuck != b.Stuck || (a.Err == nil) != (b.Err == nil) {
		return true
	}
	return a.Err != nil && (a.Err.Class != b.Err.Class || a.Err.Code != b.Err.Code)
}
