package notifier_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
)

// account is a messenger that knows whose token it uses.
type account struct {
	finder
	workspace string
}

func (a account) Account() (messenger.Account, bool) {
	return messenger.Account{Workspace: a.workspace, Bot: "bot"}, true
}

// in makes the operators that start from now on use a workspace.
func (w *world) in(workspace string) {
	w.wrap = func(f finder) messenger.Messenger { return account{f, workspace} }
}

// TestRecordsOfOthersAreLeftAlone covers two installations that share a record (B20).
func TestRecordsOfOthersAreLeftAlone(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.owner = notifier.Owner{Installation: "one", Messenger: "slack"}
		one := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.owner.Installation = "two"
		other := w.start()
		settle()
		record := w.cluster.record("r1")
		w.cluster.put(request("r2", pending), true)
		after(5 * time.Minute)
		w.cluster.tell(accessrequest.Subscriber.Synced)
		after(time.Minute)
		w.expect("r1", pending, allAddresses...)
		w.expect("r2", pending, allAddresses...)
		if got := w.cluster.record("r1"); got != record {
			t.Errorf("the record of another installation was written: %s", got)
		}
		// Either of them may have been first with the other request.
		if a, b := one.Snapshot(), other.Snapshot(); a.Clash+b.Clash != 2 || b.Clash == 0 || a.Undelivered+b.Undelivered != 0 {
			t.Errorf("unexpected snapshots %+v and %+v", a, b)
		}
		w.cluster.put(request("r1", approved), true)
		w.cluster.put(request("r2", approved), true)
		after(time.Minute)
		w.expect("r1", approved, allAddresses...)
		w.expect("r2", approved, allAddresses...)
	})
}

// TestANewWorkspaceIsToldAnew covers a token of another workspace: its bot cannot touch the
// messages of the old one (B20).
func TestANewWorkspaceIsToldAnew(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.owner = notifier.Owner{Installation: "one", Messenger: "slack"}
		w.in("old")
		first := w.start()
		settle()
		w.cluster.put(request("open", pending), true)
		w.cluster.put(request("over", pending), true)
		settle()
		first.stop()
		w.cluster.put(request("over", approved), false)
		w.in("new")
		o := w.start()
		after(time.Minute)
		for _, address := range allAddresses {
			if n := len(w.chat.about("open", address)); n != 2 {
				t.Errorf("%s has %d messages, want one from each bot", address, n)
			}
			if n := len(w.chat.about("over", address)); n != 1 {
				t.Errorf("%s has %d messages about what is over, want the old one", address, n)
			}
		}
		if s := o.Snapshot(); s.Undelivered != 0 || s.Clash != 0 || s.Open != 1 {
			t.Errorf("unexpected snapshot %+v", s)
		}
		w.cluster.put(request("open", approved), true)
		after(time.Minute)
		w.expectClosed("open")
	})
}

// TestAnAddressThatGetsAnIDIsNotToldTwice covers a channel that was known by its name only,
// until the bot may read the list of channels (B10).
func TestAnAddressThatGetsAnIDIsNotToldTwice(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.real = map[string]string{"a": "C1", "b": "C2", "c": "C3"}
		for _, name := range []string{"a", "b", "c"} {
			w.chat.move(name, name)
		}
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		first.stop()
		for name, id := range w.chat.real {
			w.chat.move(name, id)
		}
		w.start()
		after(time.Minute)
		w.cluster.put(request("r1", approved), true)
		after(time.Minute)
		if n := w.chat.count("post", ""); n != 3 {
			t.Errorf("posted %d times, want once for each recipient", n)
		}
		w.expect("r1", approved, "a", "b", "c")
		w.expectClosed("r1")
	})
}

// anew makes recipient a another channel, which has its name: the one before it is no more.
func (w *world) anew() {
	w.chat.move("a", "new-a")
	w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
		if address == "id-a" {
			return failing(messenger.RecipientPermanent)
		}
		time.Sleep(rand.N(10 * time.Millisecond))
		effect()
		return nil
	})
}

