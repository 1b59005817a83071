package slack_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/slack"
)

// simulated returns a bot in a simulated workspace that refuses what Slack
// refuses.
func simulated(t *testing.T, options messengertest.Options) (*slack.Slack, *messengertest.Slack) {
	t.Helper()
	workspace := messengertest.NewSlack(options)
	bot, err := slack.New(slack.Config{
		Token:      messengertest.DefaultToken,
		BaseURL:    "http://slack.simulated/api/",
		HTTPClient: &http.Client{Transport: workspace.Transport()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return bot, workspace
}

func sample(state accessrequest.State, reason string) message.Message {
	now := time.Now()
	return message.New(accessrequest.Request{
		ID:            "0193f1a2-7c1d-7b3e-9a55-3f6f0e6c1d2b",
		User:          "alice@example.com",
		Roles:         []string{"editor"},
		Reason:        reason,
		State:         state,
		Created:       now,
		Expires:       now.Add(time.Hour),
		AccessExpires: now.Add(8 * time.Hour),
	}, message.Cluster{Name: "prod", ProxyAddr: "teleport.example.com", WebReviews: true})
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
		ref, err := bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), "key")
		if err != nil {
			t.Fatal(err)
		}
		if err := bot.Update(t.Context(), ref, sample(accessrequest.Approved, "please")); err != nil {
			t.Errorf("Update of %v: %v", ref, err)
		}
		if _, err := bot.Find(t.Context(), to, "key", time.Now()); !errors.Is(err, messenger.ErrCannotLook) {
			t.Errorf("Find = %v, want ErrCannotLook", err)
		}
	}
}
