package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// between is the time between two requests of the load.
	between = 500 * time.Millisecond
	// stepWithin is how long each thing waits that happens to a request, at most.
	stepWithin = 20 * time.Second
	// patience bounds how long a change takes to be shown everywhere, through what lasts
	// longest: a leader that is gone without a word, while its successor cannot get the lease.
	patience = 4 * time.Minute
)

// step is one thing that happens to a request, after which its messages show the status.
type step struct {
	do     func(server *teleporttest.Server, id string) error
	status string
}

// fates are what becomes of requests: the one with number n gets that at n modulo their number.
var fates = []struct {
	roles []string
	steps []step
}{
	{nil, []step{review(reviewer, accessrequest.Approved, tally.Approved)}},
	{nil, []step{review(reviewer, accessrequest.Denied, tally.Denied)}},
	{[]string{twoApprovals}, []step{
		review("first@example.com", accessrequest.Approved, "Pending, 1 of 2 approvals"),
		review(reviewer, accessrequest.Approved, tally.Approved),
	}},
	{nil, []step{{(*teleporttest.Server).DeleteRequest, tally.Removed}}},
	{[]string{twoApprovals}, []step{
		review("first@example.com", accessrequest.Approved, "Pending, 1 of 2 approvals"),
		review(reviewer, accessrequest.Denied, tally.Denied),
	}},
}

func review(author string, state accessrequest.State, status string) step {
	return step{func(s *teleporttest.Server, id string) error { return s.Review(id, author, state, "seems so") }, status}
}

// load is requests at a steady pace.
type load struct {
	world  *world
	random *rand.Rand
	lives  sync.WaitGroup

	mu  sync.Mutex
	err error
}

// run makes requests until ctx ends. Their lives go on in the group.
func (l *load) run(ctx, living context.Context) {
	for n := 0; wait.Pause(ctx, between) == nil; n++ {
		waits := make([]time.Duration, len(fates[n%len(fates)].steps)+1)
		for i := range waits {
			waits[i] = time.Duration(l.random.Int64N(int64(stepWithin)))
		}
		l.lives.Go(func() {
			if err := l.live(living, n, waits); err != nil {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.err = err
			}
		})
	}
}

// live plays the life of a request. Nothing happens to it before every recipient has heard of
// it, since what is decided before that need not be announced. In the end Teleport forgets it,
// so that there are always as many.
func (l *load) live(ctx context.Context, n int, waits []time.Duration) error {
	fate := fates[n%len(fates)]
	number, err := l.world.create(fate.roles...)
	if err != nil {
		return err
	}
	if err := l.world.awaitTold(ctx, number, patience); err != nil {
		return nil //nolint:nilerr // The tally finds what is lost.
	}
	for i, s := range fate.steps {
		if err := wait.Pause(ctx, waits[i]); err != nil {
			return err
		}
		if err := l.world.change(number, s); err != nil {
			return err
		}
	}
	if err := l.world.awaitShown(ctx, number); err != nil {
		return nil //nolint:nilerr // The tally finds what is stale.
	}
	if err := wait.Pause(ctx, waits[len(waits)-1]); err != nil {
		return err
	}
	return l.world.forget(number)
}

// failure is the last thing that the load could not do.
func (l *load) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// change lets something happen to a request.
func (w *world) change(n int, s step) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := s.do(w.teleport, w.requests[n].id); err != nil {
		return fmt.Errorf("changing request %d: %w", n, err)
	}
	w.requests[n].status = s.status
	return nil
}

// awaitShown returns once all messages about a request show its status.
func (w *world) awaitShown(ctx context.Context, n int) error {
	r := w.all(n)[0]
	return wait.For(ctx, patience, pollEvery, func() error {
		for _, c := range w.chats {
			if shown := c.shows(r.id); shown != r.status {
				return fmt.Errorf("%s shows %q of request %d", c.name, shown, n)
			}
		}
		return nil
	})
}

// forget has Teleport forget a request that is over.
func (w *world) forget(n int) error {
	id := w.all(n)[0].id
	if _, has := w.teleport.Request(id); !has {
		return nil
	}
	if err := w.teleport.DeleteRequest(id); err != nil {
		return fmt.Errorf("forgetting request %d: %w", n, err)
	}
	return nil
}
