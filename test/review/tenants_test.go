package review

import (
	"fmt"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// neighbour names the notifier of another tenant.
var neighbour = supervisor.Key{Namespace: "other", Name: "approvals"}

// TestNeighboursTakeTurns: that one tenant switches it off does not keep the clicks of another from
// being heard, who begins at that moment and has the same bot.
func TestNeighboursTakeTurns(t *testing.T) {
	everywhere(t, func(t *testing.T, s service.Service) {
		w := newWorld(t, s, full)
		bob, other := w.addUser("bob"), w.chat.AddChannel("others")
		neighbours := func(spec review.Spec) {
			w.ensureAs(neighbour, w.teleport, w.chat, spec, "bot-neighbour", messengertest.DefaultToken, s.Channel("others", other))
		}
		neighbours(review.Spec{})
		for turn := range 12 {
			off := []review.Spec{full, {}}[turn%2]
			w.ensure(key, w.teleport, w.chat, off)
			neighbours([]review.Spec{{}, full}[turn%2])
		}
		neighbours(full)
		id := w.create()
		w.await("the neighbour's message has buttons", func() error {
			if w.chat.offered(other) == "" {
				return fmt.Errorf("it has none")
			}
			return nil
		})
		w.awaitRecord(id, neighbour)
		post, err := w.chat.message(other)
		if err != nil {
			t.Fatal(err)
		}
		w.await("the click is taken", func() error { return w.chat.Press(other, post.ID, true, bob) })
		w.awaitTold(bob, "counted your approval")
		if got := w.reviews(id); len(got) != 1 || got[0].SubmittedBy != "bot-neighbour" {
			t.Errorf("the reviews are %+v", got)
		}
	})
}

// TestTenantsDecideByTheirOwnIdentity: a click on the message of a tenant reaches Teleport through
// the identity of that tenant, whoever has the same bot.
func TestTenantsDecideByTheirOwnIdentity(t *testing.T) {
	everywhere(t, func(t *testing.T, s service.Service) {
		for name, token := range map[string]string{"the same bot": messengertest.DefaultToken, "bots of their own": "other-token"} {
			t.Run(name, func(t *testing.T) {
				if token != messengertest.DefaultToken && s.Type != service.Mattermost.Type {
					return // Their services know one app with buttons in a simulation.
				}
				w := newWorld(t, s, full)
				elsewhere := newTeleport(t)
				if token != messengertest.DefaultToken {
					w.chat.AddBot(token)
				}
				bob, other := w.addUser("bob"), w.chat.AddChannel("others")
				elsewhere.SetUser(userOf("mallory", bob))
				w.ensureAs(neighbour, elsewhere, w.chat, full, "bot-neighbour", token, s.Channel("others", other))
				id, post := w.ask()
				w.press(post, true, bob)
				w.awaitTold(bob, "counted your approval as bob")
				if got := w.reviews(id); len(got) != 1 || got[0].SubmittedBy != submitter {
					t.Errorf("the reviews are %+v", got)
				}
				if n := elsewhere.Calls()["SubmitAccessReview"]; n != 0 {
					t.Errorf("the click reached the neighbour's Teleport %d times", n)
				}
			})
		}
	})
}
