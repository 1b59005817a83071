// Package wait waits in programs that test, for a time or until something is so.
package wait

import (
	"context"
	"fmt"
	"time"
)

// Pause waits for d. It returns the cause of ctx's end if that comes first.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// For tries every so often until it works, and at least once. It returns the last
// error if it did not within that time, or the cause of ctx's end.
func For(ctx context.Context, within, every time.Duration, try func() error) error {
	deadline := time.Now().Add(within)
	for {
		err := try()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %s: %w", within, err)
		}
		if err := Pause(ctx, every); err != nil {
			return err
		}
	}
}
