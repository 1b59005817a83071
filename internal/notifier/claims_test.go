package notifier_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// The tests of this file are the counterexamples of the claims' model, by their letters.

// alone makes id-a the only recipient, in a channel that can be searched.
func (w *world) alone() {
	w.kind = searchable
	w.rules = routing.Rules{Always: []string{"a"}}
}

// late gives up the first n calls of a kind and lets them take effect after d.
func (w *world) late(call string, n int, d time.Duration) {
	var calls atomic.Int64
	w.chat.decide(func(_ context.Context, c, _ string, effect func()) error {
		if c != call || calls.Add(1) > int64(n) {
			effect()
			return nil
		}
		go func() {
			time.Sleep(d)
			effect()
		}()
		return unclearOutcome()
	})
}

// TestTraceAOwnUnclearPost covers a post that is given up and lands later: it must not be
// settled before it can no longer land.
func TestTraceAOwnUnclearPost(t *testing.T) {
	for _, lands := range []time.Duration{0, 5 * time.Second, 10 * time.Second} {
		t.Run(lands.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.alone()
				w.late("post", 1, lands)
				w.start()
				settle()
				w.cluster.put(request("r1", pending), true)
				after(time.Minute)
				w.expect("r1", pending, "id-a")
			})
		})
	}
}

// TestTraceAOwnUnclearReply is the same for a reply.
func TestTraceAOwnUnclearReply(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		w.late("reply", 1, 9*time.Second)
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.cluster.put(request("r1", pending, review("alice")), true)
		after(time.Minute)
		w.expectReplies("r1", "id-a", 1)
	})
}

// TestTraceBACallBeginsSoonAfterItsClaim covers a store that answers late: the call would
// begin when another operator may already have taken the claim over.
func TestTraceBACallBeginsSoonAfterItsClaim(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		var mu sync.Mutex
		var sent time.Time
		slow := true
		w.cluster.decide(func(_ string, store func() error) error {
			mu.Lock()
			sent = time.Now()
			wait := slow
			slow = false
			mu.Unlock()
			err := store()
			if wait {
				time.Sleep(6 * time.Second)
			}
			return err
		})
		w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
			mu.Lock()
			defer mu.Unlock()
			if age := time.Since(sent); call == "post" && age >= 5*time.Second {
				t.Errorf("a post began %s after its claim was sent", age)
			}
			effect()
			return nil
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Minute)
		w.expect("r1", pending, "id-a")
	})
}

// TestTraceCEachClaimIsANewText covers a call that is claimed again and again: operators that
// watch the claim have to notice.
func TestTraceCEachClaimIsANewText(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		texts := map[string]bool{}
		w.cluster.decide(func(id string, store func() error) error {
			err := store()
			text := w.cluster.record(id)
			if texts[text] {
				t.Errorf("the same claim twice: %s", text)
			}
			texts[text] = true
			return err
		})
		w.chat.refuse(messenger.Transient, func(call, _ string) bool { return call == "post" })
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(5 * time.Minute)
		if len(texts) < 5 {
			t.Errorf("claimed %d times, want once for each try", len(texts))
		}
	})
}

// foreignClaim is a record with the claim of another operator to post to id-a.
func foreignClaim(gen int) string {
	return fmt.Sprintf(`{"v":2,"state":"PENDING","to":{"id-a":{"make":{"do":"post","key":"k","by":"OTHER","gen":%d,"at":%d}}}}`, gen, time.Now().Unix())
}

// TestTraceDNothingBeginsAfterAConflict covers a claim that loses: the other operator's
// may be under way.
func TestTraceDNothingBeginsAfterAConflict(t *testing.T) {
	for name, answer := range map[string]error{"conflict": accessrequest.ErrConflict, "unclear": context.DeadlineExceeded} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.alone()
				raced := false
				w.cluster.decide(func(id string, store func() error) error {
					if raced {
						return store()
					}
					raced = true
					w.cluster.setRecord(id, foreignClaim(1))
					return fmt.Errorf("raced: %w", answer)
				})
				w.start()
				settle()
				w.cluster.put(request("r1", pending), true)
				after(29 * time.Second)
				if n := w.chat.count("post", ""); n != 0 {
					t.Errorf("posted %d times beside another operator", n)
				}
				after(10 * time.Second)
				w.expect("r1", pending, "id-a")
			})
		})
	}
}

// TestTraceEAForeignClaimIsLeftAloneFromSight covers the claim of a crashed operator, read
// at the start, and one that is made again while it is watched.
func TestTraceEAForeignClaimIsLeftAloneFromSight(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		w.cluster.put(request("r1", pending), false)
		w.cluster.setRecord("r1", foreignClaim(1))
		w.start()
		after(25 * time.Second)
		w.cluster.setRecord("r1", foreignClaim(2))
		w.cluster.tell(accessrequest.Subscriber.Synced)
		after(29 * time.Second)
		if n := w.chat.count("find", "") + w.chat.count("post", ""); n != 0 {
			t.Errorf("%d calls while another operator may post", n)
		}
		after(2 * time.Second)
		if w.chat.count("find", "") != 2 {
			t.Error("posted without a search for both keys, its own and that of the claim")
		}
		w.expect("r1", pending, "id-a")
	})
}

