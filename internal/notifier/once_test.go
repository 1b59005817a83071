package notifier_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// unclearOutcome is the answer to a call that may have taken effect.
func unclearOutcome() error {
	return &messenger.Error{Class: messenger.Transient, Call: "post", Code: "timeout", Unclear: true}
}

// TestAClaimIsRecordedBeforeAPost fails if a post can be made that nothing
// would name after a crash.
func TestAClaimIsRecordedBeforeAPost(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			if call == "post" && !strings.Contains(w.cluster.record("r1"), address) {
				t.Errorf("posted to %s without a record: %s", address, w.cluster.record("r1"))
			}
			effect()
			return nil
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.expect("r1", pending, allAddresses...)
	})
}

// TestCrashDuringAPost kills the operator after the service has accepted a post
// and before the result is known.
func TestCrashDuringAPost(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		var first *operator
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			effect()
			if call == "post" && address == "id-b" {
				first.kill()
			}
			return nil
		})
		first = w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		first.die()
		w.chat.decide(nil)
		w.start()
		after(time.Minute)

		want := 1
		if w.kind == plain {
			want = 2
		}
		if n := len(w.chat.about("r1", "id-b")); n != want {
			t.Errorf("got %d messages at the address of the crash, want %d", n, want)
		}
		w.cluster.put(request("r1", approved), true)
		settle()
		w.expectClosed("r1")
	})
}

// TestCrashAnywhere kills the operator at a random moment, again and again.
func TestCrashAnywhere(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		unclear := 0
		w.chat.decide(func(_ context.Context, _, _ string, effect func()) error {
			time.Sleep(rand.N(20 * time.Millisecond))
			effect()
			time.Sleep(rand.N(20 * time.Millisecond))
			return nil
		})
		const requests = 40
		for i := range requests {
			w.cluster.put(request(fmt.Sprint("r", i), pending), false)
		}
		for range 20 {
			o := w.start()
			after(20*time.Second + rand.N(60*time.Millisecond))
			for i := range requests {
				unclear += strings.Count(w.cluster.record(fmt.Sprint("r", i)), `"make"`)
			}
			o.die()
			for i := range requests {
				if rand.N(10) == 0 {
					w.cluster.put(request(fmt.Sprint("r", i), approved), false)
				}
			}
		}
		o := w.start()
		after(5 * time.Minute)
		if s := o.Snapshot(); s.Undelivered != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
		duplicates := 0
		for i := range requests {
			id := fmt.Sprint("r", i)
			r, _ := w.cluster.Get(id)
			for _, address := range allAddresses {
				posts := w.chat.about(id, address)
				if len(posts) == 0 {
					if r.State == pending {
						t.Errorf("%s never heard of %s", address, id)
					}
					continue
				}
				duplicates += len(posts) - 1
				if got := posts[len(posts)-1].last().State; got != r.State {
					t.Errorf("%s shows %s as %s, want %s", address, id, got, r.State)
				}
			}
		}
		if w.kind != plain && duplicates > 0 {
			t.Errorf("%d duplicates", duplicates)
		}
		if duplicates > unclear {
			t.Errorf("%d duplicates for %d unclear outcomes", duplicates, unclear)
		}
	})
}

// TestLostAnswer drops the answer to every first post after it was accepted.
func TestLostAnswer(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		var lost sync.Map
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			effect()
			if _, again := lost.LoadOrStore(call+address, true); call == "post" && !again {
				return unclearOutcome()
			}
			return nil
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Minute)
		for _, address := range allAddresses {
			want := 1
			if w.kind == plain {
				want = 2
			}
			if n := len(w.chat.about("r1", address)); n != want {
				t.Errorf("got %d messages at %s, want %d", n, address, want)
			}
		}
	})
}

// TestRefusedPostIsNotUnclear checks that a post which surely was not made is
// simply made again.
func TestRefusedPostIsNotUnclear(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var tries atomic.Int32
		w.chat.refuse(messenger.Transient, func(call, _ string) bool {
			return call == "post" && tries.Add(1) < 6
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Minute)
		w.expect("r1", pending, allAddresses...)
	})
}

