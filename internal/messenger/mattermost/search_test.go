package mattermost

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// busy is a channel of a simulated server in which much goes on.
type busy struct {
	*testing.T
	bot    *Mattermost
	server *messengertest.Mattermost
	to     messenger.Address
}

func newBusy(t *testing.T) busy {
	t.Helper()
	bot, server := simulated(t, messengertest.Options{})
	return busy{T: t, bot: bot, server: server, to: messenger.Address{ID: server.AddChannel("ops")}}
}

// post posts a message that must be accepted.
func (b busy) post(key string) messenger.Ref {
	b.Helper()
	ref, err := b.bot.Post(b.Context(), b.to, small, key)
	if err != nil {
		b.Fatal(err)
	}
	return ref
}

// crowd makes others post, a second apart.
func (b busy) crowd(n int) {
	for range n {
		time.Sleep(time.Second)
		b.server.Crowd(b.to.ID, 1, "hello")
	}
}

// wantFound checks what is found of a key, and in how many calls at most.
func (b busy) wantFound(key string, since time.Time, calls int, want ...messenger.Ref) {
	b.Helper()
	before := b.server.Calls()["GET /channels/{channel}/posts"]
	found, err := b.bot.Find(b.Context(), b.to, key, since)
	if err != nil || !slices.Equal(found, want) {
		b.Errorf("Find = %v, %v; want %v", found, err, want)
	}
	if n := b.server.Calls()["GET /channels/{channel}/posts"] - before; n > calls {
		b.Errorf("Find took %d calls, want at most %d", n, calls)
	}
}

// However many posts and replies came before and after, a message is found, and so is
// its copy; that there is none is certain.
func TestFindInABusyChannel(t *testing.T) {
	for name, earlier := range map[string]int{"old channel": 700, "new channel": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBusy(t)
				b.crowd(earlier)
				time.Sleep(time.Hour)
				start := time.Now()
				first := b.post("key")
				for i := range 1100 {
					review := message.Review{Author: "bob", State: accessrequest.Approved}
					if err := b.bot.Reply(t.Context(), first, review, fmt.Sprint(i)); err != nil {
						t.Fatal(err)
					}
				}
				b.crowd(1500)
				second := b.post("key")
				b.crowd(500)
				b.wantFound("key", start, 70, first, second)
				b.wantFound("key", start.Add(messenger.ClockMargin+8*time.Minute), 50, second)
				if found, err := b.bot.Find(t.Context(), b.to, "none", start); !errors.Is(err, messenger.ErrNotFound) {
					t.Errorf("Find of none = %v, %v", found, err)
				}
			})
		})
	}
}

// Mattermost's times are milliseconds, and its pages around a post leave out those of
// the same one.
func TestFindAmongPostsOfOneMillisecond(t *testing.T) {
	for _, before := range []int{0, 1, historyPage - 1, historyPage, historyPage + 1, 3 * historyPage} {
		t.Run(fmt.Sprint(before), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBusy(t)
				b.server.Crowd(b.to.ID, 1, "older")
				time.Sleep(time.Hour)
				start := time.Now()
				b.server.Crowd(b.to.ID, before, "hello")
				ref := b.post("key")
				b.server.Crowd(b.to.ID, 2*historyPage, "hello")
				time.Sleep(time.Millisecond)
				b.server.Crowd(b.to.ID, 3*historyPage, "hello")
				b.wantFound("key", start, 24, ref)
			})
		})
	}
}

// One post that is larger than what is read ends a search, soon, and nothing else.
func TestFindGivesUpOnWhatIsTooLarge(t *testing.T) {
	b := newBusy(t)
	start := time.Now()
	b.post("key")
	b.server.Crowd(b.to.ID, 1, strings.Repeat("x", 1<<20))
	found, err := b.bot.Find(t.Context(), b.to, "key", start)
	if !errors.Is(err, messenger.ErrCannotLook) {
		t.Errorf("Find = %v, %v; want ErrCannotLook", found, err)
	}
	if n := b.server.Calls()["GET /channels/{channel}/posts"]; n > 8 {
		t.Errorf("Find took %d calls", n)
	}
}

// A page is halved for long posts, and grows again after them.
func TestFindBeyondLongPosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBusy(t)
		b.crowd(100)
		time.Sleep(time.Hour)
		start := time.Now()
		for range 120 {
			time.Sleep(time.Second)
			b.server.Crowd(b.to.ID, 1, strings.Repeat("🙂", 12_000))
		}
		ref := b.post("key")
		b.crowd(1200)
		b.wantFound("key", start, 80, ref)
	})
}

func TestFindReplyInALongThread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBusy(t)
		start := time.Now()
		root := b.post("root")
		for i := range 500 {
			time.Sleep(10 * time.Second)
			reason := strings.Repeat("long ", 500)
			review := message.Review{Author: "bob", State: accessrequest.Approved, Reason: reason}
			if err := b.bot.Reply(t.Context(), root, review, fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		for key, want := range map[string]error{"0": nil, "250": nil, "499": nil, "none": messenger.ErrNotFound, "root": messenger.ErrNotFound} {
			if err := b.bot.FindReply(t.Context(), root, key, start); !errors.Is(err, want) {
				t.Errorf("FindReply(%s) = %v, want %v", key, err, want)
			}
		}
		before := b.server.Calls()["GET /posts/{post}/thread"]
		if err := b.bot.FindReply(t.Context(), root, "490", start.Add(4900*time.Second)); err != nil {
			t.Errorf("FindReply near the end = %v", err)
		}
		if n := b.server.Calls()["GET /posts/{post}/thread"] - before; n > 3 {
			t.Errorf("FindReply took %d calls, although it knows the time", n)
		}
	})
}
