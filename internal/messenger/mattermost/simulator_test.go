package mattermost

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// simulated returns a bot of a simulated server that refuses what Mattermost
// refuses.
func simulated(t *testing.T, options messengertest.Options) (*Mattermost, *messengertest.Mattermost) {
	t.Helper()
	server := messengertest.NewMattermost(options)
	bot, err := New(Config{
		URL:        "http://mattermost.simulated",
		Token:      messengertest.DefaultToken,
		HTTPClient: &http.Client{Transport: server.Transport()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return bot, server
}

func sample(state accessrequest.State, reason string) message.Message {
	return message.New(request(func(r *accessrequest.Request) { r.State, r.Reason = state, reason }), cluster)
}

func TestLifeOfAMessage(t *testing.T) {
	ctx := t.Context()
	bot, server := simulated(t, messengertest.Options{})
	channel := server.AddChannel("access-requests")
	if err := bot.Check(ctx); err != nil {
		t.Fatal(err)
	}
	to, err := bot.Resolve(ctx, "main/access-requests")
	if err != nil || to.ID != channel {
		t.Fatalf("Resolve = %v, %v; want %s", to, err, channel)
	}
	start := time.Now()
	ref, err := bot.Post(ctx, to, sample(accessrequest.Pending, hostile), "key-1")
	if err != nil {
		t.Fatal(err)
	}
	review := message.Review{Author: "bob", State: accessrequest.Approved, Reason: "fine"}
	if err := bot.Reply(ctx, ref, review, "review-1"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if found, err := bot.Find(ctx, to, "key-1", start); err != nil || found != ref {
			t.Errorf("Find = %v, %v; want %v", found, err, ref)
		}
		for _, key := range []string{"key-2", "review-1", ""} {
			if _, err := bot.Find(ctx, to, key, start); !errors.Is(err, messenger.ErrNotFound) {
				t.Errorf("Find of %q = %v", key, err)
			}
		}
		if err := bot.FindReply(ctx, ref, "review-1"); err != nil {
			t.Errorf("FindReply = %v", err)
		}
		for _, key := range []string{"review-2", "key-1"} {
			if err := bot.FindReply(ctx, ref, key); !errors.Is(err, messenger.ErrNotFound) {
				t.Errorf("FindReply of %q = %v", key, err)
			}
		}
		// And the same again when the message has changed.
		if err := bot.Update(ctx, ref, sample(accessrequest.Denied, "please")); err != nil {
			t.Fatal(err)
		}
	}
	posts := server.PostsIn(channel)
	if len(posts) != 2 {
		t.Fatalf("%d posts, want the message and its reply", len(posts))
	}
	if first := posts[0]; first.Revisions != 3 || !strings.Contains(first.Text, "Denied") || strings.Contains(first.Text, "Pending") ||
		first.Key != "key-1" || !strings.Contains(string(first.Raw), "from_bot") {
		t.Errorf("the message is %+v, want its third revision, denied", first)
	}
	if reply := posts[1]; reply.ThreadOf != ref.ID || !strings.Contains(reply.Text, "bob") {
		t.Errorf("the reply is %+v", reply)
	}
}

func TestOneChannelHoweverNamed(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	server.DisplayTeam("main", "Main Team")
	server.AddTeam("foreign", false)
	server.AddChannel("foreign/town-square")
	id := server.AddChannel("town-square", messengertest.Displayed("Town Square"))
	secret := server.AddChannel("secret", messengertest.Displayed("Board Room"), messengertest.Private())
	for recipient, want := range map[string]string{
		id: id, "main/town-square": id, "Main Team/Town Square": id, "main/~town-square": id, "main/Town Square": id,
		"Main Team/Board Room": secret,
	} {
		to, err := bot.Resolve(t.Context(), recipient)
		if err != nil || to != (messenger.Address{ID: want}) {
			t.Errorf("Resolve(%s) = %+v, %v; want %s", recipient, to, err, want)
		}
	}
	server.AddChannel("other", messengertest.WithoutBot(), messengertest.Private())
	for _, recipient := range []string{"main/none", "none/town-square", "foreign/town-square", "main/other", "Main Team/None"} {
		_, err := bot.Resolve(t.Context(), recipient)
		if got := messenger.AsError(err); got.Class != messenger.RecipientPermanent {
			t.Errorf("Resolve(%s) = %+v, want class %s", recipient, got, messenger.RecipientPermanent)
		}
	}
}

func TestPeople(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	alice := server.AddUser("alice@example.com")
	server.AddUser("gone@example.com", messengertest.Deactivated())
	to, err := bot.Resolve(t.Context(), "Alice@example.com")
	if err != nil || !to.Direct {
		t.Fatalf("Resolve = %v, %v", to, err)
	}
	if again, err := bot.Resolve(t.Context(), "alice@example.com"); err != nil || again != to {
		t.Errorf("Resolve = %v, %v; want %v", again, err, to)
	}
	if byID, err := bot.Resolve(t.Context(), to.ID); err != nil || byID != to {
		t.Errorf("Resolve(%s) = %v, %v; want %v", to.ID, byID, err, to)
	}
	if _, err := bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), "key"); err != nil {
		t.Fatal(err)
	}
	if posts := server.Posts(); len(posts) != 1 || posts[0].User != alice {
		t.Errorf("posts = %+v", posts)
	}
	for recipient, code := range map[string]string{"gone@example.com": "user_deactivated", "nobody@example.com": noAccount} {
		_, err := bot.Resolve(t.Context(), recipient)
		if got := messenger.AsError(err); got.Class != messenger.RecipientPermanent || got.Code != code || got.Advice == "" {
			t.Errorf("Resolve(%s) = %+v, want %s with advice", recipient, got, code)
		}
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		spoil        func(*messengertest.Mattermost, string)
		post, update messenger.Class
	}{
		"kicked":   {(*messengertest.Mattermost).Kick, messenger.RecipientPermanent, messenger.MessageGone},
		"archived": {(*messengertest.Mattermost).Archive, messenger.RecipientPermanent, messenger.RecipientPermanent},
		"revoked": {func(m *messengertest.Mattermost, _ string) {
			m.RevokeToken(messengertest.DefaultToken)
		}, messenger.MessengerPermanent, messenger.MessengerPermanent},
		"deactivated": {func(m *messengertest.Mattermost, _ string) {
			m.DeactivateUser(m.BotID())
		}, messenger.MessengerPermanent, messenger.MessengerPermanent},
		"database down": {func(m *messengertest.Mattermost, _ string) {
			m.SetDatabaseDown(true)
		}, messenger.Transient, messenger.Transient},
		"restarted without a database": {func(m *messengertest.Mattermost, _ string) {
			m.SetDatabaseDown(true)
			m.DropSessions()
		}, messenger.Transient, messenger.Transient},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bot, server := simulated(t, messengertest.Options{})
			to := messenger.Address{ID: server.AddChannel("access-requests")}
			ref, err := bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), "first")
			if err != nil {
				t.Fatal(err)
			}
			tt.spoil(server, to.ID)
			_, err = bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), "key")
			if got := messenger.AsError(err); err == nil || got.Class != tt.post {
				t.Errorf("Post = %+v, want class %s", got, tt.post)
			}
			err = bot.Update(t.Context(), ref, sample(accessrequest.Denied, "please"))
			if got := messenger.AsError(err); err == nil || got.Class != tt.update {
				t.Errorf("Update = %+v, want class %s", got, tt.update)
			}
		})
	}
}

