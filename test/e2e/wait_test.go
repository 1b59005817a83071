//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const pollEvery = 100 * time.Millisecond

// eventually waits until something is so. It fails the test if that takes too
// long.
func eventually(t *testing.T, limit time.Duration, what string, is func() bool) {
	t.Helper()
	wait.Test(t, limit, what, wait.True(is))
}

// calm lets real servers do for a while whatever they should not do.
func calm(t *testing.T, d time.Duration) {
	t.Helper()
	if err := wait.Pause(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}
