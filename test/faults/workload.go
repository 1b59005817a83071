package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	alice = "alice@example.com"
	bob   = "bob@example.com"
)

// step is one thing that happens to a request.
type step func(server *teleporttest.Server, id string) error

// outcome is what becomes of a request.
type outcome struct {
	steps []step
	// status is what its messages must show in the end.
	status string
}

// outcomes are the mix: request n gets the one at n modulo their number.
var outcomes = []outcome{
	{[]step{approve(alice), approve(bob)}, tally.Approved},
	{[]step{deny(alice)}, tally.Denied},
	{[]step{remove}, tally.Removed},
	{[]step{promote(alice), promote(bob)}, tally.Promoted},
	{[]step{approve(alice)}, "Pending, 1 of 2 approvals"},
	{[]step{approve(bob), deny(alice)}, tally.Denied},
	{[]step{approve(bob), remove}, tally.Removed},
	{nil, tally.Undecided},
}

func approve(author string) step {
	return func(s *teleporttest.Server, id string) error {
		return s.Review(id, author, accessrequest.Approved, "seems fine")
	}
}

func deny(author string) step {
	return func(s *teleporttest.Server, id string) error {
		return s.Review(id, author, accessrequest.Denied, "not today")
	}
}

func promote(author string) step {
	return func(s *teleporttest.Server, id string) error {
		return s.Promote(id, author, "On-call engineers", "needs it often")
	}
}

// remove makes the request go away before its time to decide is over.
func remove(s *teleporttest.Server, id string) error {
	return s.DeleteRequest(id)
}

// made is a request that exists, or existed.
type made struct {
	id string
	// status is what its messages must show, "" if there must be none.
	status  string
	created time.Time
}

// requestLog holds the requests that were made.
type requestLog struct {
	mu       sync.Mutex
	requests []made
}

func (l *requestLog) add(r made) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = append(l.requests, r)
}

func (l *requestLog) all() []made {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]made(nil), l.requests...)
}

// create makes request n. Its messages must show status in the end.
func (w *world) create(n int, status string) (string, error) {
	return w.createFor(fmt.Sprintf("user-%d@example.com", n), n, status)
}

// createFor is create for a user of one's choice.
func (w *world) createFor(user string, n int, status string) (string, error) {
	id, err := w.teleport.CreateRequest(teleporttest.RequestSpec{
		User:   user,
		Roles:  []string{role},
		Reason: fmt.Sprintf("Ticket OPS-%d", n),
	})
	if err != nil {
		return "", fmt.Errorf("creating request %d: %w", n, err)
	}
	w.made.add(made{id: id, status: status, created: time.Now()})
	return id, nil
}

// plan says when things happen.
type plan struct {
	// first is the number of the first request, and count how many there are.
	first, count int
	// createOver is how long it takes to make them all, evenly spread.
	createOver time.Duration
	// stepWithin is how long each later step waits, at most.
	stepWithin time.Duration
}

// play makes requests and lets everything happen to them. A request that no
// recipient has heard of is not decided, since one that is decided before that is never
// announced; from the first message on, anything may happen at any time.
func (w *world) play(ctx context.Context, p plan) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range p.count {
		// Drawn here, so that chance does not depend on who comes first.
		o := outcomes[(p.first+i)%len(outcomes)]
		waits := make([]time.Duration, len(o.steps))
		for n := range waits {
			waits[n] = w.dice.upTo(p.stepWithin)
		}
		group.Go(func() error {
			if err := wait.Pause(ctx, p.createOver*time.Duration(i)/time.Duration(p.count)); err != nil {
				return err
			}
			return w.live(ctx, p.first+i, o, waits)
		})
	}
	return group.Wait()
}

// live plays the life of one request.
func (w *world) live(ctx context.Context, n int, o outcome, waits []time.Duration) error {
	id, err := w.create(n, o.status)
	if err != nil || len(o.steps) == 0 {
		return err
	}
	if err := w.told(ctx, id); err != nil {
		// The tally sees that it is lost. No more is due than what happened.
		w.made.set(id, tally.Undecided)
		return ignoreUntold(err)
	}
	for i, step := range o.steps {
		if err := wait.Pause(ctx, waits[i]); err != nil {
			return err
		}
		if err := step(w.teleport, id); err != nil {
			return fmt.Errorf("deciding request %d: %w", n, err)
		}
	}
	return nil
}

// told waits until a recipient has heard of a request, be it on a machine that has
// no time for it. It gives up when nothing has changed anywhere for too long.
func (w *world) told(ctx context.Context, id string) error {
	for {
		awaited, cancel := context.WithTimeoutCause(ctx, w.patience, errUntold)
		err := w.watch.await(awaited, id)
		cancel()
		if !errors.Is(err, errUntold) || time.Since(w.watch.lastChange()) > w.patience {
			return err
		}
	}
}

var errUntold = errors.New("no recipient was told")

func ignoreUntold(err error) error {
	if errors.Is(err, errUntold) {
		return nil
	}
	return err
}

// decide lets everything happen to a request at once, and sets what must be
// shown of it: nothing when no recipient can have been told.
func (w *world) decide(id string, o outcome, told bool) error {
	for _, step := range o.steps {
		if err := step(w.teleport, id); err != nil {
			return fmt.Errorf("deciding a request: %w", err)
		}
	}
	status := o.status
	if !told && tally.Decided(status) {
		status = ""
	}
	w.made.set(id, status)
	return nil
}

func (l *requestLog) set(id, status string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.requests {
		if l.requests[i].id == id {
			l.requests[i].status = status
		}
	}
}
