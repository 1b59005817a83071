package breaker_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
)

var (
	down      = &messenger.Error{Class: messenger.Transient, Call: "check", Code: "http_503"}
	malformed = messenger.BadResponse("check")
	revoked   = &messenger.Error{Class: messenger.MessengerPermanent, Call: "check", Code: "token_revoked"}
	failure   = &messenger.Error{Class: messenger.Transient, Call: "post", Code: "http_500"}
)

func throttled(after time.Duration) *messenger.Error {
	return &messenger.Error{Class: messenger.Throttled, Call: "post", Code: "ratelimited", RetryAfter: after}
}

// world is a messenger whose check ends as a test says.
type world struct {
	*breaker.Breaker
	ctx     context.Context
	latency time.Duration
	begun   time.Time

	mu      sync.Mutex
	err     error
	waiting bool
	checks  []time.Duration
	// changes are the statuses that Changed was called for.
	changes          []breaker.Status
	recovered, tried []time.Duration
}

func simulate(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			w.Run(ctx)
		}()
		synctest.Wait()
		test(w)
		cancel()
		<-ended
		before := len(w.checks)
		time.Sleep(24 * time.Hour)
		if len(w.checks) != before {
			t.Errorf("%d checks were made after Run", len(w.checks)-before)
		}
		synctest.Wait()
		if all := stacks(); strings.Contains(all, "notifier/breaker.(") {
			t.Errorf("goroutines are left after Run:\n%s", all)
		}
	})
}

func stacks() string {
	all := make([]byte, 1<<20)
	return string(all[:runtime.Stack(all, true)])
}

func newWorld(t *testing.T) *world {
	w := &world{ctx: t.Context(), latency: 100 * time.Millisecond, begun: time.Now()}
	w.Breaker = breaker.New(breaker.Options{
		Check: func(context.Context) error {
			w.mu.Lock()
			w.checks = append(w.checks, time.Since(w.begun))
			latency := w.latency
			w.mu.Unlock()
			time.Sleep(latency)
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.err
		},
		Changed: func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.changes = append(w.changes, w.State().Status)
		},
		Recovered: func() { w.note(&w.recovered) },
		Try:       func() { w.note(&w.tried) },
		Waiting: func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.waiting
		},
	})
	return w
}

func (w *world) note(when *[]time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*when = append(*when, time.Since(w.begun))
}

// set says how checks end from now on, and whether deliveries wait.
func (w *world) set(err error, waiting bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err, w.waiting = err, waiting
}

// restart starts all that is noted, and time, anew.
func (w *world) restart() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun, w.checks, w.changes, w.recovered, w.tried = time.Now(), nil, nil, nil, nil
}

func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) fail(times int) {
	for range times {
		w.ReportTrouble("post", failure)
		synctest.Wait()
	}
}
