package conformance

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// checkLateEffect checks that a call that takes effect after it was given up is
// unclear, and that what came of it is found then, and not before.
func checkLateEffect(t *testing.T, subject Subject) {
	bubbled(t, subject, messengertest.Options{}, func(t *testing.T, b *bench) {
		start := time.Now()
		late := func(method string, call func(context.Context) error) {
			t.Helper()
			b.sim.Faults().Late(1, 20*time.Second, method)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := call(ctx); !messenger.AsError(err).Unclear {
				t.Errorf("%s = %v, want it to be unclear", method, err)
			}
		}
		// There is something to see, so that the Finder can tell that it may look.
		b.post(t, sample(accessrequest.Pending), otherKey)
		late(subject.PostCall, func(ctx context.Context) error {
			_, err := b.bot.Post(ctx, b.to, sample(accessrequest.Pending), key)
			return err
		})
		b.wantPosts(t, 1)
		if found, err := b.finder().Find(t.Context(), b.to, key, start); !errors.Is(err, messenger.ErrNotFound) {
			t.Errorf("Find before the post is made = %v, %v; want ErrNotFound", found, err)
		}
		time.Sleep(time.Minute)
		b.wantPosts(t, 2)
		found, err := b.finder().Find(t.Context(), b.to, key, start)
		if err != nil || len(found) != 1 {
			t.Fatalf("Find after the post was made = %v, %v; want it", found, err)
		}
		late(cmp.Or(subject.EditCall, subject.UpdateCall), func(ctx context.Context) error {
			return b.updater().Update(ctx, found[0], sample(accessrequest.Approved))
		})
		time.Sleep(time.Minute)
		if post := b.read(t, found[0]); post.Revisions != 2 {
			t.Errorf("the message has %d revisions, want the late one", post.Revisions)
		}
	})
}

// checkUnavailable checks that a service that says for how long it is unavailable
// is left alone for so long: by the method at all addresses. What was called may
// have been done.
func checkUnavailable(t *testing.T, subject Subject) {
	bubbled(t, subject, messengertest.Options{}, func(t *testing.T, b *bench) {
		const long = 2 * time.Hour
		other := messenger.Address{ID: b.sim.AddChannel("other")}
		b.sim.Faults().FailMethod(subject.PostCall, messengertest.Failure{Status: http.StatusServiceUnavailable, RetryAfter: long})
		_, err := b.bot.Post(t.Context(), b.to, sample(accessrequest.Pending), key)
		e := wantClass(t, "Post", err, messenger.Throttled)
		if e.RetryAfter != long || !e.Unclear || e.Scope == messenger.ScopeAddress {
			t.Errorf("Post = %+v, want an unclear pause of %s for more than one address", e, long)
		}
		b.sim.Faults().Clear()
		sent := b.calls()
		for _, left := range []time.Duration{long, time.Second} {
			time.Sleep(e.RetryAfter - left)
			_, err := b.bot.Post(t.Context(), other, sample(accessrequest.Pending), key)
			if e = wantClass(t, "Post during the pause", err, messenger.Throttled); e.RetryAfter != left || e.Unclear {
				t.Errorf("Post during the pause = %+v, want a clear refusal with %s to go", e, left)
			}
		}
		if again := b.calls(); again != sent {
			t.Errorf("%d calls during the pause", again-sent)
		}
		time.Sleep(e.RetryAfter)
		b.post(t, sample(accessrequest.Pending), key)
		b.wantPosts(t, 1)
	})
}