func TestDatabaseDownFindsNoFault(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	server.AddUser("alice@example.com")
	to := messenger.Address{ID: server.AddChannel("ops")}
	if err := bot.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.SetDatabaseDown(true)
	for range 2 {
		_, find := bot.Find(t.Context(), to, "key", time.Now())
		all := map[string]error{"Find": find, "Check": bot.Check(t.Context())}
		for _, recipient := range []string{"main/ops", "Main Team/Ops", "alice@example.com", to.ID} {
			_, all[recipient] = bot.Resolve(t.Context(), recipient)
		}
		for name, err := range all {
			if got, ok := errors.AsType[*messenger.Error](err); !ok || got.Class != messenger.Transient {
				t.Errorf("%s with the database down: %v, want a transient error", name, err)
			}
		}
		server.DropSessions()
	}
}

func TestMessagesThatAreNotThere(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{EditLimit: time.Nanosecond})
	channel := server.AddChannel("access-requests")
	unknown := messenger.Ref{Channel: channel, ID: postID}
	old, err := bot.Post(t.Context(), messenger.Address{ID: channel}, sample(accessrequest.Pending, "please"), "key")
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"Update":        bot.Update(t.Context(), unknown, sample(accessrequest.Approved, "please")),
		"Reply":         bot.Reply(t.Context(), unknown, message.Review{Author: "bob"}, "key-2"),
		"Update of old": bot.Update(t.Context(), old, sample(accessrequest.Approved, "please")),
	} {
		if got := messenger.AsError(err); err == nil || got.Class != messenger.MessageGone {
			t.Errorf("%s = %+v, want class %s", name, got, messenger.MessageGone)
		}
	}
	if err := bot.FindReply(t.Context(), unknown, "key"); !errors.Is(err, messenger.ErrCannotLook) {
		t.Errorf("FindReply = %v, want ErrCannotLook", err)
	}
}

