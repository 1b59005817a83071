package conformance

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

var classes = []messenger.Class{
	messenger.Transient, messenger.Throttled, messenger.RecipientPermanent, messenger.MessengerPermanent,
	messenger.ContentRejected,
}

// editClasses are those of a messenger that edits.
var editClasses = []messenger.Class{messenger.MessageGone, messenger.MessageFinal}

// checkRefusals checks that what a service says is put into the right class,
// and that nothing remains of it: the next call works.
func checkRefusals(t *testing.T, subject Subject) {
	required := slices.Clone(classes)
	if subject.can().Edit {
		required = append(required, editClasses...)
	}
	if subject.Unknowing {
		required = slices.DeleteFunc(slices.Clone(classes), func(c messenger.Class) bool { return c == messenger.RecipientPermanent })
	}
	if subject.Descriptor.Unchecked {
		// Each recipient has a token of its own.
		required = slices.DeleteFunc(required, func(c messenger.Class) bool { return c == messenger.MessengerPermanent })
	}
	for _, class := range required {
		if len(subject.Refusals[class]) == 0 {
			t.Errorf("the subject names no refusal of class %s", class)
		}
	}
	for class, refusals := range subject.Refusals {
		for _, refusal := range refusals {
			t.Run(class.String()+" "+refusal.Code, func(t *testing.T) { checkRefusal(t, subject, class, refusal) })
		}
	}
}

func checkRefusal(t *testing.T, subject Subject, class messenger.Class, refusal messengertest.Failure) {
	b := inMemory(t, subject, messengertest.Options{})
	ref := b.post(t, sample(accessrequest.Pending), key)
	if slices.Contains(editClasses, class) {
		b.sim.Faults().FailMethod(subject.UpdateCall, refusal)
		e := wantClass(t, "Update", b.updater().Update(t.Context(), ref, sample(accessrequest.Approved)), class)
		b.sim.Faults().Clear()
		if e.Unclear {
			t.Errorf("Update = %+v, want it to be clear that nothing changed", e)
		}
		b.update(t, ref, sample(accessrequest.Approved))
		return
	}
	b.sim.Faults().FailMethod(subject.PostCall, refusal)
	_, err := b.bot.Post(t.Context(), b.to, sample(accessrequest.Pending), otherKey)
	e := wantClass(t, "Post", err, class)
	b.sim.Faults().Clear()
	b.wantPosts(t, 1)
	if class != messenger.Transient && e.Unclear {
		t.Errorf("Post = %+v, want it to be clear that nothing was posted", e)
	}
	if class == messenger.Throttled {
		if e.RetryAfter <= 0 {
			t.Errorf("Post = %+v, want a time to wait", e)
		}
		return
	}
	plain := sample(accessrequest.Pending)
	plain.Plain = class == messenger.ContentRejected
	b.post(t, plain, otherKey)
	b.wantPosts(t, 2)
}

// checkGone checks what becomes of messages that are out of reach.
func checkGone(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	absent := messenger.Ref{Channel: b.to.ID, ID: subject.Absent}
	forged := messenger.Ref{Channel: b.to.ID, ID: "../" + canary}
	calls := map[string]func(messenger.Ref) error{
		"Update": func(ref messenger.Ref) error {
			return b.updater().Update(t.Context(), ref, sample(accessrequest.Approved))
		},
	}
	if replier, ok := b.bot.(messenger.Replier); ok {
		calls["Reply"] = func(ref messenger.Ref) error { return replier.Reply(t.Context(), ref, review(), replyKey) }
	}
	for name, call := range calls {
		wantClass(t, name+" of a message that is not there", call(absent), messenger.MessageGone)
		failure(t, name+" of a forged reference", call(forged))
	}
	ref := b.post(t, sample(accessrequest.Pending), key)
	for name, spoil := range map[string]func(string){"archived": b.sim.Archive, "left": b.sim.Kick} {
		spoil(b.to.ID)
		e := failure(t, "Update", b.updater().Update(t.Context(), ref, sample(accessrequest.Approved)))
		// A bot that was taken out of a channel may still be able to post there.
		permanent := []messenger.Class{messenger.MessageGone, messenger.MessageFinal, messenger.RecipientPermanent}
		if !slices.Contains(permanent, e.Class) {
			t.Errorf("Update in a channel that is %s = %+v, want it to be permanent", name, e)
		}
	}
}

// checkServerErrors checks that a service in trouble is tried again, and that a
// post may have been made for all one knows.
func checkServerErrors(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	user := b.sim.AddUser(email)
	ref := b.post(t, sample(accessrequest.Pending), key)
	for _, status := range []int{500, 501, 502, 503, 504, 520} {
		b.sim.Faults().Fail(status)
		for name, call := range b.every(ref, user) {
			// Another bot has nothing in memory.
			b.bot = b.another(t, nil)
			before := b.calls()
			err := call(t.Context())
			if b.calls() == before {
				continue
			}
			if e := wantClass(t, name, err, messenger.Transient); !e.Unclear {
				t.Errorf("%s with status %d = %+v, want it to be unclear", name, status, e)
			}
		}
	}
}