// TestDecidedAfterACrashThatLeftSomeUntold covers a crash between the messages of one
// request: whoever was not told yet hears of the decision all the same.
func TestDecidedAfterACrashThatLeftSomeUntold(t *testing.T) {
	for name, end := range map[string]accessrequest.State{"approved": accessrequest.Approved, "denied": accessrequest.Denied} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.chat.refuse(messenger.Transient, func(call, address string) bool { return call == "post" && address != "id-a" })
				first := w.start()
				settle()
				w.cluster.put(request("r1", pending), true)
				after(time.Minute)
				first.die()
				w.chat.decide(nil)
				w.cluster.put(request("r1", end), false)
				w.start()
				after(2 * time.Minute)
				w.expect("r1", end, allAddresses...)
				// The record is closed: a recipient that is new now hears nothing.
				w.rules.RoleToRecipients["*"] = append(w.rules.RoleToRecipients["*"], "d")
				w.start()
				after(2 * time.Minute)
				w.expect("r1", end, allAddresses...)
			})
		})
	}
}

// TestARecipientThatOnlyHasAnEntryIsTold covers a recipient that another operator
// has written into the record, but did not tell before the request was decided.
func TestARecipientThatOnlyHasAnEntryIsTold(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		all := w.rules.RoleToRecipients["*"]
		w.rules.RoleToRecipients["*"] = all[:1]
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		first.stop()
		w.cluster.setRecord("r1", strings.Replace(w.cluster.record("r1"), `"to":{`, `"to":{"id-b":{"name":"b"},`, 1))
		w.cluster.put(request("r1", approved), false)
		w.rules.RoleToRecipients["*"] = all
		w.start()
		after(time.Minute)
		w.expect("r1", approved, allAddresses...)
		w.expectClosed("r1")
	})
}

// TestClocksThatDiffer looks for a message that the service dates earlier than
// the operator began to post it.
func TestClocksThatDiffer(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.kind = searchable
		w.chat.ahead = -5 * time.Minute
		lost := false
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			effect()
			if call == "post" && address == "id-b" && !lost {
				lost = true
				return unclearOutcome()
			}
			return nil
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Minute)
		w.expect("r1", pending, allAddresses...)
	})
}

func TestCrashDuringAReply(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.kind = searchable
		var first *operator
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			effect()
			if call == "reply" && address == "id-b" {
				first.kill()
			}
			return nil
		})
		first = w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.cluster.put(request("r1", pending, review("alice")), true)
		settle()
		first.die()
		w.chat.decide(nil)
		w.start()
		after(time.Minute)
		for _, address := range allAddresses {
			if n := len(w.chat.about("r1", address)[0].replies); n != 1 {
				t.Errorf("got %d replies at %s, want 1", n, address)
			}
		}
	})
}

// TestTwoOperatorsAtOnce runs two operators that know nothing of each other, on
// a service that cannot recognise a repeated post.
func TestTwoOperatorsAtOnce(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		w.delay(300*time.Millisecond, 5*time.Millisecond)
		w.start()
		w.start()
		settle()
		w.putAll(50, pending)
		after(2 * time.Minute)
		w.expectAll(50, pending, allAddresses...)
		w.putAll(50, approved)
		after(2 * time.Minute)
		w.expectAll(50, approved, allAddresses...)
		w.expectAllClosed(50)
	})
}

// TestTwoOperatorsAgreeOnQuickDecisions decides requests while two operators
// announce them. One may have told a recipient when the other thinks that none was
// told, and that nothing is left to do.
func TestTwoOperatorsAgreeOnQuickDecisions(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		w.delay(10*time.Millisecond, 10*time.Millisecond)
		w.start()
		w.start()
		settle()
		const requests = 500
		for i := range requests {
			id := fmt.Sprint("r", i)
			w.cluster.put(request(id, pending), true)
			time.Sleep(rand.N(30 * time.Millisecond))
			w.cluster.put(request(id, approved), true)
		}
		after(5 * time.Minute)
		told := 0
		for i := range requests {
			id := fmt.Sprint("r", i)
			for _, address := range allAddresses {
				if len(w.chat.about(id, address)) > 0 {
					told++
					w.expect(id, approved, allAddresses...)
					break
				}
			}
		}
		if told == 0 || told == requests {
			t.Errorf("%d of %d requests were announced: nothing was decided in between", told, requests)
		}
	})
}

