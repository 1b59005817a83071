package breaker

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Status is whether the messenger is usable.
type Status int

// The statuses, see the package's table.
const (
	Unknown Status = iota
	Available
	Throttled
	Troubled
	Refused
)

// State is a status and its reason.
type State struct {
	Status Status
	// Err is why, nil when Unknown, Available.
	Err *messenger.Error
	// Until is when the pause ends, for Throttled.
	Until time.Time
}

// Usable reports whether deliveries may be attempted: a service that is in trouble or
// throttles is met by each address for itself.
func (s State) Usable() bool { return s.Status != Unknown && s.Status != Refused }

// Verdict is what a refusal of the token turned out to be.
type Verdict int

const (
	// Unclear means that the token could not be checked: try again later.
	Unclear Verdict = iota
	// CallOnly means that the token works: the refusal is about that call alone.
	CallOnly
	// TokenRefused means that every call would be refused.
	TokenRefused
)

// Options is what a Breaker is made of. Check is required. The callbacks are called one
// at a time by Run, without a lock, and must return quickly.
type Options struct {
	// Check verifies that the token works. It must not panic.
	Check func(ctx context.Context) error
	// Changed is called when State has become another.
	Changed func()
	// Recovered is called when calls work again after trouble or a refused token:
	// back-off can end.
	Recovered func()
	// Try is called while deliveries fail although the token works, every few
	// seconds: one delivery should be attempted now.
	Try func()
	// Waiting reports whether deliveries wait for the messenger to work again.
	Waiting func() bool
	// Interval is about how often the token is checked; default 1 min.
	Interval time.Duration
	// Recheck is how often at most while deliveries wait; default 2 s, with up to
	// one half more.
	Recheck time.Duration
	// SlowRetry is about how often a refused token is checked; default 5 min.
	SlowRetry time.Duration
	// ThrottledAfter is for how long calls must have to wait before that is shown;
	// default 10 s.
	ThrottledAfter time.Duration
}

// Breaker watches over one messenger. Make one with New. Its methods are safe for
// concurrent use.
type Breaker struct {
	options Options
}

// New makes a Breaker. Its state is Unknown until Run has made the first check.
func New(o Options) *Breaker {
	return &Breaker{options: o}
}

// Run checks the token until ctx ends. It must be called once.
func (b *Breaker) Run(ctx context.Context) {
	<-ctx.Done()
}

// State returns whether the messenger is usable.
func (b *Breaker) State() State { return State{} }

// ReportSuccess notes that a call worked. The call is its kind, such as "post".
func (b *Breaker) ReportSuccess(_ string) {}

// ReportReachable notes that a call was answered, if only by a refusal of that call.
func (b *Breaker) ReportReachable() {}

// ReportTrouble notes that a delivery failed for a reason that should pass.
func (b *Breaker) ReportTrouble(_ *messenger.Error) {}

// ReportThrottled notes that a kind of call has to wait, as err says.
func (b *Breaker) ReportThrottled(_ string, _ *messenger.Error) {}

// ReportUnauthorized notes that a call was refused because of the token, and has the
// token checked at once. It waits for that check, at most until ctx ends. What is
// refused again and again although the token works does not lead to more and more
// checks: it is CallOnly then, and the token is checked a little later.
func (b *Breaker) ReportUnauthorized(_ context.Context, _ *messenger.Error) Verdict {
	return Unclear
}

// Suspect has the token checked soon, because something failed that says little about
// the messenger by itself, such as a look-up.
func (b *Breaker) Suspect() {}