func TestEverySizeIsAccepted(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: server.AddChannel("access-requests")}
	for _, n := range []int{0, 1, 200, 2898, 2899, 4096, 16_383, 20_000} {
		for _, letter := range []string{"x", "&", "😀", "@here ", "`", "a\n"} {
			m := sample(accessrequest.Pending, strings.Repeat(letter, n))
			ref, err := bot.Post(t.Context(), to, m, "")
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

func TestSameKeyIsOneMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, server := simulated(t, messengertest.Options{})
		to := messenger.Address{ID: server.AddChannel("access-requests")}
		post := func() messenger.Ref {
			ref, err := bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), "key")
			if err != nil {
				t.Fatal(err)
			}
			return ref
		}
		first := post()
		if again := post(); again != first {
			t.Errorf("the second Post = %v, want %v", again, first)
		}
		time.Sleep(time.Minute)
		if found, err := bot.Find(t.Context(), to, "key", time.Now().Add(-time.Minute)); err != nil || found != first {
			t.Errorf("Find after the window = %v, %v; want %v", found, err, first)
		}
		if posts := server.Posts(); len(posts) != 1 {
			t.Errorf("%d posts, want 1", len(posts))
		}
	})
}

func TestUnclearPostIsFoundAgain(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: server.AddChannel("access-requests")}
	start := time.Now()
	post := func() error {
		_, err := bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), "key")
		return err
	}
	server.Faults().RefuseConnections(true)
	if got := messenger.AsError(post()); got.Class != messenger.Transient || got.Unclear {
		t.Errorf("refused connection: %+v, want transient and clear", got)
	}
	server.Faults().Clear()

	server.Faults().DropBeforeAccept(1)
	if err := post(); !messenger.AsError(err).Unclear {
		t.Errorf("lost request: %v, want unclear", err)
	}
	if _, err := bot.Find(t.Context(), to, "key", start); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("Find after a lost request = %v, want ErrNotFound", err)
	}

	server.Faults().FailMethod(routePost, messengertest.Failure{Code: "api.post.deduplicate_create_post.pending"})
	if got := messenger.AsError(post()); got.Class != messenger.Transient || !got.Unclear {
		t.Errorf("a racing duplicate: %+v, want transient and unclear", got)
	}
	server.Faults().Clear()

	server.Faults().DropAfterAccept(1)
	if err := post(); !messenger.AsError(err).Unclear {
		t.Errorf("lost answer: %v, want unclear", err)
	}
	ref, err := bot.Find(t.Context(), to, "key", start)
	if err != nil {
		t.Fatalf("Find after a lost answer = %v", err)
	}
	if err := post(); err != nil {
		t.Errorf("Post after a lost answer: %v", err)
	}
	if posts := server.Posts(); len(posts) != 1 || posts[0].ID != ref.ID {
		t.Errorf("posts = %+v, want %v", posts, ref)
	}
}

func TestRateLimitIsNeverExceeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, server := simulated(t, messengertest.Options{RateLimits: messengertest.RateLimits{
			Token: messengertest.RateLimit{Limit: 3, Window: 10 * time.Second},
		}})
		to := messenger.Address{ID: server.AddChannel("access-requests")}
		for range 10 {
			_, err := bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), "")
			if got := messenger.AsError(err); err != nil {
				if got.Class != messenger.Throttled || got.Code != "paused" {
					t.Fatalf("Post = %+v, want a pause", got)
				}
				time.Sleep(got.RetryAfter)
			}
		}
		if calls, posts := server.Calls()[routePost], len(server.Posts()); calls != posts || posts < 7 {
			t.Errorf("%d calls made %d posts", calls, posts)
		}
	})
}

func TestEndOfContextIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, server := simulated(t, messengertest.Options{})
		to := messenger.Address{ID: server.AddChannel("access-requests")}
		server.Faults().Latency(time.Minute)
		err := bot.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		refused := server.AddChannel("refused", messengertest.WithoutBot())
		// The call is refused after a minute, and the ping ends with the context.
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		if _, err := bot.Post(ctx, messenger.Address{ID: refused}, small, "key"); !errors.Is(err, ctx.Err()) || err == nil {
			t.Errorf("Post = %v, want the context's error", err)
		}
		if _, err := bot.Post(ctx, to, small, "key"); !errors.Is(err, ctx.Err()) || err == nil {
			t.Errorf("Post = %v, want the context's error", err)
		}
	})
}
