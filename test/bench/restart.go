package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// restarts is how many times the operator is killed.
	restarts = 5
	// busyFor is how long requests arrive before each kill, one every busyEvery.
	// They go on until the operator is back.
	busyFor, busyEvery = time.Second, 25 * time.Millisecond
)

// pod is what Kubernetes tells each process of one container about its pod.
var pod = []string{"POD_NAME=access-notifier-0", "POD_UID=4e2b3c4d-0000-4000-8000-000000000001"}

// measureRestart kills the operator while requests arrive, and starts it again
// with the identity of the same pod, so that it need not wait for its own lease.
// How long Kubernetes takes to start the container is not in it.
func measureRestart(ctx context.Context, p *platform) (map[string]float64, error) {
	var gaps []time.Duration
	err := p.inWorld(ctx, "restart", func(w *world) error {
		w.environment = pod
		if err := w.addNotifiers(ctx, 1, identitySecret); err != nil {
			return err
		}
		o, err := w.startReady(ctx, 1)
		if err != nil {
			return err
		}
		for range restarts {
			var gap time.Duration
			if o, gap, err = w.restart(ctx, o); err != nil {
				return err
			}
			gaps = append(gaps, gap)
		}
		return w.receipts.once()
	})
	if err != nil {
		return nil, err
	}
	note("  kill -9 to the message of the next request, in the same pod: %v", rounded(gaps))
	return map[string]float64{"restart_same_pod_seconds": median(gaps).Seconds()}, nil
}

// restart kills an operator and starts the next. The gap is how long a request
// waits that is made when the first is gone.
func (w *world) restart(ctx context.Context, o *operator) (next *operator, gap time.Duration, err error) {
	errBack := errors.New("the operator is back")
	group, busy := errgroup.WithContext(ctx)
	group.Go(func() error { return w.askOn(busy) })
	group.Go(func() error {
		if err := wait.Pause(busy, busyFor); err != nil {
			return err
		}
		o.Kill()
		made, err := w.ask()
		if err != nil {
			return err
		}
		if next, err = w.startOperator(ctx); err != nil {
			return err
		}
		if gap, err = w.receipts.delay(busy, made); err != nil {
			return fmt.Errorf("%w%s", err, next.LogTail())
		}
		return errBack
	})
	if err := group.Wait(); !errors.Is(err, errBack) {
		return nil, 0, err
	}
	return next, gap, nil
}

// askOn makes requests until ctx ends.
func (w *world) askOn(ctx context.Context) error {
	for {
		if _, err := w.ask(); err != nil {
			return err
		}
		if err := wait.Pause(ctx, busyEvery); err != nil {
			return err
		}
	}
}
