package notifier_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// oldForm is what another plugin's messages show.
const oldForm = "the form of another plugin"

// toldBefore has another plugin announce a request at the addresses, which remains in its
// data.
func (w *world) toldBefore(id string, data map[string]string, addresses ...string) {
	w.cluster.mu.Lock()
	defer w.cluster.mu.Unlock()
	w.chat.mu.Lock()
	defer w.chat.mu.Unlock()
	var messages []string
	for _, address := range addresses {
		messages = append(messages, fmt.Sprintf("%s/%d", address, len(w.chat.posts)))
		w.chat.posts = append(w.chat.posts, &post{
			address: address, made: time.Now(), shown: []message.Message{{RequestID: id, Title: oldForm}},
		})
	}
	all := map[string]string{"user": "eve", "roles": "editor", "messages": strings.Join(messages, ",")}
	for key, value := range data {
		all[key] = value
	}
	if w.cluster.plugin == nil {
		w.cluster.plugin = map[string]map[string]string{}
	}
	w.cluster.plugin[id] = all
}

// showsOldForm reports whether the only message at an address is as another plugin left it.
func (w *world) showsOldForm(id, address string) bool {
	posts := w.chat.about(id, address)
	return len(posts) == 1 && posts[0].last().Title == oldForm
}

// refuseForeign makes edits of the first n messages fail as those of another bot's do.
func (w *world) refuseForeign(n int, class messenger.Class) {
	foreign := map[string]bool{}
	for _, p := range w.chat.posts[:n] {
		foreign[p.address] = true
	}
	w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
		if call == "update" && foreign[address] && w.chat.count("post", address) == 0 {
			return &messenger.Error{Class: class, Call: "test", Code: "foreign", Foreign: true}
		}
		effect()
		return nil
	})
}

// TestMessagesOfAnotherPluginAreTakenOver covers a request that is pending when this plugin
// takes the place of another: who was told hears by the message that is there, who was not
// is told, and whoever is not configured any more still sees the truth.
func TestMessagesOfAnotherPluginAreTakenOver(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		w.cluster.put(request("r1", pending, review("bob")), false)
		w.toldBefore("r1", map[string]string{"reviews_count": "1"}, "id-a", "id-b", "id-d")
		w.cluster.plugin["r1"]["messages"] += ",id-c/"
		for range 3 {
			o := w.start()
			after(2 * time.Minute)
			w.expect("r1", pending, "id-a", "id-b", "id-c", "id-d")
			if s := o.Snapshot(); s.Undelivered != 0 || s.Open != 1 {
				t.Errorf("unexpected snapshot %+v", s)
			}
			o.die()
		}
		if posts := w.chat.count("post", ""); posts != 1 {
			t.Errorf("%d posts, want the one to the recipient that was not told", posts)
		}
		w.start()
		settle()
		w.cluster.put(request("r1", pending, review("bob"), review("carol")), true)
		after(time.Minute)
		w.expectReplies("r1", "id-a", 1)
		w.cluster.put(request("r1", approved, review("bob"), review("carol")), true)
		after(time.Minute)
		w.expect("r1", approved, "id-a", "id-b", "id-c", "id-d")
		w.expectClosed("r1")
	})
}

// TestMessagesOfAnotherBotAreLeftAlone covers a predecessor that posted as another bot: the
// recipients that the rules name are told once, also over restarts, and no others are.
func TestMessagesOfAnotherBotAreLeftAlone(t *testing.T) {
	for _, class := range []messenger.Class{messenger.MessageGone, messenger.MessageFinal} {
		t.Run(class.String(), func(t *testing.T) {
			forEachKind(t, func(t *testing.T, w *world) {
				w.cluster.put(request("r1", pending), false)
				w.toldBefore("r1", nil, "id-a", "id-b", "id-d")
				w.refuseForeign(3, class)
				for range 3 {
					o := w.start()
					after(2 * time.Minute)
					if s := o.Snapshot(); s.Undelivered != 0 {
						t.Errorf("unexpected snapshot %+v", s)
					}
					o.die()
				}
				for _, address := range allAddresses {
					if posts := w.chat.count("post", address); posts != 1 {
						t.Errorf("%d posts to %s, want 1", posts, address)
					}
				}
				if w.chat.count("post", "id-d") != 0 || !w.showsOldForm("r1", "id-d") {
					t.Error("who is not configured was told, or the message of another bot was changed")
				}
				w.start()
				settle()
				w.cluster.put(request("r1", approved), true)
				after(time.Minute)
				w.expectClosed("r1")
				for _, address := range allAddresses {
					posts := w.chat.about("r1", address)
					if last := posts[len(posts)-1].last(); last.State != approved {
						t.Errorf("%s shows %s", address, last.State)
					}
				}
			})
		})
	}
}

