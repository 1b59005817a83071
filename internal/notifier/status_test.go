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
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// TestARequestThatPanicsIsPutAside checks that the others go on, and that a notice names it
// (B21).
func TestARequestThatPanicsIsPutAside(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var panics atomic.Bool
		panics.Store(true)
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			if call == "post" && address == "id-b" && panics.Swap(false) {
				panic("impossible")
			}
			effect()
			return nil
		})
		o := w.start()
		settle()
		w.cluster.put(request("bad", pending), true)
		settle()
		w.cluster.put(request("good", pending), true)
		settle()
		w.expect("good", pending, allAddresses...)
		if s := o.Snapshot(); s.Quarantined != 1 {
			t.Errorf("unexpected snapshot %+v", s)
		}
		if n := w.notices.count(status.NoticeRequestFailed); n != 1 {
			t.Errorf("%d notices, want 1", n)
		}
		after(10 * time.Minute)
		w.expect("bad", pending, allAddresses...)
		if s := o.Snapshot(); s.Quarantined != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

// TestARequestThatWaitsForARecipientIsNotPutAside covers a request that panicked once, and
// works but for a recipient that cannot.
func TestARequestThatWaitsForARecipientIsNotPutAside(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var panics atomic.Bool
		panics.Store(true)
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			switch {
			case call == "post" && address == "id-a" && panics.Swap(false):
				panic("impossible")
			case call == "post" && address == "id-b":
				return failing(messenger.RecipientPermanent)
			default:
				effect()
				return nil
			}
		})
		o := w.start()
		settle()
		w.cluster.put(request("bad", pending), true)
		after(time.Hour)
		w.expect("bad", pending, "id-a", "id-c")
		if s := o.Snapshot(); s.Quarantined != 0 {
			t.Errorf("%d requests are put aside, and work", s.Quarantined)
		}
	})
}

// TestWhatIsNoBusinessOfOursIsNotPutAside covers a request that panicked, and turned out
// not to be one to announce before it was its turn again.
func TestWhatIsNoBusinessOfOursIsNotPutAside(t *testing.T) {
	for name, turn := range map[string]func(w *world){
		"another installation's": func(w *world) { w.cluster.setRecord("bad", `{"v":2,"own":{"i":"two"},"state":"PENDING"}`) },
		"a dry run": func(w *world) {
			dry := request("bad", pending)
			dry.DryRun = true
			w.cluster.put(dry, true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.owner = notifier.Owner{Installation: "one"}
				w.chat.decide(func(_ context.Context, call, _ string, _ func()) error {
					if call == "post" {
						panic("impossible")
					}
					return nil
				})
				o := w.start()
				settle()
				w.cluster.put(request("bad", pending), true)
				settle()
				if s := o.Snapshot(); s.Quarantined != 1 {
					t.Fatalf("unexpected snapshot %+v", s)
				}
				turn(w)
				o.Resync()
				after(3 * time.Hour)
				if s := o.Snapshot(); s.Quarantined != 0 {
					t.Errorf("%d requests are put aside for good", s.Quarantined)
				}
			})
		})
	}
}

// TestARecipientWithTwoIDsIsNamed covers a recipient that was told under one id, and that the
// messenger knows by another when the message can be kept true no longer. One is its name.
func TestARecipientWithTwoIDsIsNamed(t *testing.T) {
	for name, ids := range map[string][2]string{"by name, then id": {"a", "id-a"}, "by id, then name": {"id-a", "a"}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.chat.real = map[string]string{"a": "id-a"}
				w.chat.move("a", ids[0])
				first := w.start()
				settle()
				w.cluster.put(request("r1", pending), true)
				settle()
				first.stop()
				w.chat.move("a", ids[1])
				w.chat.refuse(messenger.PermissionMissing, func(call, address string) bool {
					return call == "update" && address == "id-a"
				})
				w.cluster.put(request("r1", approved), true)
				o := w.start()
				after(time.Minute)
				s := o.Snapshot()
				if len(s.Unresolved) != 1 || s.Unresolved[0].Recipient != "a" || s.Undelivered != 1 {
					t.Errorf("%d messages are undelivered, and unresolved are %+v, want a", s.Undelivered, s.Unresolved)
				}
				if all := w.notices.about("a"); len(all) == 0 || all[0].Reason != status.NoticeRecipientFailed {
					t.Errorf("the notices about a are %+v, want that it has failed", all)
				}
				w.chat.decide(nil)
				after(10 * time.Minute)
				if s := o.Snapshot(); len(s.Unresolved) != 0 || s.Undelivered != 0 {
					t.Errorf("%d messages are undelivered, and unresolved are %+v, want none", s.Undelivered, s.Unresolved)
				}
			})
		})
	}
}