// TestAChannelMadeAnewIsToldWhateverAnotherOperatorClaimed has an operator that knows of a
// claim only, and not of the message that followed, when the channel becomes another.
func TestAChannelMadeAnewIsToldWhateverAnotherOperatorClaimed(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.kind = searchable
		w.delay(100*time.Millisecond, 100*time.Millisecond)
		w.start()
		w.start()
		settle()
		w.putAll(20, pending)
		after(10 * time.Second)
		w.expectAll(20, pending, "id-a")
		w.anew()
		after(15 * time.Minute)
		w.expectAll(20, pending, "new-a")
	})
}

// TestARecipientIsLeftToWhoKnowsItsID has another operator enter a recipient by its id just
// when this one, which knows its name only, claims it, and the request is decided.
func TestARecipientIsLeftToWhoKnowsItsID(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules.RoleToRecipients = map[string][]string{"*": {"b"}}
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		first.stop()

		w.rules.RoleToRecipients = map[string][]string{"*": {"a", "b"}}
		w.chat.move("a", "a")
		var once sync.Once
		w.cluster.decide(func(_ string, write func() error) error {
			once.Do(func() {
				entered := strings.Replace(w.cluster.record("r1"), `"to":{`, `"to":{"C1":{"name":"a"},`, 1)
				w.cluster.setRecord("r1", entered)
				w.cluster.put(request("r1", approved), true)
			})
			return write()
		})
		o := w.start()
		after(time.Minute)
		w.expect("r1", approved, "C1", "id-b")
		if s := o.Snapshot(); s.Undelivered != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}

// TestAnOldAddressTakesNoClaimOver has another operator claim a post at the channel that was
// made anew just when this one, which knows the channel before it, does so there.
func TestAnOldAddressTakesNoClaimOver(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules.RoleToRecipients = map[string][]string{"*": {"a"}}
		const theirs = `{"v":2,"state":"PENDING","to":{"new-a":{"name":"a","make":{"do":"post","key":"k","by":"other","gen":1}}}}`
		var once sync.Once
		w.cluster.decide(func(_ string, write func() error) error {
			once.Do(func() { w.cluster.setRecord("r1", theirs) })
			return write()
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(10 * time.Second)
		if text := w.cluster.record("r1"); !strings.Contains(text, `"new-a":{`) || !strings.Contains(text, `"id-a":{`) {
			t.Errorf("want an entry for each channel: %s", text)
		}
		w.expect("r1", pending, "id-a")
	})
}

// TestAnAddressThatIsRenamedDuringItsPostIsNotToldTwice has another operator, which knows the
// channel by its new id, rename the entry while this one posts under the former id.
func TestAnAddressThatIsRenamedDuringItsPostIsNotToldTwice(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules.RoleToRecipients = map[string][]string{"*": {"a"}}
		w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
			if call == "post" {
				time.Sleep(5 * time.Second)
			}
			effect()
			return nil
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Second)
		claimed := w.cluster.record("r1")
		renamed := strings.Replace(claimed, `"id-a":{"name":"a"`, `"new-a":{"name":"a","as":"id-a"`, 1)
		if renamed == claimed {
			t.Fatalf("the record has no claim to rename: %s", claimed)
		}
		w.cluster.setRecord("r1", renamed)
		w.cluster.tell(accessrequest.Subscriber.Synced)
		after(time.Minute)
		if n := w.chat.count("post", "id-a") + w.chat.count("post", "new-a"); n != 1 {
			t.Errorf("%d posts, want 1; the record is %s", n, w.cluster.record("r1"))
		}
	})
}

