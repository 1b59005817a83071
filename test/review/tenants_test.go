package review

import (
	"fmt"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
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

// TestForgedRecordsDecideNothingElsewhere: a tenant with the same bot, whose own Teleport says that a
// neighbour's message is theirs, may take the clicks on it. They count in that Teleport, and never in
// the neighbour's; and a click on the tenant's own message about a request of the same id does not
// either.
func TestForgedRecordsDecideNothingElsewhere(t *testing.T) {
	everywhere(t, func(t *testing.T, s service.Service) {
		w := newWorld(t, s, full)
		elsewhere := newTeleport(t)
		bob, other := w.addUser("bob"), w.chat.AddChannel("others")
		elsewhere.SetUser(teleporttest.User{
			Name: "mallory", Roles: []string{teleporttest.ReviewerRole}, Traits: map[string][]string{trait: {bob}},
		})
		id, post := w.ask()
		elsewhere.PutTwin(id)
		forger := func() {
			w.ensureAs(neighbour, elsewhere, w.chat, full, "bot-neighbour", messengertest.DefaultToken, s.Channel("others", other))
		}
		forger()
		plugin := "accessnotifier/" + neighbour.String()
		w.await("the neighbour's record names a message", func() error {
			if !strings.Contains(elsewhere.PluginData(id, plugin)["record"], `"ref":`) {
				return fmt.Errorf("it is %v", elsewhere.PluginData(id, plugin))
			}
			return nil
		})
		theirs, err := w.chat.message(other)
		if err != nil {
			t.Fatal(err)
		}
		w.press(theirs, true, bob)
		w.awaitTold(bob, "counted your approval as mallory")

		w.Remove(neighbour)
		forged := strings.NewReplacer(theirs.ID, post.ID, other, post.Channel).Replace(elsewhere.PluginData(id, plugin)["record"])
		if err := elsewhere.WritePluginData(id, plugin, map[string]string{"record": forged}); err != nil {
			t.Fatal(err)
		}
		forger()
		w.press(post, true, bob)
		w.await("the click was carried out", func() error {
			if told := w.chat.told(bob); len(told) < 2 {
				return fmt.Errorf("the reviewer is told %q", told)
			}
			return nil
		})
		for _, r := range w.reviews(id) {
			if r.Author != "bob" || r.SubmittedBy != submitter {
				t.Errorf("the victim's Teleport has the review %+v", r)
			}
		}
	})
}
