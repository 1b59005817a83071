package notifier

import (
	"math/rand/v2"
	"time"
)

// Timing holds the delays of a Notifier. The zero value of each means its
// default.
type Timing struct {
	// RetryBase and RetryCap bound the back-off after transient failures;
	// defaults 500 ms and 30 s.
	RetryBase, RetryCap time.Duration
	// SlowRetry is how often a recipient or a token that cannot work is tried
	// again without anybody having changed anything; default 5 min.
	SlowRetry time.Duration
	// SettleDelay is how long the intent of another process is left alone. It must
	// be longer than that process may take to hear that it is recorded and to post
	// then, 10 s each, and than IntentFresh and a post. Default 22 s.
	SettleDelay time.Duration
	// IntentFresh is how long after recording an intent a post may be begun
	// without recording it again; default 5 s.
	IntentFresh time.Duration
	// Grace is how long calls in flight may go on after Run's context has ended;
	// default 12 s, a little more than a call may take.
	Grace time.Duration
	// ResolveTTL is how long a resolved recipient is believed; default 1 h.
	ResolveTTL time.Duration
}

func (t Timing) withDefaults() Timing {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&t.RetryBase, 500*time.Millisecond)
	set(&t.RetryCap, 30*time.Second)
	set(&t.SlowRetry, 5*time.Minute)
	set(&t.SettleDelay, 22*time.Second)
	set(&t.IntentFresh, 5*time.Second)
	set(&t.Grace, 12*time.Second)
	set(&t.ResolveTTL, time.Hour)
	return t
}

// backoff returns the delay after a number of failures in a row: exponential
// with full jitter, but never so short that a failing service is hammered.
func (t Timing) backoff(failures int) time.Duration {
	ceiling := t.RetryCap
	if shift := failures - 1; shift < 16 {
		ceiling = min(t.RetryBase<<max(shift, 0), t.RetryCap)
	}
	floor := t.RetryBase / 5
	return floor + rand.N(ceiling)
}

// slow returns SlowRetry with jitter, so that notifiers do not retry together.
func (t Timing) slow() time.Duration {
	return t.SlowRetry*4/5 + rand.N(t.SlowRetry*2/5)
}
