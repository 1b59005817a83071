package notifier_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

func TestOneMessagePerRecipientThatStaysTrue(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.expect("r1", pending, allAddresses...)
		if s := o.Snapshot(); s.Open != 1 || s.Undelivered != 0 || !s.Counted || s.Messenger.Problem != nil {
			t.Errorf("unexpected snapshot %+v", s)
		}

		w.cluster.put(request("r1", pending, review("alice")), true)
		settle()
		if status := w.chat.about("r1", "id-a")[0].last().Status; !strings.Contains(status, "1 of 2") {
			t.Errorf("status %q does not show the progress", status)
		}
		if n := len(w.chat.about("r1", "id-a")[0].replies); n != 1 {
			t.Errorf("got %d replies, want 1", n)
		}

		w.cluster.put(request("r1", approved, review("alice"), review("bob")), true)
		settle()
		w.expect("r1", approved, allAddresses...)
		w.expectClosed("r1")
		if n := len(w.chat.about("r1", "id-b")[0].replies); n != 2 {
			t.Errorf("got %d replies, want 2", n)
		}
		if s := o.Snapshot(); s.Open != 0 || s.Undelivered != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}

		calls := w.chat.count("update", "")
		w.cluster.tell(func(s accessrequest.Subscriber) { s.Synced() })
		w.cluster.remove("r1", true)
		after(time.Hour)
		if n := w.chat.count("update", ""); n != calls {
			t.Errorf("a closed record was touched again: %d updates, want %d", n, calls)
		}
	})
}

func TestCatchesUpAfterBeingDown(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		first := w.start()
		settle()
		w.cluster.put(request("approved", pending), true)
		w.cluster.put(request("expired", pending), true)
		w.cluster.put(request("reviewed", pending), true)
		settle()
		first.stop()

		w.cluster.put(request("approved", approved, review("alice"), review("bob")), false)
		w.cluster.remove("expired", false)
		w.cluster.put(request("reviewed", pending, review("alice")), false)
		w.cluster.put(request("new", pending), false)
		w.cluster.put(request("over", denied), false)

		w.start()
		// A list may trail: what it lacks is asked for again later.
		after(time.Minute)
		w.expect("approved", approved, allAddresses...)
		w.expect("expired", expired, allAddresses...)
		w.expect("reviewed", pending, allAddresses...)
		w.expect("new", pending, allAddresses...)
		w.expectNone("over", allAddresses...)
		w.expectClosed("approved")
		w.expectClosed("expired")
		if n := len(w.chat.about("approved", "id-a")[0].replies); n != 2 {
			t.Errorf("got %d replies, want 2", n)
		}
		fields := fmt.Sprint(w.chat.about("expired", "id-a")[0].last().Fields)
		if !strings.Contains(fields, "eve") || !strings.Contains(fields, "editor") || !strings.Contains(fields, "to fix it") {
			t.Errorf("the expired message lost its facts: %s", fields)
		}
	})
}

func TestVanishedRequestIsExpiredUnlessItWasSeenResolved(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		w.cluster.put(request("r2", pending), true)
		settle()
		w.chat.decide(func(context.Context, string, string, func()) error { return failing(messenger.Transient) })
		w.cluster.put(request("r2", approved), true)
		settle()
		w.cluster.remove("r1", true)
		w.cluster.remove("r2", true)
		settle()
		w.chat.decide(nil)
		after(time.Minute)
		w.expect("r1", expired, allAddresses...)
		w.expect("r2", approved, allAddresses...)
	})
}

