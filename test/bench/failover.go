package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// failovers is how many pairs of operators lose their leader.
	failovers = 5
	// standbyFor is how long two operators run before one is ended.
	standbyFor = 5 * time.Second
	// During failoverSpan after the leader was told to end, a request is made
	// every failoverEvery: a leader that stops well may still deliver the first.
	failoverSpan, failoverEvery = 500 * time.Millisecond, 25 * time.Millisecond
)

// measureCleanFailover ends leaders with SIGTERM, as an upgrade does.
func measureCleanFailover(ctx context.Context, p *platform) (map[string]float64, error) {
	gaps, err := p.failOver(ctx, "failover-clean", func(leader *operator) error { return leader.Terminate() })
	if err != nil {
		return nil, err
	}
	note("  SIGTERM of the leader to the last message: %v", rounded(gaps))
	return map[string]float64{"failover_clean_seconds": median(gaps).Seconds()}, nil
}

// measureKillFailover ends leaders the way a lost node does.
func measureKillFailover(ctx context.Context, p *platform) (map[string]float64, error) {
	gaps, err := p.failOver(ctx, "failover-kill", func(leader *operator) error {
		leader.Kill()
		return nil
	})
	if err != nil {
		return nil, err
	}
	note("  kill -9 of the leader to the last message: %v", rounded(gaps))
	return map[string]float64{"failover_kill_seconds": median(gaps).Seconds()}, nil
}

// failOver plays the failovers side by side: nearly all of the time is spent
// waiting for leases.
func (p *platform) failOver(ctx context.Context, name string, end func(*operator) error) ([]time.Duration, error) {
	gaps := make([]time.Duration, failovers)
	group, ctx := errgroup.WithContext(ctx)
	for i := range failovers {
		group.Go(func() (err error) {
			// Apart, so that their work does not coincide.
			if err := wait.Pause(ctx, time.Duration(i)*900*time.Millisecond); err != nil {
				return err
			}
			gaps[i], err = p.failOverOnce(ctx, name, end)
			return err
		})
	}
	return gaps, group.Wait()
}

// failOverOnce returns the longest time that a request had to wait that was made
// when the leader of two operators was ended.
func (p *platform) failOverOnce(ctx context.Context, name string, end func(*operator) error) (gap time.Duration, err error) {
	err = p.inWorld(ctx, name, func(w *world) error {
		if err := w.addNotifiers(ctx, 1, identitySecret); err != nil {
			return err
		}
		leader, err := w.startReady(ctx, 1)
		if err != nil {
			return err
		}
		standby, err := w.startOperator(ctx)
		if err != nil {
			return err
		}
		if err := standby.awaitHealthy(ctx); err != nil {
			return err
		}
		// The leader has renewed its lease since, and the standby has looked at it.
		if err := wait.Pause(ctx, standbyFor); err != nil {
			return err
		}
		if err := end(leader); err != nil {
			return fmt.Errorf("ending the leader: %w", err)
		}
		if gap, err = w.longestWait(ctx); err != nil {
			return fmt.Errorf("%w%s", err, standby.LogTail())
		}
		return w.receipts.once()
	})
	return gap, err
}

func (w *world) longestWait(ctx context.Context) (time.Duration, error) {
	var requests []request
	for range failoverSpan / failoverEvery {
		made, err := w.ask()
		if err != nil {
			return 0, err
		}
		requests = append(requests, made)
		if err := wait.Pause(ctx, failoverEvery); err != nil {
			return 0, err
		}
	}
	delays, err := w.receipts.delays(ctx, requests)
	if err != nil {
		return 0, err
	}
	return percentile(delays, 100), nil
}
