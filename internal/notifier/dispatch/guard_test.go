package dispatch_test

import (
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

// TestABugEndsNoMoreThanTheDispatcher wants every goroutine guarded, and what is locked let
// go, so that the dispatcher can end.
func TestABugEndsNoMoreThanTheDispatcher(t *testing.T) {
	for name, tt := range map[string]struct {
		deliver func() dispatch.Result
		spoil   bool
	}{
		"in a delivery": {deliver: func() dispatch.Result { panic("impossible") }},
		"in its end":    {deliver: func() dispatch.Result { return dispatch.Throttled(time.Second, messenger.Scope(99)) }},
		"in an alarm":   {deliver: dispatch.Retry, spoil: true},
	} {
		t.Run(name, func(t *testing.T) {
			caught := 0
			o := dispatch.Options{Guard: func() {
				if recover() != nil {
					caught++
				}
			}}
			simulate(t, o, func(w *world) {
				w.latency = 0
				w.answers(func(dispatch.Job) dispatch.Result { return tt.deliver() })
				w.add("alice", "a", "r")
				w.after(0)
				if tt.spoil {
					dispatch.Spoil(w.Dispatcher)
				}
				w.after(time.Minute)
				if caught == 0 {
					t.Error("no panic was recovered from")
				}
			})
		})
	}
}
