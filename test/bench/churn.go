package main

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// churnRounds times churnNotifiers are created and deleted, always with the
	// same names. They use churnIdentities, hence as many sessions.
	churnRounds, churnNotifiers, churnIdentities = 10, 100, 10
)

// measureChurn creates and deletes a thousand notifiers, each of which is ready
// before it is deleted, and measures what is left over.
func measureChurn(ctx context.Context, p *platform) (map[string]float64, error) {
	var left leftover
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
		left, err = w.leftoverOf(ctx, o, churnRounds, func() error {
			return w.createAndDelete(ctx, o, identities)
		})
		return err
	})
	return map[string]float64{
		"goroutines_after_1000_create_delete":     float64(left.goroutines),
		"heap_growth_after_1000_create_delete_mb": megabytes(left.heap),
	}, err
}

// createAndDelete makes notifiers, waits until all are ready, deletes them, and
// waits until Teleport sees no session any more.
func (w *world) createAndDelete(ctx context.Context, o *operator, identities []string) error {
	if err := w.addNotifiers(ctx, churnNotifiers, identities...); err != nil {
		return err
	}
	if err := w.awaitReady(ctx, churnNotifiers); err != nil {
		return fmt.Errorf("%w%s", err, o.LogTail())
	}
	if n := w.teleport.Streams(); n != churnIdentities {
		return fmt.Errorf("%d identities have %d streams", churnIdentities, n)
	}
	err := w.plane.Client().DeleteAllOf(ctx, &v1alpha1.AccessNotifier{}, client.InNamespace(w.namespace))
	if err != nil {
		return fmt.Errorf("deleting the AccessNotifiers: %w", err)
	}
	err = wait.Until(ctx, pollEvery, func() (bool, error) {
		return w.teleport.Connections() == 0, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the sessions to end: %w%s", err, o.LogTail())
	}
	return nil
}
