package notifier_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
)

func TestConfiguredRecipientsAreLookedUpBeforeAnyRequest(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var missing atomic.Bool
		missing.Store(true)
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			if call == "resolve" && address == "b" && missing.Load() {
				time.Sleep(time.Second)
				return failing(messenger.RecipientPermanent)
			}
			effect()
			return nil
		})
		o := w.start()
		settle()
		if s := o.Snapshot(); s.Decided {
			t.Errorf("a look-up is under way: unexpected snapshot %+v", s)
		}
		after(time.Second)
		if s := o.Snapshot(); !s.Decided || len(s.Unresolved) != 1 || s.Unresolved[0].Recipient != "b" {
			t.Errorf("unexpected snapshot %+v", s)
		}

		missing.Store(false)
		after(10 * time.Minute)
		if s := o.Snapshot(); !s.Decided || len(s.Unresolved) != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
		if n := w.notices.count(notifier.ReasonRecipientRestored); n != 1 {
			t.Errorf("got %d notices that a recipient works again, want 1", n)
		}

		missing.Store(true)
		o.Resync()
		after(time.Minute)
		if n := w.notices.count(notifier.ReasonRecipientFailed); n != 2 {
			t.Errorf("got %d notices that a recipient failed, want one for each time", n)
		}
	})
}

func TestARefusedTokenLooksNobodyUp(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.refuse(messenger.MessengerPermanent, func(call, _ string) bool { return call == "check" })
		w.start()
		after(time.Hour)
		if n := w.chat.count("resolve", "a"); n != 0 {
			t.Errorf("looked up %d times", n)
		}
	})
}

// TestPeopleAreForgotten covers the people whom requesters suggest: they can be
// anybody, and the notifier runs for months.
func TestPeopleAreForgotten(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		const nobody = "nobody@example.com"
		w.rules.SuggestedReviewers = true
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
			return call == "resolve" && address == nobody
		})
		o := w.start()
		settle()
		r := request("r1", pending)
		r.SuggestedReviewers = []string{nobody}
		w.cluster.put(r, true)
		after(time.Minute)
		r.State = denied
		w.cluster.put(r, true)
		after(61 * time.Minute)
		o.Synced()
		settle()
		before := w.chat.count("resolve", nobody)
		after(24 * time.Hour)
		if n := w.chat.count("resolve", nobody) - before; n != 0 {
			t.Errorf("looked up %d times more", n)
		}
		if w.chat.count("resolve", "a") == 0 {
			t.Error("a configured recipient was not looked up")
		}
	})
}
