package main

import (
	"context"
	"fmt"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// soakRounds times soakRotations identities follow each other without a pause,
// thousands of times faster than with tbot: what one rotation leaves over adds up.
const soakRounds, soakRotations = 10, 20

// measureManyRotations replaces an identity two hundred times and measures what
// the operator holds more than before.
func measureManyRotations(ctx context.Context, p *platform) (map[string]float64, error) {
	var left leftover
	var connections int
	err := p.inWorld(ctx, "soak", func(w *world) error {
		if err := w.addNotifiers(ctx, 1, identitySecret); err != nil {
			return err
		}
		o, err := w.startReady(ctx, 1)
		if err != nil {
			return err
		}
		rotation := 0
		left, err = w.leftoverOf(ctx, o, soakRounds, func() error {
			for range soakRotations {
				rotation++
				if err := w.rotateOnce(ctx, rotation); err != nil {
					return fmt.Errorf("rotation %d: %w%s", rotation, err, o.LogTail())
				}
			}
			return nil
		})
		connections = w.teleport.Connections()
		return err
	})
	return map[string]float64{
		"connections_after_200_rotations":    float64(connections),
		"goroutines_after_200_rotations":     float64(left.goroutines),
		"heap_growth_after_200_rotations_mb": megabytes(left.heap),
	}, err
}

// rotateOnce replaces the identity and waits until it has a session of its own,
// and the one before is over.
func (w *world) rotateOnce(ctx context.Context, rotation int) error {
	const watches = "WatchEvents"
	before := w.teleport.Calls()[watches]
	identity, err := w.rotatedIdentity(rotation)
	if err != nil {
		return err
	}
	if err := w.replaceIdentity(ctx, identity.File); err != nil {
		return err
	}
	return wait.Until(ctx, pollEvery/10, func() (bool, error) {
		return w.teleport.Calls()[watches] > before && w.teleport.Connections() == 1 && w.teleport.Streams() == 1, nil
	})
}
