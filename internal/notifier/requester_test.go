package notifier_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

const (
	eve     = "eve@example.com"
	eveHome = "id-" + eve
)

// tellEve makes eve a requester who is told, and returns a pending request of hers, the access
// of which ends two hours after it was made.
func (w *world) tellEve() accessrequest.Request {
	w.rules.Requester = true
	w.chat.direct = append(w.chat.direct, eve)
	r := request("r1", pending)
	r.User, r.AccessExpires = eve, r.Created.Add(2*time.Hour)
	return r
}

// expectTold checks what eve was told, each message as it looks now, and that each of the
// others has one message.
func (w *world) expectTold(want ...string) {
	w.t.Helper()
	var told []string
	for _, p := range w.chat.about("r1", eveHome) {
		m := p.last()
		if m.Requester() != "" || len(m.Commands) > 0 || !m.ToOwner {
			w.t.Errorf("the requester reads what reviewers do: %+v", m)
		}
		told = append(told, m.Title+": "+m.Status)
	}
	if !slices.Equal(told, want) {
		w.t.Errorf("the requester was told %q, want %q", told, want)
	}
	for _, address := range allAddresses {
		if posts := w.chat.about("r1", address); len(posts) != 1 || posts[0].last().ToOwner {
			w.t.Errorf("%s has %d messages, want one for reviewers", address, len(posts))
		}
	}
}

// TestTheRequestersLife covers each stage, with a process that is killed after each of them.
func TestTheRequestersLife(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		r := w.tellEve()
		begin := r.Created
		o := w.start()
		again := func() {
			o.die()
			o = w.start()
			after(time.Minute)
		}
		w.cluster.put(r, true)
		settle()
		w.expectTold("Your request was received: Pending, 0 of 2 approvals")
		again()
		r.Reviews = []accessrequest.Review{review("amy")}
		w.cluster.put(r, true)
		settle()
		w.expectTold("Your request was received: Pending, 1 of 2 approvals")
		again()
		r.State, r.Reviews = approved, append(r.Reviews, review("bob"))
		w.cluster.put(r, true)
		settle()
		w.expectReplies("r1", eveHome, 1)
		w.expectReplies("r1", "id-a", 2)
		told := []string{"Your request: Approved", "Your request: Approved"}
		w.expectTold(told...)
		if n := o.Snapshot().Undelivered; n != 0 {
			t.Errorf("%d messages count as undelivered, although none is due", n)
		}
		again()
		after(time.Until(begin.Add(105*time.Minute - time.Second)))
		w.expectTold(told...)
		after(time.Second)
		told = append(told, "Your request: Access ends soon")
		w.expectTold(told...)
		again()
		after(time.Until(begin.Add(2*time.Hour - time.Second)))
		w.expectTold(told...)
		w.cluster.remove("r1", true)
		after(time.Second)
		told = append(told, "Your request: Access has ended")
		w.expectTold(told...)
		w.expectClosed("r1")
		again()
		w.expectTold(told...)
	})
}

// TestWhatTheRequesterIsNotTold covers stages that do not apply.
func TestWhatTheRequesterIsNotTold(t *testing.T) {
	const own = "Your request: "
	for name, tt := range map[string]struct {
		change func(*accessrequest.Request)
		want   []string
	}{
		"denied":   {func(r *accessrequest.Request) { r.State = denied }, []string{own + "Denied", own + "Denied"}},
		"promoted": {func(r *accessrequest.Request) { r.State = accessrequest.Promoted }, []string{own + "Promoted to an access list", own + "Promoted to an access list"}},
		"permanent": {func(r *accessrequest.Request) { r.State, r.Kind = approved, accessrequest.Permanent },
			[]string{own + "Approved", own + "Approved"}},
		"no end known": {func(r *accessrequest.Request) { r.State, r.AccessExpires = approved, time.Time{} },
			[]string{own + "Approved", own + "Approved"}},
		"approved when the end is near": {func(r *accessrequest.Request) {
			r.State, r.AccessExpires = approved, r.Created.Add(20*time.Minute)
			r.Reviews = []accessrequest.Review{{Author: "amy", State: approved, Created: r.Created.Add(10 * time.Minute)}}
		}, []string{own + "Approved", own + "Approved", own + "Access has ended"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				r := w.tellEve()
				w.start()
				w.cluster.put(r, true)
				after(10 * time.Minute)
				tt.change(&r)
				w.cluster.put(r, true)
				after(3 * time.Hour)
				w.expectTold(tt.want...)
				w.expectClosed("r1")
			})
		})
	}
}

// TestNoStageIsToldTooLate covers operators that are away, rules that change, and records that
// Teleport drops before the access ends.
func TestNoStageIsToldTooLate(t *testing.T) {
	out := []string{"Your request: Approved", "Your request: Approved"}
	for name, tt := range map[string]struct {
		meanwhile func(*world, *operator)
		want      []string
		dropped   bool
	}{
		"away until the end": {func(w *world, o *operator) {
			o.stop()
			after(2 * time.Hour)
			w.start()
		}, append(slices.Clone(out), "Your request: Access has ended"), false},
		"the requester is not to be told any more": {func(w *world, _ *operator) {
			w.router.(*routing.RuleRouter).Replace(routing.Rules{RoleToRecipients: w.rules.RoleToRecipients})
		}, out, false},
		"the record is dropped": {func(w *world, _ *operator) { w.cluster.forget("r1") }, out, true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				r := w.tellEve()
				w.router = routing.NewRuleRouter(w.rules)
				o := w.start()
				w.cluster.put(r, true)
				settle()
				r.State = approved
				w.cluster.put(r, true)
				settle()
				tt.meanwhile(w, o)
				after(3 * time.Hour)
				w.expectTold(tt.want...)
				if !tt.dropped {
					w.expectClosed("r1")
				}
			})
		})
	}
}

// TestARequesterWhoIsAReviewerReadsAsRequester covers one address that both is.
func TestARequesterWhoIsAReviewerReadsAsRequester(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		r := w.tellEve()
		w.rules.Always = []string{eve}
		w.remind(10 * time.Minute)
		o := w.start()
		w.cluster.put(r, true)
		after(time.Hour)
		if told := w.chat.about("r1", eveHome); len(told) != 1 || !told[0].last().ToOwner {
			t.Errorf("%d messages, want one that reads as to a requester", len(told))
		}
		o.stop()
		w.rules.Requester = false
		w.start()
		settle()
		if told := w.chat.about("r1", eveHome); told[0].last().ToOwner {
			t.Error("who is no requester any more reads on as one")
		}
	})
}

// TestARequesterWhoIsNotFoundCostsNothing covers people whom the messenger does not know, and an
// address that turns out to be a channel.
func TestARequesterWhoIsNotFoundCostsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		r := w.tellEve()
		w.chat.direct = nil
		w.start()
		w.cluster.put(r, true)
		settle()
		w.expectNone("r1", eveHome)
		r.State = approved
		w.cluster.put(r, true)
		settle()
		w.expect("r1", approved, allAddresses...)
		w.expectClosed("r1")
		about := w.notices.about(eve)
		if len(about) != 1 || about[0].Reason != status.NoticeRequesterSkipped || !strings.Contains(about[0].Text, "is named as a user") {
			t.Errorf("notices are %+v", about)
		}
	})
}