func TestUndeliverableRecipientDelaysNobody(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var bad atomic.Bool
		bad.Store(true)
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
			return bad.Load() && call == "post" && address == "id-b"
		})
		o := w.start()
		settle()
		w.putAll(20, pending)
		settle()
		w.expect("r19", pending, "id-a", "id-c")
		s := o.Snapshot()
		if len(s.Unresolved) != 1 || s.Unresolved[0].Recipient != "b" || s.Undelivered != 20 {
			t.Errorf("unexpected snapshot %+v", s)
		}
		after(time.Hour)
		if n := w.chat.count("post", "id-b"); n > 20 {
			t.Errorf("a recipient that cannot work was tried %d times in an hour", n)
		}
		if n := w.notices.count(status.NoticeRecipientFailed); n != 1 {
			t.Errorf("got %d notices, want 1", n)
		}
		bad.Store(false)
		after(10 * time.Minute)
		w.expectAll(20, pending, allAddresses...)
		if n := w.notices.count(status.NoticeRecipientRestored); n != 1 {
			t.Errorf("got %d notices of recovery, want 1", n)
		}
		if s := o.Snapshot(); len(s.Unresolved) != 0 || s.Undelivered != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

func TestHangingRecipientDelaysNobody(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.decide(func(ctx context.Context, call, address string, effect func()) error {
			if address == "id-b" || address == "c" {
				<-ctx.Done()
				return ctx.Err()
			}
			effect()
			return nil
		})
		w.start()
		settle()
		w.putAll(50, pending)
		settle()
		w.expectAll(50, pending, "id-a")
	})
}

func TestUnknownRecipientIsNamedAndRetriedSlowly(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules.SuggestedReviewers = true
		var known atomic.Bool
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
			return call == "resolve" && !known.Load() && (address == "b" || address == "ghost@example.com")
		})
		o := w.start()
		settle()
		r := request("r1", pending)
		r.SuggestedReviewers = []string{"ghost@example.com"}
		w.cluster.put(r, true)
		settle()
		w.expect("r1", pending, "id-a", "id-c")
		if s := o.Snapshot(); len(s.Unresolved) != 1 || s.Unresolved[0].Recipient != "b" {
			t.Errorf("unexpected snapshot %+v", s)
		}
		after(time.Hour)
		if n := w.notices.count(status.NoticeReviewerSkipped); n != 1 {
			t.Errorf("got %d notices about a skipped reviewer, want 1", n)
		}
		if n := w.notices.count(status.NoticeRecipientFailed); n != 1 {
			t.Errorf("got %d notices about recipients, want 1", n)
		}
		if n := w.chat.count("resolve", "b"); n > 20 {
			t.Errorf("looked up %d times in an hour", n)
		}
		known.Store(true)
		after(10 * time.Minute)
		w.expect("r1", pending, allAddresses...)
		if s := o.Snapshot(); len(s.Unresolved) != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

func TestThrottledAddressWaitsAsLongAsTold(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var throttled atomic.Bool
		throttled.Store(true)
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			if throttled.Load() && call == "post" && address == "id-b" {
				return &messenger.Error{Class: messenger.Throttled, Call: call, Code: "ratelimited", RetryAfter: 30 * time.Second}
			}
			effect()
			return nil
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.expect("r1", pending, "id-a", "id-c")
		after(29 * time.Second)
		if n := w.chat.count("post", "id-b"); n != 1 {
			t.Errorf("posted %d times before the time was up, want 1", n)
		}
		throttled.Store(false)
		after(2 * time.Second)
		w.expect("r1", pending, allAddresses...)
	})
}

func TestThrottledTokenWaitsEverywhere(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var throttled atomic.Bool
		throttled.Store(true)
		w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
			if throttled.Load() && call == "post" {
				return &messenger.Error{Class: messenger.Throttled, Call: call, Code: "ratelimited", RetryAfter: 30 * time.Second, Scope: messenger.ScopeToken}
			}
			effect()
			return nil
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		calls := w.chat.count("post", "")
		w.cluster.put(request("r2", pending), true)
		after(29 * time.Second)
		if n := w.chat.count("post", ""); n != calls {
			t.Errorf("posted %d times before the time was up, want %d", n, calls)
		}
		for i := range 50 {
			w.cluster.put(request(fmt.Sprint("more", i), pending), true)
		}
		const pauses = 10
		after(pauses * 30 * time.Second)
		if n := w.chat.count("post", "") - calls; n > pauses {
			t.Errorf("posted %d times in %d pauses, want one call each", n, pauses)
		}
		throttled.Store(false)
		after(32 * time.Second)
		w.expect("r1", pending, allAddresses...)
		w.expect("more49", pending, allAddresses...)
	})
}

