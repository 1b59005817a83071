//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/test/e2e/mattermost"
)

var cluster = accessrequest.Cluster{Name: "prod", ProxyAddr: "teleport.example.com:443", WebReviews: true}

const requester = "alice@example.com"

// asked returns a pending request.
func asked() accessrequest.Request {
	now := time.Now()
	return accessrequest.Request{
		ID:                 "0193f1a2-7c1d-7b3e-9a55-3f6f0e6c1d2b",
		User:               requester,
		Roles:              []string{"editor", "db-admin"},
		Reason:             "Ticket OPS-42",
		SuggestedReviewers: []string{"bob@example.com"},
		State:              accessrequest.Pending,
		Thresholds:         []accessrequest.Threshold{{Approve: 1, Deny: 1}},
		RoleThresholds:     map[string][][]uint32{"editor": {{0}}, "db-admin": {{0}}},
		Created:            now,
		Expires:            now.Add(time.Hour),
		AccessExpires:      now.Add(8 * time.Hour),
	}
}

func about(state accessrequest.State) message.Message {
	r := asked()
	r.State = state
	return message.New(r, cluster)
}

// newKey returns a key that no other test uses: the server knows them for
// all readers.
func newKey(t *testing.T, name string) string {
	t.Helper()
	return fmt.Sprintf("%s-%s-%d", t.Name(), name, time.Now().UnixNano())
}

// must returns a value that comes without an error.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// box returns what the attachment of a post says.
func box(t *testing.T, p mattermost.Post) (title, link, text string, values []string) {
	t.Helper()
	var attachments []struct {
		Title     string `json:"title"`
		TitleLink string `json:"title_link"`
		Text      string `json:"text"`
		Fields    []struct {
			Value string `json:"value"`
		} `json:"fields"`
	}
	if err := json.Unmarshal(p.Props["attachments"], &attachments); err != nil || len(attachments) != 1 {
		t.Fatalf("the post has attachments %s, want one", p.Props["attachments"])
	}
	for _, field := range attachments[0].Fields {
		values = append(values, field.Value)
	}
	return attachments[0].Title, attachments[0].TitleLink, attachments[0].Text, values
}

func prop(t *testing.T, p mattermost.Post, name string) (value string) {
	t.Helper()
	if p.Props[name] == nil {
		return ""
	}
	if err := json.Unmarshal(p.Props[name], &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestPostAndUpdate(t *testing.T) {
	ctx, bot, room, key := t.Context(), newBot(t), shared.room(t), newKey(t, "post")
	ref := must(bot.Post(ctx, messenger.Address{ID: room.ID}, about(accessrequest.Pending), key))(t)
	if ref.Channel != room.ID {
		t.Errorf("the post is in %s, want %s", ref.Channel, room.ID)
	}
	for _, step := range []struct {
		state  accessrequest.State
		status string
		title  string
	}{
		{accessrequest.Pending, "Pending, 0 of 1 approval", "Review in Teleport"},
		{accessrequest.Approved, "Approved", "Open in Teleport"},
		{accessrequest.Denied, "Denied", "Open in Teleport"},
	} {
		if step.state != accessrequest.Pending {
			if err := bot.Update(ctx, ref, about(step.state)); err != nil {
				t.Fatal(err)
			}
		}
		p := must(shared.reviewer.Session.Post(ctx, ref.ID))(t)
		if want := "**Role request** from `" + requester + "`"; p.Message != want {
			t.Errorf("the post says %q, want %q", p.Message, want)
		}
		title, link, status, values := box(t, p)
		if !strings.HasSuffix(status, " **"+step.status+"**") {
			t.Errorf("the status is %q, want %s", status, step.status)
		}
		if title != step.title || !strings.HasPrefix(link, "https://teleport.example.com/web/requests/") {
			t.Errorf("the link is %q to %q", title, link)
		}
		for _, want := range []string{"`" + requester + "`", "`editor`, `db-admin`", "`Ticket OPS-42`"} {
			if !strings.Contains(strings.Join(values, "\n"), want) {
				t.Errorf("%s: no field holds %s: %q", step.status, want, values)
			}
		}
		if prop(t, p, "access_notifier_key") != key || prop(t, p, "from_bot") != "true" {
			t.Errorf("%s: the post has props %s, want our key and Mattermost's mark of a bot", step.status, p.Props)
		}
	}
	plain := about(accessrequest.Approved)
	plain.Plain = true
	if err := bot.Update(ctx, ref, plain); err != nil {
		t.Fatal(err)
	}
	if p := must(shared.admin.Post(ctx, ref.ID))(t); p.Props["attachments"] != nil || prop(t, p, "access_notifier_key") != key {
		t.Errorf("the plain message has props %s, want no attachments, and the key", p.Props)
	}
	if posts := shared.posts(t, room.ID); len(posts) != 1 {
		t.Errorf("%d posts, want 1", len(posts))
	}
}

func TestDirectMessage(t *testing.T) {
	ctx, bot := t.Context(), newBot(t)
	to := must(bot.Resolve(ctx, shared.reviewer.Email))(t)
	ref := must(bot.Post(ctx, to, about(accessrequest.Pending), newKey(t, "post")))(t)
	if err := bot.Update(ctx, ref, about(accessrequest.Approved)); err != nil {
		t.Fatal(err)
	}
	p := must(shared.reviewer.Session.Post(ctx, ref.ID))(t)
	if _, _, status, _ := box(t, p); p.ChannelID != to.ID || !strings.Contains(status, "Approved") {
		t.Errorf("the reviewer reads %q in %s, want it to be approved in %s", status, p.ChannelID, to.ID)
	}
}

func TestReply(t *testing.T) {
	ctx, bot, room := t.Context(), newBot(t), shared.room(t)
	key, first := newKey(t, "post"), newKey(t, "reply")
	ref := must(bot.Post(ctx, messenger.Address{ID: room.ID}, about(accessrequest.Pending), key))(t)
	review := message.Review{Author: "bob@example.com", State: accessrequest.Approved, Reason: "seems fine"}
	if err := bot.FindReply(ctx, ref, first, time.Now().Add(-time.Hour)); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("FindReply before the reply = %v", err)
	}
	for range 2 {
		if err := bot.Reply(ctx, ref, review, first); err != nil {
			t.Fatal(err)
		}
	}
	if err := bot.FindReply(ctx, ref, first, time.Now().Add(-time.Hour)); err != nil {
		t.Errorf("FindReply = %v", err)
	}
	if err := bot.FindReply(ctx, ref, key, time.Now().Add(-time.Hour)); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("FindReply of the message's key = %v", err)
	}
	posts := shared.posts(t, room.ID)
	if len(posts) != 2 || posts[0].RootID != ref.ID || !strings.Contains(posts[0].Message, "Approved by `bob@example.com`\n> seems fine") {
		t.Errorf("the channel holds %+v, want one reply", posts)
	}
}

