package notifier_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// lasting is a request whose time to decide ends in an hour, and whose access would end
// an hour later.
func lasting(id string, state accessrequest.State, reviews ...accessrequest.Review) accessrequest.Request {
	r := request(id, state, reviews...)
	r.Expires, r.AccessExpires = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
	return r
}

// TestNothingIsFinalButTheTruth covers beliefs that turn out wrong, after the record was
// closed (A3).
func TestNothingIsFinalButTheTruth(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		first := w.start()
		settle()
		r := lasting("r1", pending)
		w.cluster.put(r, true)
		after(time.Second)
		// One list lacks it for long.
		w.cluster.remove("r1", false)
		w.cluster.tell(accessrequest.Subscriber.Synced)
		after(2 * time.Minute)
		w.expect("r1", accessrequest.Removed, allAddresses...)
		w.expectClosed("r1")
		for i, state := range []accessrequest.State{pending, approved, denied, approved} {
			r.State = state
			w.cluster.put(r, true)
			after(time.Minute)
			w.expect("r1", state, allAddresses...)
			if i == 1 {
				first.stop()
				first = w.start()
				after(time.Minute)
			}
		}
		w.expectClosed("r1")
	})
}

// TestAListThatTrailsIsNotBelieved covers a list that lacks a request for less than it
// takes to be asked for again (A3).
func TestAListThatTrailsIsNotBelieved(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.start()
		settle()
		r := lasting("r1", pending)
		w.cluster.put(r, true)
		after(time.Second)
		w.cluster.remove("r1", false)
		w.cluster.tell(func(s accessrequest.Subscriber) { s.Changed("r1") })
		after(25 * time.Second)
		w.cluster.put(r, true)
		after(5 * time.Minute)
		if shown := w.chat.about("r1", "id-a")[0].shown; len(shown) != 1 {
			t.Errorf("something else was shown meanwhile: %d times", len(shown))
		}
	})
}

// TestNothingIsConcludedWhileTeleportIsAway covers an outage, until the records are about
// to be dropped (A8).
func TestNothingIsConcludedWhileTeleportIsAway(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.start()
		settle()
		r := lasting("r1", pending)
		w.cluster.put(r, true)
		settle()
		down := errors.New("unavailable")
		w.cluster.cut(down)
		w.cluster.decide(func(string, func() error) error { return down })
		after(2*time.Hour + 45*time.Minute)
		w.expect("r1", pending, allAddresses...)
		after(15 * time.Minute)
		w.expect("r1", accessrequest.Gone, allAddresses...)
		// It was approved meanwhile, as turns out.
		w.cluster.decide(nil)
		w.cluster.cut(nil)
		r.State = approved
		w.cluster.put(r, true)
		after(5 * time.Minute)
		w.expect("r1", approved, allAddresses...)
	})
}

// followable is a messenger that can follow messages.
type followable struct{ finder }

func (f followable) Follow(ctx context.Context, to messenger.Address, previous messenger.Ref, m message.Message, key string) (messenger.Ref, error) {
	if previous.ID == "" {
		return messenger.Ref{}, failing(messenger.MessageGone)
	}
	return f.Post(ctx, to, m, key)
}

// TestAMessageThatCannotBeEditedIsFollowed covers the time limits that services set for
// edits (A5).
func TestAMessageThatCannotBeEditedIsFollowed(t *testing.T) {
	for name, follows := range map[string]bool{"follower": true, "other": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.kind = searchable
				if follows {
					w.wrap = func(f finder) messenger.Messenger { return followable{f} }
				}
				o := w.start()
				settle()
				w.cluster.put(request("r1", pending), true)
				w.cluster.put(request("r2", pending), true)
				settle()
				w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
					if call == "update" && address == "id-b" {
						return &messenger.Error{Class: messenger.MessageFinal, Call: call, Code: "edit_window_closed", Advice: "Allow edits"}
					}
					effect()
					return nil
				})
				w.cluster.put(request("r1", approved, review("alice")), true)
				settle()
				w.expect("r1", approved, "id-a", "id-c")
				posts := w.chat.about("r1", "id-b")
				if len(posts) != 2 || posts[0].last().State != pending || posts[1].last().State != approved {
					t.Fatalf("%d messages, want the old one and one that follows it", len(posts))
				}
				if len(posts[1].replies) != 1 {
					t.Errorf("%d replies below the new message, want 1", len(posts[1].replies))
				}
				w.expectClosed("r1")
				// Edits that are refused do not block posts, and are announced once.
				w.cluster.put(request("r2", denied), true)
				w.cluster.put(request("r3", pending), true)
				settle()
				w.expect("r3", pending, allAddresses...)
				if s := o.Snapshot(); len(s.Unresolved) != 0 || s.Undelivered != 0 {
					t.Errorf("unexpected snapshot %+v", s)
				}
				if n := w.notices.count(status.NoticeMessageFinal); n != 1 {
					t.Errorf("%d notices, want 1", n)
				}
			})
		})
	}
}