func TestOutageIsRiddenOutWithoutHammering(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var down atomic.Bool
		down.Store(true)
		w.chat.refuse(messenger.Transient, func(string, string) bool { return down.Load() })
		o := w.start()
		settle()
		w.putAll(100, pending)
		after(10 * time.Minute)
		if s := o.Snapshot(); s.Messenger.Problem == nil {
			t.Error("the snapshot does not show the outage")
		}
		if n := w.chat.total(); n > 600 {
			t.Errorf("a service that is down was called %d times in 10 minutes", n)
		}
		down.Store(false)
		after(time.Minute)
		w.expectAll(100, pending, allAddresses...)
		if s := o.Snapshot(); s.Messenger.Problem != nil {
			t.Errorf("the snapshot still shows the outage: %v", s.Messenger)
		}
	})
}

func TestOutageWhileRunningIsReported(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.start()
		settle()
		w.chat.decide(func(context.Context, string, string, func()) error { return failing(messenger.Transient) })
		w.cluster.put(request("r1", pending), true)
		after(2 * time.Minute)
		if s := o.Snapshot(); s.Messenger.Problem == nil {
			t.Error("the snapshot does not show the outage")
		}
		w.chat.decide(nil)
		after(time.Minute)
		w.expect("r1", pending, allAddresses...)
		if s := o.Snapshot(); s.Messenger.Problem != nil {
			t.Errorf("the snapshot still shows the outage: %v", s.Messenger)
		}
	})
}

func TestResyncTriesWhatCouldNotWork(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var mended atomic.Bool
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
			return !mended.Load() && (call == "resolve" && address == "a" || call == "post" && address == "id-b")
		})
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.expectNone("r1", "id-a", "id-b")
		mended.Store(true)
		o.Resync()
		settle()
		w.expect("r1", pending, allAddresses...)
	})
}

func TestResyncChecksARefusedTokenAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var mended atomic.Bool
		w.chat.refuse(messenger.MessengerPermanent, func(string, string) bool { return !mended.Load() })
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Second)
		mended.Store(true)
		o.Resync()
		settle()
		w.expect("r1", pending, allAddresses...)
	})
}

func TestRefusedTokenPausesEverything(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var refused atomic.Bool
		w.chat.refuse(messenger.MessengerPermanent, func(string, string) bool { return refused.Load() })
		o := w.start()
		settle()
		w.cluster.put(request("r0", pending), true)
		settle()
		w.expect("r0", pending, allAddresses...)

		refused.Store(true)
		calls := w.chat.total()
		for i := range 50 {
			w.cluster.put(request(fmt.Sprint("r", i), approved), true)
			w.cluster.put(request(fmt.Sprint("s", i), pending), true)
		}
		after(time.Hour)
		if n := w.chat.total() - calls; n > 40 {
			t.Errorf("made %d calls with a refused token in an hour", n)
		}
		if s := o.Snapshot(); s.Messenger.Problem == nil || s.Messenger.Problem.Reason != status.ReasonTokenRefused {
			t.Errorf("unexpected snapshot %+v", s)
		}
		refused.Store(false)
		after(10 * time.Minute)
		w.expect("r0", approved, allAddresses...)
		w.expect("s49", pending, allAddresses...)
		if s := o.Snapshot(); s.Messenger.Problem != nil {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

func TestRefusedTokenAtStartMakesNoPosts(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.decide(func(context.Context, string, string, func()) error { return failing(messenger.MessengerPermanent) })
		w.cluster.put(request("r1", pending), false)
		w.start()
		after(time.Hour)
		if n := w.chat.count("post", ""); n != 0 {
			t.Errorf("posted %d times with a token that was refused at the first check", n)
		}
	})
}

func TestRejectedContentIsSentPlain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.decide(rejectRich())
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.expect("r1", pending, allAddresses...)
		if !w.chat.about("r1", "id-a")[0].last().Plain {
			t.Error("the message is not plain")
		}
	})
}

