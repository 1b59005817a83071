package notifier_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// refOf is where a post is.
func (w *world) refOf(id, address string) messenger.Ref {
	w.t.Helper()
	return messenger.Ref{Channel: address, ID: fmt.Sprint(w.chat.indexOf(id, address))}
}

// TestPostedMessages are those of the record, also of a request that rests, after a restart, and
// until the request is over.
func TestPostedMessages(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.start()
		if _, posted := o.Clicks().Posted("r1", messenger.Ref{Channel: "id-a", ID: "0"}); posted != status.StandingUnknown {
			t.Errorf("before the records are read a message is %d", posted)
		}
		settle()
		w.cluster.put(lasting("r1", pending), true)
		w.cluster.put(lasting("r2", pending), true)
		for range 2 {
			after(time.Minute)
			ref := w.refOf("r1", "id-a")
			if r, posted := o.Clicks().Posted("r1", ref); posted != status.StandingShown || r.ID != "r1" || r.User != "eve" {
				t.Errorf("the message is %d, of %+v", posted, r)
			}
			for _, other := range []struct {
				id  string
				ref messenger.Ref
			}{{"r2", ref}, {"r1", messenger.Ref{Channel: "id-b", ID: ref.ID}}, {"r1", messenger.Ref{Channel: "id-a", ID: ref.ID + "1"}}, {"", ref}, {"r9", ref}} {
				if r, posted := o.Clicks().Posted(other.id, other.ref); posted != status.StandingStranger || r.ID != "" {
					t.Errorf("%q about %s is %d, of %+v", other.ref, other.id, posted, r)
				}
			}
			o.stop()
			o = w.start()
		}
		after(time.Minute)
		w.cluster.remove("r1", false)
		if r, posted := o.Clicks().Posted("r1", w.refOf("r1", "id-a")); posted != status.StandingUnknown || r.ID != "" {
			t.Errorf("while a list lacks the request, its message is %d, of %+v", posted, r)
		}
		w.cluster.put(lasting("r1", denied), true)
		after(time.Minute)
		if _, posted := o.Clicks().Posted("r1", w.refOf("r1", "id-a")); posted != status.StandingOver {
			t.Errorf("once the request is over, its message is %d", posted)
		}
	})
}

// TestAClickBeforeTheAnswer to the post: no reviewer is told that the message is a stranger's.
func TestAClickBeforeTheAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.start()
		settle()
		w.chat.decide(func(_ context.Context, _, _ string, effect func()) error {
			effect()
			time.Sleep(5 * time.Second)
			return nil
		})
		w.cluster.put(lasting("r1", pending), true)
		after(time.Second)
		ref := w.refOf("r1", "id-a")
		if _, posted := o.Clicks().Posted("r1", ref); posted != status.StandingUnknown {
			t.Errorf("before the answer, the message is %d", posted)
		}
		after(time.Minute)
		if _, posted := o.Clicks().Posted("r1", ref); posted != status.StandingShown {
			t.Errorf("after the answer, the message is %d", posted)
		}
		if _, posted := o.Clicks().Posted("r1", messenger.Ref{Channel: "id-a", ID: "99"}); posted != status.StandingStranger {
			t.Errorf("another message is %d", posted)
		}
	})
}

// TestButtonsComeAndGo by edits, and readers see through what was decided.
func TestButtonsComeAndGo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var offered atomic.Bool
		offered.Store(true)
		w.owner.Messenger = "Pigeon"
		w.describe = func(r accessrequest.Request, c accessrequest.Cluster) message.Message {
			if !offered.Load() {
				return message.New(r, c)
			}
			return message.New(r, c).Offer(&message.Buttons{Approve: true, Facts: r.FactsDigest()})
		}
		o := w.start()
		settle()
		r := lasting("r1", pending)
		w.cluster.put(r, true)
		after(time.Minute)
		if m := w.chat.about("r1", "id-a")[0].last(); m.Buttons == nil || m.ButtonValue() != "r1/"+r.FactsDigest() {
			t.Errorf("buttons %+v", m.Buttons)
		}
		offered.Store(false)
		o.Resync()
		after(time.Minute)
		if m := w.chat.about("r1", "id-a")[0].last(); m.Buttons != nil {
			t.Errorf("after they were taken away there are the buttons %+v", m.Buttons)
		}
		offered.Store(true)
		o.Clicks().Credit("r1", "bob")
		after(time.Minute)
		r.Reviews = []accessrequest.Review{{Author: "bob", SubmittedBy: "bot", State: approved, Created: time.Now()}}
		w.cluster.put(r, true)
		after(time.Minute)
		o.stop()
		w.start()
		r.Reviews = append(r.Reviews, accessrequest.Review{Author: "carol", SubmittedBy: "bot", State: approved, Created: time.Now()})
		r.State = approved
		w.cluster.put(r, true)
		after(time.Minute)
		m := w.chat.about("r1", "id-a")[0].last()
		if len(m.Reviews) != 2 || m.Reviews[0].SubmittedBy != "Pigeon" || m.Reviews[1].SubmittedBy != "bot" || m.Buttons != nil {
			t.Errorf("reviews %+v, buttons %+v", m.Reviews, m.Buttons)
		}
		if text := w.cluster.record("r1"); !strings.Contains(text, `"here":["bob"]`) {
			t.Errorf("the record is %s", text)
		}
	})
}
