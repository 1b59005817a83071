package breaker

import (
	"context"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/guard"
	"github.com/accessnotifier/accessnotifier/internal/signal"
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

// same reports whether a reader would see no difference.
func (s State) same(other State) bool {
	if s.Status != other.Status || !s.Until.Equal(other.Until) || (s.Err == nil) != (other.Err == nil) {
		return false
	}
	return s.Err == nil || s.Err.Class == other.Err.Class && s.Err.Code == other.Err.Code
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
	// Probe is asked instead of Check where nothing has happened that a check is to
	// explain: its answer may be a little old. Default: Check.
	Probe func(ctx context.Context) error
	// Changed is called when State has become another.
	Changed func()
	// Recovered is called when calls work again after trouble or a refused token:
	// all back-off can end.
	Recovered func()
	// Try is called while deliveries fail although the token works, every few
	// seconds: one delivery should be attempted now. It is not called when Recovered is.
	Try func()
	// Waiting reports whether deliveries wait for the messenger to work again.
	Waiting func() bool
	// Guard is deferred by every goroutine; default: nothing.
	Guard guard.Guard
	// Interval is about how often the token is checked; default 1 min.
	Interval time.Duration
	// Recheck is how long at least to wait between checks that are made because of
	// trouble, and one half more at most; default 1.8 s, so that deliveries are under
	// way within 3 s when the service is back.
	Recheck time.Duration
	// SlowRetry is about how often a refused token is checked; default 5 min.
	SlowRetry time.Duration
	// ThrottledAfter is for how long calls must have to wait before that is shown, those to
	// more than one address; default 10 s.
	ThrottledAfter time.Duration
}

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&o.Interval, time.Minute)
	set(&o.Recheck, 1800*time.Millisecond)
	set(&o.SlowRetry, 5*time.Minute)
	set(&o.ThrottledAfter, 10*time.Second)
	nothing := func() {}
	for _, f := range []*func(){&o.Changed, &o.Recovered, &o.Try} {
		if *f == nil {
			*f = nothing
		}
	}
	if o.Probe == nil {
		o.Probe = o.Check
	}
	if o.Waiting == nil {
		o.Waiting = func() bool { return false }
	}
	return o
}

// Breaker watches over one messenger. Make one with New. Its methods are safe for
// concurrent use.
type Breaker struct {
	// news has Run look at the state.
	news signal.Signal
	// stopped is closed when Run does not check any more.
	stopped chan struct{}

	mu    sync.Mutex
	state // guarded by mu, but for its options
}

// New makes a Breaker. Its state is Unknown until Run has made the first check.
func New(o Options) *Breaker {
	return &Breaker{
		news:    signal.New(),
		stopped: make(chan struct{}),
		state: state{
			options: o.withDefaults(),
			calls:   calls{throttles: map[call]throttle{}, failing: map[string]streak{}},
			checks:  checks{over: make(chan struct{})},
		},
	}
}

// Run checks the token until ctx ends. It must be called once.
func (b *Breaker) Run(ctx context.Context) {
	var probe sync.WaitGroup
	defer probe.Wait()
	defer close(b.stopped)
	for shown := (State{}); ctx.Err() == nil; {
		if check := b.checkDue(); check != nil {
			b.options.Guard.Go(&probe, func() { b.probe(ctx, check) })
		}
		var wait time.Duration
		shown, wait = b.tell(shown)
		select {
		case <-ctx.Done():
		case <-b.news:
		case <-time.After(wait):
		}
	}
}

// checkDue returns the check that has to be made now, nil if none has.
func (b *Breaker) checkDue() func(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	mayBeOld := b.checks.purpose == routine || b.token.standing == unchecked
	switch {
	case !b.checks.begin(time.Now()):
		return nil
	case mayBeOld:
		return b.options.Probe
	default:
		return b.options.Check
	}
}

func (b *Breaker) probe(ctx context.Context, check func(context.Context) error) {
	err := check(ctx)
	if ctx.Err() != nil {
		return
	}
	waiting := b.options.Waiting()
	b.change(func(now time.Time) { b.end(err, waiting, now) })
}

// tell makes the callbacks that are due. It returns the state that was told, and how
// long until something is due by time.
func (b *Breaker) tell(shown State) (State, time.Duration) {
	b.mu.Lock()
	now := time.Now()
	current, wait := b.at(now), b.wait(now)
	told := b.told
	b.told = tellNothing
	b.mu.Unlock()
	if !current.same(shown) {
		b.options.Changed()
	}
	switch told {
	case tellRecovered:
		b.options.Recovered()
	case tellTry:
		b.options.Try()
	default:
	}
	return current, wait
}

// change changes the state, and has Run look at it.
func (b *Breaker) change(f func(now time.Time)) {
	b.mu.Lock()
	f(time.Now())
	b.mu.Unlock()
	b.news.Give()
}

// State returns whether the messenger is usable.
func (b *Breaker) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at(time.Now())
}

// ReportSuccess notes that a call of a method, such as "post", worked at an address. One
// that works during a pause of its method had begun before, and does not end it.
func (b *Breaker) ReportSuccess(method, address string) {
	b.change(func(now time.Time) {
		b.calls.worked(method, address, now)
		b.answered()
	})
}

// ReportReachable notes that a call was answered, if only by a refusal of that call.
func (b *Breaker) ReportReachable() {
	b.change(func(time.Time) { b.answered() })
}

// ReportTrouble notes that a call of a method failed for a reason that should pass.
func (b *Breaker) ReportTrouble(method string, err *messenger.Error) {
	b.change(func(now time.Time) { b.failed(method, err, now) })
}

// ReportThrottled notes that a method has to wait, as err says: at the address if that is
// its scope.
func (b *Breaker) ReportThrottled(method, address string, err *messenger.Error) {
	kind := call{method: method}
	if err.Scope == messenger.ScopeAddress {
		kind.address = address
	}
	b.change(func(now time.Time) { b.calls.throttled(kind, err, now) })
}

// Suspect has the token checked soon, because something failed that says little about
// the messenger by itself, such as a look-up.
func (b *Breaker) Suspect() {
	b.change(func(now time.Time) { b.hasten(b.soon(now)) })
}

// CheckNow has the token checked at once, even a refused one: something has changed
// that may be about it.
func (b *Breaker) CheckNow() {
	b.change(func(now time.Time) { b.checks.plan(now, explanation) })
}

// ReportUnauthorized notes that a call was refused because of the token, and has the
// token checked at once. It waits for a check that began after the refusal, at most
// until ctx or Run ends. A refusal that comes soon after one that was not confirmed is
// not waited for: it is CallOnly, and the token is checked a little later.
func (b *Breaker) ReportUnauthorized(ctx context.Context) Verdict {
	var verdict Verdict
	var number int
	b.change(func(now time.Time) { verdict, number = b.doubt(now) })
	for number > 0 {
		var ended <-chan struct{}
		verdict, ended = b.verdict(number)
		if ended == nil {
			break
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return Unclear
		case <-b.stopped:
			return Unclear
		}
	}
	return verdict
}

// verdict is that of the checks.
func (b *Breaker) verdict(number int) (Verdict, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.checks.verdict(number)
}
