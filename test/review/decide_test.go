package review

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// everywhere runs a test with each service that has buttons.
func everywhere(t *testing.T, test func(t *testing.T, s service.Service)) {
	for _, s := range services {
		t.Run(s.Name(), func(t *testing.T) { test(t, s) })
	}
}

// TestAClickCountsOnce: the author is the human, the message says so and where, and the buttons
// go with the decision.
func TestAClickCountsOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, s service.Service) {
		w := newWorld(t, s, full)
		bob, carol := w.addUser("bob"), w.addUser("carol")
		id, post := w.ask()
		w.press(post, true, bob)
		w.awaitTold(bob, "counted your approval")
		if err := w.chat.Repeat(); err != nil {
			t.Errorf("a click that the service repeats: %v", err)
		}
		w.await("it is said through what", func() error {
			if now, _ := w.chat.message(w.chat.channel); !strings.Contains(now.Text, "through "+s.Title()) {
				return fmt.Errorf("the message says %s", now.Text)
			}
			return nil
		})
		if w.chat.offered(w.chat.channel) == "" {
			t.Error("a request that one of two has approved has no buttons")
		}
		w.press(post, true, carol)
		w.awaitTold(carol, "counted your approval")
		w.await("the buttons are gone", func() error {
			if names := w.chat.offered(w.chat.channel); names != "" {
				return fmt.Errorf("there are %s", names)
			}
			return nil
		})
		got, _ := w.teleport.Request(id)
		if got.State != accessrequest.Approved || len(got.Reviews) != 2 {
			t.Fatalf("the request is %s after the reviews %+v", got.State, got.Reviews)
		}
		for i, author := range []string{"bob", "carol"} {
			if r := got.Reviews[i]; r.Author != author || r.SubmittedBy != submitter || r.State != accessrequest.Approved {
				t.Errorf("a review is %+v", r)
			}
		}
	})
}

// TestAReasonIsAskedFor, and is part of the review.
func TestAReasonIsAskedFor(t *testing.T) {
	everywhere(t, func(t *testing.T, s service.Service) {
		spec := full
		spec.ReasonRequired = true
		w := newWorld(t, s, spec)
		bob := w.addUser("bob")
		id, post := w.ask()
		w.press(post, false, bob)
		w.await("a form opens", func() error {
			if _, ok := w.chat.Form(bob); !ok {
				return fmt.Errorf("none is open, and the reviewer is told %q", w.chat.told(bob))
			}
			return nil
		})
		// Mattermost shows in its form what the reviewer is told.
		_ = w.chat.SendForm(bob, "not now")
		w.await("it is counted", func() error {
			got := w.reviews(id)
			if len(got) != 1 || got[0].Author != "bob" || got[0].Reason != "not now" || got[0].State != accessrequest.Denied {
				return fmt.Errorf("the reviews are %+v", got)
			}
			return nil
		})
	})
}

// refusal is a click that may not count, and what its clicker is told.
type refusal struct {
	// spec is Full by the trait if it is nil.
	spec *review.Spec
	// press returns who has pressed.
	press func(w *world, id string) (account string)
	told  string
	// gone is true where Slack shows the clicker nothing any more.
	gone bool
}

