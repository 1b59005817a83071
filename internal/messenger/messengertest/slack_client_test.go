package messengertest_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/slack-go/slack"

	mt "github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// TestSlackGoClient drives the simulator with a client that many programs use.
func TestSlackGoClient(t *testing.T) {
	s := mt.NewSlack(mt.Options{})
	listen(t, s)
	id := s.AddChannel("ops")
	alice := s.AddUser("alice@example.com")
	httpClient := newHTTPClient(t)
	api := slack.New(mt.DefaultToken, slack.OptionAPIURL(s.URL()), slack.OptionHTTPClient(httpClient))
	ctx := t.Context()

	if auth, err := api.AuthTestContext(ctx); err != nil || auth.UserID != s.BotID() {
		t.Fatalf("got %+v, %v", auth, err)
	}
	user, err := api.GetUserByEmailContext(ctx, "alice@example.com")
	if err != nil || user.ID != alice {
		t.Fatalf("got %+v, %v", user, err)
	}
	block := slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, "a &amp; b", false, false), nil, nil)
	channel, ts, err := api.PostMessageContext(ctx, "ops",
		slack.MsgOptionText("hello", false),
		slack.MsgOptionBlocks(block),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "request", EventPayload: map[string]any{"key": "k"}}))
	if err != nil || channel != id {
		t.Fatalf("got channel %q, %v", channel, err)
	}
	if _, _, _, err := api.UpdateMessageContext(ctx, id, ts, slack.MsgOptionText("bye", false)); err != nil {
		t.Fatal(err)
	}
	history, err := api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
		ChannelID: id, IncludeAllMetadata: true,
	})
	if err != nil || len(history.Messages) != 1 || history.Messages[0].Metadata.EventPayload["key"] != "k" {
		t.Fatalf("got %+v, %v", history, err)
	}
	p := s.PostsIn(id)[0]
	if p.History[0] != "hello\na & b" || p.Text != "bye" || p.Key != "k" {
		t.Errorf("got %+v", p)
	}
	channels, next, err := api.GetConversationsContext(ctx, &slack.GetConversationsParameters{Limit: 10})
	if err != nil || next != "" || len(channels) != 1 || channels[0].Name != "ops" {
		t.Fatalf("got %+v, %q, %v", channels, next, err)
	}
	if err := api.AddReactionContext(ctx, "eyes", slack.NewRefToMessage(id, ts)); err != nil {
		t.Fatal(err)
	}

	s.Faults().Throttle(mt.Throttling{RetryAfter: 3 * time.Second})
	_, err = api.AuthTestContext(ctx)
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); !ok || limited.RetryAfter != 3*time.Second {
		t.Errorf("got %v, want a rate limit of 3 seconds", err)
	}
}

func listen(t *testing.T, sim mt.Simulator) {
	t.Helper()
	if err := sim.Listen(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
}

func newHTTPClient(t *testing.T) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}
