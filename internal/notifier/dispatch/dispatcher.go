package dispatch

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Options is what a Dispatcher is made of. Only Deliver is required.
type Options struct {
	// Deliver makes one call for the job. Its context is the one of Run: calls that
	// are better finished than broken off outlive it by themselves. It must not
	// panic.
	Deliver func(ctx context.Context, job Job) Result
	// RetryBase and RetryCap bound the back-off of an address; defaults 500 ms and
	// 30 s.
	RetryBase, RetryCap time.Duration
	// SlowRetry is about how often an address that cannot work is tried; default
	// 5 min.
	SlowRetry time.Duration
	// PerAddress bounds the deliveries under way at one address; default 4.
	PerAddress int
	// InFlight bounds all deliveries under way; default 64.
	InFlight int
}

// Dispatcher runs jobs. Make one with New. Its methods are safe for concurrent use
// and never block on a delivery.
type Dispatcher struct {
	options Options
}

// New makes a Dispatcher. It delivers nothing until Run.
func New(o Options) *Dispatcher {
	return &Dispatcher{options: o}
}

// Run makes deliveries until ctx ends, then waits for those under way. Jobs that were
// added before wait for it. It must be called once.
func (d *Dispatcher) Run(ctx context.Context) {
	<-ctx.Done()
}

// Add asks for a delivery. If the job waits already, its method, requester and urgency
// become those of the latest call, and it keeps its place where it can. If it is being
// delivered, it is delivered once more afterwards.
func (d *Dispatcher) Add(Job) {}

// Forget drops the jobs of a request. One that is being delivered ends, and is not
// repeated.
func (d *Dispatcher) Forget(_ string) {}

// Hold keeps all jobs from being started until Release: the token is refused, or was
// not checked yet.
func (d *Dispatcher) Hold() {}

// Release ends Hold.
func (d *Dispatcher) Release() {}

// Retry ends the back-off of all addresses: the service is back. It leaves pauses that
// the service asked for and addresses that cannot work.
func (d *Dispatcher) Retry() {}

// Probe ends the back-off of one address that has something to deliver, to find out
// whether the service is back where a check of the token cannot tell.
func (d *Dispatcher) Probe() {}

// Unblock tries an address that cannot work at once. If it has nothing to be tried
// with, it is taken to work.
func (d *Dispatcher) Unblock(_ string) {}

// UnblockAll is Unblock for every address.
func (d *Dispatcher) UnblockAll() {}

// Waiting returns how many jobs wait; those under way do not count.
func (d *Dispatcher) Waiting() int { return 0 }

// Problems returns the addresses that cannot work, and why. Each is tried about every
// SlowRetry while it has jobs; one without is taken to work after that time.
func (d *Dispatcher) Problems() map[string]*messenger.Error { return nil }

// Backlog reports whether jobs wait at addresses that back off after failures.
func (d *Dispatcher) Backlog() bool { return false }
