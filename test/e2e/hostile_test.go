//go:build e2e

package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// hostile are texts that would notify people, be found as hashtags or link to
// somewhere if they were not taken as data.
var hostile = []string{
	"@channel @all @here @reviewer",
	"`@channel` ``@all`` ```\n@here\n``` ` @reviewer",
	"x`\n@channel\n`y",
	"\\`@channel\\` <!channel> #incident ~town-square",
	"\u202e@channel\u200b @rev\u200biewer",
	"[Approve](https://evil.example) ![x](https://evil.example/x.png)",
	"**Approved** | a | b |\n|---|---|\n# @all",
	"@channel: @reviewer. (@here) @all_",
}

// ours is what we write around what people typed: code spans, links that are shown as
// they were typed, and the marks of quotations.
var ours = regexp.MustCompile("`[^`\n]+`|<https://[^\\s<>]+>|(?m:^> ?)")

// TestHostileText: no reader of the channel is notified, whatever requesters typed.
func TestHostileText(t *testing.T) {
	ctx, bot, room := t.Context(), newBot(t), shared.room(t)
	mentions := func() int {
		return must(shared.admin.Mentions(ctx, room.ID, shared.reviewer))(t)
	}
	// Mattermost counts a little later. The first is of the invitation.
	eventually(t, time.Minute, "the reviewer is notified of the invitation", func() bool { return mentions() == 1 })
	for _, text := range hostile {
		for _, plain := range []bool{false, true} {
			r := asked()
			r.ID, r.User, r.Reason, r.ResolveReason, r.PromotedTo = text, text, text, text, text
			r.Roles, r.SuggestedReviewers = []string{text, text}, []string{text}
			r.Resources = []accessrequest.Resource{{Cluster: text, Kind: text, Name: text}}
			r.Reviews = []accessrequest.Review{{Author: text, State: accessrequest.Denied, Reason: text}}
			m := message.New(r, accessrequest.Cluster{Name: text, ProxyAddr: text})
			m.Plain = plain
			ref := must(bot.Post(ctx, messenger.Address{ID: room.ID}, m, newKey(t, "post")))(t)
			r.State = accessrequest.Promoted
			if err := bot.Update(ctx, ref, message.New(r, accessrequest.Cluster{Name: text})); err != nil {
				t.Fatal(err)
			}
			if err := bot.Reply(ctx, ref, m.Reviews[0], newKey(t, "reply")); err != nil {
				t.Fatal(err)
			}
		}
	}
	posts := shared.posts(t, room.ID)
	if want := 4 * len(hostile); len(posts) != want {
		t.Fatalf("%d posts, want %d", len(posts), want)
	}
	for _, p := range posts {
		texts := []string{p.Message}
		if p.Props["attachments"] != nil {
			_, link, status, values := box(t, p)
			if texts = append(append(texts, status), values...); link != "" {
				t.Errorf("the post links to %q", link)
			}
		}
		if rest := ours.ReplaceAllString(strings.Join(texts, "\n"), ""); strings.ContainsAny(rest, "@#~[]<>|`") {
			t.Errorf("outside of code, the post says %q", rest)
		}
		if p.Hashtags != "" {
			t.Errorf("the post %q has hashtags %q", p.Message, p.Hashtags)
		}
	}
	// The same text as a message does notify, once, and nothing else did.
	raw := map[string]any{"channel_id": room.ID, "message": hostile[0] + " #incident"}
	if err := shared.bot.Session.Do(ctx, "POST", "/posts", raw, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "the reviewer is notified of a mention", func() bool { return mentions() > 1 })
	calm(t, 2*time.Second)
	if got := mentions(); got != 2 {
		t.Errorf("%d notifications, want 2: of the invitation and of the mention", got)
	}
	if p := shared.posts(t, room.ID)[0]; p.Hashtags != "#incident" {
		t.Errorf("a hashtag is found as %q: the test proves nothing", p.Hashtags)
	}
}