// TestTwoOperatorsReplyOnce lets reviews come while two operators, whose views
// and writes are delayed, deliver the same requests.
func TestTwoOperatorsReplyOnce(t *testing.T) {
	t.Run("slow chat", func(t *testing.T) { twoOperatorsReply(t, 100*time.Millisecond, 5*time.Millisecond) })
	t.Run("slow Teleport", func(t *testing.T) { twoOperatorsReply(t, 2*time.Millisecond, 100*time.Millisecond) })
}

func twoOperatorsReply(t *testing.T, chat, records time.Duration) {
	forEachKind(t, func(t *testing.T, w *world) {
		w.chat.decide(func(_ context.Context, _, _ string, effect func()) error {
			time.Sleep(rand.N(chat))
			effect()
			return nil
		})
		w.cluster.decide(func(_ string, write func() error) error {
			time.Sleep(rand.N(records))
			if rand.N(10) == 0 {
				return fmt.Errorf("raced: %w", accessrequest.ErrConflict)
			}
			return write()
		})
		operators := []*operator{w.start(), w.start()}
		settle()
		const requests = 200
		everything := func(state accessrequest.State, reviews ...accessrequest.Review) {
			for i := range requests {
				w.cluster.put(request(fmt.Sprint("r", i), state, reviews...), true)
				time.Sleep(rand.N(20 * time.Millisecond))
			}
		}
		everything(pending)
		after(2 * time.Minute)
		alice, bob := review("alice"), review("bob")
		everything(pending, alice)
		after(2 * time.Minute)
		for _, o := range operators {
			if s := o.Snapshot(); s.Undelivered != 0 {
				t.Errorf("unexpected snapshot %+v", s)
			}
		}
		everything(approved, alice, bob)
		after(2 * time.Minute)
		for i := range requests {
			id := fmt.Sprint("r", i)
			w.expect(id, approved, allAddresses...)
			w.expectClosed(id)
			for _, address := range allAddresses {
				w.expectReplies(id, address, 2)
			}
		}
		for _, o := range operators {
			if s := o.Snapshot(); s.Undelivered != 0 {
				t.Errorf("unexpected snapshot %+v", s)
			}
		}
	})
}

// TestDecidedWhileTheFirstPostIsUnderWay covers a request that is decided when
// one recipient can read of it already, and nothing here knows that yet.
func TestDecidedWhileTheFirstPostIsUnderWay(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		begin := time.Now()
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			if call != "post" {
				effect()
				return nil
			}
			if address != "id-a" && time.Since(begin) < 2*time.Second {
				return failing(messenger.Transient)
			}
			effect()
			time.Sleep(time.Second)
			return nil
		})
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(500 * time.Millisecond)
		w.cluster.put(request("r1", approved), true)
		after(time.Minute)
		w.expect("r1", approved, allAddresses...)
		w.expectClosed("r1")
		if s := o.Snapshot(); s.Open != 0 || s.Undelivered != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

// TestDecidedBeforeAFailedPost checks that a request whose only post fails, and
// which is decided meanwhile, is not announced, and not kept either.
func TestDecidedBeforeAFailedPost(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
			if call != "post" {
				effect()
				return nil
			}
			time.Sleep(time.Second)
			return failing(messenger.Transient)
		})
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(500 * time.Millisecond)
		w.cluster.put(request("r1", approved), true)
		after(time.Minute)
		w.expectNone("r1", allAddresses...)
		if n := w.chat.count("post", ""); n != len(allAddresses) {
			t.Errorf("tried %d posts, want %d", n, len(allAddresses))
		}
		if s := o.Snapshot(); s.Open != 0 || s.Undelivered != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

