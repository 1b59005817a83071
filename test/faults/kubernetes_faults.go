package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// The real operator has the delays of production, but for its lease.
const (
	// realQuiet is longer than the engine waits before it settles an unclear
	// outcome, which is 22 s.
	realQuiet = 26 * time.Second
	// startWithin bounds how long it takes until the first message is there.
	startWithin = time.Minute
)

func (w *world) realCalm() bool {
	return time.Since(w.watch.lastChange()) > realQuiet
}

// leaderFailover: of two operators the one that delivers is killed in the middle
// of a burst, and the other goes on.
func leaderFailover(ctx context.Context, w *world) error {
	k, err := w.startKubernetes(ctx)
	if err != nil {
		return err
	}
	lease := []string{
		"--leader-elect-lease-duration=5s", "--leader-elect-renew-deadline=4s", "--leader-elect-retry-period=1s",
	}
	leader, err := k.operate(ctx, w, lease...)
	if err != nil {
		return err
	}
	if err := w.delivers(ctx, leader, startWithin); err != nil {
		return err
	}
	next, err := k.operate(ctx, w, lease...)
	if err != nil {
		return err
	}
	unclear := map[intent]bool{}
	group, playing := errgroup.WithContext(ctx)
	group.Go(func() error {
		return w.play(playing, plan{first: 1, count: w.requests - 1, createOver: 5 * time.Second, stepWithin: 5 * time.Second})
	})
	group.Go(func() error {
		if err := wait.Pause(playing, 3*time.Second); err != nil {
			return err
		}
		posts := len(w.chat.Posts())
		leader.Kill()
		w.noteUnclear(unclear)
		w.say("killed the leader after %d messages; %d outcomes are unclear", posts, len(unclear))
		if w.platform.blind {
			w.allowed = len(unclear)
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if err := w.settle(ctx, w.realCalm); err != nil {
		return err
	}
	return next.Alive()
}

// apiServerDown: the API server cannot be reached for a while. What is
// configured already goes on. The leader may be silent for longer than that.
func apiServerDown(ctx context.Context, w *world) error {
	k, err := w.startKubernetes(ctx)
	if err != nil {
		return err
	}
	operator, err := k.operate(ctx, w,
		"--leader-elect-lease-duration=45s", "--leader-elect-renew-deadline=30s", "--leader-elect-retry-period=1s")
	if err != nil {
		return err
	}
	if err := w.delivers(ctx, operator, startWithin); err != nil {
		return err
	}
	group, playing := errgroup.WithContext(ctx)
	group.Go(func() error {
		p := w.throughout()
		p.first, p.count = 1, p.count-1
		return w.play(playing, p)
	})
	group.Go(func() error { return w.cutOff(playing, k, operator) })
	if err := group.Wait(); err != nil {
		return err
	}
	if err := w.settle(ctx, w.realCalm); err != nil {
		return err
	}
	return operator.Alive()
}

// cutOff cuts the operator off from the API server, and sees it deliver.
func (w *world) cutOff(ctx context.Context, k *kubernetes, operator *launch.Process) error {
	if err := wait.Pause(ctx, outage/2); err != nil {
		return err
	}
	k.way.cut()
	back := time.Now().Add(outage)
	if err := wait.Pause(ctx, time.Second); err != nil {
		return err
	}
	before := len(w.chat.Posts())
	if err := wait.Pause(ctx, time.Until(back)); err != nil {
		return err
	}
	posts := len(w.chat.Posts()) - before
	w.say("%d messages and replies while the API server was down", posts)
	if posts == 0 {
		w.breaks("1, nothing lost: nothing was delivered while the API server was down")
	}
	if err := operator.Alive(); err != nil {
		return err
	}
	return k.way.restore()
}

// delivers makes the first request and waits until a recipient has heard of it.
func (w *world) delivers(ctx context.Context, p *launch.Process, within time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("the operator did not deliver within %s", within))
	defer cancel()
	id, err := w.create(0, tally.Undecided)
	if err != nil {
		return err
	}
	if err := w.watch.await(ctx, id); err != nil {
		return fmt.Errorf("%w%s", err, p.LogTail())
	}
	return nil
}