var refusals = map[string]refusal{
	"the requester": {press: func(w *world, _ string) string {
		dave := w.addUser("dave")
		w.press(w.first(), true, dave)
		return dave
	}, told: "Teleport refused the review"},
	"another request's value": {press: func(w *world, _ string) string {
		bob, other := w.addUser("bob"), ""
		_, post := w.ask()
		other = w.chat.Buttons(post.Channel, post.ID)[0].Value
		_ = w.chat.Forge(w.first().Channel, w.first().ID, true, bob, other)
		return bob
	}, told: message.AnswerNotOurs},
	"a copy of the message": {press: func(w *world, id string) string {
		bob := w.addUser("bob")
		w.press(w.copyOf(id), true, bob)
		return bob
	}, told: message.AnswerNotOurs},
	"facts that changed while the message cannot be edited": {press: func(w *world, id string) string {
		bob, edit := w.addUser("bob"), edits[w.chat.service.Type]
		w.chat.Faults().FailMethod(edit, messengertest.Failure{Status: 503})
		before := w.chat.Calls()[edit]
		if err := w.teleport.ChangeReason(id, "INC-2"); err != nil {
			w.t.Fatal(err)
		}
		w.await("an edit fails", func() error {
			if w.chat.Calls()[edit] == before {
				return errors.New("none was tried")
			}
			return nil
		})
		w.press(w.first(), true, bob)
		return bob
	}, told: message.AnswerOutdated},
	"a value that is made up": {press: func(w *world, id string) string {
		bob := w.addUser("bob")
		_ = w.chat.Forge(w.first().Channel, w.first().ID, true, bob, id+"/0123456789abcdef")
		return bob
	}, told: message.AnswerOutdated},
	"a guest": {press: func(w *world, _ string) string { return w.pressAs(w.addUserWith("bob", guest)) }, told: message.AnswerNotTrusted},
	"an account of another organization": {press: func(w *world, _ string) string {
		return w.pressAs(w.addUserWith("bob", messengertest.External()))
	}, told: message.AnswerNotTrusted},
	"an account that was deactivated": {press: func(w *world, _ string) string {
		bob, first := w.addUser("bob"), w.first()
		value := w.chat.Buttons(first.Channel, first.ID)[0].Value
		w.chat.DeactivateUser(bob)
		_ = w.chat.Forge(first.Channel, first.ID, true, bob, value)
		w.await("the account is read", func() error {
			if w.chat.service.Type == service.Slack.Type && w.chat.Calls()["users.info"] == 0 {
				return errors.New("it is not")
			}
			return nil
		})
		return bob
	}, told: message.AnswerNotTrusted, gone: true},
	"an account of no user": {press: func(w *world, _ string) string {
		return w.pressAs(w.chat.AddUser("eve@example.com"))
	}, told: message.AnswerNoUser},
	"two users with the account": {press: func(w *world, _ string) string {
		bob := w.addUser("bob")
		w.link("mallory", bob)
		return w.pressAs(bob)
	}, told: message.AnswerSeveralUsers},
	"approving where only denying is let": {spec: &review.Spec{Mode: review.DenyOnly, Trait: trait}, press: func(w *world, _ string) string {
		bob := w.addUser("bob")
		first := w.first()
		_ = w.chat.Forge(first.Channel, first.ID, true, bob, w.chat.Buttons(first.Channel, first.ID)[0].Value)
		return bob
	}, told: message.AnswerDenyOnly},
	"a user who may not review": {press: func(w *world, _ string) string {
		eve := w.chat.AddUser("eve@example.com")
		w.teleport.SetUser(userOf("eve", eve))
		return w.pressAs(eve)
	}, told: "Teleport refused the review"},
	"a request that was decided": {press: func(w *world, id string) string {
		bob, first := w.addUser("bob"), w.first()
		value := w.chat.Buttons(first.Channel, first.ID)[0].Value
		if err := w.teleport.Resolve(id, accessrequest.Denied, ""); err != nil {
			w.t.Fatal(err)
		}
		w.await("the buttons are gone", func() error { return w.offers("") })
		_ = w.chat.Forge(first.Channel, first.ID, true, bob, value)
		return bob
	}, told: message.AnswerResolved},
}

// TestClicksThatMayNotCount decide nothing, and who has pressed is told why, unless the service
// itself refuses to hand them on, or its seal is broken.
func TestClicksThatMayNotCount(t *testing.T) {
	everywhere(t, func(t *testing.T, s service.Service) {
		for name, tt := range refusals {
			t.Run(name, func(t *testing.T) {
				if s.Type == service.Discord.Type && tt.told == message.AnswerNotTrusted {
					return // It tells bots of no such accounts.
				}
				spec := full
				if tt.spec != nil {
					spec = *tt.spec
				}
				w := newWorld(t, s, spec)
				id, _ := w.ask()
				account := tt.press(w, id)
				if s.Type == service.Mattermost.Type && isForged(name) {
					if told := w.chat.told(account); len(told) != 0 {
						t.Errorf("a click with a broken seal is answered %q", told)
					}
				} else if !tt.gone || s.Type != service.Slack.Type {
					w.awaitTold(account, tt.told)
				}
				if got := w.reviews(id); len(got) != 0 {
					t.Errorf("there are reviews %+v", got)
				}
			})
		}
	})
}

// isForged reports whether a case hands on what no person can press.
func isForged(name string) bool {
	switch name {
	case "another request's value", "a value that is made up", "approving where only denying is let", "a request that was decided":
		return true
	default:
		return false
	}
}

// TestTooFast: the presses of one account are refused, and another's counts meanwhile.
func TestTooFast(t *testing.T) {
	w := newWorld(t, service.Slack, full)
	bob, eve := w.addUser("bob"), w.chat.AddUser("eve@example.com")
	id, post := w.ask()
	w.chat.Faults().Latency(200 * time.Millisecond)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 2000 {
			_ = w.chat.Press(post.Channel, post.ID, true, eve)
		}
	}()
	w.await("the flood is on", func() error {
		if n := len(w.chat.told(eve)); n < 3 {
			return fmt.Errorf("eve is told %d times", n)
		}
		return nil
	})
	w.press(post, true, bob)
	w.await("bob's counts", func() error {
		if n := len(w.reviews(id)); n != 1 {
			return fmt.Errorf("there are %d, and bob is told %q", n, w.chat.told(bob))
		}
		return nil
	})
	<-done
	w.chat.Faults().Clear()
	if got := w.reviews(id); len(got) != 1 || got[0].Author != "bob" {
		t.Errorf("the reviews are %+v", got)
	}
}
