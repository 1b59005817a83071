package slack

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
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

// TestPostByNameKnowsTheChannel covers an address that is a name until the token may
// list channels: the reference has the channel's id from the start.
func TestPostByNameKnowsTheChannel(t *testing.T) {
	few := []string{"chat:write", "channels:history"}
	bot, workspace := simulated(t, messengertest.Options{Scopes: few})
	id := workspace.AddChannel("access-requests")
	start := time.Now()
	byName, err := bot.Resolve(t.Context(), "#access-requests")
	if err != nil || byName.ID != "access-requests" {
		t.Fatalf("Resolve = %v, %v; want the name", byName, err)
	}
	ref, err := bot.Post(t.Context(), byName, small, "key")
	if err != nil || ref.Channel != id {
		t.Fatalf("Post = %v, %v; want channel %s", ref, err, id)
	}
	found, err := bot.Find(t.Context(), messenger.Address{ID: ref.Channel}, "key", start)
	if err != nil || !slices.Equal(found, []messenger.Ref{ref}) {
		t.Errorf("Find by the channel of the reference = %v, %v; want %v", found, err, ref)
	}
	workspace.SetScopes(messengertest.DefaultToken, append(few, "channels:read", "groups:read")...)
	later := conformance.Bot(t, workspace, "/api/", New)
	if again, err := later.Resolve(t.Context(), "#access-requests"); err != nil || again.ID != ref.Channel {
		t.Errorf("Resolve with more scopes = %v, %v; want the channel of the reference, %s", again, err, id)
	}
}

// TestOrgWideTokenIsToldWhatToDo covers a token for a whole organization, for which
// Slack neither lists channels nor takes names.
func TestOrgWideTokenIsToldWhatToDo(t *testing.T) {
	bot, workspace := simulated(t, messengertest.Options{})
	id := workspace.AddChannel("access-requests")
	workspace.SetOrgWide(true)
	to, err := bot.Resolve(t.Context(), "#access-requests")
	if err != nil {
		t.Fatalf("Resolve = %v, want a name to post to", err)
	}
	_, err = bot.Post(t.Context(), to, small, "key")
	e := messenger.AsError(err)
	if e.Class != messenger.RecipientPermanent || e.Advice != "Name the channel by its id: this token is for a whole organization" {
		t.Errorf("Post = %+v, want the recipient to be told", e)
	}
	to, err = bot.Resolve(t.Context(), id)
	if err == nil {
		_, err = bot.Post(t.Context(), to, small, "key")
	}
	if err != nil {
		t.Errorf("delivery by id = %v", err)
	}
}

// TestFindReadsForward covers more later messages than any search reads: they neither
// hide a message nor are they read.
func TestFindReadsForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, workspace := simulated(t, messengertest.Options{})
		to := messenger.Address{ID: workspace.AddChannel("busy")}
		workspace.Crowd(to.ID, historySize, "before")
		time.Sleep(time.Minute)
		start := time.Now()
		ref, err := bot.Post(t.Context(), to, small, "key")
		if err != nil {
			t.Fatal(err)
		}
		for range historyPages + 2 {
			workspace.Crowd(to.ID, historySize, "after")
			time.Sleep(20 * time.Minute)
		}
		found, err := bot.Find(t.Context(), to, "key", start)
		if err != nil || !slices.Equal(found, []messenger.Ref{ref}) {
			t.Errorf("Find = %v, %v; want %v", found, err, ref)
		}
		if calls := workspace.Calls()["conversations.history"]; calls > 8+historyRest {
			t.Errorf("it took %d calls", calls)
		}
		if found, err := bot.Find(t.Context(), to, "another key", start); !errors.Is(err, messenger.ErrCannotLook) {
			t.Errorf("Find of none among more than is read = %v, %v; want ErrCannotLook", found, err)
		}
	})
}

// TestFindReplyReadsForward covers a thread in which others wrote much before.
func TestFindReplyReadsForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, workspace := simulated(t, messengertest.Options{})
		to := messenger.Address{ID: workspace.AddChannel("busy")}
		ref, err := bot.Post(t.Context(), to, small, "key")
		if err != nil {
			t.Fatal(err)
		}
		review := message.Review{Author: "bob"}
		for i := range historySize {
			if err := bot.Reply(t.Context(), ref, review, fmt.Sprint("earlier ", i)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Hour)
		start := time.Now()
		if err := bot.Reply(t.Context(), ref, review, "reply"); err != nil {
			t.Fatal(err)
		}
		if err := bot.FindReply(t.Context(), ref, "reply", start); err != nil {
			t.Errorf("FindReply = %v", err)
		}
		if calls := workspace.Calls()["conversations.replies"]; calls != 1 {
			t.Errorf("it took %d calls, want 1", calls)
		}
	})
}

// TestFindLeavesNoGaps covers messages around the ends of the spans that are searched
// one after the other.
func TestFindLeavesNoGaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, workspace := simulated(t, messengertest.Options{})
		to := messenger.Address{ID: workspace.AddChannel("busy")}
		start := time.Now()
		// The first spans begin with the margin, and each is twice as long as the one before.
		firstEnd := historyWindow - messenger.ClockMargin
		posted := map[string]messenger.Ref{}
		for _, end := range []time.Duration{firstEnd, firstEnd + 2*historyWindow, firstEnd + 6*historyWindow} {
			for _, offset := range []time.Duration{-time.Microsecond, 0, time.Microsecond} {
				time.Sleep(time.Until(start.Add(end + offset)))
				key := (end + offset).String()
				ref, err := bot.Post(t.Context(), to, small, key)
				if err != nil {
					t.Fatal(err)
				}
				posted[key] = ref
			}
			workspace.Crowd(to.ID, 300, "hello")
		}
		workspace.Crowd(to.ID, 2*historySize, "hello")
		for key, ref := range posted {
			if found, err := bot.Find(t.Context(), to, key, start); err != nil || !slices.Equal(found, []messenger.Ref{ref}) {
				t.Errorf("Find of what was posted after %s = %v, %v; want %v", key, found, err, ref)
			}
		}
	})
}
