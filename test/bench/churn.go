package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

const (
	// churnRounds times churnNotifiers are created and deleted, always with the
	// same names. They use churnIdentities, hence as many sessions.
	churnRounds, churnNotifiers, churnIdentities = 10, 100, 10
	// calm is for how long the number of goroutines must stay the same.
	calm = 3 * time.Second
	// calmWithin is when whatever ends by itself has ended: idle connections
	// last for 90 s.
	calmWithin = 20 * time.Second
)

// measureChurn creates and deletes a thousand notifiers, each of which is ready
// before it is deleted, and counts the goroutines that are left over.
func measureChurn(ctx context.Context, p *platform) (map[string]value, error) {
	var left int
	err := p.inWorld(ctx, "churn", func(w *world) error {
		var identities []string
		for i := range churnIdentities {
			name := fmt.Sprintf("identity-%d", i)
			identities = append(identities, name)
			if err := w.addIdentity(ctx, name); err != nil {
				return err
			}
		}
		o, err := w.startOperator(ctx)
		if err != nil {
			return err
		}
		// The first round starts what stays.
		if err := w.createAndDelete(ctx, o, identities); err != nil {
			return err
		}
		before, err := w.calmGoroutines(ctx, o)
		if err != nil {
			return err
		}
		memoryBefore, err := o.memory()
		if err != nil {
			return err
		}
		for range churnRounds {
			if err := w.createAndDelete(ctx, o, identities); err != nil {
				return err
			}
		}
		after, err := w.calmGoroutines(ctx, o)
		if err != nil {
			return err
		}
		memoryAfter, err := o.memory()
		if err != nil {
			return err
		}
		left = after - before
		note("  goroutines %d before, %d after; memory %v before, %v after",
			before, after, memoryBefore, memoryAfter)
		return nil
	})
	return map[string]value{"goroutines_after_1000_create_delete": count(left, "goroutines")}, err
}

// createAndDelete makes notifiers, waits until all are ready, deletes them, and
// waits until Teleport sees nobody any more.
func (w *world) createAndDelete(ctx context.Context, o *operator, identities []string) error {
	if err := w.addNotifiers(ctx, churnNotifiers, identities...); err != nil {
		return err
	}
	if err := w.awaitReady(ctx, churnNotifiers); err != nil {
		return fmt.Errorf("%w%s", err, o.log.last())
	}
	if n := w.teleport.Streams(); n != churnIdentities {
		return fmt.Errorf("%d identities have %d streams", churnIdentities, n)
	}
	err := w.plane.Client().DeleteAllOf(ctx, &v1alpha1.AccessNotifier{}, client.InNamespace(w.namespace))
	if err != nil {
		return fmt.Errorf("deleting the AccessNotifiers: %w", err)
	}
	err = poll(ctx, pollEvery, func() (bool, error) {
		return w.teleport.Connections() == 0, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the sessions to end: %w%s", err, o.log.last())
	}
	return nil
}

// calmGoroutines returns the number of goroutines once it does not change any
// more. Connections to Slack that are kept for the next call do not count.
func (w *world) calmGoroutines(ctx context.Context, o *operator) (int, error) {
	w.slack.Faults().RefuseConnections(true)
	w.slack.Faults().RefuseConnections(false)
	ctx, cancel := context.WithTimeoutCause(ctx, calmWithin, errors.New("the number of goroutines keeps changing"))
	defer cancel()
	last, since := -1, time.Now()
	err := poll(ctx, 5*pollEvery, func() (bool, error) {
		n, err := o.goroutines(ctx)
		if err != nil {
			return false, err
		}
		if n != last {
			last, since = n, time.Now()
		}
		return time.Since(since) >= calm, nil
	})
	return last, err
}
