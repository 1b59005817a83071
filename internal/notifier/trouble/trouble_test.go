package trouble

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

// TestAFailureOfLongAgoSaysNothingOfAnAddress covers an address that had nothing more to be
// called for after it failed, so that no success ended its failures.
func TestAFailureOfLongAgoSaysNothingOfAnAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here := dispatch.Job{Method: dispatch.Edit, Address: "a"}
		elsewhere := dispatch.Job{Method: dispatch.Edit, Address: "b"}
		seen := New()
		seen.Failed(here)
		time.Sleep(time.Second)
		seen.Succeeded(elsewhere)
		time.Sleep(time.Minute)
		if seen.Failed(here) {
			t.Error("a failure is said to be the messenger's while calls to others work")
		}
		time.Sleep(time.Hour)
		if !seen.Failed(here) {
			t.Error("a failure is said to be the address's because of one an hour before")
		}

		for i := range 100 {
			seen.Failed(dispatch.Job{Address: fmt.Sprint(i)})
		}
		time.Sleep(time.Hour)
		seen.Failed(here)
		if n := len(seen.s.failing); n != 1 {
			t.Errorf("%d addresses are remembered that have failed, want 1", n)
		}
	})
}
