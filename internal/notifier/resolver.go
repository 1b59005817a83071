package notifier

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// resolveWidth is how many look-ups of one notifier run at a time.
const resolveWidth = 8

// secondLook is how soon a recipient that does not exist is looked for once more:
// often it is just being made.
const secondLook = 20 * time.Second

// resolver finds the addresses of recipients without making anybody wait: what
// it does not know yet, it looks up in the background and then reports.
type resolver struct {
	resolve func(ctx context.Context, recipient string) (messenger.Address, error)
	// changed is called when a look-up has ended.
	changed func(recipient string, l lookUp)
	timing  Timing

	running sync.WaitGroup
	places  chan struct{}

	mu     sync.Mutex
	closed bool
	byName map[string]*resolution
}

// lookUp is how a look-up has ended.
type lookUp struct {
	// failure is nil on success.
	failure *messenger.Error
	// failures are those in a row that should pass.
	failures streak
	// recovered is set when the service has answered after some of those.
	recovered bool
}

// resolution is what is known of one recipient.
type resolution struct {
	address messenger.Address
	// known is true once address is valid. It stays valid while a later look-up
	// fails for the time being.
	known bool
	// failure is why the last look-up failed, nil after a success.
	failure  *messenger.Error
	failures streak
	// broken is when the service first said that it does not exist.
	broken time.Time
	// due is when to look again.
	due time.Time
	// used is when somebody asked for the recipient last.
	used time.Time
	// busy is set while a look-up is under way.
	busy bool
	// timer ends the wait after a failure.
	timer *time.Timer
}

func newResolver(
	timing Timing,
	resolve func(context.Context, string) (messenger.Address, error),
	changed func(string, lookUp),
) *resolver {
	return &resolver{
		resolve: resolve,
		changed: changed,
		timing:  timing,
		places:  make(chan struct{}, resolveWidth),
		byName:  map[string]*resolution{},
	}
}

// address returns the address of the recipient, false while it is unknown. It
// starts a look-up when one is due.
func (r *resolver) address(ctx context.Context, recipient string) (messenger.Address, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, ok := r.byName[recipient]
	if !ok {
		found = &resolution{}
		r.byName[recipient] = found
	}
	found.used = time.Now()
	r.startIfDue(ctx, recipient, found)
	return found.address, found.known
}

func (r *resolver) startIfDue(ctx context.Context, recipient string, found *resolution) {
	if !found.busy && !r.closed && !time.Now().Before(found.due) {
		r.start(ctx, recipient, found)
	}
}

func (r *resolver) start(ctx context.Context, recipient string, found *resolution) {
	found.busy = true
	r.running.Go(func() {
		select {
		case r.places <- struct{}{}:
			defer func() { <-r.places }()
		case <-ctx.Done():
			return
		}
		address, err := r.resolve(ctx, recipient)
		if ctx.Err() != nil {
			return
		}
		r.finish(ctx, recipient, found, address, err)
	})
}

func (r *resolver) finish(ctx context.Context, recipient string, found *resolution, address messenger.Address, err error) {
	r.mu.Lock()
	found.busy = false
	struggled := found.failures.count > 0
	if err == nil {
		found.address, found.known = address, true
		found.failure, found.failures = nil, streak{}
		found.due = time.Now().Add(r.timing.ResolveTTL)
	} else {
		r.fail(ctx, recipient, found, messenger.AsError(err))
	}
	result := lookUp{found.failure, found.failures, struggled && found.failures.count == 0}
	r.mu.Unlock()
	r.changed(recipient, result)
}

func (r *resolver) fail(ctx context.Context, recipient string, found *resolution, failure *messenger.Error) {
	if found.failure == nil || found.failure.Class != messenger.RecipientPermanent {
		found.broken = time.Now()
	}
	found.failure = failure
	found.failures.fail(time.Now())
	var wait time.Duration
	switch failure.Class {
	case messenger.RecipientPermanent:
		found.known, found.failures = false, streak{}
		wait = r.timing.slow()
		if soon := time.Until(found.broken.Add(secondLook)); soon > 0 {
			wait = min(wait, soon)
		}
	case messenger.MessengerPermanent:
		wait = r.timing.slow()
	case messenger.Throttled:
		wait = failure.RetryAfter
	default:
		wait = r.timing.backoff(found.failures.count)
	}
	found.due = time.Now().Add(wait)
	if r.closed {
		return
	}
	stopTimer(found.timer)
	found.timer = time.AfterFunc(wait, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.startIfDue(ctx, recipient, found)
	})
}

// retry looks all failed recipients up again at once, because the reason for
// the failures may be over.
func (r *resolver) retry(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for recipient, found := range r.byName {
		if found.failure != nil && !found.busy && !r.closed {
			r.start(ctx, recipient, found)
		}
	}
}

// expire makes every look-up due, so that the next use looks again.
func (r *resolver) expire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, found := range r.byName {
		found.due = time.Time{}
	}
}

// forget drops the recipients that nobody asked for since a look-up was last
// believed for its whole time, and returns their names: requesters may suggest
// anybody.
func (r *resolver) forget() (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for recipient, found := range r.byName {
		if !found.busy && time.Since(found.used) > r.timing.ResolveTTL {
			stopTimer(found.timer)
			delete(r.byName, recipient)
			names = append(names, recipient)
		}
	}
	return names
}

// decided reports whether it is known of each recipient whether it works.
func (r *resolver) decided(recipients []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !slices.ContainsFunc(recipients, func(recipient string) bool {
		found, ok := r.byName[recipient]
		return !ok || !found.known && (found.failure == nil || found.failure.Class != messenger.RecipientPermanent)
	})
}

// failed returns the recipients that could not be looked up.
func (r *resolver) failed() map[string]*messenger.Error {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[string]*messenger.Error{}
	for recipient, res := range r.byName {
		if res.failure != nil {
			found[recipient] = res.failure
		}
	}
	return found
}

// names returns the recipients with an address, in order.
func (r *resolver) names(address string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []string
	for recipient, res := range r.byName {
		if res.known && res.address.ID == address {
			found = append(found, recipient)
		}
	}
	slices.Sort(found)
	return found
}

// doubt looks those recipients up again whose address does not work any more.
func (r *resolver) doubt(ctx context.Context, address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for recipient, res := range r.byName {
		if res.known && res.address.ID == address {
			res.due = time.Time{}
			r.startIfDue(ctx, recipient, res)
		}
	}
}

// close ends all look-ups. The context that they were started with must have
// ended.
func (r *resolver) close() {
	r.mu.Lock()
	r.closed = true
	for _, res := range r.byName {
		stopTimer(res.timer)
	}
	r.mu.Unlock()
	r.running.Wait()
}
