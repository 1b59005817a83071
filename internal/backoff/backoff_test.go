package backoff

import (
	"testing"
	"time"
)

func TestDelaysGrowToTheirLimitWithJitter(t *testing.T) {
	const base, limit = 500 * time.Millisecond, 30 * time.Second
	for failures, longest := range map[int]time.Duration{0: base, 1: base, 3: 4 * base, 7: limit, 100: limit} {
		seen := map[time.Duration]bool{}
		for range 100 {
			wait := Delay(base, limit, failures)
			if wait < base/2 || wait > longest {
				t.Errorf("waits %s after %d failures, want at most %s", wait, failures, longest)
			}
			seen[wait] = true
		}
		if len(seen) < 50 {
			t.Errorf("only %d different waits after %d failures", len(seen), failures)
		}
	}
}

func TestAroundIsWithinATenth(t *testing.T) {
	for range 100 {
		if got := Around(time.Minute); got < 54*time.Second || got > 66*time.Second {
			t.Errorf("%s is not around a minute", got)
		}
	}
}
