package dispatch

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/guard"
	"github.com/accessnotifier/accessnotifier/internal/signal"
)

// Options is what a Dispatcher is made of. Only Deliver is required.
type Options struct {
	// Deliver makes one call for the job. Its context is the one of Run: calls that
	// are better finished than broken off outlive it by themselves. It must not
	// panic.
	Deliver func(ctx context.Context, job Job) Result
	// Guard is deferred by every goroutine; default: nothing.
	Guard guard.Guard
	// RetryBase and RetryCap bound the back-off of an address; defaults 500 ms and
	// 30 s.
	RetryBase, RetryCap time.Duration
	// SlowRetry is about how often an address that cannot work is tried; default
	// 5 min.
	SlowRetry time.Duration
	// Window is how many deliveries may be under way at an address of which nothing is
	// known, and PerAddress how many at one where calls work; defaults 8 and 32.
	Window, PerAddress int
	// InFlight bounds all deliveries under way; default 96, so that no address takes
	// the places of all others.
	InFlight int
}

func (o Options) withDefaults() Options {
	o.RetryBase = cmp.Or(o.RetryBase, 500*time.Millisecond)
	o.RetryCap = cmp.Or(o.RetryCap, 30*time.Second)
	o.SlowRetry = cmp.Or(o.SlowRetry, 5*time.Minute)
	o.PerAddress = cmp.Or(o.PerAddress, 32)
	o.Window = min(cmp.Or(o.Window, 8), o.PerAddress)
	o.InFlight = cmp.Or(o.InFlight, 96)
	return o
}

// Dispatcher runs jobs. Make one with New. Its methods are safe for concurrent use
// and never block on a delivery.
type Dispatcher struct {
	deliver func(context.Context, Job) Result
	guard   guard.Guard
	// changed has Run look for jobs to start.
	changed signal.Signal

	mu    sync.Mutex
	state // guarded by mu
}

// New makes a Dispatcher. It delivers nothing until Run.
func New(o Options) *Dispatcher {
	d := &Dispatcher{deliver: o.Deliver, guard: o.Guard, changed: signal.New()}
	o = o.withDefaults()
	d.state = state{
		options:   o,
		alarm:     d.alarm,
		addresses: map[string]*address{},
		unwell:    map[*address]struct{}{},
		tasks:     map[string]map[string]*task{},
		queue:     queue{perLine: o.PerAddress},
	}
	return d
}

// Run makes deliveries until ctx ends, then waits for those under way. Jobs that were
// added before wait for it. It must be called once.
func (d *Dispatcher) Run(ctx context.Context) {
	var deliveries sync.WaitGroup
	defer deliveries.Wait()
	defer d.change(func(time.Time) { d.close() })
	for ctx.Err() == nil {
		tasks, wait := d.startable()
		for _, t := range tasks {
			d.guard.Go(&deliveries, func() {
				result := d.deliver(ctx, t.job)
				d.change(func(now time.Time) { d.finish(t, result, now) })
			})
		}
		var over <-chan time.Time
		if wait > 0 {
			over = time.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-d.changed:
		case <-over:
		}
	}
}

// startable starts all jobs that may be, and returns how long a pause lasts that may
// keep others, 0 for none.
func (d *Dispatcher) startable() (tasks []*task, wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for t := d.next(now); t != nil; t = d.next(now) {
		tasks = append(tasks, t)
	}
	return tasks, d.limits.paused(now)
}

// change changes the state, and has Run look at it.
func (d *Dispatcher) change(f func(now time.Time)) {
	defer d.changed.Give()
	d.mu.Lock()
	defer d.mu.Unlock()
	f(time.Now())
}

// alarm has an address looked at again after a time.
func (d *Dispatcher) alarm(wait time.Duration, a *address) *time.Timer {
	return d.guard.After(wait, func() {
		d.change(func(now time.Time) { d.refresh(a, now) })
	})
}

// Add asks for a delivery. If the job waits already, its method, requester and urgency
// become those of the latest call, and it keeps its place where it can. If it is being
// delivered, it is delivered once more afterwards.
func (d *Dispatcher) Add(j Job) {
	d.change(func(now time.Time) { d.add(j, now) })
}

// Hold keeps all jobs from being started until Release: the token is refused, or was
// not checked yet.
func (d *Dispatcher) Hold() {
	d.change(func(time.Time) { d.gate.Hold() })
}

// Release ends Hold.
func (d *Dispatcher) Release() {
	d.change(func(time.Time) { d.release() })
}

// Retry ends the back-off of all addresses: the service is back. It leaves pauses that
// the service asked for and addresses that cannot work.
func (d *Dispatcher) Retry() {
	d.change(func(now time.Time) { d.retry(true, now) })
}

// Probe ends the back-off of one address that has something to deliver, to find out
// whether the service is back where a check of the token cannot tell.
func (d *Dispatcher) Probe() {
	d.change(func(now time.Time) { d.retry(false, now) })
}

// UnblockAll tries all addresses that cannot work at once.
func (d *Dispatcher) UnblockAll() {
	d.change(d.unblockAll)
}

// Waiting returns how many jobs wait; those under way do not count.
func (d *Dispatcher) Waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.queue.waiting
}

// Problems returns the addresses that cannot work, and why. Each is tried about every
// SlowRetry, and is taken to work once it has no jobs.
func (d *Dispatcher) Problems() map[string]*messenger.Error {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := map[string]*messenger.Error{}
	for a := range d.unwell {
		if problem := a.health.problem; problem != nil {
			found[a.id] = problem
		}
	}
	return found
}

// Knows reports whether there are jobs for an address, or it does not work.
func (d *Dispatcher) Knows(address string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.addresses[address] != nil
}

// Backlog reports whether jobs wait at addresses that back off after failures.
func (d *Dispatcher) Backlog() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.backlog()
}
