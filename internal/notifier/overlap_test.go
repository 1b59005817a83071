package notifier_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// TestTwoOperatorsRepairDamagedRecords lets two operators find out at the same time
// what was posted under records that neither can read.
func TestTwoOperatorsRepairDamagedRecords(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		const requests = 100
		first := w.start()
		settle()
		w.putAll(requests, pending)
		settle()
		first.stop()
		for i := range requests {
			w.cluster.setRecord(fmt.Sprint("r", i), "not json")
		}
		w.delay(50*time.Millisecond, 50*time.Millisecond)
		w.start()
		w.start()
		after(5 * time.Minute)
		w.putAll(requests, approved)
		after(5 * time.Minute)
		if w.kind == searchable {
			w.expectAll(requests, approved, allAddresses...)
		}
		w.expectAllClosed(requests)
	})
}

// TestVanishedAfterSomebodyElseSawItResolved covers an operator that never sees the
// decision itself.
func TestVanishedAfterSomebodyElseSawItResolved(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.cluster.setRecord("r1", strings.Replace(w.cluster.record("r1"), `"state":"PENDING"`, `"state":"APPROVED"`, 1))
		w.cluster.cut(errors.New("unavailable"))
		w.cluster.lag(request("r1", pending, review("alice")))
		settle()
		w.cluster.remove("r1", true)
		settle()
		w.expect("r1", approved, allAddresses...)
		w.expectClosed("r1")
	})
}

// TestALookThatTakesTooLong lets one of two operators look for a post for longer than
// a claim is left alone, so that the other one takes it over.
func TestALookThatTakesTooLong(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.kind = searchable
		var dead atomic.Bool
		var looks atomic.Int64
		w.chat.decide(func(ctx context.Context, call, address string, effect func()) error {
			switch {
			case call == "post" && address != "id-c" && !dead.Load():
				<-ctx.Done()
				return ctx.Err()
			case call == "find" && address == "id-a" && looks.Add(1) <= 2:
				time.Sleep(time.Minute)
			}
			effect()
			return nil
		})
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		first.die()
		dead.Store(true)
		w.start()
		w.start()
		after(50 * time.Second)
		w.cluster.put(request("r1", pending, review("alice")), true)
		after(10 * time.Minute)
		w.expect("r1", pending, allAddresses...)
		w.cluster.put(request("r1", approved, review("alice")), true)
		after(10 * time.Minute)
		w.expect("r1", approved, allAddresses...)
		w.expectClosed("r1")
	})
}

// TestAnUpdateThatComesTooLateIsRepaired covers an operator whose update of a message
// lands after another one has shown the final state, and closed the record.
func TestAnUpdateThatComesTooLateIsRepaired(t *testing.T) {
	for name, stops := range map[string]bool{"goes on": false, "stops": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				late := w.start()
				settle()
				w.cluster.put(request("r1", pending), true)
				settle()
				open := w.cluster.record("r1")
				updates := w.chat.count("update", "")
				w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
					if call == "update" {
						time.Sleep(5 * time.Second)
					}
					effect()
					return nil
				})
				w.cluster.put(request("r1", pending, review("alice")), true)
				settle()
				w.cluster.cut(errors.New("unavailable"))
				w.cluster.setRecord("r1", strings.NewReplacer(
					`"v":2`, `"v":2,"closed":true`, `"state":"PENDING"`, `"state":"APPROVED","reviews":1`,
				).Replace(open))
				after(30 * time.Second)
				if n := w.chat.count("update", "") - updates; n != len(allAddresses) {
					t.Errorf("the past was shown again: %d updates", n)
				}
				w.cluster.cut(nil)
				w.cluster.put(request("r1", approved, review("alice")), !stops)
				if stops {
					late.stop()
					w.start()
				}
				after(time.Minute)
				w.expect("r1", approved, allAddresses...)
				for _, address := range allAddresses {
					// Whoever closed the record has made the reply.
					w.expectReplies("r1", address, 0)
				}
				w.expectClosed("r1")
			})
		})
	}
}

// TestTwoIDsOfOneAddressAreToldOnce decides requests while two operators announce them, one
// of which knows the channel by its name and the other by its id.
func TestTwoIDsOfOneAddressAreToldOnce(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		w.rules.RoleToRecipients["*"] = []string{"a"}
		w.chat.real = map[string]string{"a": "id-a"}
		w.chat.move("a", "a")
		w.delay(50*time.Millisecond, 50*time.Millisecond)
		w.start()
		after(time.Second)
		w.chat.move("a", "id-a")
		w.start()
		after(time.Second)
		const requests = 300
		for i := range requests {
			w.cluster.put(request(fmt.Sprint("r", i), pending), true)
			time.Sleep(rand.N(80 * time.Millisecond))
			w.cluster.put(request(fmt.Sprint("r", i), denied), true)
		}
		after(5 * time.Minute)
		for i := range requests {
			id := fmt.Sprint("r", i)
			if n := len(w.chat.about(id, "a")) + len(w.chat.about(id, "id-a")); n > 1 {
				t.Errorf("%s was announced %d times in one channel: %s", id, n, w.cluster.record(id))
			}
		}
	})
}

