package track

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
)

// Undelivered is a message that a recipient should have been shown.
type Undelivered struct {
	// Address and Name are those of the recipient; empty for one that is not resolved.
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

// Undelivered returns what is undelivered.
func (t *Request) Undelivered() []Undelivered {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Undelivered
	for range t.s.audience.Unresolved {
		all = append(all, Undelivered{Since: t.s.heard})
	}
	for _, from := range t.s.audience.UnresolvedFrom {
		if !time.Now().Before(from) {
			all = append(all, Undelivered{Since: plan.Later(t.s.heard, from)})
		}
	}
	for address, decision := range t.decisions() {
		if d := t.s.deliveries[address]; decision.Pending() {
			all = append(all, Undelivered{address, d.Name, d.since(t.s.heard, decision), decision.Reason, d.Failure})
		}
	}
	return all
}

// Failed notes how a call has failed, nil if it worked.
func (w *Work) Failed(err *messenger.Error) {
	w.Remember(func(d *Delivery) { d.Failure = Failure{Err: err, At: time.Now()} })
}