const (
	// generous is a timeout that nothing should reach.
	generous = 20 * time.Second
	// brief is one that a call is meant to reach, after its connection is up.
	brief = 400 * time.Millisecond
)

// checkRefusedConnection checks that a post that cannot have arrived is told
// from one that may have.
func checkRefusedConnection(t *testing.T, subject Subject) {
	b := overNetwork(t, subject, generous)
	b.sim.Faults().RefuseConnections(true)
	b.client.CloseIdleConnections()
	_, err := b.bot.Post(t.Context(), b.to, sample(accessrequest.Pending), key)
	if e := wantClass(t, "Post", err, messenger.Transient); e.Unclear {
		t.Errorf("Post = %+v, want it to be clear that nothing was posted", e)
	}
	b.sim.Faults().RefuseConnections(false)
	b.post(t, sample(accessrequest.Pending), key)
	b.wantPosts(t, 1)
}

// checkLostRequest checks that a request that got lost is not sent again by
// itself, but can be.
func checkLostRequest(t *testing.T, subject Subject) {
	b := overNetwork(t, subject, generous)
	start := time.Now()
	b.sim.Faults().DropBeforeAccept(1)
	_, err := b.bot.Post(t.Context(), b.to, sample(accessrequest.Pending), key)
	if e := wantClass(t, "Post", err, messenger.Transient); !e.Unclear {
		t.Errorf("Post = %+v, want it to be unclear", e)
	}
	b.wantPosts(t, 0)
	if subject.can().History {
		if found, err := b.finder().Find(t.Context(), b.to, key, start); !noAnswer(err) {
			t.Errorf("Find = %v, %v; want nothing", found, err)
		}
	}
	b.post(t, sample(accessrequest.Pending), key)
	b.wantPosts(t, 1)
}

// checkLostAnswer checks that a message is not posted twice over an answer that
// got lost, and that an update can be repeated.
func checkLostAnswer(t *testing.T, subject Subject) {
	b := overNetwork(t, subject, generous)
	start := time.Now()
	b.sim.Faults().DropAfterAccept(1)
	_, err := b.bot.Post(t.Context(), b.to, sample(accessrequest.Pending), key)
	if e := wantClass(t, "Post", err, messenger.Transient); !e.Unclear {
		t.Errorf("Post = %+v, want it to be unclear", e)
	}
	b.wantPosts(t, 1)
	b.bot = b.another(t, nil)
	ref := messenger.Ref{Channel: b.to.ID, ID: b.sim.Posts()[0].ID}
	b.wantFoundAt(t, b.to, key, start, ref)
	if subject.can().Idempotency {
		if again := b.post(t, sample(accessrequest.Pending), key); again != ref {
			t.Errorf("Post with the same key = %v, want %v", again, ref)
		}
		b.wantPosts(t, 1)
	}
	if subject.can().Edit {
		b.sim.Faults().DropAfterAccept(1)
		wantClass(t, "Update", b.updater().Update(t.Context(), ref, sample(accessrequest.Denied)), messenger.Transient)
		b.update(t, ref, sample(accessrequest.Denied))
	}
	b.checkLostReply(t, ref, start)
}

func (b *bench) checkLostReply(t *testing.T, ref messenger.Ref, start time.Time) {
	t.Helper()
	replier, ok := b.bot.(messenger.Replier)
	if !ok {
		return
	}
	b.sim.Faults().DropAfterAccept(1)
	err := replier.Reply(t.Context(), ref, review(), replyKey)
	if e := wantClass(t, "Reply", err, messenger.Transient); !e.Unclear {
		t.Errorf("Reply = %+v, want it to be unclear", e)
	}
	b.wantReply(t, ref, replyKey, start, nil)
	b.wantPosts(t, 2)
}

// checkHang checks that no call waits for ever.
func checkHang(t *testing.T, subject Subject) {
	b := overNetwork(t, subject, brief)
	// The connection is up, so that the request is under way when time is up.
	if err := b.bot.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.sim.Faults().Hang(true)
	start := time.Now()
	_, err := b.bot.Post(t.Context(), b.to, sample(accessrequest.Pending), key)
	if e := wantClass(t, "Post", err, messenger.Transient); !e.Unclear || e.Code != "timeout" {
		t.Errorf("Post = %+v, want an unclear timeout", e)
	}
	if took := time.Since(start); took > generous {
		t.Errorf("Post took %s, want %s", took, brief)
	}
	before := b.calls()
	// A check that asks for no more than to be let in makes no call.
	if err := b.bot.Check(t.Context()); b.calls() != before && (err == nil || errors.Is(err, t.Context().Err())) {
		t.Errorf("Check = %v, want a timeout", err)
	}
	b.sim.Faults().Hang(false)
	b.wantPosts(t, 0)
}