// TestDecidedWhileTheFirstClaimIsRecorded checks that no successor wonders whether
// a recipient was told about a request of which no recipient was told.
func TestDecidedWhileTheFirstClaimIsRecorded(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cluster.decide(func(_ string, store func() error) error {
			err := store()
			time.Sleep(2 * time.Second)
			return err
		})
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Second)
		w.cluster.put(request("r1", approved), true)
		after(time.Minute)
		first.stop()
		w.start()
		after(time.Minute)
		w.expectNone("r1", allAddresses...)
		w.expectClosed("r1")
	})
}

// TestARecordThatWasReadTooEarlyReopensNothing covers a list of records that arrives
// after one of them was closed.
func TestARecordThatWasReadTooEarlyReopensNothing(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.cluster.mu.Lock()
		w.cluster.loaded = func() { time.Sleep(time.Minute) }
		w.cluster.mu.Unlock()
		w.cluster.tell(accessrequest.Subscriber.Synced)
		settle()
		w.cluster.put(request("r1", approved, review("alice"), review("bob")), true)
		after(10 * time.Second)
		w.cluster.tell(func(s accessrequest.Subscriber) { s.Changed("r1") })
		after(10 * time.Second)
		writes := w.cluster.writes()
		after(5 * time.Minute)
		w.expect("r1", approved, allAddresses...)
		for _, address := range allAddresses {
			w.expectReplies("r1", address, 2)
		}
		w.expectClosed("r1")
		if n := w.cluster.writes() - writes; n != 0 {
			t.Errorf("the closed record was written %d times", n)
		}
	})
}

// TestARequestWithoutRoomForItsRecordIsAnnouncedOnce reads the record again that
// could not be completed.
func TestARequestWithoutRoomForItsRecordIsAnnouncedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			if call == "post" && address != "id-a" {
				time.Sleep(time.Second)
			}
			effect()
			return nil
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.cluster.decide(func(string, func() error) error {
			return fmt.Errorf("full: %w", accessrequest.ErrRecordTooLarge)
		})
		after(time.Minute)
		w.cluster.put(request("r1", approved, review("alice")), true)
		after(time.Minute)
		for range 3 {
			w.cluster.tell(accessrequest.Subscriber.Synced)
			after(10 * time.Minute)
		}
		w.expect("r1", approved, allAddresses...)
		w.expectReplies("r1", "id-a", 1)
		if n := w.notices.count(status.NoticeRecordImpossible); n != 1 {
			t.Errorf("%d notices, want 1", n)
		}
	})
}

// TestAnAddressThatIsForgottenStaysForgotten covers the timer of a back-off that was cut
// short: it ends when the address is remembered anew, for a job of another request.
func TestAnAddressThatIsForgottenStaysForgotten(t *testing.T) {
	for _, class := range []messenger.Class{messenger.Transient, messenger.RecipientPermanent} {
		t.Run(class.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.chat.refuse(class, func(call, address string) bool { return call == "post" && address == "id-a" })
				o := w.start()
				settle()
				w.cluster.put(request("r1", pending), true)
				after(2 * time.Minute)
				w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
					effect()
					if call == "post" && address == "id-a" {
						time.Sleep(7 * time.Minute)
					}
					return nil
				})
				o.Resync()
				after(8 * time.Minute)
				w.expect("r1", pending, allAddresses...)

				w.chat.decide(nil)
				w.chat.refuse(class, func(call, address string) bool { return call == "update" && address == "id-a" })
				w.cluster.put(request("r1", pending, review("alice")), true)
				after(2 * time.Minute)
				w.chat.decide(nil)
				o.Resync()
				settle()
				w.expectReplies("r1", "id-a", 1)
				w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
					if call == "post" && address == "id-a" {
						time.Sleep(7 * time.Minute)
					}
					effect()
					return nil
				})
				w.cluster.put(request("r2", pending), true)
				for range 20 {
					after(time.Minute)
					w.cluster.tell(func(s accessrequest.Subscriber) { s.Changed("r2") })
				}
				w.expect("r2", pending, allAddresses...)
			})
		})
	}
}

// TestAClaimThatIsRecordedAgainIsLeftAloneAgain covers a post that fails for as long
// as another operator leaves its claim alone, and is then tried once more.
func TestAClaimThatIsRecordedAgainIsLeftAloneAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.timing = notifier.Timing{RetryBase: 500 * time.Millisecond, RetryCap: time.Second}
		began := time.Now()
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			switch {
			case call != "post" || address != "id-a":
			case time.Since(began) < 20*time.Second:
				return failing(messenger.Transient)
			default:
				time.Sleep(9 * time.Second)
			}
			effect()
			return nil
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.start()
		after(5 * time.Minute)
		w.expect("r1", pending, allAddresses...)
	})
}