// TestWhatAnotherPluginHasToldOfRequestsThatAreOver covers requests that ended while no plugin
// was there, and those of which the other one has shown how they ended.
func TestWhatAnotherPluginHasToldOfRequestsThatAreOver(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cluster.put(request("r1", approved), false)
		w.toldBefore("r1", nil, "id-a", "id-d")
		w.cluster.put(request("r2", approved), false)
		w.toldBefore("r2", map[string]string{"resolution": "APPROVED"}, "id-a")
		w.toldBefore("r3", nil, "id-a")
		w.toldBefore("r4", map[string]string{"resolution": "EXPIRED"}, "id-a")
		// It says that it is over, which it is not.
		w.cluster.put(request("r5", pending), false)
		w.toldBefore("r5", map[string]string{"resolution": "EXPIRED"}, allAddresses...)
		for range 2 {
			o := w.start()
			after(5 * time.Minute)
			w.expect("r1", approved, "id-a", "id-d")
			w.expect("r3", accessrequest.Gone, "id-a")
			w.expect("r5", pending, allAddresses...)
			if !w.showsOldForm("r2", "id-a") || !w.showsOldForm("r4", "id-a") {
				t.Error("a message that showed the end was changed")
			}
			o.die()
		}
		if user := w.chat.about("r3", "id-a")[0].last().Requester(); user != "eve" {
			t.Errorf("a request that is gone was made by %q", user)
		}
		if posts := w.chat.count("post", ""); posts != 0 {
			t.Errorf("%d posts about requests that are over, or were told", posts)
		}
		w.expectClosed("r1")
	})
}

// TestOwnRecordsWinOverThoseOfAnotherPlugin covers another plugin that still runs: what it
// posts is its own, and nothing is posted again because of it.
func TestOwnRecordsWinOverThoseOfAnotherPlugin(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Minute)
		w.toldBefore("r1", nil, "id-d")
		w.cluster.tell(accessrequest.Subscriber.Synced)
		after(time.Minute)
		o.die()
		w.start()
		after(time.Minute)
		w.expect("r1", pending, allAddresses...)
		if posts := w.chat.count("post", ""); posts != 3 || !w.showsOldForm("r1", "id-d") {
			t.Errorf("%d posts, want 3, and the other plugin's message as it was", posts)
		}
	})
}

// TestOperatorsTakeOverTogether covers two operators that begin at once, one of which has to
// find that the other has written the record.
func TestOperatorsTakeOverTogether(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		w.delay(time.Second, time.Second)
		for i := range 10 {
			id := fmt.Sprint("r", i)
			w.cluster.put(request(id, pending), false)
			w.toldBefore(id, nil, "id-a", "id-b")
		}
		w.start()
		w.start()
		after(5 * time.Minute)
		w.expectAll(10, pending, allAddresses...)
		w.putAll(10, denied)
		after(5 * time.Minute)
		w.expectAll(10, denied, allAddresses...)
		w.expectAllClosed(10)
	})
}

// TestALateEditOfAnotherPluginIsOverwritten covers an edit that the other plugin had begun when
// it was stopped.
func TestALateEditOfAnotherPluginIsOverwritten(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cluster.put(request("r1", pending), false)
		w.toldBefore("r1", nil, allAddresses...)
		w.start()
		after(10 * time.Second)
		w.expect("r1", pending, "id-a")
		w.chat.mu.Lock()
		w.chat.posts[0].shown = append(w.chat.posts[0].shown, message.Message{RequestID: "r1", Title: oldForm})
		w.chat.mu.Unlock()
		after(time.Minute)
		w.expect("r1", pending, "id-a")
		if edits := w.chat.count("update", "id-a"); edits != 2 {
			t.Errorf("%d edits, want one at once and one that counts", edits)
		}
	})
}

// TestADeletedMessageOfAnotherPluginStaysSo covers a message that a reader has deleted: it is
// treated as one's own.
func TestADeletedMessageOfAnotherPluginStaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cluster.put(request("r1", pending), false)
		w.toldBefore("r1", nil, "id-a", "id-b", "id-c")
		w.chat.refuse(messenger.MessageGone, func(call, address string) bool { return call == "update" && address == "id-a" })
		w.start()
		after(2 * time.Minute)
		w.expect("r1", pending, "id-b", "id-c")
		if posts := w.chat.count("post", ""); posts != 0 || !w.showsOldForm("r1", "id-a") {
			t.Errorf("%d posts, want none", posts)
		}
	})
}
