package messenger

import (
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottlePauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttle Throttle
		a, b, other := Bucket{"post", "a"}, Bucket{"post", "b"}, Bucket{"edit", "a"}
		expect := func(bucket Bucket, want time.Duration, wantScope Scope) {
			t.Helper()
			if got, scope := throttle.Paused(bucket); got != want || scope != wantScope {
				t.Errorf("Paused(%v) = %s, %d; want %s, %d", bucket, got, scope, want, wantScope)
			}
		}
		expect(a, 0, ScopeAddress)
		throttle.Pause(a, 10*time.Second)
		expect(a, 10*time.Second, ScopeAddress)
		expect(b, 0, ScopeAddress)
		expect(other, 0, ScopeAddress)
		expect(Bucket{Method: "post"}, 0, ScopeAddress)

		throttle.Pause(a, 5*time.Second)
		expect(a, 10*time.Second, ScopeAddress)

		throttle.Pause(Bucket{}, 4*time.Second)
		expect(b, 4*time.Second, ScopeToken)
		expect(other, 4*time.Second, ScopeToken)
		expect(Bucket{}, 4*time.Second, ScopeToken)
		expect(a, 10*time.Second, ScopeAddress)

		throttle.Pause(Bucket{Method: "post"}, 6*time.Second)
		expect(b, 6*time.Second, ScopeMethod)
		expect(other, 4*time.Second, ScopeToken)
		expect(a, 10*time.Second, ScopeAddress)

		time.Sleep(6 * time.Second)
		expect(b, 0, ScopeAddress)
		expect(a, 4*time.Second, ScopeAddress)
		time.Sleep(4 * time.Second)
		expect(a, 0, ScopeAddress)
		throttle.Pause(b, 0)
		expect(b, 0, ScopeAddress)
	})
}

func TestPausedElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttle Throttle
		here := Bucket{"post", "here"}
		for _, bucket := range []Bucket{{}, {Method: "post"}, here, {"edit", "there"}} {
			throttle.Pause(bucket, time.Minute)
		}
		if throttle.PausedElsewhere(here) {
			t.Error("no other address of the method is paused")
		}
		throttle.Pause(Bucket{"post", "there"}, time.Second)
		if !throttle.PausedElsewhere(here) {
			t.Error("another address of the method is paused")
		}
		if throttle.PausedElsewhere(Bucket{Method: "post"}) {
			t.Error("a method is not an address")
		}
		time.Sleep(time.Second)
		if throttle.PausedElsewhere(here) {
			t.Error("the pause at the other address is over")
		}
	})
}

func TestThrottleIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttle Throttle
		first := Bucket{Method: "first"}
		throttle.Pause(first, time.Minute)
		for i := range maxPauses {
			throttle.Pause(Bucket{Method: strconv.Itoa(i)}, time.Hour)
		}
		if n := len(throttle.until); n != maxPauses {
			t.Errorf("%d pauses are remembered, want %d", n, maxPauses)
		}
		if wait, _ := throttle.Paused(first); wait > 0 {
			t.Error("the pause that ends first was kept")
		}
		time.Sleep(time.Hour)
		throttle.Pause(Bucket{Method: "last"}, time.Second)
		if n := len(throttle.until); n != 1 {
			t.Errorf("%d pauses are remembered after all have ended, want 1", n)
		}
	})
}

func TestThrottlesAreSharedByKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttles Throttles
		one, releaseOne := throttles.Acquire("token")
		two, releaseTwo := throttles.Acquire("token")
		other, releaseOther := throttles.Acquire("other")
		if one != two {
			t.Error("two notifiers with one token have two throttles")
		}
		if one == other {
			t.Error("two tokens share a throttle")
		}
		one.Pause(Bucket{Method: "a"}, time.Minute)
		releaseOne()
		releaseOne()
		if again, release := throttles.Acquire("token"); again != two {
			t.Error("a throttle in use was dropped")
		} else {
			release()
		}
		releaseTwo()
		releaseOther()
		if n := len(throttles.byKey); n != 1 {
			t.Errorf("%d throttles are kept, want the one that is paused", n)
		}
		successor, release := throttles.Acquire("token")
		if wait, _ := successor.Paused(Bucket{Method: "a"}); wait == 0 {
			t.Error("the successor of a notifier does not know of the pause")
		}
		time.Sleep(time.Minute)
		release()
		if n := len(throttles.byKey); n != 0 {
			t.Errorf("%d throttles are kept although unused, want none", n)
		}
	})
}

func TestUnusedThrottlesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttles Throttles
		used, _ := throttles.Acquire("used")
		used.Pause(Bucket{}, time.Hour)
		for i := range 2 * maxUnusedThrottles {
			throttle, release := throttles.Acquire(strconv.Itoa(i))
			throttle.Pause(Bucket{}, 24*time.Hour)
			release()
		}
		if n := len(throttles.byKey); n > maxUnusedThrottles+1 {
			t.Errorf("%d throttles are kept, want at most %d unused ones", n, maxUnusedThrottles)
		}
		if again, _ := throttles.Acquire("used"); again != used {
			t.Error("a throttle in use was dropped")
		}
	})
}

func TestThrottlesAreSafeForConcurrentUse(t *testing.T) {
	var throttles Throttles
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			for range 50 {
				throttle, release := throttles.Acquire(strconv.Itoa(i % 3))
				throttle.Pause(Bucket{Method: "bucket"}, time.Nanosecond)
				throttle.Paused(Bucket{Method: "bucket"})
				release()
			}
		})
	}
	wait.Wait()
}

func TestParseRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const layout = "Mon, 02 Jan 2006 15:04:05 GMT"
		at := func(d time.Duration) string { return time.Now().UTC().Add(d).Format(layout) }
		tests := map[string]time.Duration{
			"30":                 30 * time.Second,
			" 30 ":               30 * time.Second,
			"0":                  0,
			"0.25":               250 * time.Millisecond,
			"3600":               time.Hour,
			"3601":               time.Hour + time.Second,
			"86400":              24 * time.Hour,
			"86401":              24 * time.Hour,
			"1e300":              24 * time.Hour,
			"+Inf":               24 * time.Hour,
			"NaN":                7 * time.Second,
			"-1":                 7 * time.Second,
			"":                   7 * time.Second,
			"soon":               7 * time.Second,
			at(20 * time.Second): 20 * time.Second,
			at(-time.Minute):     0,
			at(2 * time.Hour):    2 * time.Hour,
			at(48 * time.Hour):   24 * time.Hour,
		}
		for header, want := range tests {
			if got := ParseRetryAfter(header, 7*time.Second); got != want {
				t.Errorf("ParseRetryAfter(%q) = %s, want %s", header, got, want)
			}
		}
	})
}
