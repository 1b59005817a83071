package track

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
)

// Undelivered is a message that a recipient should have been shown.
type Undelivered struct {
	// Address and Name are those of the recipient; empty for one that cannot be resolved.
	Address, Name string
	// Since is when it should have been shown.
	Since time.Time
	// Reason is why the next step for it is what it is, Failure how the last one failed.
	Reason  plan.Reason
	Failure Failure
}

// Failure is how the last call for a recipient failed, and when; its zero value if it worked or
// none was made.
type Failure struct {
	Err *messenger.Error
	At  time.Time
}

// Later returns the later of two failures.
func (f Failure) Later(other Failure) Failure {
	if other.Err != nil && (f.Err == nil || other.At.After(f.At)) {
		return other
	}
	return f
}

// holdsUp reports whether it keeps calls to an address waiting: a failure there, or one that has
// the service's other calls wait.
func (f Failure) holdsUp(at, address string) bool {
	return f.Err != nil && (at == address || f.Err.Class == messenger.Throttled && f.Err.Scope != messenger.ScopeAddress)
}

// Holdup returns the last failure of this request that keeps calls to an address waiting.
func (t *Request) Holdup(address string) Failure {
	t.mu.Lock()
	defer t.mu.Unlock()
	var last Failure
	for at, d := range t.s.deliveries {
		if d.Failure.holdsUp(at, address) {
			last = last.Later(d.Failure)
		}
	}
	return last
}

// Failed notes how a call has failed, nil if it worked.
func (w *Work) Failed(err *messenger.Error) {
	w.Remember(func(d *Delivery) { d.Failure = Failure{Err: err, At: time.Now()} })
}
