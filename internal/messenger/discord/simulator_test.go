package discord_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/discord"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

const key = "abcdefghijklmnopqrstuvwx"

// simulated returns a bot on a simulated Discord that refuses what Discord
// refuses.
func simulated(t *testing.T, options messengertest.Options) (*discord.Discord, *messengertest.Discord) {
	t.Helper()
	server := messengertest.NewDiscord(options)
	return bot(t, server), server
}

// bot returns another bot with the same token, as after a restart.
func bot(t *testing.T, server *messengertest.Discord) *discord.Discord {
	t.Helper()
	d, err := discord.New(discord.Config{
		Token:      messengertest.DefaultToken,
		BaseURL:    "http://discord.simulated/api/v10",
		HTTPClient: &http.Client{Transport: server.Transport()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
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
	bot, server := simulated(t, messengertest.Options{})
	channel := server.AddChannel("access-requests")
	if err := bot.Check(ctx); err != nil {
		t.Fatal(err)
	}
	to, err := bot.Resolve(ctx, channel)
	if want := (messenger.Address{ID: channel}); err != nil || to != want {
		t.Fatalf("Resolve = %v, %v; want %v", to, err, want)
	}
	start := time.Now()
	ref, err := bot.Post(ctx, to, sample(accessrequest.Pending, "please @everyone **now** [x](https://evil.example)"), key)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := bot.Find(ctx, to, key, start); err != nil || found != ref {
		t.Errorf("Find = %v, %v; want %v", found, err, ref)
	}
	if _, err := bot.Find(ctx, to, strings.Repeat("z", 24), start); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("Find of another key = %v", err)
	}
	denied := sample(accessrequest.Denied, "please @everyone")
	denied.Reviews = []message.Review{{Author: "bob <@123456789012345678>", State: accessrequest.Denied, Reason: "no", Time: start}}
	if err := bot.Update(ctx, ref, denied); err != nil {
		t.Fatal(err)
	}
	if found, err := bot.Find(ctx, to, key, start); err != nil || found != ref {
		t.Errorf("Find after an update = %v, %v; want %v", found, err, ref)
	}

	posts := server.PostsIn(channel)
	if len(posts) != 1 {
		t.Fatalf("%d posts, want the message", len(posts))
	}
	post := posts[0]
	if post.Key != key || post.Revisions != 2 || len(post.Mentions) > 0 {
		t.Errorf("the message is %+v, want its second revision, nobody mentioned", post)
	}
	if first := post.History[0]; !strings.Contains(first, "please ＠everyone **now** [x](https://evil.example)") {
		t.Errorf("the first revision reads %q", first)
	}
	if !strings.Contains(post.Text, "Denied by bob <@123456789012345678>") || strings.Contains(post.Text, "Pending") {
		t.Errorf("the second revision reads %q", post.Text)
	}
	want := map[string]int{
		"GET /users/@me": 1, "GET /channels/{channel}": 1, "GET /channels/{channel}/messages": 3,
		"POST /channels/{channel}/messages": 1, "PATCH /channels/{channel}/messages/{message}": 1,
	}
	if diff := cmp.Diff(want, server.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestPlainUpdateRemovesTheEmbed(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: server.AddChannel("access-requests")}
	m := sample(accessrequest.Pending, "please")
	ref, err := bot.Post(t.Context(), to, m, key)
	if err != nil {
		t.Fatal(err)
	}
	m.Plain = true
	if err := bot.Update(t.Context(), ref, m); err != nil {
		t.Fatal(err)
	}
	if post := server.Posts()[0]; strings.Contains(post.Text, "alice") || !strings.Contains(post.Text, "Pending") {
		t.Errorf("the message reads %q", post.Text)
	}
	if found, err := bot.Find(t.Context(), to, key, time.Now()); err != nil || found != ref {
		t.Errorf("Find = %v, %v; want %v", found, err, ref)
	}
}

func TestPeopleAreOneRecipientHoweverNamed(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	user := server.AddUser("alice@example.com")
	first, err := bot.Resolve(t.Context(), "user:"+user)
	if err != nil || !first.Direct || first.ID == user {
		t.Fatalf("Resolve = %v, %v", first, err)
	}
	for _, recipient := range []string{user, first.ID, "user:" + user} {
		if again, err := bot.Resolve(t.Context(), recipient); err != nil || again != first {
			t.Errorf("Resolve(%s) = %v, %v; want %v", recipient, again, err, first)
		}
	}
	start := time.Now()
	if _, err := bot.Find(t.Context(), first, key, start); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("Find among no messages = %v, want ErrNotFound", err)
	}
	ref, err := bot.Post(t.Context(), first, sample(accessrequest.Pending, "please"), key)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := bot.Find(t.Context(), first, key, start); err != nil || found != ref {
		t.Errorf("Find = %v, %v; want %v", found, err, ref)
	}
	if posts := server.Posts(); len(posts) != 1 || posts[0].User != user {
		t.Errorf("posts = %+v", posts)
	}
}

func TestRefusals(t *testing.T) {
	type spoiled = func(*messengertest.Discord, string)
	tests := map[string]struct {
		spoil spoiled
		class messenger.Class
		code  string
	}{
		"not invited": {(*messengertest.Discord).Kick, messenger.RecipientPermanent, "50001"},
		"deleted":     {(*messengertest.Discord).Archive, messenger.RecipientPermanent, "10003"},
		"revoked": {func(d *messengertest.Discord, _ string) {
			d.RevokeToken(messengertest.DefaultToken)
		}, messenger.MessengerPermanent, "http_401"},
		"AutoMod": {func(d *messengertest.Discord, _ string) {
			d.Faults().FailNext(1, messengertest.Failure{Code: "200000"})
		}, messenger.ContentRejected, "200000"},
		"overloaded": {func(d *messengertest.Discord, _ string) {
			d.Faults().FailNext(1, messengertest.Failure{Code: "130000"})
		}, messenger.Transient, "http_503"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bot, server := simulated(t, messengertest.Options{})
			channel := server.AddChannel("access-requests")
			tt.spoil(server, channel)
			_, err := bot.Post(t.Context(), messenger.Address{ID: channel}, sample(accessrequest.Pending, "please"), key)
			if got := messenger.AsError(err); got.Class != tt.class || got.Code != tt.code {
				t.Errorf("Post = %+v, want %s of class %s", got, tt.code, tt.class)
			}
		})
	}
}

func TestRecipientsThatCannotWork(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	hidden := server.AddChannel("hidden", messengertest.WithoutBot())
	shy := server.AddUser("shy@example.com", messengertest.WithoutDirectMessages())
	locked := server.AddChannel("locked", messengertest.ReadOnly())
	for recipient, code := range map[string]string{
		hidden: "50001", "123456789012345678": "10003", "user:123456789012345678": "10013", "user:" + server.BotID(): "50007",
		"shy@example.com": "invalid_recipient",
	} {
		_, err := bot.Resolve(t.Context(), recipient)
		if got := messenger.AsError(err); got.Class != messenger.RecipientPermanent || got.Code != code {
			t.Errorf("Resolve(%s) = %+v, want %s", recipient, got, code)
		}
	}
	for recipient, code := range map[string]string{locked: "50013", shy: "50007"} {
		to, err := bot.Resolve(t.Context(), recipient)
		if err != nil {
			t.Fatal(err)
		}
		_, err = bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), key)
		if got := messenger.AsError(err); got.Class != messenger.RecipientPermanent || got.Code != code {
			t.Errorf("Post to %s = %+v, want %s", recipient, got, code)
		}
	}
}

