//go:build e2e

package e2e

import (
	"testing"
	"time"
)

const pollEvery = 100 * time.Millisecond

// eventually waits until something is so. It fails the test if that takes too
// long.
func eventually(t *testing.T, limit time.Duration, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !is(); calm(t, pollEvery) {
		if time.Now().After(end) {
			t.Fatalf("not so within %s: %s", limit, what)
		}
	}
}

// calm lets real servers do for a while whatever they should not do.
func calm(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}
