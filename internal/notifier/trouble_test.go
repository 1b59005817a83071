package notifier_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
)

// refusing makes posts to id-b and updates of what is there fail for good.
func (w *world) refusing() {
	w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
		return address == "id-b" && (call == "post" || call == "update")
	})
}

// TestNobodyWaitsForABrokenRecipientForever checks that what nobody can act on any
// more is not kept for an address that does not work.
func TestNobodyWaitsForABrokenRecipientForever(t *testing.T) {
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
		w.cluster.tell(notifier.Subscriber.Synced)
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
		after(time.Hour)
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
		w.refusing()
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		first.stop()
		w.rules.RoleToRecipients = map[string][]string{"*": {"a", "c"}}
		o := w.start()
		after(time.Hour)
		if s := o.Snapshot(); s.Undelivered != 0 || len(s.Unresolved) != 0 {
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
		w.expect("r1", pending, everybody...)
	})
}

// TestOneAddressInTroubleIsNotTheService covers an address whose calls fail for a
// reason that should pass, while others work.
func TestOneAddressInTroubleIsNotTheService(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.refuse(messenger.Transient, func(call, address string) bool { return call == "post" && address == "id-b" })
		o := w.start()
		settle()
		w.cluster.put(request("first", pending), true)
		turns, was := 0, false
		for i := range 3600 {
			after(time.Second)
			if i%60 == 0 {
				w.cluster.put(request(fmt.Sprint("r", i), pending), true)
			}
			if is := o.Snapshot().Messenger != nil; is != was {
				turns, was = turns+1, is
			}
		}
		if turns > 2 || was {
			t.Errorf("the service was said to be in trouble, or not, %d times", turns)
		}
	})
}

// TestLookUpsThatAreAnsweredAreNoTrouble covers a recipient that does not exist, of
// which the service sometimes cannot say so.
func TestLookUpsThatAreAnsweredAreNoTrouble(t *testing.T) {
	for name, tc := range map[string]struct {
		fails   func(lookUp int64) bool
		trouble bool
	}{
		"once":       {fails: func(n int64) bool { return n%4 == 0 }},
		"in between": {fails: func(n int64) bool { return n > 3 && n < 12 }, trouble: true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				var lookUps atomic.Int64
				w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
					switch {
					case call != "resolve" || address != "b":
						effect()
						return nil
					case tc.fails(lookUps.Add(1)):
						return failing(messenger.Transient)
					default:
						return failing(messenger.RecipientPermanent)
					}
				})
				o := w.start()
				trouble := false
				for range 3600 {
					after(time.Second)
					trouble = trouble || o.Snapshot().Messenger != nil
				}
				if trouble != tc.trouble || o.Snapshot().Messenger != nil {
					t.Errorf("in trouble %t, at last %v", trouble, o.Snapshot().Messenger)
				}
			})
		})
	}
}

// TestARefusalDuringACheckCounts covers a check of the token that passes although
// the token is refused meanwhile.
func TestARefusalDuringACheckCounts(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.start()
		settle()
		w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
			switch call {
			case "check":
				time.Sleep(5 * time.Second)
			case "post":
				return failing(messenger.MessengerPermanent)
			}
			effect()
			return nil
		})
		o.Resync()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(30 * time.Second)
		if o.Snapshot().Messenger == nil {
			t.Error("the snapshot does not show the refusal")
		}
		if n := w.chat.count("post", ""); n != len(everybody) {
			t.Errorf("%d posts with a refused token", n)
		}
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
		if n := w.notices.count(notifier.ReasonRecipientFailed); n != 3 {
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

// TestARecordThatCannotBeClosedIsLetGo covers a request that nobody could be told
// of, whose record expires while Teleport is away.
func TestARecordThatCannotBeClosedIsLetGo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.refuse(messenger.RecipientPermanent, func(call, _ string) bool { return call == "post" })
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.cluster.decide(func(string, func() error) error {
			return fmt.Errorf("not found: %w", notifier.ErrUnknownRequest)
		})
		w.cluster.forget("r1")
		w.cluster.remove("r1", true)
		after(10 * time.Minute)
		writes := w.cluster.writes()
		after(time.Hour)
		if n := w.cluster.writes() - writes; n != 0 {
			t.Errorf("its record was written %d times more", n)
		}
		if s := o.Snapshot(); s.Undelivered != 0 || s.Open != 0 || s.Records != nil {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

// TestARequestThatVanishedWithItsReviewsIsShown covers a message that could not be
// updated before a restart, by when nothing but the record knows of the request.
func TestARequestThatVanishedWithItsReviewsIsShown(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.refusing()
		w.cluster.put(request("r1", approved, review("alice")), true)
		settle()
		first.stop()
		w.cluster.remove("r1", false)
		w.chat.decide(nil)
		w.start()
		after(time.Minute)
		w.expect("r1", approved, everybody...)
		w.expectClosed("r1")
	})
}

// TestLookUpsDoNotHideAnOutage covers recipients that are looked up without a call.
func TestLookUpsDoNotHideAnOutage(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.timing.ResolveTTL = 10 * time.Minute
		o := w.start()
		settle()
		w.chat.refuse(messenger.Transient, func(call, _ string) bool { return call != "resolve" })
		w.cluster.put(request("r1", pending), true)
		after(5 * time.Minute)
		for range 60 {
			if o.Snapshot().Messenger == nil {
				t.Fatal("the snapshot does not show the outage")
			}
			w.cluster.tell(notifier.Subscriber.Synced)
			after(time.Minute)
		}
	})
}

// TestARequestThatEndsWhileItIsPostedIsShownAsEnded covers a recipient that was broken
// and gets its message in the moment in which nobody needs it any more.
func TestARequestThatEndsWhileItIsPostedIsShownAsEnded(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.refusing()
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Minute)
		w.chat.decide(func(_ context.Context, _, _ string, effect func()) error {
			time.Sleep(5 * time.Second)
			effect()
			return nil
		})
		o.Resync()
		after(2 * time.Second)
		w.cluster.remove("r1", true)
		after(10 * time.Minute)
		w.expect("r1", expired, everybody...)
		w.expectClosed("r1")
	})
}
