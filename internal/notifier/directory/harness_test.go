package directory_test

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
	"github.com/accessnotifier/accessnotifier/internal/notifier/directory"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

var (
	down       = &messenger.Error{Class: messenger.Transient, Call: "look-up", Code: "http_503"}
	malformed  = messenger.BadResponse("look-up")
	missing    = &messenger.Error{Class: messenger.RecipientPermanent, Call: "look-up", Code: "channel_not_found"}
	errNoScope = &messenger.Error{Class: messenger.PermissionMissing, Call: "look-up", Code: "missing_scope"}
	revoked    = &messenger.Error{Class: messenger.MessengerPermanent, Call: "look-up", Code: "token_revoked"}
)

func throttled(after time.Duration) *messenger.Error {
	return &messenger.Error{Class: messenger.Throttled, Call: "look-up", Code: "ratelimited", RetryAfter: after}
}

// call is a look-up as the service saw it.
type call struct {
	routing.Recipient
	at time.Duration
}

// world is a service that knows every recipient by name, unless a test says otherwise.
type world struct {
	*directory.Directory
	latency time.Duration
	begun   time.Time

	mu           sync.Mutex
	answer       func(r routing.Recipient) error
	id           string // added to addresses
	calls        []call
	active, most int
	told         []string
}

func simulate(t *testing.T, o directory.Options, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{latency: 100 * time.Millisecond, begun: time.Now()}
		o.Resolve, o.Changed = w.resolve, w.changed
		w.Directory = directory.New(o)
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
		before := len(w.calls)
		time.Sleep(24 * time.Hour)
		if len(w.calls) != before {
			t.Errorf("%d look-ups began after Run", len(w.calls)-before)
		}
		synctest.Wait()
		if all := stacks(); strings.Contains(all, "notifier/directory.(") {
			t.Errorf("goroutines are left after Run:\n%s", all)
		}
	})
}

func stacks() string {
	all := make([]byte, 1<<20)
	return string(all[:runtime.Stack(all, true)])
}

func (w *world) resolve(_ context.Context, r routing.Recipient) (messenger.Address, error) {
	w.mu.Lock()
	w.calls = append(w.calls, call{r, time.Since(w.begun)})
	w.active++
	w.most = max(w.most, w.active)
	latency := w.latency
	w.mu.Unlock()
	time.Sleep(latency)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.active--
	if w.answer != nil {
		if err := w.answer(r); err != nil {
			return messenger.Address{}, err
		}
	}
	return messenger.Address{ID: r.Name + w.id, Direct: r.Person}, nil
}

func (w *world) changed(r routing.Recipient, now directory.Answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, fmt.Sprint(r.Name, " ", now.State, " ", now.Address.ID, " ", now.Err != nil))
}

// answers sets what the service says from now on; nil for a success.
func (w *world) answers(f func(r routing.Recipient) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = f
}

// fails makes all look-ups end with an error.
func (w *world) fails(err error) {
	w.answers(func(routing.Recipient) error { return err })
}

// restart forgets what was noted, and starts time anew.
func (w *world) restart() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls, w.told, w.most, w.begun = nil, nil, 0, time.Now()
}

func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// idle waits until no look-up is under way.
func (w *world) idle() {
	for w.busy() {
		after(w.latency)
	}
}

func (w *world) busy() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.active > 0
}

// position returns how many look-ups there were before the first of a name, -1 if there
// was none.
func (w *world) position(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, c := range w.calls {
		if c.Name == name {
			return i
		}
	}
	return -1
}

func channel(name string) routing.Recipient { return routing.Recipient{Name: name} }
func person(name string) routing.Recipient {
	return routing.Recipient{Name: name, Person: true}
}

// flood has a requester name n persons.
func (w *world) flood(requester string, n int) {
	for i := range n {
		w.Lookup(person(fmt.Sprint(requester, i)), requester)
	}
}
