package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// checkFollow checks what becomes of a message that is too old to be edited: it is
// said so, it can still be replied to, and a new one that points to it takes its
// place.
func checkFollow(t *testing.T, subject Subject) {
	bubbled(t, subject, messengertest.Options{EditLimit: time.Hour}, func(t *testing.T, b *bench) {
		start := time.Now()
		old := b.post(t, sample(accessrequest.Pending), key)
		time.Sleep(2 * time.Hour)
		b.checkTooOld(t, old)
		b.checkFollows(t, old, start)
		if replier, ok := b.bot.(messenger.Replier); ok {
			if err := replier.Reply(t.Context(), old, review(), replyKey); err != nil {
				t.Errorf("Reply to an old message = %v", err)
			}
		}
	})
}

// checkTooOld checks that a message is past the time limit for edits, where there are any.
func (b *bench) checkTooOld(t *testing.T, old messenger.Ref) {
	t.Helper()
	if !b.subject.can().Edit {
		return
	}
	e := wantClass(t, "Update of an old message", b.updater().Update(t.Context(), old, sample(accessrequest.Approved)), messenger.MessageFinal)
	if e.Unclear || e.Advice == "" {
		t.Errorf("Update of an old message = %+v, want it to be clear, and to say what to do", e)
	}
}

// bothName reports whether two messages name a request, where none can point to another.
func (b *bench) bothName(t *testing.T, id string, refs ...messenger.Ref) bool {
	t.Helper()
	all := b.subject.Unlinked
	for _, ref := range refs {
		all = all && strings.Contains(b.read(t, ref).Text, "Request "+id)
	}
	return all
}

func (b *bench) checkFollows(t *testing.T, old messenger.Ref, start time.Time) {
	t.Helper()
	next, err := b.bot.(messenger.Follower).Follow(t.Context(), b.to, old, sample(accessrequest.Approved), otherKey)
	if err != nil || next == old || next.Channel != old.Channel {
		t.Fatalf("Follow = %v, %v; want another message than %v in its channel", next, err, old)
	}
	post := b.read(t, next)
	wantInOrder(t, post.Text, "Approved", "requester", canary)
	if post.ThreadOf != old.ID && !strings.Contains(post.Text, old.ID) && !b.bothName(t, request().ID, old, next) {
		t.Errorf("the message that follows does not point to the old one: %+v", post)
	}
	for wanted, ref := range map[string]messenger.Ref{key: old, otherKey: next} {
		b.bot = b.another(t, nil)
		b.wantFoundAt(t, b.to, wanted, start, ref)
	}
	if !b.subject.can().Edit {
		return
	}
	post = b.update(t, next, sample(accessrequest.Denied))
	if !strings.Contains(post.Text, "Denied") || strings.Contains(post.Text, "Approved") {
		t.Errorf("the message that follows was updated to %q", post.Text)
	}
	if b.subject.can().Idempotency {
		again, err := b.bot.(messenger.Follower).Follow(t.Context(), b.to, old, sample(accessrequest.Denied), otherKey)
		if err != nil || again != next {
			t.Errorf("the same Follow again = %v, %v; want %v", again, err, next)
		}
	}
	b.wantPosts(t, 2)
}