// TestNothingIsPostedWhileRecordsCannotBeKept covers a Teleport that is down.
func TestNothingIsPostedWhileRecordsCannotBeKept(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var down atomic.Bool
		down.Store(true)
		w.cluster.decide(func(_ string, write func() error) error {
			if down.Load() {
				return errors.New("unavailable")
			}
			return write()
		})
		o := w.start()
		settle()
		w.putAll(50, pending)
		after(10 * time.Minute)
		if n := w.chat.count("post", ""); n != 0 {
			t.Errorf("posted %d times without a claim", n)
		}
		if s := o.Snapshot(); s.Records == nil {
			t.Error("the snapshot does not show that records cannot be kept")
		}
		if n := w.cluster.writes(); n > 500 {
			t.Errorf("asked a store that is down %d times in 10 minutes", n)
		}
		down.Store(false)
		after(time.Minute)
		w.expectAll(50, pending, allAddresses...)
		if s := o.Snapshot(); s.Records != nil {
			t.Errorf("the snapshot still says %v", s.Records)
		}
	})
}

// TestLostAnswerOfTheStore lets writes take effect without saying so.
func TestLostAnswerOfTheStore(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cluster.decide(func(_ string, write func() error) error {
			err := write()
			if err == nil && rand.N(3) == 0 {
				return errors.New("connection lost")
			}
			return err
		})
		w.start()
		settle()
		w.putAll(50, pending)
		after(5 * time.Minute)
		w.expectAll(50, pending, allAddresses...)
		w.putAll(50, denied)
		after(5 * time.Minute)
		w.expectAll(50, denied, allAddresses...)
		w.expectAllClosed(50)
	})
}

