package mattermost

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
)

// simulated returns a bot of a simulated server.
func simulated(t *testing.T, options messengertest.Options) (*Mattermost, *messengertest.Mattermost) {
	t.Helper()
	service := messengertest.NewMattermost(options)
	return conformance.Bot(t, service, "", New), service
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

func TestPostsWithoutAnAccountOrADatabase(t *testing.T) {
	tests := map[string]struct {
		spoil func(*messengertest.Mattermost)
		class messenger.Class
	}{
		"deactivated":   {func(m *messengertest.Mattermost) { m.DeactivateUser(m.BotID()) }, messenger.MessengerPermanent},
		"database down": {func(m *messengertest.Mattermost) { m.SetDatabaseDown(true) }, messenger.Transient},
		"restarted without a database": {func(m *messengertest.Mattermost) {
			m.SetDatabaseDown(true)
			m.DropSessions()
		}, messenger.Transient},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bot, server := simulated(t, messengertest.Options{})
			to := messenger.Address{ID: server.AddChannel("access-requests")}
			ref, err := bot.Post(t.Context(), to, small, "first")
			if err != nil {
				t.Fatal(err)
			}
			tt.spoil(server)
			_, post := bot.Post(t.Context(), to, small, "key")
			for name, err := range map[string]error{"Post": post, "Update": bot.Update(t.Context(), ref, small)} {
				if got := messenger.AsError(err); err == nil || got.Class != tt.class {
					t.Errorf("%s = %+v, want class %s", name, got, tt.class)
				}
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

func TestRateLimitIsNeverExceeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, server := simulated(t, messengertest.Options{RateLimits: messengertest.RateLimits{
			Token: messengertest.RateLimit{Limit: 3, Window: 10 * time.Second},
		}})
		to := messenger.Address{ID: server.AddChannel("access-requests")}
		for range 10 {
			_, err := bot.Post(t.Context(), to, small, "")
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
