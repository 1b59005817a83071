package discord

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
)

// simulated returns a bot on a simulated Discord.
func simulated(t *testing.T, options messengertest.Options) (*Discord, *messengertest.Discord) {
	t.Helper()
	service := messengertest.NewDiscord(options)
	return conformance.Bot(t, service, "/api/v10", New), service
}

func TestPeopleWhoCannotBeWrittenTo(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	shy := server.AddUser("shy@example.com", messengertest.WithoutDirectMessages())
	to, err := bot.Resolve(t.Context(), shy)
	if err != nil {
		t.Fatal(err)
	}
	_, post := bot.Post(t.Context(), to, small, key)
	_, resolve := bot.Resolve(t.Context(), "user:"+server.BotID())
	for name, err := range map[string]error{"Post to the shy": post, "Resolve of itself": resolve} {
		if got := messenger.AsError(err); got.Class != messenger.RecipientPermanent || got.Code != "50007" {
			t.Errorf("%s = %+v, want 50007", name, got)
		}
	}
}

func TestFindWithoutTheHistory(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: server.AddChannel("access-requests", messengertest.WithoutHistory())}
	if _, err := bot.Post(t.Context(), to, small, key); err != nil {
		t.Fatal(err)
	}
	if _, err := bot.Find(t.Context(), to, key, time.Now()); !errors.Is(err, messenger.ErrCannotLook) {
		t.Errorf("Find = %v, want ErrCannotLook: Discord shows an empty channel", err)
	}
	server.Kick(to.ID)
	if _, err := bot.Find(t.Context(), to, key, time.Now()); !errors.Is(err, messenger.ErrCannotLook) {
		t.Errorf("Find in a channel out of sight = %v, want ErrCannotLook", err)
	}
}

func TestFindAmongManyOthers(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: server.AddChannel("access-requests")}
	plain := small
	plain.Plain = true
	start := time.Now()
	var want messenger.Ref
	for i := range 130 {
		nonce := ""
		if i == 77 {
			nonce = key
		}
		ref, err := bot.Post(t.Context(), to, plain, nonce)
		if err != nil {
			t.Fatal(err)
		}
		if i == 77 {
			want = ref
		}
	}
	if found, err := bot.Find(t.Context(), to, key, start); err != nil || !slices.Equal(found, []messenger.Ref{want}) {
		t.Errorf("Find = %v, %v; want %v", found, err, want)
	}
	if n := server.Calls()["GET /channels/{channel}/messages"]; n != 2 {
		t.Errorf("%d pages, want 2", n)
	}
}

// today is the clock of a bubble, which begins in 2000, years after that:
// Discord's ids count from 2015.
func today() time.Time { return time.Now().AddDate(30, 0, 0) }

// A bot that waits as it is told never gets a 429.
func TestHeadersAreObeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, server := simulated(t, messengertest.Options{Now: today, RateLimits: messengertest.RateLimits{
			Channel: messengertest.RateLimit{Limit: 5, Window: 5 * time.Second},
		}})
		to := messenger.Address{ID: server.AddChannel("access-requests")}
		m := small
		start := time.Now()
		waits := 0
		for range 17 {
			_, err := bot.Post(t.Context(), to, m, "")
			for err != nil {
				failure := messenger.AsError(err)
				if failure.Class != messenger.Throttled || failure.Code != "paused" || failure.Scope == messenger.ScopeToken {
					t.Fatalf("Post = %+v, want a pause", failure)
				}
				waits++
				time.Sleep(failure.RetryAfter)
				_, err = bot.Post(t.Context(), to, m, "")
			}
		}
		if waits != 3 || server.InvalidRequests() != 0 || len(server.Posts()) != 17 {
			t.Errorf("%d pauses, %d refusals, %d posts", waits, server.InvalidRequests(), len(server.Posts()))
		}
		if took := time.Since(start); took != 15*time.Second {
			t.Errorf("took %s, want 15 s", took)
		}
	})
}

func TestThrottling(t *testing.T) {
	for name, tt := range map[string]struct {
		throttling messengertest.Throttling
		global     bool
	}{
		"global":           {messengertest.Throttling{Scope: messengertest.ScopeAll}, true},
		"global, no JSON":  {messengertest.Throttling{Scope: messengertest.ScopeAll, PlainBody: true}, true},
		"channel":          {messengertest.Throttling{Scope: messengertest.ScopeChannel}, false},
		"posts everywhere": {messengertest.Throttling{Scope: messengertest.ScopeMethod, Target: "POST /channels/{channel}/messages"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bot, server := simulated(t, messengertest.Options{Now: today})
				to := messenger.Address{ID: server.AddChannel("access-requests")}
				tt.throttling.RetryAfter = 7 * time.Second
				server.Faults().Throttle(tt.throttling)
				_, err := bot.Post(t.Context(), to, small, key)
				got := messenger.AsError(err)
				if got.Class != messenger.Throttled || got.RetryAfter != 7*time.Second || (got.Scope == messenger.ScopeToken) != tt.global {
					t.Errorf("Post = %+v, want 7 s, all calls: %t", got, tt.global)
				}
				server.Faults().Unthrottle()
				if err := bot.Check(t.Context()); (err != nil) != tt.global {
					t.Errorf("Check = %v, want a pause: %t", err, tt.global)
				}
				time.Sleep(7 * time.Second)
				if _, err := bot.Post(t.Context(), to, small, key); err != nil {
					t.Errorf("Post after the pause = %v", err)
				}
				if n := server.InvalidRequests(); n != 1 {
					t.Errorf("%d refusals, want 1", n)
				}
			})
		})
	}
}
