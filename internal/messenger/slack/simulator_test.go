package slack_test

import (
	"errors"
	"net/http"
	"strings"
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

func TestLifeOfAMessage(t *testing.T) {
	ctx := t.Context()
	bot, workspace := simulated(t, messengertest.Options{})
	channel := workspace.AddChannel("access-requests")
	if err := bot.Check(ctx); err != nil {
		t.Fatal(err)
	}
	to, err := bot.Resolve(ctx, "#access-requests")
	if err != nil || to.ID != channel {
		t.Fatalf("Resolve = %v, %v; want %s", to, err, channel)
	}
	start := time.Now()
	ref, err := bot.Post(ctx, to, sample(accessrequest.Pending, "please <!channel> *now*"), "key-1")
	if err != nil {
		t.Fatal(err)
	}
	if found, err := bot.Find(ctx, to, "key-1", start); err != nil || found != ref {
		t.Errorf("Find = %v, %v; want %v", found, err, ref)
	}
	if _, err := bot.Find(ctx, to, "key-2", start); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("Find of another key = %v", err)
	}
	review := message.Review{Author: "bob", State: accessrequest.Approved, Reason: "fine"}
	if err := bot.Reply(ctx, ref, review, "review-1"); err != nil {
		t.Fatal(err)
	}
	if err := bot.FindReply(ctx, ref, "review-1"); err != nil {
		t.Errorf("FindReply = %v", err)
	}
	if err := bot.FindReply(ctx, ref, "review-2"); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("FindReply of another key = %v", err)
	}
	if err := bot.Update(ctx, ref, sample(accessrequest.Denied, "please")); err != nil {
		t.Fatal(err)
	}
	if found, err := bot.Find(ctx, to, "key-1", start); err != nil || found != ref {
		t.Errorf("Find after an update = %v, %v; want %v", found, err, ref)
	}

	posts := workspace.PostsIn(channel)
	if len(posts) != 2 {
		t.Fatalf("%d posts, want the message and its reply", len(posts))
	}
	if first := posts[0]; first.Revisions != 2 || !strings.Contains(first.Text, "Denied") || strings.Contains(first.Text, "Pending") {
		t.Errorf("the message is %+v, want its second revision, denied", first)
	}
	if reply := posts[1]; reply.ThreadOf != ref.ID || !strings.Contains(reply.Text, "bob") {
		t.Errorf("the reply is %+v", reply)
	}
	for _, post := range posts {
		if len(post.Mentions) > 0 {
			t.Errorf("%q mentions %q", post.Text, post.Mentions)
		}
	}
}

func TestPlainUpdateRemovesTheBlocks(t *testing.T) {
	bot, workspace := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: workspace.AddChannel("access-requests")}
	m := sample(accessrequest.Pending, "please")
	ref, err := bot.Post(t.Context(), to, m, "key")
	if err != nil {
		t.Fatal(err)
	}
	m.Plain = true
	if err := bot.Update(t.Context(), ref, m); err != nil {
		t.Fatal(err)
	}
	if post := workspace.Posts()[0]; strings.Contains(post.Text, "alice") || !strings.Contains(post.Text, "Pending") {
		t.Errorf("the message reads %q", post.Text)
	}
}

