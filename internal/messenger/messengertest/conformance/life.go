package conformance

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

var states = []accessrequest.State{
	accessrequest.Pending, accessrequest.Approved, accessrequest.Denied, accessrequest.Promoted, accessrequest.Expired,
	accessrequest.Removed, accessrequest.Gone, "", "SUPERSEDED",
}

// checkLife follows a message through all states.
func checkLife(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	ref := b.post(t, sample(accessrequest.Pending), key)
	if back, ok := messenger.ParseRef(ref.String()); !ok || back != ref {
		t.Errorf("the reference %+v is read back as %+v", ref, back)
	}
	first := b.read(t, ref)
	if first.Channel != b.to.ID || first.ThreadOf != "" || !strings.Contains(first.Text, canary) {
		t.Errorf("the message is %+v, want it in %s", first, b.to.ID)
	}
	if !subject.can().Edit {
		return
	}
	last := "Pending"
	for i, state := range states {
		m := sample(state)
		post := b.update(t, ref, m)
		if post.Revisions != i+2 || post.ID != ref.ID || !strings.Contains(post.Text, m.Status) {
			t.Errorf("in state %q the message is %+v, want revision %d, %q", state, post, i+2, m.Status)
		}
		if m.Status != last && strings.Contains(post.Text, last) {
			t.Errorf("in state %q the message still says %q:\n%s", state, last, post.Text)
		}
		if len(post.Mentions) > 0 {
			t.Errorf("in state %q the message mentions %q", state, post.Mentions)
		}
		last = m.Status
	}
	b.wantPosts(t, 1)
}

// checkPlain checks that a plain message says what it must, and nothing that
// people typed, also when it replaces one that did.
func checkPlain(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	plain := sample(accessrequest.Denied)
	plain.StatusReason = canary
	plain.Reviews = []message.Review{review()}
	plain.Plain = true
	full := plain
	full.Plain = false

	posted := b.post(t, plain, key)
	replaced := b.update(t, b.post(t, full, otherKey), plain)
	for _, post := range []messengertest.Post{b.read(t, posted), replaced} {
		for _, want := range []string{plain.Title, plain.Status, plain.URL} {
			if !strings.Contains(post.Text, want) {
				t.Errorf("the plain message %q lacks %q", post.Text, want)
			}
		}
		for _, typed := range []string{canary, "requester", "bob", "editor"} {
			if strings.Contains(post.Text, typed) {
				t.Errorf("the plain message %q holds %q", post.Text, typed)
			}
		}
	}
	if post := b.update(t, posted, full); !strings.Contains(post.Text, "requester") {
		t.Errorf("the plain message became %q, want all facts", post.Text)
	}
}

// checkKey checks what a second post with a key does.
func checkKey(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	if !subject.can().Idempotency {
		b.post(t, sample(accessrequest.Pending), key)
		b.post(t, sample(accessrequest.Pending), key)
		b.wantPosts(t, 2)
		return
	}
	first := b.post(t, sample(accessrequest.Pending), key)
	b.bot = b.another(t, nil)
	if again := b.post(t, sample(accessrequest.Pending), key); again != first {
		t.Errorf("the second Post = %v, want %v", again, first)
	}
	if post := b.read(t, first); post.Revisions != 1 && !subject.Unknowing {
		t.Errorf("the same Post again edited the message %d times", post.Revisions-1)
	}
	// The state may have changed before the post is repeated.
	again := b.post(t, sample(accessrequest.Approved), key)
	messages := 2
	if !subject.can().Edit {
		// What cannot be edited is lost unless it is a message of its own.
		messages = 3
	}
	if (again == first) != subject.can().Edit {
		t.Errorf("the third Post = %v, the first %v", again, first)
	}
	if post := b.read(t, again); !strings.Contains(post.Text, "Approved") || strings.Contains(post.Text, "Pending") {
		t.Errorf("the message reads %q, want what was posted last", post.Text)
	}
	if other := b.post(t, sample(accessrequest.Pending), otherKey); other == first {
		t.Error("another key leads to the same message")
	}
	b.wantPosts(t, messages)
}

// checkFind checks that messages are found by their key, and only they.
func checkFind(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	start := time.Now()
	if _, err := b.finder().Find(t.Context(), b.to, key, start); !noAnswer(err) {
		t.Errorf("Find in an empty channel = %v", err)
	}
	b.post(t, sample(accessrequest.Pending), "")
	wanted := b.post(t, sample(accessrequest.Pending), key)
	plain := sample(accessrequest.Denied)
	plain.Plain = true
	for _, m := range []message.Message{sample(accessrequest.Pending), plain, sample(accessrequest.Denied)} {
		b.update(t, wanted, m)
		for range 2 {
			if found, err := b.finder().Find(t.Context(), b.to, key, start); err != nil || !slices.Equal(found, []messenger.Ref{wanted}) {
				t.Errorf("Find = %v, %v; want %v", found, err, wanted)
			}
			for _, missing := range []string{otherKey, key[:20], ""} {
				if found, err := b.finder().Find(t.Context(), b.to, missing, start); !errors.Is(err, messenger.ErrNotFound) {
					t.Errorf("Find of %q = %v, %v; want ErrNotFound", missing, found, err)
				}
			}
			b.bot = b.another(t, nil)
		}
		b.bot = b.another(t, nil)
		// The next bot knows only what it has found.
		if _, err := b.finder().Find(t.Context(), b.to, key, start); err != nil {
			t.Fatal(err)
		}
	}
	b.checkForeign(t, start)
	b.checkCannotLook(t, start)
}

