package messengertest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Always is the count for a fault that stays until it is switched off.
const Always = -1

// Failure is an answer that a fault puts in place of the real one. A failure
// with a code has the service's own error body; one without has a body that is
// not JSON, as a proxy in front of the service sends it. The zero value is no
// failure.
type Failure struct {
	// Status is the HTTP status; zero for the status that the code usually
	// comes with.
	Status int
	// Code is the service's error code: "internal_error", "10003",
	// "api.context.permissions.app_error".
	Code string
	// RetryAfter is what the header of that name asks for; zero for no header.
	RetryAfter time.Duration
}

// Scope says whom a rate limit stops.
type Scope string

// The scopes of a rate limit.
const (
	// ScopeAll is every call of the token.
	ScopeAll Scope = "all"
	// ScopeChannel is the calls that name one channel.
	ScopeChannel Scope = "channel"
	// ScopeMethod is the calls of one method.
	ScopeMethod Scope = "method"
)

// Throttling is a rate limit that a fault pretends to be exceeded.
type Throttling struct {
	// RetryAfter is what the answer asks for.
	RetryAfter time.Duration
	// Scope says which calls are stopped; empty means ScopeAll.
	Scope Scope
	// Target is the channel id or the method's name; empty means each.
	Target string
	// PlainBody makes the body something other than JSON.
	PlainBody bool
}

// Faults are switched at run time and apply from the next call on. One value
// may be shared by several simulators. The zero value is ready to use. All
// methods are safe for concurrent use.
type Faults struct {
	mu           sync.Mutex
	fail         Failure
	failNext     int
	failNextWith Failure
	methods      map[string]Failure
	throttling   *Throttling
	hang         chan struct{}
	dropAfter    int
	dropBefore   int
	late         lateness
	latency      time.Duration
	refuse       bool
	watchers     []func(refuse bool)
}

// Fail makes every call fail with a status and a body that is not JSON; zero
// ends it.
func (f *Faults) Fail(status int) {
	f.FailWith(Failure{Status: status})
}

// FailWith makes every call fail; the zero Failure ends it.
func (f *Faults) FailWith(failure Failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = failure
}

// FailMethod makes one method fail, by the name under which Calls counts it;
// the zero Failure ends it.
func (f *Faults) FailMethod(method string, failure Failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.methods == nil {
		f.methods = map[string]Failure{}
	}
	f.methods[method] = failure
	maps.DeleteFunc(f.methods, func(_ string, other Failure) bool { return other == Failure{} })
}

// FailNext makes the next n calls fail.
func (f *Faults) FailNext(n int, failure Failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failNext, f.failNextWith = n, failure
}

// Throttle answers calls with 429 until Unthrottle.
func (f *Faults) Throttle(t Throttling) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.throttling = &t
}

// Unthrottle ends Throttle.
func (f *Faults) Unthrottle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.throttling = nil
}

// Hang accepts calls and leaves them without an answer until the caller goes,
// which has no effect then, or until Hang(false), when the call goes on.
func (f *Faults) Hang(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if on == (f.hang != nil) {
		return
	}
	if on {
		f.hang = make(chan struct{})
		return
	}
	close(f.hang)
	f.hang = nil
}

// DropAfterAccept performs the next n calls that change something, but closes
// the connection in place of an answer. Always stays on; zero ends it.
func (f *Faults) DropAfterAccept(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropAfter = n
}

// DropBeforeAccept closes the connection of the next n calls, which have no
// effect. Always stays on; zero ends it.
func (f *Faults) DropBeforeAccept(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropBefore = n
}

// RefuseConnections closes the listener and every connection, and opens the
// same address again when refuse is false. It returns when that is done.
func (f *Faults) RefuseConnections(refuse bool) {
	f.mu.Lock()
	if f.refuse == refuse {
		f.mu.Unlock()
		return
	}
	f.refuse = refuse
	watchers := slices.Clone(f.watchers)
	f.mu.Unlock()
	for _, tell := range watchers {
		tell(refuse)
	}
}

// Latency delays every call by d; zero ends it.
func (f *Faults) Latency(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latency = d
}

// Clear ends every fault.
func (f *Faults) Clear() {
	f.Hang(false)
	f.RefuseConnections(false)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail, f.failNext, f.failNextWith, f.methods = Failure{}, 0, Failure{}, nil
	f.throttling, f.dropAfter, f.dropBefore, f.latency = nil, 0, 0, 0
	f.late.clear()
}

func (f *Faults) watch(tell func(refuse bool)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watchers = append(f.watchers, tell)
}

func (f *Faults) refusing() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refuse
}

// wait sits out the latency and the hang, or ends with ctx.
func (f *Faults) wait(ctx context.Context) error {
	f.mu.Lock()
	latency, hang := f.latency, f.hang
	f.mu.Unlock()
	if latency > 0 {
		timer := time.NewTimer(latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if hang == nil {
		return ctx.Err()
	}
	select {
	case <-hang:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failure returns how the call is to fail, if at all.
func (f *Faults) failure(method string) (Failure, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if take(&f.failNext) {
		return f.failNextWith, true
	}
	if failure, ok := f.methods[method]; ok {
		return failure, true
	}
	return f.fail, f.fail != Failure{}
}

// failureOf returns how calls of this one method are to fail, if at all.
func (f *Faults) failureOf(method string) (Failure, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	failure, ok := f.methods[method]
	return failure, ok
}

// throttled returns the throttling that stops the call, if any.
func (f *Faults) throttled(method, channel string) (Throttling, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.throttling == nil {
		return Throttling{}, false
	}
	t := *f.throttling
	switch t.Scope {
	case ScopeChannel:
		return t, channel != "" && (t.Target == "" || t.Target == channel)
	case ScopeMethod:
		return t, t.Target == "" || t.Target == method
	default:
		t.Scope = ScopeAll
		return t, true
	}
}

func (f *Faults) takeDropBefore() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return take(&f.dropBefore)
}

func (f *Faults) takeDropAfter() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return take(&f.dropAfter)
}

// take uses one of n up and reports whether there was one.
func take(n *int) bool {
	if *n > 0 {
		*n--
		return true
	}
	return *n == Always
}
