package breaker_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
)

// An answer that is a little old serves while nothing has happened. It explains no
// refusal: the token may have been revoked since.
func TestOnlyRoutineAsksForAnAnswerThatMayBeOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var checks, probes atomic.Int32
		b := breaker.New(breaker.Options{
			Check: func(context.Context) error { checks.Add(1); return revoked },
			Probe: func(context.Context) error { probes.Add(1); return nil },
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			b.Run(ctx)
		}()
		time.Sleep(10 * time.Minute)
		if probes, checks := probes.Load(), checks.Load(); probes < 8 || checks != 0 {
			t.Errorf("in ten idle minutes %d probes and %d checks were made", probes, checks)
		}
		before := probes.Load()
		if verdict := b.ReportUnauthorized(ctx); verdict != breaker.TokenRefused {
			t.Errorf("a token that was revoked is %v", verdict)
		}
		time.Sleep(time.Hour)
		if probes.Load() != before || b.State().Status != breaker.Refused {
			t.Errorf("%d old answers were asked for about a refused token, which is %v", probes.Load()-before, b.State().Status)
		}
		cancel()
		<-ended
	})
}

// The check asks for the permissions that every post needs.
func TestAPermissionThatTheCheckMissesIsShownAndComesBack(t *testing.T) {
	simulate(t, func(w *world) {
		w.set(&messenger.Error{Class: messenger.PermissionMissing, Call: "check", Code: "missing_scope"}, false)
		w.CheckNow()
		time.Sleep(time.Second)
		if state := w.State(); state.Usable() || state.Err == nil || state.Err.Class != messenger.PermissionMissing {
			t.Errorf("a missing permission shows as %+v", state)
		}
		w.set(nil, false)
		w.CheckNow()
		time.Sleep(time.Second)
		if state := w.State(); state.Status != breaker.Available {
			t.Errorf("the permission is there, but the messenger is %+v", state)
		}
	})
}
