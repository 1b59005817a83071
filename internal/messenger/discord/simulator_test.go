package discord

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/scripted"
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

// That there is no message is certain also in a channel that has gone on.
func TestFindNothingInABusyChannel(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: server.AddChannel("access-requests")}
	start := time.Now()
	server.Crowd(to.ID, 3000, "hello")
	if found, err := bot.Find(t.Context(), to, key, start); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("Find = %v, %v; want ErrNotFound", found, err)
	}
}

// One message that is larger than what is read ends a search, soon, and nothing else.
func TestFindGivesUpOnWhatIsTooLarge(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: server.AddChannel("access-requests")}
	start := time.Now()
	server.Crowd(to.ID, 1, strings.Repeat("x", 1<<20))
	if found, err := bot.Find(t.Context(), to, key, start); !errors.Is(err, messenger.ErrCannotLook) {
		t.Errorf("Find = %v, %v; want ErrCannotLook", found, err)
	}
	if found, err := bot.Find(t.Context(), to, key, start.Add(time.Hour)); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("Find after it = %v, %v; want ErrNotFound", found, err)
	}
	if n := server.Calls()["GET /channels/{channel}/messages"]; n > 10 {
		t.Errorf("%d calls", n)
	}
}

// threads is a thread below a channel, with a message of ours.
func threads(t *testing.T) (*Discord, *messengertest.Discord, messenger.Ref) {
	t.Helper()
	bot, server := simulated(t, messengertest.Options{})
	thread := server.AddThread(server.AddChannel("access-requests"), "reviews")
	ref, err := bot.Post(t.Context(), messenger.Address{ID: thread}, small, key)
	if err != nil {
		t.Fatal(err)
	}
	return bot, server, ref
}

var approved = message.Message{RequestID: "id", Title: "Role request", State: accessrequest.Approved, Status: "Approved"}

// An edit reopens a thread that Discord has archived meanwhile.
func TestEditInAnArchivedThread(t *testing.T) {
	bot, server, ref := threads(t)
	server.Archive(ref.Channel)
	if err := bot.Update(t.Context(), ref, approved); err != nil {
		t.Fatal(err)
	}
	if post := server.Posts()[0]; !strings.Contains(post.Text, "Approved") {
		t.Errorf("the message says %q", post.Text)
	}
	if n := server.Calls()[routeReopens]; n != 1 {
		t.Errorf("the thread was reopened %d times", n)
	}
}

const routeReopens = "PATCH /channels/{channel}"

// Where it cannot, because the thread is locked, the message is final.
func TestEditInALockedThread(t *testing.T) {
	bot, server, ref := threads(t)
	server.Archive(ref.Channel)
	server.LockThread(ref.Channel, true)
	scripted.CheckError(t, bot.Update(t.Context(), ref, approved), &messenger.Error{
		Class: messenger.MessageFinal, Call: callEdit, Code: "50083", Advice: adviceLocked,
	})
	_, err := bot.Post(t.Context(), messenger.Address{ID: ref.Channel}, small, "another")
	scripted.CheckError(t, err, &messenger.Error{
		Class: messenger.RecipientPermanent, Call: callPost, Code: "50083", Advice: adviceLocked,
	})
	server.LockThread(ref.Channel, false)
	if _, err := bot.Post(t.Context(), messenger.Address{ID: ref.Channel}, small, "another"); err != nil {
		t.Errorf("Post into a thread that is only archived = %v", err)
	}
	if err := bot.Update(t.Context(), ref, approved); err != nil || server.Calls()[routeReopens] != 1 {
		t.Errorf("Update in a thread that a post has reopened = %v", err)
	}
}

// What keeps a thread from being reopened may pass.
func TestReopeningFails(t *testing.T) {
	for code, class := range map[string]messenger.Class{
		"130000": messenger.Transient, "40062": messenger.Throttled, "0": messenger.MessengerPermanent, "160006": messenger.MessageFinal,
	} {
		bot, server, ref := threads(t)
		server.Archive(ref.Channel)
		server.Faults().FailMethod(routeReopens, messengertest.Failure{Code: code})
		if got := messenger.AsError(bot.Update(t.Context(), ref, approved)); got.Class != class {
			t.Errorf("Update with %s = %+v, want class %s", code, got, class)
		}
	}
}