func TestUpdateOfAMessageThatCannotBeEdited(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	channel := server.AddChannel("access-requests")
	err := bot.Update(t.Context(), messenger.Ref{Channel: channel, ID: "123456789012345678"}, sample(accessrequest.Approved, "please"))
	if got := messenger.AsError(err); got.Class != messenger.MessageGone || got.Code != "10008" {
		t.Errorf("Update of no message = %+v", got)
	}
	server.AddBot("another-token")
	other, err := discord.New(discord.Config{
		Token: "another-token", BaseURL: "http://discord.simulated/api/v10",
		HTTPClient: &http.Client{Transport: server.Transport()},
	})
	if err != nil {
		t.Fatal(err)
	}
	to := messenger.Address{ID: channel}
	ref, err := other.Post(t.Context(), to, sample(accessrequest.Pending, "please"), key)
	if err != nil {
		t.Fatal(err)
	}
	err = bot.Update(t.Context(), ref, sample(accessrequest.Approved, "please"))
	if got := messenger.AsError(err); got.Class != messenger.MessageGone || got.Code != "50005" {
		t.Errorf("Update of another bot's message = %+v", got)
	}
	if _, err := bot.Find(t.Context(), to, key, time.Now()); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("Find of another bot's message = %v, want ErrNotFound", err)
	}
}