func TestPeopleAreOneRecipientHoweverNamed(t *testing.T) {
	bot, workspace := simulated(t, messengertest.Options{})
	id := workspace.AddUser("alice@example.com")
	byEmail, err := bot.Resolve(t.Context(), "Alice@example.com")
	if err != nil || !byEmail.Direct {
		t.Fatalf("Resolve = %v, %v", byEmail, err)
	}
	byID, err := bot.Resolve(t.Context(), id)
	if err != nil || byID != byEmail {
		t.Errorf("Resolve(%s) = %v, %v; want %v", id, byID, err, byEmail)
	}
	if _, err := bot.Post(t.Context(), byID, sample(accessrequest.Pending, "please"), "key"); err != nil {
		t.Fatal(err)
	}
	if posts := workspace.Posts(); len(posts) != 1 || posts[0].User != id {
		t.Errorf("posts = %+v", posts)
	}
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

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		spoil func(*messengertest.Slack, string)
		class messenger.Class
		code  string
	}{
		"not invited": {(*messengertest.Slack).Kick, messenger.RecipientPermanent, "not_in_channel"},
		"archived":    {(*messengertest.Slack).Archive, messenger.RecipientPermanent, "is_archived"},
		"revoked": {func(s *messengertest.Slack, _ string) {
			s.RevokeToken(messengertest.DefaultToken)
		}, messenger.MessengerPermanent, "token_revoked"},
		"without scopes": {func(s *messengertest.Slack, _ string) {
			s.SetScopes(messengertest.DefaultToken)
		}, messenger.MessengerPermanent, "missing_scope"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bot, workspace := simulated(t, messengertest.Options{})
			channel := workspace.AddChannel("access-requests")
			tt.spoil(workspace, channel)
			_, err := bot.Post(t.Context(), messenger.Address{ID: channel}, sample(accessrequest.Pending, "please"), "key")
			if got := messenger.AsError(err); got.Class != tt.class || got.Code != tt.code {
				t.Errorf("Post = %+v, want %s of class %s", got, tt.code, tt.class)
			}
		})
	}
}

func TestUpdateOfAMessageThatIsNotThere(t *testing.T) {
	bot, workspace := simulated(t, messengertest.Options{})
	ref := messenger.Ref{Channel: workspace.AddChannel("access-requests"), ID: "1700000000.000100"}
	err := bot.Update(t.Context(), ref, sample(accessrequest.Approved, "please"))
	if got := messenger.AsError(err); got.Class != messenger.MessageGone {
		t.Errorf("Update = %+v, want class %s", got, messenger.MessageGone)
	}
	err = bot.Reply(t.Context(), ref, message.Review{Author: "bob", State: accessrequest.Approved}, "key")
	if got := messenger.AsError(err); got.Class != messenger.MessageGone {
		t.Errorf("Reply = %+v, want class %s", got, messenger.MessageGone)
	}
}

func TestEverySizeIsAccepted(t *testing.T) {
	bot, workspace := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: workspace.AddChannel("access-requests")}
	for _, n := range []int{0, 1, 200, 2000, 2900, 2901, 4096, 20_000} {
		for _, letter := range []string{"x", "&", "😀", "<!here> "} {
			m := sample(accessrequest.Pending, strings.Repeat(letter, n))
			ref, err := bot.Post(t.Context(), to, m, "key")
			if err != nil {
				t.Errorf("Post of %d %q: %v", n, letter, err)
				continue
			}
			if err := bot.Update(t.Context(), ref, m); err != nil {
				t.Errorf("Update of %d %q: %v", n, letter, err)
			}
		}
	}
}

func TestUnclearPostIsFoundAgain(t *testing.T) {
	bot, workspace := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: workspace.AddChannel("access-requests")}
	start := time.Now()

	workspace.Faults().RefuseConnections(true)
	_, err := bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), "key")
	if got := messenger.AsError(err); got.Class != messenger.Transient || got.Unclear {
		t.Errorf("refused connection: %+v, want transient and clear", got)
	}
	workspace.Faults().Clear()

	workspace.Faults().DropBeforeAccept(1)
	if _, err = bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), "key"); !messenger.AsError(err).Unclear {
		t.Errorf("lost request: %v, want unclear", err)
	}
	if _, err := bot.Find(t.Context(), to, "key", start); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("Find after a lost request = %v, want ErrNotFound", err)
	}

	workspace.Faults().DropAfterAccept(1)
	if _, err = bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), "key"); !messenger.AsError(err).Unclear {
		t.Errorf("lost answer: %v, want unclear", err)
	}
	ref, err := bot.Find(t.Context(), to, "key", start)
	if err != nil {
		t.Fatalf("Find after a lost answer = %v", err)
	}
	if posts := workspace.Posts(); len(posts) != 1 || posts[0].ID != ref.ID {
		t.Errorf("posts = %+v, want %v", posts, ref)
	}
}
