package review

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/review/listen"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// TestTwoOperators are handed the same click: it counts once, and what the clicker is told by each
// of them is so.
func TestTwoOperators(t *testing.T) {
	for _, s := range services {
		t.Run(s.Name(), func(t *testing.T) {
			w := newWorld(t, s, full)
			bob := w.addUser("bob")
			second := newOperator(t)
			id, post := w.ask()
			second.ensure(key, w.teleport, w.chat, full)
			w.await("the second one knows the message", func() error {
				snapshot, _ := second.Snapshot(key)
				if !snapshot.Counted || !snapshot.Review.Known {
					return fmt.Errorf("it is %+v", snapshot)
				}
				return nil
			})
			w.press(post, true, bob)
			if err := w.chat.callAt(second.url + listen.Path(key.Namespace, key.Name)); err != nil {
				t.Fatal(err)
			}
			if err := w.chat.Repeat(); err != nil {
				t.Errorf("the click is handed to the second one: %v", err)
			}
			w.await("all is told", func() error {
				for _, told := range w.chat.told(bob) {
					if strings.Contains(told, "counted your approval") {
						return nil
					}
				}
				return fmt.Errorf("bob is told %q", w.chat.told(bob))
			})
			second.kill()
			w.kill()
			for _, told := range w.chat.told(bob) {
				if told != message.AnswerBegun && told != message.AnswerReviewed && !strings.Contains(told, "counted your approval as bob") {
					t.Errorf("bob is told %q", told)
				}
			}
			if got := w.reviews(id); len(got) != 1 || got[0].Author != "bob" {
				t.Errorf("the reviews are %+v", got)
			}
		})
	}
}

// TestKilledAfterTheAcknowledgement: the click is lost or counts once, and the clicker was told how
// to see which.
func TestKilledAfterTheAcknowledgement(t *testing.T) {
	everywhere(t, func(t *testing.T, s service.Service) {
		w := newWorld(t, s, full)
		bob := w.addUser("bob")
		id, post := w.ask()
		w.teleport.Hang(true)
		defer w.teleport.Hang(false)
		w.press(post, true, bob)
		w.awaitTold(bob, "press again if it does not")
		w.kill()
		w.teleport.Hang(false)
		w.operator = newOperatorAt(t, w.address)
		w.ensure(key, w.teleport, w.chat, full)
		w.awaitProblem("")
		if len(w.reviews(id)) == 0 {
			w.await("it is pressed again", func() error { return w.chat.Press(post.Channel, post.ID, true, bob) })
			w.awaitTold(bob, "counted your approval")
		}
		if got := w.reviews(id); len(got) != 1 || got[0].Author != "bob" {
			t.Errorf("the reviews are %+v", got)
		}
	})
}

// TestAnswersAreLost on their way from Teleport: the review counts once, and the clicker is told so.
func TestAnswersAreLost(t *testing.T) {
	everywhere(t, func(t *testing.T, s service.Service) {
		w := newWorld(t, s, full)
		bob := w.addUser("bob")
		id, post := w.ask()
		w.teleport.LoseReviewAnswers(1)
		w.press(post, false, bob)
		w.awaitTold(bob, "counted your denial as bob")
		if got := w.reviews(id); len(got) != 1 {
			t.Errorf("the reviews are %+v", got)
		}
	})
}

// TestTeleportIsDown: nothing is decided, and the clicker is told that, or that it is not known.
func TestTeleportIsDown(t *testing.T) {
	everywhere(t, func(t *testing.T, s service.Service) {
		w := newWorld(t, s, full)
		bob := w.addUser("bob")
		id, post := w.ask()
		w.teleport.Unavailable(true)
		w.press(post, true, bob)
		w.awaitTold(bob, message.AnswerUnavailable)
		w.teleport.Unavailable(false)
		w.await("it counts once Teleport is back", func() error {
			_ = w.chat.Press(post.Channel, post.ID, true, bob)
			if n := len(w.reviews(id)); n != 1 {
				return fmt.Errorf("there are %d reviews, and bob is told %q", n, w.chat.told(bob))
			}
			return nil
		})
	})
}

// TestRemovedMeanwhile: a notifier ends at once although a click of its is on its way to a Teleport
// that does not answer, and nothing of it is left.
func TestRemovedMeanwhile(t *testing.T) {
	everywhere(t, func(t *testing.T, s service.Service) {
		w := newWorld(t, s, full)
		bob := w.addUser("bob")
		id, post := w.ask()
		w.teleport.Hang(true)
		defer w.teleport.Hang(false)
		pressed := make(chan struct{})
		go func() {
			defer close(pressed)
			_ = w.chat.Press(post.Channel, post.ID, true, bob)
		}()
		w.awaitTold(bob, "Your decision is being sent")
		w.Remove(key)
		w.await("the notifier is gone", func() error {
			if _, there := w.Snapshot(key); there {
				return errors.New("it is there")
			}
			return nil
		})
		<-pressed
		if got := w.reviews(id); len(got) != 0 {
			t.Errorf("there are reviews %+v", got)
		}
	})
}
