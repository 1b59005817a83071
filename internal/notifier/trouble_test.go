package notifier_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

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
			if is := o.Snapshot().Messenger.Problem != nil; is != was {
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
		"once": {fails: func(n int64) bool { return n%4 == 0 }},
		// A look-up says little about the service: a check of the token does.
		"in between": {fails: func(n int64) bool { return n > 3 && n < 12 }},
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
					trouble = trouble || o.Snapshot().Messenger.Problem != nil
				}
				if trouble != tc.trouble || o.Snapshot().Messenger.Problem != nil {
					t.Errorf("in trouble %t, at last %v", trouble, o.Snapshot().Messenger)
				}
			})
		})
	}
}

// TestARefusalThatACheckDoesNotConfirmStopsNothingElse covers a call that is refused as
// if the token were, although it works (B13).
func TestARefusalThatACheckDoesNotConfirmStopsNothingElse(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.refuse(messenger.MessengerPermanent, func(call, address string) bool {
			return call == "post" && address == "id-b"
		})
		o := w.start()
		settle()
		for i := range 5 {
			w.cluster.put(request(fmt.Sprint("r", i), pending), true)
			after(10 * time.Second)
			w.expect(fmt.Sprint("r", i), pending, "id-a", "id-c")
		}
		s := o.Snapshot()
		if s.Messenger.Problem != nil {
			t.Errorf("the messenger is said not to work: %v", s.Messenger)
		}
		if len(s.Unresolved) != 1 || s.Unresolved[0].Recipient != "b" {
			t.Errorf("unresolved are %+v, want b", s.Unresolved)
		}
		if n := w.chat.count("post", "id-b"); n > 2 {
			t.Errorf("%d posts to the address that refuses them", n)
		}
	})
}

// TestARecordThatCannotBeClosedIsLetGo covers a request about which no recipient could be
// told, whose record expires while Teleport is away.
func TestARecordThatCannotBeClosedIsLetGo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.refuse(messenger.RecipientPermanent, func(call, _ string) bool { return call == "post" })
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.cluster.decide(func(string, func() error) error {
			return fmt.Errorf("not found: %w", accessrequest.ErrUnknownRequest)
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

// TestARequestThatCannotBeShownOrRecordedIsLetGo covers a request for whose record Teleport
// has no room, and whose message the messenger rejects.
func TestARequestThatCannotBeShownOrRecordedIsLetGo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cluster.decide(func(string, func() error) error {
			return fmt.Errorf("writing: %w", accessrequest.ErrRecordTooLarge)
		})
		w.chat.refuse(messenger.ContentRejected, func(call, _ string) bool { return call == "post" })
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Minute)
		w.cluster.remove("r1", true)
		after(time.Minute)
		// By now the view has forgotten that Teleport said so.
		w.cluster.remove("r1", false)
		after(time.Hour)
		if n := w.cluster.refreshed(); n > 4 {
			t.Errorf("asked Teleport %d times for a request of which nothing is left", n)
		}
		if s := o.Snapshot(); s.Undelivered != 0 || s.Open != 0 {
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
		w.expect("r1", approved, allAddresses...)
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
			if o.Snapshot().Messenger.Problem == nil {
				t.Fatal("the snapshot does not show the outage")
			}
			w.cluster.tell(accessrequest.Subscriber.Synced)
			after(time.Minute)
		}
	})
}

// TestARequestThatEndsWhileItIsPostedIsShownAsEnded covers a recipient that was broken
// and gets its message in the moment in which no reviewer needs it any more.
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
		w.expect("r1", expired, allAddresses...)
		w.expectClosed("r1")
	})
}

// TestRepliesThatAreNotAcceptedAreLeftOut covers a thread that was locked.
func TestRepliesThatAreNotAcceptedAreLeftOut(t *testing.T) {
	for _, class := range []messenger.Class{messenger.MessageGone, messenger.ContentRejected} {
		t.Run(class.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.chat.refuse(class, func(call, address string) bool { return call == "reply" && address == "id-b" })
				o := w.start()
				settle()
				w.cluster.put(request("r1", pending), true)
				settle()
				w.cluster.put(request("r1", pending, review("alice")), true)
				settle()
				if s := o.Snapshot(); s.Undelivered != 0 || len(s.Unresolved) != 0 {
					t.Errorf("unexpected snapshot %+v", s)
				}
				w.cluster.put(request("r1", approved, review("alice"), review("bob")), true)
				settle()
				w.expect("r1", approved, allAddresses...)
				w.expectReplies("r1", "id-a", 2)
				w.expectReplies("r1", "id-b", 0)
				w.expectClosed("r1")
			})
		})
	}
}

// TestTheEndOfAnOutageIsSeenWithoutRequests covers one that ends when nothing is left
// to deliver.
func TestTheEndOfAnOutageIsSeenWithoutRequests(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.start()
		settle()
		w.chat.refuse(messenger.Transient, func(string, string) bool { return true })
		w.cluster.put(request("r1", pending), true)
		after(time.Minute)
		w.cluster.put(request("r1", denied), true)
		after(time.Minute)
		w.cluster.tell(accessrequest.Subscriber.Synced)
		after(time.Minute)
		if o.Snapshot().Messenger.Problem == nil {
			t.Error("the snapshot does not show the outage")
		}
		w.chat.decide(nil)
		w.cluster.tell(accessrequest.Subscriber.Synced)
		// Nothing waits, so that the token is checked once in 48 to 72 seconds.
		after(75 * time.Second)
		if s := o.Snapshot(); s.Messenger.Problem != nil {
			t.Errorf("the snapshot still shows the outage: %v", s.Messenger)
		}
	})
}

// TestMessagesStayTrueWhileRecordsCannotBeKept covers a role that may no longer write
// records.
func TestMessagesStayTrueWhileRecordsCannotBeKept(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.cluster.decide(func(string, func() error) error { return context.DeadlineExceeded })
		edited := request("r1", pending)
		edited.Reason = "to fix it at once"
		w.cluster.put(edited, true)
		after(time.Minute)
		w.cluster.put(request("r1", approved), true)
		after(5 * time.Minute)
		w.expect("r1", approved, allAddresses...)
		w.cluster.decide(nil)
		after(5 * time.Minute)
		w.expect("r1", approved, allAddresses...)
		w.expectClosed("r1")
	})
}
