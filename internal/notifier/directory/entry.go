package directory

import (
	"math/rand/v2"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/fair"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// secondLook is how soon at the latest a configured recipient that does not exist is
// looked for once more: often it is just being made.
const secondLook = 20 * time.Second

// entry is what is known of one recipient.
type entry struct {
	recipient routing.Recipient
	answer    Answer
	// requester is who named a person last.
	requester string
	// failures are those in a row that should pass, refusals those that say that the
	// recipient does not work.
	failures, refusals int
	// due is when to look again, and timer does so then. used is when the recipient
	// was asked for last.
	due, used time.Time
	timer     *time.Timer
	// started numbers the look-up under way, 0 if there is none.
	started uint64
	// places are where it waits to be looked up, by requester, and turn is the one that
	// the look-up has used.
	places map[string]*fair.Entry[*entry]
	turn   fair.Turn
	// idle is its place among the persons that can be forgotten, nil for others.
	idle *fair.Entry[*entry]
	// waits is for whom it counts as a person who waits, if counted.
	waits   string
	counted bool
}

// learn takes in how a look-up ended, and returns how long the answer is believed.
func (e *entry) learn(address messenger.Address, err *messenger.Error, o Options) time.Duration {
	e.answer.Err = err
	if err == nil {
		e.failures, e.refusals = 0, 0
		e.answer.State, e.answer.Address = Known, address
		return backoff.Around(o.TTL)
	}
	if err.Class == messenger.Transient {
		e.failures++
		return backoff.Delay(o.RetryBase, o.RetryCap, e.failures)
	}
	if !err.Class.Answered() {
		return 0 // All look-ups wait.
	}
	e.failures = 0
	e.refusals++
	e.answer.State, e.answer.Address = Broken, messenger.Address{}
	return e.slow(o)
}

// slow returns when a recipient that does not work is looked up again: a person, whom
// only a requester's text names, less and less often.
func (e *entry) slow(o Options) time.Duration {
	switch {
	case e.recipient.Person:
		return min(backoff.Around(o.SlowRetry)<<min(e.refusals-1, 16), backoff.Around(o.TTL))
	case e.refusals == 1:
		return min(backoff.Around(o.SlowRetry), secondLook-rand.N(secondLook/5))
	default:
		return backoff.Around(o.SlowRetry)
	}
}

// repeats reports whether the recipient is looked up when that is due, rather than when
// it is asked for next.
func (e *entry) repeats() bool {
	return !e.recipient.Person || e.answer.State != Known || e.failures > 0
}

// differs reports whether a caller would see a difference.
func (a Answer) differs(b Answer) bool {
	if a.State != b.State || a.Address != b.Address || (a.Err == nil) != (b.Err == nil) {
		return true
	}
	return a.Err != nil && (a.Err.Class != b.Err.Class || a.Err.Code != b.Err.Code)
}
