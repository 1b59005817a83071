package notifier_test

import (
	"context"
	"errors"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/quarantine"
)

// TestABugInAGoroutineEndsItsNotifierAlone covers panics that are about no one request: in
// what is told the owner, from a delivery that put its request aside, and from a look-up.
// Without a guard, they end the process.
func TestABugInAGoroutineEndsItsNotifierAlone(t *testing.T) {
	for name, fault := range map[string]func(w *world){
		"delivery": func(w *world) {
			w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
				if call == "post" {
					panic("impossible")
				}
				effect()
				return nil
			})
		},
		"look-up": func(w *world) {
			w.chat.refuse(messenger.RecipientPermanent, func(call, _ string) bool { return call == "resolve" })
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.notices.panics = true
				fault(w)
				o := w.start()
				settle()
				w.cluster.put(request("r1", pending), true)
				settle()
				select {
				case <-o.done:
				default:
					t.Fatal("the notifier goes on")
				}
				if !errors.Is(o.err, quarantine.ErrPanic) {
					t.Errorf("ended with %v", o.err)
				}
			})
		})
	}
}
