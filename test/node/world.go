package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
	"github.com/accessnotifier/accessnotifier/test/node/cluster"
)

// world is a Teleport, chat services, and what happens there.
type world struct {
	host      string
	authority *cluster.Authority
	teleport  *teleporttest.Server
	chats     []*chat
	// clocks are those of Teleport and of the chat services.
	clocks struct{ teleport, chats clock }

	mu       sync.Mutex
	requests []request
}

// newWorld starts the services on ports of this machine, which pods know as host.
func newWorld(host string) (*world, error) {
	w := &world{host: host}
	w.chats = newChats(noted(), w.clocks.chats.now)
	var err error
	if w.authority, err = cluster.NewAuthority("chat services"); err != nil {
		return nil, err
	}
	for _, c := range w.chats {
		if err := c.listen(host, w.authority); err != nil {
			return nil, err
		}
	}
	w.teleport, err = teleporttest.Start(teleporttest.Options{
		Address: ":0", Now: w.clocks.teleport.now, AdvancedAccessWorkflows: true,
		Thresholds: map[string][]teleporttest.Threshold{twoApprovals: {{Name: "reviewers", Approve: 2, Deny: 1}}},
	})
	if err != nil {
		return nil, fmt.Errorf("starting Teleport: %w", err)
	}
	return w, nil
}

func (w *world) close() error {
	w.teleport.Close()
	var err error
	for _, c := range w.chats {
		err = errors.Join(err, c.close())
	}
	return err
}

// address is that of Teleport.
func (w *world) address() string { return reachable(w.teleport.Addr(), w.host) }

// all are the requests from the given number on.
func (w *world) all(from int) []request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.requests[from:])
}

// twoApprovals is a role that takes two approvals, or one denial.
const twoApprovals = "production-admin"

// create makes a request for the roles, or for those of Teleport's default, and returns its
// number.
func (w *world) create(roles ...string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.requests)
	id, err := w.teleport.CreateRequest(teleporttest.RequestSpec{
		User: fmt.Sprintf("user-%d@example.com", n), Reason: fmt.Sprintf("Ticket OPS-%d", n), Roles: roles,
	})
	if err != nil {
		return 0, fmt.Errorf("creating request %d: %w", n, err)
	}
	status := tally.Pending
	if slices.Contains(roles, twoApprovals) {
		status = tally.Undecided
	}
	w.requests = append(w.requests, request{id: id, created: time.Now(), status: status})
	return n, nil
}

// reviewer decides.
const reviewer = "reviewer@example.com"

// decide resolves a request.
func (w *world) decide(n int, state accessrequest.State, status string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.teleport.Review(w.requests[n].id, reviewer, state, "so be it"); err != nil {
		return fmt.Errorf("deciding request %d: %w", n, err)
	}
	w.requests[n].status = status
	return nil
}

// burst makes requests at a steady pace until over is closed, and at least some. Of
// three, one is approved and one denied as soon as every recipient has heard of it: what
// is decided before that need not be announced.
func (w *world) burst(ctx context.Context, atLeast int, over <-chan struct{}) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := 0; ctx.Err() == nil && (i < atLeast || !closed(over)); i++ {
		group.Go(func() error { return w.live(ctx, i%3) })
		// When it fails, ctx has ended, and the loop does.
		_ = wait.Pause(ctx, pace)
	}
	return group.Wait()
}

// live makes a request and decides it, if kind is not 0.
func (w *world) live(ctx context.Context, kind int) error {
	n, err := w.create()
	if err != nil || kind == 0 {
		return err
	}
	if err := w.awaitTold(ctx, n, toldWithin); err != nil {
		return err
	}
	if kind == 1 {
		return w.decide(n, accessrequest.Approved, tally.Approved)
	}
	return w.decide(n, accessrequest.Denied, tally.Denied)
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

const (
	// pollEvery is how often something is looked at that cannot tell by itself.
	pollEvery = 200 * time.Millisecond
	// pace is the time between two requests of a burst.
	pace = 100 * time.Millisecond
	// toldWithin bounds how long a request waits for its messages, through the
	// longest outage of these tests: a leader that is gone without a word.
	toldWithin = 2 * time.Minute
	// quiet is how long nothing may have changed before the last look: longer than
	// the operator waits before it posts again after an unclear outcome, 22 s.
	quiet = 26 * time.Second
)

// awaitTold returns once all services have a message about a request.
func (w *world) awaitTold(ctx context.Context, n int, within time.Duration) error {
	id := w.all(n)[0].id
	return wait.For(ctx, within, pollEvery, func() error {
		for _, c := range w.chats {
			if c.toldAt(id).IsZero() {
				return fmt.Errorf("%s has no message about request %d", c.name, n)
			}
		}
		return nil
	})
}

// awaitMessages returns once there are this many messages about the requests from
// the given number on.
func (w *world) awaitMessages(ctx context.Context, from, messages int) error {
	return wait.For(ctx, toldWithin, pollEvery, func() error {
		if has := count(w.all(from), w.chats).messages; has < messages {
			return fmt.Errorf("there are %d messages", has)
		}
		return nil
	})
}

// settle waits until every message about the requests from the given number on is
// as it has to be, and returns the tally.
func (w *world) settle(ctx context.Context, from int) (string, error) {
	var t result
	err := wait.For(ctx, toldWithin, pollEvery, func() error {
		if t = count(w.all(from), w.chats); !t.Settled() {
			return t.err()
		}
		return nil
	})
	if err == nil {
		err = t.err()
	}
	return t.String(), err
}

// calm waits until nothing has changed for long enough.
func (w *world) calm(ctx context.Context) error {
	return wait.For(ctx, toldWithin, pollEvery, func() error {
		for _, c := range w.chats {
			if still := time.Since(c.lastChange()); still < quiet {
				return fmt.Errorf("%s changed %s ago", c.name, still)
			}
		}
		return nil
	})
}
