package notifier_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
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
		if n := w.notices.count(status.NoticeRecipientRestored); n != 1 {
			t.Errorf("got %d notices that a recipient works again, want 1", n)
		}

		missing.Store(true)
		o.Resync()
		after(time.Minute)
		if n := w.notices.count(status.NoticeRecipientFailed); n != 2 {
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

// TestPeopleAreForgotten covers the people whom requesters suggest: each request can
// name others, and the notifier runs for months.
func TestPeopleAreForgotten(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		const ghost = "ghost@example.com"
		w.rules.SuggestedReviewers = true
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
			return call == "resolve" && address == ghost
		})
		o := w.start()
		settle()
		r := request("r1", pending)
		r.SuggestedReviewers = []string{ghost}
		w.cluster.put(r, true)
		after(time.Minute)
		r.State = denied
		w.cluster.put(r, true)
		after(61 * time.Minute)
		o.Synced()
		settle()
		before := w.chat.count("resolve", ghost)
		after(24 * time.Hour)
		if n := w.chat.count("resolve", ghost) - before; n != 0 {
			t.Errorf("looked up %d times more", n)
		}
		if w.chat.count("resolve", "a") == 0 {
			t.Error("a configured recipient was not looked up")
		}
	})
}

// TestAMessageSaysHowManyReviewersAreLeftOut covers a request that suggests more reviewers
// than are notified. It is said from the first message on, after a restart as well, and not
// where suggestions are not used.
func TestAMessageSaysHowManyReviewersAreLeftOut(t *testing.T) {
	for uses, want := range map[bool]int{true: 7, false: 0} {
		inBubble(t, func(t *testing.T, w *world) {
			w.rules.SuggestedReviewers = uses
			o := w.start()
			settle()
			r := request("r1", pending)
			for i := range routing.MaxSuggested + 7 {
				r.SuggestedReviewers = append(r.SuggestedReviewers, fmt.Sprintf("r%d@example.com", i))
			}
			w.cluster.put(r, true)
			settle()
			o.die()
			w.start()
			after(time.Hour)
			got := w.chat.about("r1", "id-a")
			if len(got) != 1 || len(got[0].shown) != 1 || got[0].last().LeftOut != want {
				t.Errorf("suggestions %t: the messages are %+v, want one that leaves out %d", uses, got, want)
			}
		})
	}
}

// refusing makes posts to id-b and updates of what is there fail for good.
func (w *world) refusing() {
	w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
		return address == "id-b" && (call == "post" || call == "update")
	})
}

// TestABrokenRecipientIsNotWaitedForForever checks that what no reviewer can act on any
// more is not kept for an address that does not work.
func TestABrokenRecipientIsNotWaitedForForever(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.start()
		settle()
		w.cluster.put(request("old", pending), true)
		settle()
		w.refusing()
		w.cluster.put(request("old", approved), true)
		w.cluster.put(request("new", pending), true)
		after(time.Hour)
		if n := o.Snapshot().Undelivered; n != 2 {
			t.Errorf("%d messages are missing or out of date, want 2", n)
		}
		for _, id := range []string{"old", "new"} {
			w.cluster.remove(id, true)
		}
		after(10 * time.Minute)
		if n := o.Snapshot().Undelivered; n != 1 {
			t.Errorf("%d messages are missing or out of date, want that which was posted", n)
		}
		w.expect("new", expired, "id-a", "id-c")
		w.expectClosed("new")

		w.cluster.forget("old")
		w.cluster.tell(accessrequest.Subscriber.Synced)
		after(time.Minute)
		if s := o.Snapshot(); s.Undelivered != 0 || s.Open != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

// TestAMendedRecipientIsTriedOnDemand covers one that no request waits for.
func TestAMendedRecipientIsTriedOnDemand(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules.RoleToRecipients = map[string][]string{"*": {"b"}}
		w.refusing()
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.cluster.put(request("r1", denied), true)
		after(time.Minute)
		if n := len(o.Snapshot().Unresolved); n != 1 {
			t.Errorf("%d recipients are said not to work, want 1", n)
		}
		o.Resync()
		settle()
		if s := o.Snapshot(); len(s.Unresolved) != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

// TestRemovedRecipientIsNotToldAnyMore covers one that did not work and was taken
// out of the rules.
func TestRemovedRecipientIsNotToldAnyMore(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules.RoleToRecipients["*"] = append(w.rules.RoleToRecipients["*"], "ghost")
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
			return address == "ghost" || address == "id-b" && call == "post"
		})
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		first.stop()
		w.rules.RoleToRecipients = map[string][]string{"*": {"a", "c", "ghost"}}
		o := w.start()
		after(time.Hour)
		// What is missing is the message to the one that cannot be found.
		if s := o.Snapshot(); s.Undelivered != 1 || len(s.Unresolved) != 1 {
			t.Errorf("unexpected snapshot %+v", s)
		}
		if n := w.chat.count("post", "id-b"); n != 1 {
			t.Errorf("%d posts were tried", n)
		}
		w.chat.decide(nil)
		o.stop()
		w.cluster.remove("r1", false)
		w.start()
		after(time.Minute)
		w.expect("r1", expired, "id-a", "id-c")
		w.expectNone("r1", "id-b")
		w.expectClosed("r1")
	})
}