// rejectRich accepts every other post at an address: the plain one.
func rejectRich() func(context.Context, string, string, func()) error {
	var seen sync.Map
	return func(_ context.Context, call, address string, effect func()) error {
		if _, again := seen.LoadOrStore(call+address, true); call == "post" && !again {
			return failing(messenger.ContentRejected)
		}
		effect()
		return nil
	}
}

func TestContentThatIsNeverAcceptedIsGivenUpOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.refuse(messenger.ContentRejected, func(call, _ string) bool { return call == "post" })
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Hour)
		if n := w.chat.count("post", "id-a"); n != 2 {
			t.Errorf("tried %d times, want 2", n)
		}
		if n := w.notices.count(status.NoticeContentRejected); n != 3 {
			t.Errorf("got %d notices, want one per recipient", n)
		}
	})
}

func TestDeletedMessageIsLeftAlone(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.chat.refuse(messenger.MessageGone, func(call, address string) bool {
			return call == "update" && address == "id-a"
		})
		w.cluster.put(request("r1", denied), true)
		after(time.Hour)
		if n := w.chat.count("update", "id-a"); n != 1 {
			t.Errorf("updated %d times, want 1", n)
		}
		w.expect("r1", denied, "id-b", "id-c")
		w.expectClosed("r1")
	})
}

func TestEditedRecipients(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		first.stop()

		w.rules = routing.Rules{RoleToRecipients: map[string][]string{"*": {"b", "c", "d"}}}
		w.start()
		settle()
		w.expect("r1", pending, "id-a", "id-b", "id-c", "id-d")
		w.cluster.put(request("r1", approved), true)
		settle()
		w.expect("r1", approved, "id-a", "id-b", "id-c", "id-d")
		w.expectClosed("r1")
	})
}

func TestReadersNeverSeeThePast(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		w.cluster.put(request("r2", pending), true)
		settle()
		w.cluster.put(request("r1", pending, review("alice")), true)
		settle()
		w.cluster.lag(request("r1", pending))
		settle()
		first.stop()
		w.cluster.lag(request("r1", pending))
		w.start()
		after(time.Minute)
		shown := w.chat.about("r1", "id-a")[0].shown
		if n := len(shown); n != 2 || len(shown[1].Reviews) != 1 {
			t.Errorf("an older state was shown: %+v", shown)
		}
		w.cluster.put(request("r1", approved, review("alice"), review("bob")), true)
		settle()
		w.expect("r1", approved, allAddresses...)
	})
}

func TestShutdownFinishesCallsInFlight(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.decide(func(ctx context.Context, call, _ string, effect func()) error {
			if call == "post" {
				time.Sleep(5 * time.Second)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			effect()
			return nil
		})
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Second)
		first.stop()
		w.expect("r1", pending, allAddresses...)
		if strings.Contains(w.cluster.record("r1"), `"make"`) {
			t.Errorf("the results were not stored: %s", w.cluster.record("r1"))
		}
		w.start()
		after(time.Minute)
		w.expect("r1", pending, allAddresses...)
	})
}

func TestShutdownIsBoundedByTheGracePeriod(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.decide(func(ctx context.Context, call, _ string, effect func()) error {
			if call == "post" {
				<-ctx.Done()
			}
			return ctx.Err()
		})
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		begun := time.Now()
		o.stop()
		if took := time.Since(begun); took > 13*time.Second {
			t.Errorf("took %s to stop", took)
		}
	})
}

func TestPanicStopsTheNotifierOnly(t *testing.T) {
	for _, fatal := range []string{"check", "resolve"} {
		t.Run(fatal, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
					if call == fatal {
						panic("impossible")
					}
					effect()
					return nil
				})
				first := w.start()
				settle()
				w.cluster.put(request("r1", pending), true)
				settle()
				<-first.done
				if first.err == nil || errors.Is(first.err, context.Canceled) {
					t.Errorf("Run returned %v, want an error that names the panic", first.err)
				}
				w.chat.decide(nil)
				w.start()
				after(time.Minute)
				w.expect("r1", pending, allAddresses...)
			})
		})
	}
}