// TestARequestWithoutRecipientsIsCounted covers one of which no recipient is told (D30).
func TestARequestWithoutRecipientsIsCounted(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules.RoleToRecipients = map[string][]string{"other": {"a"}}
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Minute)
		w.cluster.put(request("r1", pending, review("alice")), true)
		after(time.Minute)
		if s := o.Snapshot(); s.Open != 1 || s.Unannounced != 1 || s.Undelivered != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
		if n := w.notices.count(status.NoticeNotAnnounced); n != 1 {
			t.Errorf("%d notices, want 1", n)
		}
		w.cluster.put(request("r1", denied), true)
		settle()
		if s := o.Snapshot(); s.Open != 0 || s.Unannounced != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

// TestUnresolvableRecipientsCountAsUndelivered covers messages that cannot be posted because
// no recipient can be found (D31).
func TestUnresolvableRecipientsCountAsUndelivered(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.refuse(messenger.RecipientPermanent, func(call, _ string) bool { return call == "resolve" })
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Minute)
		if s := o.Snapshot(); s.Open != 1 || s.Undelivered != 3 || s.Unannounced != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
		w.cluster.put(request("r1", denied), true)
		settle()
		if s := o.Snapshot(); s.Open != 0 || s.Undelivered != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

// TestRecipientsThatAreNeverFoundCountAsUndelivered covers look-ups that fail again and again for a
// reason that should pass. While the service as a whole fails, that is said instead.
func TestRecipientsThatAreNeverFoundCountAsUndelivered(t *testing.T) {
	for name, down := range map[string]bool{"look-ups alone": false, "the whole service": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.chat.refuse(messenger.Transient, func(call, address string) bool {
					return call == "resolve" && address == "b" || call == "check" && down
				})
				o := w.start()
				settle()
				w.cluster.put(request("r1", pending), true)
				after(20 * time.Second)
				if s := o.Snapshot(); s.Undelivered == 0 || len(s.Unresolved) != 0 {
					t.Errorf("while it may pass, the snapshot is %+v", s)
				}
				after(10 * time.Minute)
				switch s := o.Snapshot(); {
				case s.Undelivered == 0 || s.Oldest == nil || s.Oldest.Reason != status.WaitingRecipient || s.Unannounced != 0:
					t.Errorf("%d messages wait, the oldest is %+v", s.Undelivered, s.Oldest)
				case down && (s.Messenger.Problem == nil || len(s.Unresolved) != 0):
					t.Errorf("a service that is down is not what is named: %+v", s)
				case !down && (s.Undelivered != 1 || len(s.Unresolved) != 1 || s.Unresolved[0].Recipient != "b" ||
					!s.Unresolved[0].Passing || !strings.Contains(s.Unresolved[0].Message, "transient")):
					t.Errorf("the recipient is not named: %+v", s)
				}
				w.chat.refuse(messenger.Transient, func(string, string) bool { return false })
				after(time.Minute)
				if s := o.Snapshot(); s.Undelivered != 0 || s.Oldest != nil || len(s.Unresolved) != 0 || !s.Decided {
					t.Errorf("once it is found, the snapshot is %+v", s)
				}
			})
		})
	}
}

// TestRulesWithoutRecipientsThatWorkCountAsUndelivered covers a rule of which no recipient can
// be found, where there is no other to be told in their place.
func TestRulesWithoutRecipientsThatWorkCountAsUndelivered(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.router = routing.NewMonitoringRouter(routing.Rules{Plugin: "chat"}, ruled{})
		w.chat.refuse(messenger.RecipientPermanent, func(call, _ string) bool { return call == "resolve" })
		o := w.start()
		settle()
		for i := range 4 {
			w.cluster.put(request(fmt.Sprint("r", i), pending), true)
		}
		after(10 * time.Minute)
		s := o.Snapshot()
		if s.Open != 4 || s.Undelivered != 4 || s.Unannounced != 0 || s.Configured != 1 || len(s.Unresolved) != 1 {
			t.Errorf("unexpected snapshot %+v", s)
		}
		if s.Oldest == nil || s.Oldest.Reason != status.WaitingRecipient || time.Since(s.Oldest.Since) < 5*time.Minute {
			t.Errorf("the oldest is %+v", s.Oldest)
		}
		w.chat.refuse(messenger.RecipientPermanent, func(string, string) bool { return false })
		after(10 * time.Minute)
		if s := o.Snapshot(); s.Open != 4 || s.Undelivered != 0 || s.Oldest != nil || len(s.Unresolved) != 0 {
			t.Errorf("once it is mended, the snapshot is %+v", s)
		}
	})
}

