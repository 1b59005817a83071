// Package timing holds the delays of a notifier, and the sums that they have to keep.
package timing

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
)

// Timing holds the delays of a Notifier. The zero value of each means its default.
//
// The defaults keep these sums, without which two operators could make the same call
// twice, or a late call could undo a later one:
//
//	Foreign > ClaimFresh + CallTimeout + max(LateEffect + SearchLag, StoreTimeout)
//	30 s    > 5 s        + 10 s        + max(10 s       + 2 s,       10 s)
//
// All of them are durations on the clock of one process, so that clocks may differ; 3 s
// are left for clocks that run at different rates.
type Timing struct {
	// RetryBase and RetryCap bound the back-off after transient failures;
	// defaults 500 ms and 30 s.
	RetryBase, RetryCap time.Duration
	// SlowRetry is how often a recipient or a token that cannot work is tried
	// again although nothing has changed; default 5 min.
	SlowRetry time.Duration
	// Foreign (S) is how long the claim of another writer is left alone after it
	// was seen; default 30 s.
	Foreign time.Duration
	// ClaimFresh (L) is how long after its claim was sent to the store a call may be
	// begun; default 5 s.
	ClaimFresh time.Duration
	// CallTimeout (T) is how long a call to the messenger is waited for; default 10 s.
	CallTimeout time.Duration
	// LateEffect (D) is for how long a call may still take effect after it was given
	// up; default 10 s.
	LateEffect time.Duration
	// SearchLag (E) is for how long a message may be missing from a search after it was
	// posted; default 2 s.
	SearchLag time.Duration
	// StoreTimeout (C) is how long one call to the store is waited for; default 10 s.
	StoreTimeout time.Duration
	// AbsenceDelay is how long after a request was missed first it is asked for again,
	// before it is believed to be gone; default 30 s.
	AbsenceDelay time.Duration
	// Grace is how long calls in flight may go on after Run's context has ended;
	// default 12 s, a little more than a call may take.
	Grace time.Duration
	// ResolveTTL is how long a resolved recipient is believed; default 1 h.
	ResolveTTL time.Duration
}

// slack makes a wait longer than its bound, and not just as long.
const slack = 500 * time.Millisecond

// WithDefaults returns t with the defaults of what it lacks.
func (t Timing) WithDefaults() Timing {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&t.RetryBase, 500*time.Millisecond)
	set(&t.RetryCap, 30*time.Second)
	set(&t.SlowRetry, 5*time.Minute)
	set(&t.Foreign, 30*time.Second)
	set(&t.ClaimFresh, 5*time.Second)
	set(&t.CallTimeout, 10*time.Second)
	set(&t.LateEffect, 10*time.Second)
	set(&t.SearchLag, 2*time.Second)
	set(&t.StoreTimeout, 10*time.Second)
	set(&t.AbsenceDelay, 30*time.Second)
	set(&t.Grace, 12*time.Second)
	set(&t.ResolveTTL, time.Hour)
	return t
}

// Waits are the times that decisions depend on.
func (t Timing) Waits() plan.Waits {
	return plan.Waits{
		Settle:  t.LateEffect + t.SearchLag + slack,
		Land:    t.LateEffect + slack,
		Foreign: t.Foreign,
	}
}

// Backoff returns the delay after a number of failures in a row.
func (t Timing) Backoff(failures int) time.Duration {
	return backoff.Delay(t.RetryBase, t.RetryCap, failures)
}