// TestAChannelThatIsMadeAnewIsFound covers a channel that has another address since.
func TestAChannelThatIsMadeAnewIsFound(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.start()
		settle()
		w.refusing()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.chat.move("b", "id-b-anew")
		after(7 * time.Minute)
		w.cluster.put(request("r2", pending), true)
		settle()
		for _, id := range []string{"r1", "r2"} {
			w.expect(id, pending, "id-a", "id-b-anew", "id-c")
		}
		if s := o.Snapshot(); s.Undelivered != 0 || len(s.Unresolved) != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
		w.cluster.put(request("r1", approved), true)
		w.cluster.put(request("r2", approved), true)
		settle()
		w.expectClosed("r1")
		w.expectClosed("r2")
	})
}

// TestARecipientThatIsJustBeingMadeIsFoundSoon covers an object that is applied right
// before its channel is made.
func TestARecipientThatIsJustBeingMadeIsFoundSoon(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var made atomic.Bool
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
			return call == "resolve" && address == "b" && !made.Load()
		})
		w.start()
		w.cluster.put(request("r1", pending), true)
		after(10 * time.Second)
		made.Store(true)
		after(20 * time.Second)
		w.expect("r1", pending, allAddresses...)
	})
}

// TestOneAddressWithSeveralNames checks that a problem shows under each configured
// name, and never under one that a requester typed.
func TestOneAddressWithSeveralNames(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules.RoleToRecipients = map[string][]string{"*": {"b", "#b", "alice@example.com"}}
		w.rules.SuggestedReviewers = true
		w.chat.move("#b", "id-b")
		w.chat.move("alice@example.com", "id-alice")
		w.chat.move("Alice@Example.com", "id-alice")
		w.chat.move("carol@example.com", "id-carol")
		w.chat.refuse(messenger.RecipientPermanent, func(call, _ string) bool { return call == "post" })
		o := w.start()
		settle()
		r := request("r1", pending)
		r.SuggestedReviewers = []string{"Alice@Example.com", "carol@example.com"}
		w.cluster.put(r, true)
		settle()
		for range 20 {
			var names []string
			for _, u := range o.Snapshot().Unresolved {
				names = append(names, u.Recipient)
			}
			if got := strings.Join(names, " "); got != "#b alice@example.com b" {
				t.Fatalf("unresolved are %s", got)
			}
		}
		after(time.Hour)
		if n := w.notices.count(status.NoticeRecipientFailed); n != 3 {
			t.Errorf("%d notices, want one for each address", n)
		}
		w.notices.mu.Lock()
		defer w.notices.mu.Unlock()
		for _, notice := range w.notices.all {
			if strings.Contains(notice.Text, "Alice@Example.com") || strings.Contains(notice.Text, "carol@") {
				t.Errorf("a notice repeats what a requester typed: %s", notice.Text)
			}
		}
	})
}

// TestAddressesAreLookedUpEveryHour checks that an address is not believed for ever.
func TestAddressesAreLookedUpEveryHour(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.start()
		after(5 * time.Hour)
		if n := w.chat.count("resolve", "a"); n < 4 || n > 8 {
			t.Errorf("looked up %d times in 5 hours, want about one an hour", n)
		}
	})
}

// TestASearchThatIsNoneRestoresNoRecipient settles the claim of another operator at an address
// that refuses everything, with a messenger that has no searches.
func TestASearchThatIsNoneRestoresNoRecipient(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules.RoleToRecipients = map[string][]string{"*": {"a"}}
		w.chat.refuse(messenger.RecipientPermanent, func(_, address string) bool { return address == "id-a" })
		w.cluster.setRecord("r2", `{"v":2,"state":"PENDING","to":{"id-a":{"name":"a","make":{"do":"post","key":"k","by":"other","gen":1}}}}`)
		w.cluster.put(request("r2", denied), false)
		w.cluster.put(request("r1", pending), false)
		w.start()
		after(time.Hour)
		if n := w.notices.count(status.NoticeRecipientFailed); n != 1 {
			t.Errorf("got %d notices that the recipient failed, want 1", n)
		}
		if n := w.notices.count(status.NoticeRecipientRestored); n != 0 {
			t.Errorf("got %d notices that the recipient works again, want none", n)
		}
	})
}

// TestANameAtWhichTheMessengerPanicsIsLeftOut covers a bug that a requester can reach by what
// is typed: the notifier goes on, and so does the request.
func TestANameAtWhichTheMessengerPanicsIsLeftOut(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules.SuggestedReviewers = true
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			if call == "resolve" && address == "evil@example.com" {
				panic("impossible")
			}
			effect()
			return nil
		})
		o := w.start()
		settle()
		r := request("r1", pending)
		r.SuggestedReviewers = []string{"evil@example.com"}
		w.cluster.put(r, true)
		after(time.Hour)
		w.expect("r1", pending, allAddresses...)
		w.cluster.put(request("r2", pending), true)
		settle()
		w.expect("r2", pending, allAddresses...)
		if s := o.Snapshot(); s.Quarantined != 0 || w.notices.count(status.NoticeReviewerSkipped) != 1 {
			t.Errorf("snapshot %+v, %d notices about a reviewer, want 1", s, w.notices.count(status.NoticeReviewerSkipped))
		}
	})
}
