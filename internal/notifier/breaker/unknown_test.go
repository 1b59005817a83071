package breaker_test

import (
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
)

var unknown = &messenger.Error{Class: messenger.Transient, Call: "post", Code: "of_next_year", Unknown: true}

// TestAnUnknownCodeIsNotTriedFast covers a call that goes on being refused with a code that this
// version does not know, while the token works: it shows, and no delivery is tried before its
// address has backed off.
func TestAnUnknownCodeIsNotTriedFast(t *testing.T) {
	simulate(t, func(w *world) {
		w.set(nil, true)
		after(time.Minute)
		w.restart()
		for range 120 {
			w.ReportTrouble("post", unknown)
			after(30 * time.Second)
		}
		if s := w.State(); s.Status != breaker.Troubled || s.Err == nil || s.Err.Code != unknown.Code || !s.Usable() {
			t.Errorf("after an hour, the state is %+v", s)
		}
		if len(w.tried) > 0 || len(w.recovered) > 0 {
			t.Errorf("deliveries were tried at %v, all of them at %v", w.tried, w.recovered)
		}
		if n := len(w.checks); n < 50 || n > 80 {
			t.Errorf("%d checks in an hour, want about one in a minute", n)
		}
		w.ReportSuccess("post", "a")
		if s := w.State(); s.Status != breaker.Available {
			t.Errorf("after a success, the state is %+v", s)
		}
	})
}

// TestACheckWithAnUnknownCodeIsRepeatedSlowly covers deliveries that wait meanwhile.
func TestACheckWithAnUnknownCodeIsRepeatedSlowly(t *testing.T) {
	simulate(t, func(w *world) {
		after(time.Minute)
		w.set(unknown, true)
		w.CheckNow()
		w.restart()
		after(time.Hour)
		if n := len(w.checks); n < 50 || n > 80 {
			t.Errorf("%d checks in an hour, want about one in a minute", n)
		}
		if s := w.State(); s.Status != breaker.Troubled || s.Err != unknown || !s.Usable() {
			t.Errorf("the state is %+v", s)
		}
		w.set(nil, true)
		after(2 * time.Minute)
		if s := w.State(); s.Status != breaker.Available || len(w.recovered) != 1 {
			t.Errorf("after the service has answered, the state is %+v; recovered at %v", s, w.recovered)
		}
	})
}