// TestTraceFEditsAreClaimed covers an operator that crashes after a stale edit, which
// lands after another operator has shown the present.
func TestTraceFEditsAreClaimed(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.late("update", 1, 12*time.Second)
		w.cluster.put(request("r1", pending, review("alice")), true)
		settle()
		if text := w.cluster.record("r1"); !strings.Contains(text, `"edit":{`) {
			t.Errorf("an edit without a claim: %s", text)
		}
		first.die()
		w.cluster.put(request("r1", approved, review("alice")), false)
		w.start()
		after(5 * time.Minute)
		w.expect("r1", approved, "id-a")
		w.expectClosed("r1")
	})
}

// TestTraceGAnUnclearEditIsRepeated covers an edit that is given up and lands after the
// next one.
func TestTraceGAnUnclearEditIsRepeated(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.late("update", 1, 9*time.Second)
		w.cluster.put(request("r1", approved), true)
		after(time.Second)
		w.cluster.put(request("r1", denied), true)
		after(time.Second)
		w.expect("r1", denied, "id-a")
		after(5 * time.Minute)
		w.expect("r1", denied, "id-a")
		w.expectClosed("r1")
	})
}

// TestTraceHAForeignEditIsWaitedFor covers an edit of a crashed operator that lands after
// another one has shown a newer state.
func TestTraceHAForeignEditIsWaitedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.late("update", 1, 18*time.Second)
		w.cluster.put(request("r1", approved), true)
		settle()
		first.die()
		w.cluster.put(request("r1", denied), false)
		w.start()
		after(2 * time.Second)
		w.expect("r1", denied, "id-a")
		after(5 * time.Minute)
		w.expect("r1", denied, "id-a")
		w.expectClosed("r1")
	})
}

// TestTraceIOperatorsGiveWay covers operators that edit the same message: they must not
// take the claim from each other without end.
func TestTraceIOperatorsGiveWay(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		w.delay(300*time.Millisecond, 100*time.Millisecond)
		w.start()
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(2 * time.Minute)
		writes, edits := w.cluster.writes(), w.chat.count("update", "")
		w.cluster.put(request("r1", approved), true)
		after(10 * time.Minute)
		w.expect("r1", approved, "id-a")
		w.expectClosed("r1")
		if n := w.cluster.writes() - writes; n > 12 {
			t.Errorf("%d writes for one edit", n)
		}
		if n := w.chat.count("update", "") - edits; n > 3 {
			t.Errorf("%d edits for one change", n)
		}
	})
}

// TestTraceJRecordsAreReadAgain covers the claim of a peer that was stored late and never
// used, for a request that is tracked and decided (B19).
func TestTraceJRecordsAreReadAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		w.rules.Always = []string{"a", "b"}
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
			return call == "update" && address == "id-b"
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.cluster.put(request("r1", approved), true)
		settle()
		after(time.Second)
		text := w.cluster.record("r1")
		w.cluster.setRecord("r1", strings.Replace(text, `"ref":"id-a/`, `"edit":{"do":"edit","by":"OTHER","gen":1},"ref":"id-a/`, 1))
		w.cluster.tell(accessrequest.Subscriber.Synced)
		after(2 * time.Minute)
		if text := w.cluster.record("r1"); strings.Contains(text, "OTHER") {
			t.Errorf("the claim of a peer that stays away is kept: %s", text)
		}
	})
}

// TestTraceKTheSearchBeginsAtTheFirstClaim covers a message that lands under an older claim
// than the one that is searched for.
func TestTraceKTheSearchBeginsAtTheFirstClaim(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		var first *operator
		w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
			effect()
			if call == "post" {
				first.kill()
			}
			return nil
		})
		first = w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		first.die()
		// It can be searched for only after many others have taken the claim over.
		w.chat.refuse(messenger.Transient, func(call, _ string) bool { return call == "find" })
		for range 3 {
			o := w.start()
			after(10 * time.Minute)
			o.die()
		}
		w.chat.decide(nil)
		w.start()
		after(5 * time.Minute)
		w.expect("r1", pending, "id-a")
	})
}

// TestTraceLNothingIsPostedBesideItsClaim covers a claim that is never stored.
func TestTraceLNothingIsPostedBesideItsClaim(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		w.cluster.decide(func(string, func() error) error { return context.DeadlineExceeded })
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(10 * time.Minute)
		if n := w.chat.count("post", ""); n != 0 {
			t.Errorf("posted %d times without a claim", n)
		}
	})
}