// TestASkippedReviewerIsNamed checks that the notice says who and which request, in a form
// that says no more than that (D33).
func TestASkippedReviewerIsNamed(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules.SuggestedReviewers = true
		long := strings.Repeat("x", 150) + "@example.com"
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
			return call == "resolve" && strings.Contains(address, "@")
		})
		w.start()
		settle()
		r := request("r1", pending)
		r.SuggestedReviewers = []string{"carol@example.com", long}
		w.cluster.put(r, true)
		after(time.Minute)
		w.notices.mu.Lock()
		defer w.notices.mu.Unlock()
		var texts []string
		for _, n := range w.notices.all {
			if n.Reason == status.NoticeReviewerSkipped {
				texts = append(texts, n.Text)
			}
		}
		all := strings.Join(texts, "\n")
		if len(texts) != 2 || !strings.Contains(all, `"carol@example.com" of access request r1`) || strings.Contains(all, strings.Repeat("x", 101)) {
			t.Errorf("the notices are:\n%s", all)
		}
	})
}

// TestAMendedChannelHearsNoOldNews covers requests that were resolved while a channel did
// not work: they are not announced there and not counted (D35).
func TestAMendedChannelHearsNoOldNews(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var broken atomic.Bool
		broken.Store(true)
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
			return broken.Load() && address == "id-b" && call == "post"
		})
		o := w.start()
		settle()
		w.putAll(5, pending)
		settle()
		w.putAll(4, approved)
		after(time.Minute)
		if s := o.Snapshot(); s.Undelivered != 1 {
			t.Errorf("%d messages are missing, want that about what is pending", s.Undelivered)
		}
		broken.Store(false)
		o.Resync()
		after(10 * time.Minute)
		for i := range 4 {
			w.expectNone(fmt.Sprint("r", i), "id-b")
			w.expect(fmt.Sprint("r", i), approved, "id-a", "id-c")
			w.expectClosed(fmt.Sprint("r", i))
		}
		w.expect("r4", pending, allAddresses...)
	})
}

// TestAWriteThatWasMadeGoodIsNotReported covers a claim that could not be stored, and is
// stored later or not needed any more (D29).
func TestAWriteThatWasMadeGoodIsNotReported(t *testing.T) {
	for name, after1 := range map[string]func(w *world){
		"stored":     func(*world) {},
		"not needed": func(w *world) { w.cluster.put(request("r1", denied), true) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.cluster.decide(func(string, func() error) error { return context.DeadlineExceeded })
				o := w.start()
				settle()
				w.cluster.put(request("r1", pending), true)
				after(time.Minute)
				if o.Snapshot().Records == nil {
					t.Error("the snapshot does not show that records cannot be written")
				}
				if name == "stored" {
					w.cluster.decide(nil)
				}
				after1(w)
				after(time.Minute)
				if err := o.Snapshot().Records; err != nil {
					t.Errorf("the snapshot still says %v", err)
				}
			})
		})
	}
}

// TestATokenThatIsRevokedWhileIdleShows covers a notifier without anything to deliver (D28).
func TestATokenThatIsRevokedWhileIdleShows(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.start()
		after(time.Hour)
		w.chat.refuse(messenger.MessengerPermanent, func(string, string) bool { return true })
		after(2 * time.Minute)
		if s := o.Snapshot(); s.Messenger.Problem == nil || s.Messenger.Problem.Reason != status.ReasonTokenRefused {
			t.Errorf("unexpected snapshot %+v", s)
		}
		w.chat.decide(nil)
		after(7 * time.Minute)
		if s := o.Snapshot(); s.Messenger.Problem != nil {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

// TestALimitOfAllPostsShows covers a service that refuses every post for minutes (D27).
func TestALimitOfAllPostsShows(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		began := time.Now()
		w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
			if call == "post" && time.Since(began) < 94*time.Second {
				return &messenger.Error{Class: messenger.Throttled, Call: call, Code: "ratelimited", RetryAfter: 30 * time.Second, Scope: messenger.ScopeMethod}
			}
			effect()
			return nil
		})
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Minute)
		if s := o.Snapshot(); s.Messenger.Problem == nil || s.Messenger.Problem.Reason != status.ReasonThrottled {
			t.Errorf("unexpected snapshot %+v", s)
		}
		after(2 * time.Minute)
		if s := o.Snapshot(); s.Messenger.Problem != nil {
			t.Errorf("unexpected snapshot %+v", s)
		}
		w.expect("r1", pending, allAddresses...)
	})
}

// TestRecoveryIsSeenSoon covers the end of an outage after back-off has grown (B17).
func TestRecoveryIsSeenSoon(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var down atomic.Bool
		down.Store(true)
		w.chat.refuse(messenger.Transient, func(string, string) bool { return down.Load() })
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(10 * time.Minute)
		down.Store(false)
		after(3 * time.Second)
		w.expect("r1", pending, allAddresses...)
	})
}