// noAnswer reports whether a Finder has found nothing. It may be unable to tell
// an empty channel from one that it cannot read.
func noAnswer(err error) bool {
	return errors.Is(err, messenger.ErrNotFound) || errors.Is(err, messenger.ErrCannotLook)
}

// checkForeign checks that no other bot's message is taken for one's own: all
// members of a channel can read keys.
func (b *bench) checkForeign(t *testing.T, start time.Time) {
	t.Helper()
	b.sim.AddBot("another-" + token)
	to := messenger.Address{ID: b.sim.AddChannel("shared")}
	if _, err := b.bot.Post(t.Context(), to, sample(accessrequest.Pending), ""); err != nil {
		t.Fatal(err)
	}
	other := b.withToken(t, "another-"+token, nil)
	ref, err := other.Post(t.Context(), to, sample(accessrequest.Pending), otherKey)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := b.finder().Find(t.Context(), to, otherKey, start); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("Find of another bot's message = %v, %v; want ErrNotFound", found, err)
	}
	if !b.subject.can().Edit {
		return
	}
	err = b.updater().Update(t.Context(), ref, sample(accessrequest.Approved))
	// Services say so as of any message that may not be edited.
	e := failure(t, "Update of another bot's message", err)
	if e.Class != messenger.MessageGone && e.Class != messenger.MessageFinal {
		t.Errorf("Update of another bot's message = %+v, want class %s or %s", e, messenger.MessageGone, messenger.MessageFinal)
	}
	if !e.Foreign {
		t.Errorf("Update of another bot's message = %+v, which does not say that it is another's", e)
	}
}

// checkCannotLook checks that a Finder that was shut out says so, and takes no
// failure for an answer.
func (b *bench) checkCannotLook(t *testing.T, start time.Time) {
	t.Helper()
	finder := b.finder()
	b.sim.Faults().Fail(503)
	_, err := finder.Find(t.Context(), b.to, key, start)
	wantClass(t, "Find on a failing server", err, messenger.Transient)
	b.sim.Faults().Clear()

	to := messenger.Address{ID: b.sim.AddChannel("private", messengertest.Private())}
	ref, err := b.bot.Post(t.Context(), to, sample(accessrequest.Pending), replyKey)
	if err != nil {
		t.Fatal(err)
	}
	b.sim.Kick(to.ID)
	if found, err := finder.Find(t.Context(), to, replyKey, start); !errors.Is(err, messenger.ErrCannotLook) {
		t.Errorf("Find out of sight = %v, %v; want ErrCannotLook", found, err)
	}
	if err := finder.FindReply(t.Context(), ref, otherKey, start); !noAnswer(err) {
		t.Errorf("FindReply out of sight = %v, want ErrCannotLook or ErrNotFound", err)
	}
}

// checkNoReply checks that a Finder finds no reply where there are none.
func checkNoReply(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	start := time.Now()
	ref := b.post(t, sample(accessrequest.Pending), key)
	b.wantReply(t, ref, replyKey, start, messenger.ErrNotFound)
}

// wantReply checks what is found of a reply, where messages can be looked for.
func (b *bench) wantReply(t *testing.T, ref messenger.Ref, key string, since time.Time, want error) {
	t.Helper()
	if !b.subject.can().History {
		return
	}
	if err := b.finder().FindReply(t.Context(), ref, key, since); !errors.Is(err, want) {
		t.Errorf("FindReply of %q = %v, want %v", key, err, want)
	}
}

// wantNone checks that no message is found with a key, where messages can be looked for.
func (b *bench) wantNone(t *testing.T, key string) {
	t.Helper()
	if !b.subject.can().History {
		return
	}
	if found, err := b.finder().Find(t.Context(), b.to, key, time.Now()); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("Find of %q = %v, %v; want ErrNotFound", key, found, err)
	}
}

// checkReply checks threads.
func checkReply(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	replier := b.bot.(messenger.Replier)
	start := time.Now()
	ref := b.post(t, sample(accessrequest.Pending), key)
	b.wantReply(t, ref, replyKey, start, messenger.ErrNotFound)
	if err := replier.Reply(t.Context(), ref, review(), replyKey); err != nil {
		t.Fatal(err)
	}
	posts := b.sim.PostsIn(b.to.ID)
	i := slices.IndexFunc(posts, func(p messengertest.Post) bool { return p.ThreadOf == ref.ID })
	if len(posts) != 2 || i < 0 {
		t.Fatalf("posts = %+v, want a reply", posts)
	}
	wantInOrder(t, posts[i].Text, "Approved", "fine, "+canary)
	if !strings.Contains(posts[i].Text, "bob") || len(posts[i].Mentions) > 0 {
		t.Errorf("the reply is %+v", posts[i])
	}
	for range 2 {
		b.wantReply(t, ref, replyKey, start, nil)
		for _, missing := range []string{otherKey, key, ""} {
			b.wantReply(t, ref, missing, start, messenger.ErrNotFound)
		}
		b.wantNone(t, replyKey)
		if subject.can().Edit {
			b.update(t, ref, sample(accessrequest.Approved))
		}
	}
	if !subject.can().Idempotency {
		return
	}
	if err := replier.Reply(t.Context(), ref, review(), replyKey); err != nil {
		t.Errorf("the same Reply again: %v", err)
	}
	b.wantPosts(t, 2)
}

// wantInOrder checks that a text holds other texts one after the other.
func wantInOrder(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Errorf("%q is missing, or not in its place, in\n%s\nwhich must hold %q", part, text, parts)
			return
		}
		rest = after
	}
}