func TestThreadsTakeAPermissionOfTheirOwn(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	thread := server.AddThread(server.AddChannel("access-requests", messengertest.WithoutThreads()), "reviews")
	_, err := bot.Post(t.Context(), messenger.Address{ID: thread}, small, key)
	if got := messenger.AsError(err); got.Class != messenger.RecipientPermanent || !strings.Contains(got.Advice, "Send Messages in Threads") {
		t.Errorf("Post = %+v", got)
	}
}

// A message that answers another mentions its author no more than the others.
func TestFollowMentionsNobody(t *testing.T) {
	d, a := newDiscord(t, map[string][]answer{routePost: {posted}})
	previous := messenger.Ref{Channel: channelID, ID: "300000000000000007"}
	if _, err := d.Follow(t.Context(), address, previous, small, key); err != nil {
		t.Fatal(err)
	}
	sent := a.Last().JSON(t)
	want := map[string]any{"parse": []any{}, "replied_user": false}
	if diff := cmp.Diff(want, sent["allowed_mentions"]); diff != "" {
		t.Errorf("mentions (-want +got):\n%s", diff)
	}
	want = map[string]any{"message_id": previous.ID, "fail_if_not_exists": false}
	if diff := cmp.Diff(want, sent["message_reference"]); diff != "" {
		t.Errorf("reference (-want +got):\n%s", diff)
	}
	if sent["nonce"] != key || sent["enforce_nonce"] != true {
		t.Errorf("sent %v, want the key", sent)
	}
}

// What cannot be pointed to is done without.
func TestFollowWithoutAPreviousMessage(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	hidden := server.AddChannel("hidden", messengertest.WithoutHistory())
	open := server.AddChannel("open")
	old, err := bot.Post(t.Context(), messenger.Address{ID: hidden}, small, key)
	if err != nil {
		t.Fatal(err)
	}
	for i, previous := range []messenger.Ref{old, {Channel: open, ID: "300000000000000007"}, {Channel: open, ID: "../x"}, {Channel: hidden, ID: old.ID}} {
		to := previous.Channel
		if i == 3 {
			to = open
		}
		ref, err := bot.Follow(t.Context(), messenger.Address{ID: to}, previous, approved, fmt.Sprint("key", i))
		posts := server.PostsIn(to)
		if last := posts[len(posts)-1]; err != nil || last.ID != ref.ID || last.ThreadOf != "" {
			t.Errorf("Follow of %v = %v, %v; the last message is %+v", previous, ref, err, last)
		}
	}
}

// An edit by a process that did not post the message keeps its key, by which the
// message may still have to be found.
func TestEditsByAnotherProcessKeepTheKey(t *testing.T) {
	for name, plain := range map[string]bool{"with an embed": false, "plain": true} {
		t.Run(name, func(t *testing.T) {
			bot, server := simulated(t, messengertest.Options{})
			to := messenger.Address{ID: server.AddChannel("access-requests")}
			start := time.Now()
			m := small
			m.Plain = plain
			ref, err := bot.Post(t.Context(), to, m, key)
			if err != nil {
				t.Fatal(err)
			}
			other := conformance.Bot(t, server, "/api/v10", New)
			for range 2 {
				if err := other.Update(t.Context(), ref, approved); err != nil {
					t.Fatal(err)
				}
			}
			if n := server.Calls()["GET /channels/{channel}/messages/{message}"]; n != 1 {
				t.Errorf("the message was read %d times, want once", n)
			}
			third := conformance.Bot(t, server, "/api/v10", New)
			if found, err := third.Find(t.Context(), to, key, start); err != nil || !slices.Equal(found, []messenger.Ref{ref}) {
				t.Errorf("Find = %v, %v; want %v", found, err, ref)
			}
		})
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
				// A limit that is shared with others does not count towards a ban.
				want := 1
				if tt.throttling.Scope == messengertest.ScopeChannel {
					want = 0
				}
				if n := server.InvalidRequests(); n != want {
					t.Errorf("%d refusals, want %d", n, want)
				}
			})
		})
	}
}
