package mattermost

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// Mattermost has threads of one level. What follows a message that follows another,
// and replies to it, are in the thread of the first.
func TestEverythingIsInTheThreadOfTheFirst(t *testing.T) {
	b := newBusy(t)
	start := time.Now()
	first := b.post("first")
	second, err := b.bot.Follow(t.Context(), b.to, first, decided, "second")
	if err != nil {
		t.Fatal(err)
	}
	third, err := b.bot.Follow(t.Context(), b.to, second, decided, "third")
	if err != nil {
		t.Fatal(err)
	}
	for i, ref := range []messenger.Ref{first, second, third} {
		key := strings.Repeat("r", i+1)
		review := message.Review{Author: "bob", State: accessrequest.Approved}
		if err := b.bot.Reply(t.Context(), ref, review, key); err != nil {
			t.Errorf("Reply to message %d = %v", i, err)
		}
		if err := b.bot.FindReply(t.Context(), ref, key, start); err != nil {
			t.Errorf("FindReply below message %d = %v", i, err)
		}
		if found, err := b.bot.Find(t.Context(), b.to, key, start); err == nil {
			t.Errorf("Find takes a reply for a message: %v", found)
		}
	}
	for _, post := range b.server.Posts()[1:] {
		if post.ThreadOf != first.ID {
			t.Errorf("%s is in the thread of %q, want that of the first message", post.ID, post.ThreadOf)
		}
	}
	b.wantFound("third", start, 1, third)
	if err := b.bot.FindReply(t.Context(), first, "third", start); err == nil {
		t.Error("FindReply takes a message for a reply")
	}
}

// What cannot be pointed to is done without.
func TestFollowWithoutAPreviousMessage(t *testing.T) {
	for name, previous := range map[string]messenger.Ref{
		"deleted": {ID: "nosuchpostnosuchpostnosuch"}, "forged": {ID: "../users/me"}, "elsewhere": {Channel: channelID, ID: postID},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBusy(t)
			if previous.Channel == "" {
				previous.Channel = b.to.ID
			}
			ref, err := b.bot.Follow(t.Context(), b.to, previous, decided, "key")
			posts := b.server.Posts()
			if err != nil || len(posts) != 1 || posts[0].ID != ref.ID || posts[0].ThreadOf != "" {
				t.Errorf("Follow = %v, %v; posts %+v", ref, err, posts)
			}
		})
	}
}

// Display names are as people wrote them: with joiners, in which other names differ.
func TestDisplayNamesWithJoiners(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	var ids []string
	names := []string{"می\u200cخواهم", "میخواهم", "\U0001F468\u200D\U0001F4BB Ops", "ක්\u200dෂ"}
	for i, name := range names {
		ids = append(ids, server.AddChannel(string(rune('a'+i)), messengertest.Displayed(name)))
	}
	for _, name := range names {
		to, err := bot.Resolve(t.Context(), "main/"+name)
		if i := slices.Index(names, name); err != nil || to.ID != ids[i] {
			t.Errorf("Resolve(%q) = %v, %v; want %s", name, to, err, ids[i])
		}
	}
}