func TestDamagedRecordIsRepaired(t *testing.T) {
	for name, damage := range map[string]string{
		"text":      "not json",
		"truncated": `{"v":1,"to":{"id-a":{"ref":"id-`,
		"reference": `{"v":1,"to":{"id-a":{"ref":"nonsense"}}}`,
		"types":     `{"v":"one","to":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			forEachKind(t, func(t *testing.T, w *world) {
				first := w.start()
				settle()
				w.cluster.put(request("live", pending), true)
				w.cluster.put(request("restart", pending), true)
				settle()
				w.cluster.setRecord("live", damage)
				w.cluster.put(request("live", approved), true)
				after(time.Minute)
				w.expect("live", approved, allAddresses...)
				w.expectClosed("live")

				w.cluster.setRecord("restart", damage)
				first.stop()
				w.start()
				after(time.Minute)
				if w.kind != plain {
					w.expect("restart", pending, allAddresses...)
				}
				w.cluster.put(request("restart", approved), true)
				settle()
				w.expectClosed("restart")
			})
		})
	}
}

// TestDamagedRecordOfADecidedRequest checks that messages are found again, and
// made true, although nothing says any more to whom they went.
func TestDamagedRecordOfADecidedRequest(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.kind = searchable
		first := w.start()
		settle()
		alice, bob := review("alice"), review("bob")
		w.cluster.put(request("r1", pending), true)
		settle()
		w.cluster.put(request("r1", pending, alice), true)
		settle()
		first.stop()
		w.cluster.setRecord("r1", "not json")
		w.cluster.put(request("r1", approved, alice, bob), false)
		w.cluster.put(request("r2", approved), false)
		w.cluster.setRecord("r2", "not json")
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			if call == "resolve" && address == "c" {
				time.Sleep(10 * time.Second)
			}
			effect()
			return nil
		})
		w.start()
		after(time.Minute)
		w.expect("r1", approved, allAddresses...)
		w.expectClosed("r1")
		for _, address := range allAddresses {
			w.expectReplies("r1", address, 2)
		}
		w.expectNone("r2", allAddresses...)
		w.expectClosed("r2")
	})
}

func TestRecordOfALaterVersionIsUnderstood(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		first.stop()
		w.cluster.setRecord("r1", strings.Replace(w.cluster.record("r1"), `"v":2`, `"v":9,"future":{"x":1}`, 1))
		w.start()
		w.cluster.put(request("r1", approved), true)
		after(time.Minute)
		w.expect("r1", approved, allAddresses...)
		w.expectClosed("r1")
	})
}

func TestLateIsBetterThanNeverWithoutRoomForARecord(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cluster.decide(func(string, func() error) error {
			return fmt.Errorf("full: %w", accessrequest.ErrRecordTooLarge)
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		// Claims that are made at once may be made again a moment later.
		after(time.Second)
		w.expect("r1", pending, allAddresses...)
		w.cluster.put(request("r1", approved), true)
		after(time.Second)
		w.expect("r1", approved, allAddresses...)
		if n := w.notices.count(status.NoticeRecordImpossible); n == 0 {
			t.Error("no recipient was told")
		}
	})
}

// TestWhatHadNoRoomIsKnownAfterARestart covers a request that is decided while Teleport has no
// room for its record, and that it has forgotten by the time of the restart.
func TestWhatHadNoRoomIsKnownAfterARestart(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.cluster.decide(func(string, func() error) error {
			return fmt.Errorf("full: %w", accessrequest.ErrRecordTooLarge)
		})
		w.cluster.put(request("r1", approved), true)
		settle()
		w.expect("r1", approved, allAddresses...)
		w.cluster.decide(nil)
		w.cluster.tell(accessrequest.Subscriber.Synced)
		settle()
		w.expectClosed("r1")

		w.cluster.remove("r1", false)
		first.stop()
		writes := w.cluster.writes()
		w.start()
		after(time.Hour)
		w.expect("r1", approved, allAddresses...)
		if n := w.cluster.writes() - writes; n != 0 {
			t.Errorf("%d writes about a request that was over", n)
		}
	})
}

// TestRequestGoneBeforeItWasAnnounced checks that nothing is announced that
// Teleport does not know any more.
func TestRequestGoneBeforeItWasAnnounced(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cluster.decide(func(string, func() error) error {
			return fmt.Errorf("not found: %w", accessrequest.ErrUnknownRequest)
		})
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.cluster.remove("r1", true)
		after(time.Minute)
		w.expectNone("r1", allAddresses...)
		if s := o.Snapshot(); s.Records != nil || s.Undelivered != 0 || s.Open != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

// TestARequestIsNotWaitedForThatIsGoneUnheard covers the event that was missed: what tells is that
// Teleport takes no record.
func TestARequestIsNotWaitedForThatIsGoneUnheard(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cluster.decide(func(string, func() error) error {
			return fmt.Errorf("not found: %w", accessrequest.ErrUnknownRequest)
		})
		o := w.start()
		settle()
		w.cluster.lag(request("r1", pending))
		after(2 * time.Minute)
		if s := o.Snapshot(); s.Undelivered != 0 || s.Open != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
		w.expectNone("r1", allAddresses...)
	})
}

func TestRecordsStaySmall(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.start()
		settle()
		r := request("r1", pending)
		r.Reason = strings.Repeat("é", 2048)
		w.cluster.put(r, true)
		settle()
		if n := len(w.cluster.record("r1")); n > 4096 {
			t.Errorf("an open record takes %d bytes", n)
		}
		r.State = approved
		w.cluster.put(r, true)
		settle()
		if n := len(w.cluster.record("r1")); n > 512 {
			t.Errorf("a closed record takes %d bytes", n)
		}
	})
}

// TestAWriteThatFailsByChanceIsNoTroubleWithTeleport covers a store that is slow once, under load:
// its status names messages that wait, and no connection that is lost.
func TestAWriteThatFailsByChanceIsNoTroubleWithTeleport(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var left atomic.Int32
		w.cluster.decide(func(_ string, write func() error) error {
			if left.Add(-1) >= 0 {
				return context.DeadlineExceeded
			}
			return write()
		})
		o := w.start()
		settle()
		for i := range 10 {
			left.Store(2)
			w.cluster.put(request(fmt.Sprint("r", i), pending), true)
			for range 100 {
				after(10 * time.Millisecond)
				if problem := o.Snapshot().Records; problem != nil {
					t.Fatalf("request %d: after two failures the snapshot shows %+v", i, problem)
				}
			}
			after(time.Minute)
		}
		w.expectAll(10, pending, allAddresses...)
	})
}
