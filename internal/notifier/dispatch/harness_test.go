package dispatch_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

// call is a delivery as the service saw it.
type call struct {
	dispatch.Job
	at time.Duration
}

// world is a service that answers each call after a latency, with Done unless a test
// says otherwise.
type world struct {
	*dispatch.Dispatcher
	latency time.Duration
	begun   time.Time

	mu     sync.Mutex
	answer func(j dispatch.Job) dispatch.Result
	calls  []call
	// active and most count deliveries under way, of each address and ("") of all.
	active, most map[string]int
}

var broken = &messenger.Error{Class: messenger.RecipientPermanent, Call: "post", Code: "is_archived"}

// simulate runs a test with a dispatcher in a bubble of fake time. Nothing may be left
// of the dispatcher afterwards.
func simulate(t *testing.T, o dispatch.Options, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			latency: 100 * time.Millisecond,
			begun:   time.Now(),
			active:  map[string]int{},
			most:    map[string]int{},
		}
		o.Deliver = w.deliver
		w.Dispatcher = dispatch.New(o)
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
		if w.active[""] != 0 {
			t.Errorf("%d deliveries are under way after Run", w.active[""])
		}
		before := len(w.calls)
		time.Sleep(time.Hour)
		if len(w.calls) != before {
			t.Errorf("%d deliveries began after Run", len(w.calls)-before)
		}
		synctest.Wait()
		if n := strings.Count(stacks(), "notifier/dispatch.("); n != 0 {
			t.Errorf("goroutines are left after Run:\n%s", stacks())
		}
	})
}

func stacks() string {
	all := make([]byte, 1<<20)
	return string(all[:runtime.Stack(all, true)])
}

func (w *world) deliver(_ context.Context, j dispatch.Job) dispatch.Result {
	w.mu.Lock()
	w.calls = append(w.calls, call{j, time.Since(w.begun)})
	w.count(j.Address, 1)
	w.count("", 1)
	latency := w.latency
	w.mu.Unlock()
	time.Sleep(latency)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count(j.Address, -1)
	w.count("", -1)
	if w.answer == nil {
		return dispatch.Done()
	}
	return w.answer(j)
}

func (w *world) count(address string, n int) {
	w.active[address] += n
	w.most[address] = max(w.most[address], w.active[address])
}

// answers sets what the service says from now on; nil for Done.
func (w *world) answers(f func(j dispatch.Job) dispatch.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = f
}

// forgetCalls starts the list of calls, and time, anew.
func (w *world) forgetCalls() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls, w.begun, w.most = nil, time.Now(), map[string]int{}
}

// after lets time pass and returns the requests that were called for, in order.
func (w *world) after(d time.Duration) string {
	time.Sleep(d)
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	var got []string
	for _, c := range w.calls {
		got = append(got, c.Request)
	}
	return strings.Join(got, " ")
}

// find returns the calls for which the function is true.
func (w *world) find(is func(c call) bool) []call {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []call
	for _, c := range w.calls {
		if is(c) {
			found = append(found, c)
		}
	}
	return found
}

// add adds posts of a requester to an address.
func (w *world) add(requester, address string, requests ...string) {
	for _, r := range requests {
		w.Add(dispatch.Job{Address: address, Request: r, Requester: requester})
	}
}

// numbered returns n names with a prefix.
func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return names
}

// position returns how many calls there were before the first for the request.
func (w *world) position(request string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, c := range w.calls {
		if c.Request == request {
			return i
		}
	}
	return -1
}

// idle waits until no delivery is under way.
func (w *world) idle() {
	for w.busy() {
		time.Sleep(w.latency)
	}
}

func (w *world) busy() bool {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.active[""] > 0
}