func TestEverySizeIsAccepted(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: server.AddChannel("access-requests")}
	for _, n := range []int{0, 1, 200, 999, 1000, 1001, 4096, 20_000} {
		for _, letter := range []string{"x", "*", "😀", "\\", "@here ", "\n1. "} {
			text := strings.Repeat(letter, n)
			now := time.Now()
			request := accessrequest.Request{
				ID: text, User: text, Roles: []string{text, text}, Reason: text, State: accessrequest.Promoted,
				SuggestedReviewers: []string{text}, ResolveReason: text + "!", PromotedTo: text, Created: now, Expires: now,
				Resources: []accessrequest.Resource{{Name: text}},
				Reviews:   []accessrequest.Review{{Author: text, Reason: text}},
			}
			m := message.New(request, message.Cluster{Name: text})
			ref, err := bot.Post(t.Context(), to, m, "")
			if err != nil {
				t.Errorf("Post of %d %q: %v", n, letter, err)
				continue
			}
			m.Plain = true
			if err := bot.Update(t.Context(), ref, m); err != nil {
				t.Errorf("Update of %d %q: %v", n, letter, err)
			}
		}
	}
	for _, post := range server.Posts() {
		if len(post.Mentions) > 0 {
			t.Errorf("%q mentions %q", post.Text, post.Mentions)
		}
	}
}

func TestUnclearPostIsNotRepeated(t *testing.T) {
	first, server := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: server.AddChannel("access-requests")}
	start := time.Now()

	server.Faults().RefuseConnections(true)
	_, err := first.Post(t.Context(), to, sample(accessrequest.Pending, "please"), key)
	if got := messenger.AsError(err); got.Class != messenger.Transient || got.Unclear {
		t.Errorf("refused connection: %+v, want transient and clear", got)
	}
	server.Faults().Clear()

	server.Faults().DropAfterAccept(1)
	if _, err = first.Post(t.Context(), to, sample(accessrequest.Pending, "please"), key); !messenger.AsError(err).Unclear {
		t.Errorf("lost answer: %v, want unclear", err)
	}
	second := bot(t, server)
	found, err := second.Find(t.Context(), to, key, start)
	if err != nil {
		t.Fatalf("Find after a lost answer = %v", err)
	}
	again, err := second.Post(t.Context(), to, sample(accessrequest.Approved, "please"), key)
	if err != nil || again != found {
		t.Fatalf("Post with the same key = %v, %v; want %v", again, err, found)
	}
	posts := server.Posts()
	if len(posts) != 1 || posts[0].ID != found.ID {
		t.Fatalf("posts = %+v, want %v", posts, found)
	}
	if !strings.Contains(posts[0].Text, "Approved") || posts[0].Revisions != 2 {
		t.Errorf("the message reads %q, want what was posted last", posts[0].Text)
	}
	if found, err = second.Find(t.Context(), to, key, start); err != nil || found != again {
		t.Errorf("Find after that = %v, %v; want %v", found, err, again)
	}
}

func TestRepeatingAPostChangesNothing(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: server.AddChannel("access-requests")}
	m := sample(accessrequest.Pending, "please")
	for range 3 {
		if _, err := bot.Post(t.Context(), to, m, key); err != nil {
			t.Fatal(err)
		}
	}
	if posts := server.Posts(); len(posts) != 1 || posts[0].Revisions != 1 {
		t.Errorf("posts = %+v, want one that was never edited", posts)
	}
}

func TestFindWithoutTheHistory(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: server.AddChannel("access-requests", messengertest.WithoutHistory())}
	if _, err := bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), key); err != nil {
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
	plain := sample(accessrequest.Pending, "please")
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
	if found, err := bot.Find(t.Context(), to, key, start); err != nil || found != want {
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
		m := sample(accessrequest.Pending, "please")
		start := time.Now()
		waits := 0
		for range 17 {
			_, err := bot.Post(t.Context(), to, m, "")
			for err != nil {
				failure := messenger.AsError(err)
				if failure.Class != messenger.Throttled || failure.Code != "paused" || failure.TokenWide {
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
				_, err := bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), key)
				got := messenger.AsError(err)
				if got.Class != messenger.Throttled || got.RetryAfter != 7*time.Second || got.TokenWide != tt.global {
					t.Errorf("Post = %+v, want 7 s, all calls: %t", got, tt.global)
				}
				server.Faults().Unthrottle()
				if err := bot.Check(t.Context()); (err != nil) != tt.global {
					t.Errorf("Check = %v, want a pause: %t", err, tt.global)
				}
				time.Sleep(7 * time.Second)
				if _, err := bot.Post(t.Context(), to, sample(accessrequest.Pending, "please"), key); err != nil {
					t.Errorf("Post after the pause = %v", err)
				}
				if n := server.InvalidRequests(); n != 1 {
					t.Errorf("%d refusals, want 1", n)
				}
			})
		})
	}
}

func TestTheEndOfTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, server := simulated(t, messengertest.Options{Now: today})
		to := messenger.Address{ID: server.AddChannel("access-requests")}
		server.Faults().Latency(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := bot.Post(ctx, to, sample(accessrequest.Pending, "please"), key)
		if !errors.Is(err, ctx.Err()) || ctx.Err() == nil || !messenger.AsError(err).Unclear {
			t.Errorf("Post = %v, want the end of the context", err)
		}
	})
}
