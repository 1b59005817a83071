package review

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/routing/match"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// awaitButtons waits until these are the buttons.
func (w *world) awaitButtons(when, want string) {
	w.t.Helper()
	w.await("there are the buttons "+want+"when "+when, func() error { return w.offers(want) })
}

// awaitProblem waits until the notifier says why reviewers cannot decide in chat, "" for that they
// can.
func (w *world) awaitProblem(reason string) {
	w.t.Helper()
	w.await("the status says "+reason, func() error {
		snapshot, _ := w.Snapshot(key)
		got := snapshot.Review
		if !got.Known || (got.Problem == nil) != (reason == "") || got.Problem != nil && got.Problem.Reason != reason {
			return fmt.Errorf("it is %+v, %+v", got, got.Problem)
		}
		if !snapshot.Counted || !snapshot.Teleport.Connected {
			return errors.New("the records have not been read yet: until then no click is carried out")
		}
		return nil
	})
}

// TestButtonsFollowTheSpec, by edits of the message.
func TestButtonsFollowTheSpec(t *testing.T) {
	everywhere(t, func(t *testing.T, s service.Service) {
		w := newWorld(t, s, full)
		w.ask()
		w.awaitButtons("all is let", "approve deny ")
		narrow, none := full, full
		narrow.Mode = review.DenyOnly
		none.When = match.Holds(`request.user != "dave"`)
		for _, step := range []struct {
			when, want string
			spec       review.Spec
		}{
			{"only denying is let", "deny ", narrow},
			{"the expression does not hold", "", none},
			{"there is no expression", "approve deny ", full},
			{"it is off", "", review.Spec{}},
			{"it is on again", "approve deny ", full},
		} {
			w.ensure(key, w.teleport, w.chat, step.spec)
			w.awaitButtons(step.when, step.want)
		}
	})
}

// TestARequestThatCannotBeJudged has no buttons, which the status says, and others have theirs.
func TestARequestThatCannotBeJudged(t *testing.T) {
	spec := full
	spec.When = match.Holds(`request.reason == "INC-1" || request.annotations["x"][0] == "y"`)
	w := newWorld(t, service.Slack, spec)
	w.ask()
	w.awaitProblem("")
	if _, err := w.teleport.CreateRequest(teleporttest.RequestSpec{User: "dave", Reason: "SECRET"}); err != nil {
		t.Fatal(err)
	}
	w.awaitProblem(status.ReasonWhenInvalid)
	snapshot, _ := w.Snapshot(key)
	if p := snapshot.Review.Problem; p.Permanent || !strings.HasPrefix(p.Message, "spec.review.when:1:") || strings.Contains(p.Message, "SECRET") {
		t.Errorf("the problem is %+v", p)
	}
	w.await("both are announced", func() error {
		if n := len(w.chat.PostsIn(w.chat.channel)); n != 2 {
			return fmt.Errorf("there are %d messages", n)
		}
		return nil
	})
	if err := w.offers("approve deny "); err != nil {
		t.Error(err)
	}
	w.ensure(key, w.teleport, w.chat, full)
	w.awaitProblem("")
}

// TestNoButtonsWithoutTheServer that takes reviews for users.
func TestNoButtonsWithoutTheServer(t *testing.T) {
	for name, change := range map[string]func(*teleporttest.Options){
		"too old":          func(o *teleporttest.Options) { o.Version = "18.10.9" },
		"the open edition": func(o *teleporttest.Options) { o.OpenSource = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, service.Slack, full, change)
			w.awaitProblem(status.ReasonServerTooOld)
			w.create()
			w.await("it is announced", func() error {
				_, err := w.chat.message(w.chat.channel)
				return err
			})
			if err := w.offers(""); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNoButtonsWithoutAnEar: an app-level token that Slack refuses takes the buttons away, and one
// that it takes again brings them back.
func TestNoButtonsWithoutAnEar(t *testing.T) {
	w := newWorld(t, service.Slack, full)
	w.ask()
	slack, _ := w.chat.Clicker.(*messengertest.Slack)
	slack.RefuseAppToken("token_revoked")
	slack.CutSockets(false)
	w.awaitProblem(status.ReasonAppTokenRefused)
	w.awaitButtons("the token is refused", "")
	slack.RefuseAppToken("")
	w.awaitButtons("the token is taken", "approve deny ")
	w.awaitProblem("")
}

// TestWithoutTheRightToSubmit nothing is decided, and the owner hears of it.
func TestWithoutTheRightToSubmit(t *testing.T) {
	w := newWorld(t, service.Slack, full)
	bob := w.addUser("bob")
	id, _ := w.ask()
	w.teleport.SetPermissions(teleporttest.ReviewPluginRole, teleporttest.ReviewPluginPermissions().With(teleporttest.SubmitForUsers, "carol"))
	w.pressAs(bob)
	w.awaitTold(bob, "cannot be decided here")
	if n := <-w.notices; n.Reason != status.NoticeReviewNotCounted {
		t.Errorf("the owner hears %+v", n)
	}
	if got := w.reviews(id); len(got) != 0 {
		t.Errorf("there are reviews %+v", got)
	}
}

// TestARestartLeavesTheButtons: a message is not edited because an operator begins anew.
func TestARestartLeavesTheButtons(t *testing.T) {
	everywhere(t, func(t *testing.T, s service.Service) {
		w := newWorld(t, s, full)
		_, post := w.ask()
		before := w.first().Revisions
		for range 2 {
			w.kill()
			connects := messengertest.Failure{Status: http.StatusBadGateway}
			w.chat.Faults().FailMethod("apps.connections.open", connects)
			time.AfterFunc(time.Second, func() { w.chat.Faults().FailMethod("apps.connections.open", messengertest.Failure{}) })
			w.operator = newOperatorAt(t, w.address)
			w.ensure(key, w.teleport, w.chat, full)
			w.ask()
			w.awaitProblem("")
		}
		now := w.first()
		if now.ID != post.ID || now.Revisions != before {
			t.Errorf("after two restarts there are %d revisions, want %d: %q", now.Revisions, before, now.History)
		}
	})
}