// TestPostTwice posts with one key at once and again. Without pending_post_id
// there would be as many posts.
func TestPostTwice(t *testing.T) {
	ctx, bot, room, key := t.Context(), newBot(t), shared.room(t), newKey(t, "post")
	to := messenger.Address{ID: room.ID}
	var mu sync.Mutex
	refs := map[messenger.Ref]bool{}
	post := func() {
		ref, err := bot.Post(ctx, to, about(accessrequest.Pending), key)
		mu.Lock()
		defer mu.Unlock()
		if e := messenger.AsError(err); err == nil {
			refs[ref] = true
		} else if e.Class != messenger.Transient || !e.Unclear {
			// One of several at once may be told that another is under way.
			t.Error(err)
		}
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(post)
	}
	group.Wait()
	post()
	if posts := shared.posts(t, room.ID); len(posts) != 1 || len(refs) != 1 {
		t.Errorf("%d posts, %d references, want one", len(posts), len(refs))
	}
}

func TestFind(t *testing.T) {
	ctx, bot, room, began := t.Context(), newBot(t), shared.room(t), time.Now()
	to := messenger.Address{ID: room.ID}
	key, deleted, forged := newKey(t, "post"), newKey(t, "deleted"), newKey(t, "forged")
	want := must(bot.Post(ctx, to, about(accessrequest.Pending), key))(t)
	removed := must(bot.Post(ctx, to, about(accessrequest.Pending), deleted))(t)
	if err := shared.admin.Do(ctx, "DELETE", "/posts/"+removed.ID, nil, nil); err != nil {
		t.Fatal(err)
	}
	post := map[string]any{"channel_id": room.ID, "message": "x", "props": map[string]string{"access_notifier_key": forged}}
	if err := shared.reviewer.Session.Do(ctx, "POST", "/posts", post, nil); err != nil {
		t.Fatal(err)
	}
	// More than a page of other posts, and a change of the message.
	for i := range 60 {
		filler := map[string]any{"channel_id": room.ID, "message": fmt.Sprint("filler ", i)}
		if err := shared.reviewer.Session.Do(ctx, "POST", "/posts", filler, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := bot.Update(ctx, want, about(accessrequest.Approved)); err != nil {
		t.Fatal(err)
	}
	if got, err := bot.Find(ctx, to, key, began); err != nil || !slices.Equal(got, []messenger.Ref{want}) {
		t.Errorf("Find = %v, %v; want %v", got, err, want)
	}
	for name, key := range map[string]string{"an unknown key": "none", "a deleted post": deleted, "another account's post": forged} {
		if got, err := bot.Find(ctx, to, key, began); !errors.Is(err, messenger.ErrNotFound) {
			t.Errorf("Find of %s = %v, %v", name, got, err)
		}
	}
	locked := shared.newChannel(t, channelKind{private: true})
	if _, err := bot.Find(ctx, messenger.Address{ID: locked.ID}, key, began); !errors.Is(err, messenger.ErrCannotLook) {
		t.Errorf("Find in a channel that the bot cannot read = %v", err)
	}
}

// TestLargest posts as much as our messages can hold.
func TestLargest(t *testing.T) {
	ctx, bot, room := t.Context(), newBot(t), shared.room(t)
	r := asked()
	long := strings.Repeat("é 漢 😀 `@x` ", 400)
	r.User, r.Reason, r.ResolveReason = long, long, long
	r.Roles, r.SuggestedReviewers = nil, nil
	for i := range 200 {
		r.Roles = append(r.Roles, fmt.Sprint("role-", i, "-", long[:100]))
		r.SuggestedReviewers = append(r.SuggestedReviewers, fmt.Sprintf("reviewer-%d@example.com", i))
		r.Reviews = append(r.Reviews, accessrequest.Review{Author: long[:200], State: accessrequest.Approved, Reason: long})
	}
	ref := must(bot.Post(ctx, messenger.Address{ID: room.ID}, message.New(r, cluster), newKey(t, "post")))(t)
	r.State = accessrequest.Denied
	if err := bot.Update(ctx, ref, message.New(r, cluster)); err != nil {
		t.Error(err)
	}
	if err := bot.Reply(ctx, ref, message.New(r, cluster).Reviews[0], newKey(t, "reply")); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(2, len(shared.posts(t, room.ID))); diff != "" {
		t.Error(diff)
	}
}
