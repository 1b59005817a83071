package notifier_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// bounded makes two calls at a time.
type bounded struct{ finder }

// MaxCalls implements messenger.Bounded.
func (bounded) MaxCalls() int { return 2 }

// TestABoundedMessengerHasNoCallsThatWait covers mail, over few connections: a request of another
// requester does not wait in the messenger behind a flood.
func TestABoundedMessengerHasNoCallsThatWait(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.wrap = func(f finder) messenger.Messenger { return bounded{f} }
		var tooMany atomic.Bool
		places := make(chan struct{}, bounded{}.MaxCalls())
		w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
			if call == "post" {
				select {
				case places <- struct{}{}:
					defer func() { <-places }()
				default:
					tooMany.Store(true)
				}
				time.Sleep(time.Second)
			}
			effect()
			return nil
		})
		w.start()
		settle()
		w.putAll(100, pending)
		after(5 * time.Second)
		honest := request("honest", pending)
		honest.User = "other"
		w.cluster.put(honest, true)
		after(10 * time.Second)
		w.expect("honest", pending, allAddresses...)
		if n := w.chat.count("post", ""); n > 40 {
			t.Errorf("%d posts by then, so that it has not overtaken", n)
		}
		after(5 * time.Minute)
		w.expectAll(100, pending, allAddresses...)
		if tooMany.Load() {
			t.Error("more calls are made at a time than it makes")
		}
	})
}