// TestARecordOfTheFirstVersionIsUnderstood covers an upgrade: nothing is posted again.
func TestARecordOfTheFirstVersionIsUnderstood(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.kind = searchable
		first := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		first.stop()
		var slots []string
		for _, address := range allAddresses {
			ref := fmt.Sprintf("%s/%d", address, w.chat.indexOf("r1", address))
			slot := fmt.Sprintf(`%q:{"ref":%q,"shown":"0011"}`, address, ref)
			if address == "id-c" {
				slot = fmt.Sprintf(`"id-c":{"intent":"k","by":"old","since":%d,"turn":3}`, time.Now().Unix())
			}
			slots = append(slots, slot)
		}
		w.cluster.setRecord("r1", `{"v":1,"w":"old","state":"PENDING","req":{"user":"eve"},"to":{`+strings.Join(slots, ",")+`}}`)
		w.start()
		after(2 * time.Minute)
		w.expect("r1", pending, allAddresses...)
		w.cluster.put(request("r1", approved), true)
		after(time.Minute)
		w.expect("r1", approved, allAddresses...)
		w.expectClosed("r1")
	})
}

// TestHostileRecordsNeitherCrashNorMislead covers what anyone may have written into a
// record (B21).
func TestHostileRecordsNeitherCrashNorMislead(t *testing.T) {
	many := make([]string, 2000)
	for i := range many {
		many[i] = fmt.Sprintf(`"x%d":{"ref":"x/%d"}`, i, i)
	}
	for name, text := range map[string]string{
		"negative replies": `{"v":1,"to":{"id-a":{"ref":"id-a/0","replies":-1}}}`,
		"endless replies":  `{"v":2,"to":{"id-a":{"ref":"id-a/0","replies":9223372036854775807}}}`,
		"negative reviews": `{"v":2,"state":"APPROVED","reviews":-5,"to":{"id-a":{"ref":"id-a/0"}}}`,
		"decided":          `{"v":2,"state":"DENIED","reviews":9000,"to":{"id-a":{"ref":"id-a/0"}}}`,
		"closed":           `{"v":2,"closed":true,"state":"DENIED","to":{"id-a":{"ref":"id-a/0"}}}`,
		"closed pending":   `{"v":2,"closed":true,"state":"PENDING","to":{"id-a":{"ref":"id-a/0"}}}`,
		"unknown state":    `{"v":2,"state":"?","to":{"id-a":{"ref":"id-a/0"}}}`,
		"later version":    `{"v":9000,"x":[[[]]],"to":{"id-a":{"ref":"id-a/0","y":{}}}}`,
		"negative version": `{"v":-1}`,
		"null":             `{"v":2,"to":{"id-a":null},"req":null,"own":null}`,
		"absurd times":     `{"v":2,"exp":-9223372036854775808,"acc":9223372036854775807,"req":{"at":"9999-12-31T23:59:59Z"},"to":{"id-a":{"make":{"do":"post","by":"x","at":9223372036854775807,"gen":-4}}}}`,
		"absurd claims":    `{"v":2,"to":{"id-a":{"ref":"id-a/0","make":{"do":"rm"},"edit":{"do":"edit","by":"x","gen":1e3}}}}`,
		"claims of ours":   `{"v":2,"to":{"id-a":{"make":{"do":"reply","by":""},"edit":{"do":"post","by":""}}}}`,
		"many":             `{"v":2,"to":{` + strings.Join(many, ",") + `}}`,
		"huge":             `{"v":2,"req":{"why":"` + strings.Repeat("x", 1<<20) + `"}}`,
		"huge name":        `{"v":2,"to":{"id-a":{"ref":"id-a/0","name":"` + strings.Repeat("x", 1<<15) + `"}}}`,
		"list":             `[]`,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.alone()
				first := w.start()
				settle()
				w.cluster.put(request("r1", pending), true)
				settle()
				first.stop()
				w.cluster.setRecord("r1", text)
				second := w.start()
				after(2 * time.Minute)
				if s := second.Snapshot(); s.Quarantined != 0 {
					t.Errorf("unexpected snapshot %+v", s)
				}
				w.cluster.put(request("r1", pending, review("alice")), true)
				after(2 * time.Minute)
				w.expect("r1", pending, "id-a")
				w.cluster.put(request("r1", approved, review("alice")), true)
				after(2 * time.Minute)
				w.expect("r1", approved, "id-a")
				w.expectClosed("r1")
				second.stop()
				if second.err != nil {
					t.Errorf("Run returned %v", second.err)
				}
			})
		})
	}
}
