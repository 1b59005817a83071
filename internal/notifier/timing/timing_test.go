package timing

import (
	"testing"
	"time"
)

// TestTimingKeepsItsSums checks the conditions under which claims are safe.
func TestTimingKeepsItsSums(t *testing.T) {
	d := Timing{}.WithDefaults()
	if least := d.ClaimFresh + d.CallTimeout + max(d.LateEffect+d.SearchLag, d.StoreTimeout); d.Foreign <= least {
		t.Errorf("Foreign is %s, want more than %s", d.Foreign, least)
	}
	if w := d.Waits(); w.Settle <= d.LateEffect+d.SearchLag || w.Land <= d.LateEffect || w.Foreign != d.Foreign {
		t.Errorf("unexpected waits %+v", w)
	}
	if d.Grace <= d.CallTimeout {
		t.Errorf("Grace is %s, which breaks calls off", d.Grace)
	}
}

// TestBackoffHasJitter checks that notifiers do not try again together.
func TestBackoffHasJitter(t *testing.T) {
	d := Timing{}.WithDefaults()
	for _, failures := range []int{1, 5, 100} {
		seen := map[time.Duration]bool{}
		for range 100 {
			wait := d.Backoff(failures)
			if wait < d.RetryBase/5 || wait > d.RetryCap+d.RetryBase/5 {
				t.Errorf("waits %s after %d failures", wait, failures)
			}
			seen[wait] = true
		}
		if len(seen) < 50 {
			t.Errorf("only %d different waits after %d failures", len(seen), failures)
		}
	}
}