// TestStraysAreKeptTrue covers a double that came to be: all copies are adopted and updated
// (A6).
func TestStraysAreKeptTrue(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
			effect()
			if call == "post" {
				effect()
				return unclearOutcome()
			}
			return nil
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Minute)
		w.cluster.put(request("r1", approved), true)
		after(time.Minute)
		posts := w.chat.about("r1", "id-a")
		if len(posts) != 2 {
			t.Fatalf("%d messages, want 2", len(posts))
		}
		for _, p := range posts {
			if p.last().State != approved {
				t.Errorf("a copy shows %s", p.last().State)
			}
		}
		w.expectClosed("r1")
	})
}

// TestAnUpdateNotesWhatItSent covers a request that changes while a message is updated.
func TestAnUpdateNotesWhatItSent(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
			effect()
			if call == "update" {
				time.Sleep(2 * time.Second)
			}
			return nil
		})
		w.cluster.put(request("r1", approved), true)
		after(time.Second)
		w.cluster.put(request("r1", denied), true)
		after(time.Minute)
		w.expect("r1", denied, allAddresses...)
		w.expectClosed("r1")
	})
}

// TestAReviewDuringTheFirstPostIsRepliedWith covers one that the post does not show.
func TestAReviewDuringTheFirstPostIsRepliedWith(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
			effect()
			if call == "post" {
				time.Sleep(2 * time.Second)
			}
			return nil
		})
		w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Second)
		w.cluster.put(request("r1", pending, review("alice")), true)
		after(time.Minute)
		for _, address := range allAddresses {
			w.expectReplies("r1", address, 1)
		}
	})
}

// TestKeysDifferByNotifier checks that two notifiers never take each other's messages for
// their own.
func TestKeysDifferByNotifier(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		keys := map[string]bool{}
		for _, secret := range []string{"one", "two"} {
			w.secret = secret
			w.cluster.put(request("r1", pending), false)
			o := w.start()
			settle()
			o.stop()
			w.cluster.forget("r1")
		}
		for _, p := range w.chat.about("r1", "id-a") {
			keys[p.key] = true
		}
		if len(keys) != 2 || strings.Contains(fmt.Sprint(keys), "r1") {
			t.Errorf("the keys are %v, want one for each notifier", keys)
		}
	})
}

// TestANewTokenPostsNothingTwice replaces the token, which keys are made with, while it is
// not known whether a message was posted, or a reply made.
func TestANewTokenPostsNothingTwice(t *testing.T) {
	for _, unclear := range []string{"post", "reply"} {
		t.Run(unclear, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.kind = searchable
				first := w.start()
				settle()
				w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
					effect()
					if call == unclear {
						return &messenger.Error{Class: messenger.Transient, Call: call, Code: "timeout", Unclear: true}
					}
					return nil
				})
				w.cluster.put(request("r1", pending), true)
				settle()
				w.cluster.put(request("r1", pending, review("bob")), true)
				settle()
				first.stop()
				w.chat.decide(nil)
				w.secret = "new"
				w.start()
				after(5 * time.Minute)
				for _, address := range allAddresses {
					w.expect("r1", pending, address)
					w.expectReplies("r1", address, 1)
				}
			})
		})
	}
}

// TestWhatIsGoneKeepsItsFacts ends a request while no operator runs: its message is
// written anew from the record, which cannot hold everything.
func TestWhatIsGoneKeepsItsFacts(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		first := w.start()
		settle()
		small := request("small", pending)
		small.Kind, small.SuggestedReviewers = accessrequest.Permanent, []string{"carol"}
		large := request("large", pending)
		for i := range 40 {
			large.Roles = append(large.Roles, fmt.Sprint("role", i))
		}
		w.cluster.put(small, true)
		w.cluster.put(large, true)
		settle()
		first.stop()
		w.cluster.remove("small", false)
		w.cluster.remove("large", false)
		w.start()
		after(time.Minute)

		w.expect("small", expired, allAddresses...)
		facts := fmt.Sprint(w.chat.about("small", "id-a")[0].last().Fields)
		if !strings.Contains(facts, "Permanent") || !strings.Contains(facts, "carol") || strings.Contains(facts, "more than") {
			t.Errorf("the message does not show the facts: %s", facts)
		}
		facts = fmt.Sprint(w.chat.about("large", "id-a")[0].last().Fields)
		if !strings.Contains(facts, "role3") || !strings.Contains(facts, "more than this version can show") {
			t.Errorf("the message does not say that facts are missing: %s", facts)
		}
	})
}

// TestADecisionOfWhichNoRecipientHasHeardIsRemembered covers a list that trails after it: no
// record says that the request is decided.
func TestADecisionOfWhichNoRecipientHasHeardIsRemembered(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.refuse(messenger.MessengerPermanent, func(string, string) bool { return true })
		w.start()
		settle()
		r := request("r1", pending)
		w.cluster.put(r, true)
		settle()
		w.cluster.put(request("r1", denied), true)
		settle()
		w.chat.decide(nil)
		w.cluster.lag(r)
		after(10 * time.Minute)
		w.expectNone("r1", allAddresses...)

		// It may be true all the same.
		w.cluster.put(r, true)
		after(time.Minute)
		w.expect("r1", pending, allAddresses...)
	})
}
