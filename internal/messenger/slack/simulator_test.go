package slack

import (
	"errors"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
)

// simulated returns a bot in a simulated workspace.
func simulated(t *testing.T, options messengertest.Options) (*Slack, *messengertest.Slack) {
	t.Helper()
	service := messengertest.NewSlack(options)
	return conformance.Bot(t, service, "/api/", New), service
}

func TestFewScopesSuffice(t *testing.T) {
	bot, workspace := simulated(t, messengertest.Options{Scopes: []string{"chat:write", "users:read.email"}})
	workspace.AddChannel("access-requests")
	user := workspace.AddUser("alice@example.com")
	for recipient, want := range map[string]string{"#access-requests": "access-requests", "alice@example.com": user} {
		to, err := bot.Resolve(t.Context(), recipient)
		if err != nil || to.ID != want {
			t.Fatalf("Resolve(%s) = %v, %v; want %s", recipient, to, err, want)
		}
		ref, err := bot.Post(t.Context(), to, small, "key")
		if err != nil {
			t.Fatal(err)
		}
		if err := bot.Update(t.Context(), ref, small); err != nil {
			t.Errorf("Update of %v: %v", ref, err)
		}
		if _, err := bot.Find(t.Context(), to, "key", time.Now()); !errors.Is(err, messenger.ErrCannotLook) {
			t.Errorf("Find = %v, want ErrCannotLook", err)
		}
	}
}
