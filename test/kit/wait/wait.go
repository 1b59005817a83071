// Package wait waits in programs that test, for a time or until something is so.
package wait

import (
	"context"
	"errors"
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

// Until looks every so often, and at least once, until it is done or cannot be.
// It returns the error of the last look, or the cause of ctx's end.
func Until(ctx context.Context, every time.Duration, look func() (done bool, err error)) error {
	for {
		done, err := look()
		if done || err != nil {
			return err
		}
		if err := Pause(ctx, every); err != nil {
			return err
		}
	}
}

// For tries every so often until it works, and at least once. It returns the last
// error if it did not within that time, or the cause of ctx's end.
func For(ctx context.Context, within, every time.Duration, try func() error) error {
	deadline := time.Now().Add(within)
	return Until(ctx, every, func() (bool, error) {
		err := try()
		if err != nil && time.Now().After(deadline) {
			return false, fmt.Errorf("not within %s: %w", within, err)
		}
		return err == nil, nil
	})
}

// test is what Test needs of a *testing.T.
type test interface {
	Helper()
	Context() context.Context
	Fatalf(format string, args ...any)
}

// testEvery is how often Test tries.
const testEvery = 20 * time.Millisecond

// Test fails the test unless it works within that time.
func Test(t test, within time.Duration, what string, try func() error) {
	t.Helper()
	if err := For(t.Context(), within, testEvery, try); err != nil {
		t.Fatalf("waiting until %s: %v", what, err)
	}
}

// True makes of a question what can be tried.
func True(is func() bool) func() error {
	return func() error {
		if is() {
			return nil
		}
		return errors.New("it is not so")
	}
}
