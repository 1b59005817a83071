package conformance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// bubbled runs a check in a bubble, with a bench whose clock runs in it. Bubbles begin
// in 2000, and Discord's ids count from 2015: the check begins later.
func bubbled(t *testing.T, subject Subject, options messengertest.Options, check func(*testing.T, *bench)) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Now().AddDate(30, 0, 0)))
		check(t, inMemory(t, subject, options))
	})
}

// every returns all that a bot can do, by name. Each uses the bot that the
// bench has when it is called.
func (b *bench) every(ref messenger.Ref, user string) map[string]func(context.Context) error {
	calls := map[string]func(context.Context) error{
		"Check": func(ctx context.Context) error { return b.bot.Check(ctx) },
		"Post": func(ctx context.Context) error {
			_, err := b.bot.Post(ctx, b.to, sample(accessrequest.Pending), otherKey)
			return err
		},
	}
	if b.subject.can().Edit {
		calls["Update"] = func(ctx context.Context) error {
			return b.updater().Update(ctx, ref, sample(accessrequest.Approved))
		}
	}
	if b.subject.can().History {
		calls["Find"] = func(ctx context.Context) error {
			_, err := b.finder().Find(ctx, b.to, key, time.Now().Add(-time.Hour))
			return err
		}
		calls["FindReply"] = func(ctx context.Context) error {
			return b.finder().FindReply(ctx, ref, key, time.Now().Add(-time.Hour))
		}
	}
	recipients := append(b.subject.Channel(b.to.ID, channelName), b.subject.people(user, email)...)
	for _, recipient := range recipients {
		calls["Resolve "+recipient] = func(ctx context.Context) error {
			_, err := b.bot.Resolve(ctx, recipient)
			return err
		}
	}
	if b.subject.can().Threads {
		calls["Reply"] = func(ctx context.Context) error {
			return b.bot.(messenger.Replier).Reply(ctx, ref, review(), replyKey)
		}
	}
	return calls
}

// pause is how long calls have to wait.
func (s Subject) pause() time.Duration { return cmp.Or(s.Untimed, 7*time.Second) }

// checkThrottling checks that the time to wait is taken from the service's
// answer, and that nothing is sent until it is over.
func checkThrottling(t *testing.T, subject Subject) {
	for _, throttling := range []messengertest.Throttling{
		{Scope: messengertest.ScopeAll}, {Scope: messengertest.ScopeAll, PlainBody: true},
		{Scope: messengertest.ScopeChannel}, {Scope: messengertest.ScopeMethod},
	} {
		throttling.RetryAfter = subject.pause()
		name := fmt.Sprintf("%s, plain body %t", throttling.Scope, throttling.PlainBody)
		t.Run(name, func(t *testing.T) {
			bubbled(t, subject, messengertest.Options{}, func(t *testing.T, b *bench) {
				b.checkPause(t, throttling)
			})
		})
	}
}

func (b *bench) checkPause(t *testing.T, throttling messengertest.Throttling) {
	t.Helper()
	pause := b.subject.pause()
	b.sim.Faults().Throttle(throttling)
	_, err := b.bot.Post(t.Context(), b.to, sample(accessrequest.Pending), key)
	e := wantClass(t, "Post", err, messenger.Throttled)
	if e.RetryAfter != pause || e.Unclear {
		t.Errorf("Post = %+v, want a clear pause of %s", e, pause)
	}
	b.sim.Faults().Unthrottle()
	sent := b.calls()
	for _, left := range []time.Duration{pause, pause - time.Second, time.Millisecond} {
		time.Sleep(e.RetryAfter - left)
		_, err := b.bot.Post(t.Context(), b.to, sample(accessrequest.Pending), key)
		e = wantClass(t, "Post during the pause", err, messenger.Throttled)
		if e.RetryAfter != left {
			t.Errorf("Post during the pause = %+v, want %s to go", e, left)
		}
	}
	if again := b.calls(); again != sent {
		t.Errorf("%d calls during the pause", again-sent)
	}
	time.Sleep(e.RetryAfter)
	b.post(t, sample(accessrequest.Pending), key)
	b.wantPosts(t, 1)
}

// checkRateLimits checks that a caller who waits as told gets everything
// delivered, with few refusals.
func checkRateLimits(t *testing.T, subject Subject) {
	limit := messengertest.RateLimit{Limit: 3, Window: 10 * time.Second}
	for name, limits := range map[string]messengertest.RateLimits{"token": {Token: limit}, "channel": {Channel: limit}} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, subject, messengertest.Options{RateLimits: limits}, func(t *testing.T, b *bench) {
				start := time.Now()
				const wanted = 13
				for range wanted {
					b.persist(t)
				}
				b.wantPosts(t, wanted)
				if refused := b.sim.Calls()[subject.PostCall] - wanted; refused > 4 {
					t.Errorf("%d calls were refused, want at most one for each window", refused)
				}
				if took := time.Since(start); took != 4*cmp.Or(subject.Untimed, limit.Window) {
					t.Errorf("took %s, want 4 waits", took)
				}
			})
		})
	}
}

// persist posts a message, as often as it takes.
func (b *bench) persist(t *testing.T) {
	t.Helper()
	for range 10 {
		_, err := b.bot.Post(t.Context(), b.to, sample(accessrequest.Pending), "")
		if err == nil {
			return
		}
		time.Sleep(wantClass(t, "Post", err, messenger.Throttled).RetryAfter)
	}
	t.Fatal("Post is throttled again and again")
}

// checkSharedThrottle checks that what one bot of a token was told, another
// knows.
func checkSharedThrottle(t *testing.T, subject Subject) {
	bubbled(t, subject, messengertest.Options{}, func(t *testing.T, b *bench) {
		var shared messenger.Throttle
		first, second := b.another(t, &shared), b.another(t, &shared)
		pause := subject.pause()
		b.sim.Faults().Throttle(messengertest.Throttling{RetryAfter: pause})
		_, err := first.Post(t.Context(), b.to, sample(accessrequest.Pending), key)
		wantClass(t, "Post", err, messenger.Throttled)
		b.sim.Faults().Unthrottle()

		sent := b.calls()
		_, err = second.Post(t.Context(), b.to, sample(accessrequest.Pending), otherKey)
		if e := wantClass(t, "Post of the other", err, messenger.Throttled); e.RetryAfter != pause || b.calls() != sent {
			t.Errorf("Post of the other = %+v after %d calls, want a pause of %s", e, b.calls()-sent, pause)
		}
		time.Sleep(pause)
		if _, err = second.Post(t.Context(), b.to, sample(accessrequest.Pending), otherKey); err != nil {
			t.Errorf("Post after the pause = %v", err)
		}
	})
}

// checkContext checks that every call ends with its context, and says so.
func checkContext(t *testing.T, subject Subject) {
	bubbled(t, subject, messengertest.Options{}, func(t *testing.T, b *bench) {
		user := b.sim.AddUser(email)
		ref := b.post(t, sample(accessrequest.Pending), key)
		b.sim.Faults().Hang(true)
		for name, call := range b.every(ref, user) {
			b.bot = b.another(t, nil)
			before := b.calls()
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			err := call(ctx)
			cancel()
			if b.calls() == before {
				continue
			}
			if took := time.Since(start); took != time.Second || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s = %v after %s, want the end of the context after a second", name, err, took)
			}
			if got := messenger.AsError(err); got.Class != messenger.Transient || !got.Unclear {
				t.Errorf("%s = %+v, want it to be transient and unclear", name, got)
			}
			ctx, cancel = context.WithCancel(t.Context())
			cancel()
			if err := call(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("%s with a context that has ended = %v", name, err)
			}
		}
		b.sim.Faults().Hang(false)
		b.wantPosts(t, 1)
	})
}

// checkConcurrency uses one bot from many goroutines at once.
func checkConcurrency(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	user := b.sim.AddUser(email)
	ref := b.post(t, sample(accessrequest.Pending), key)
	const each = 8
	var wg sync.WaitGroup
	for name, call := range b.every(ref, user) {
		for range each {
			wg.Go(func() {
				if err := call(t.Context()); err != nil && !errors.Is(err, messenger.ErrNotFound) {
					t.Errorf("%s = %v", name, err)
				}
			})
		}
	}
	wg.Wait()
	top, replies := 0, 0
	for _, post := range b.sim.Posts() {
		if post.ThreadOf == "" {
			top++
		} else {
			replies++
		}
	}
	wantTop, wantReplies := 1+each, each
	if subject.can().Idempotency {
		wantTop, wantReplies = 2, 1
	}
	if !subject.can().Threads {
		wantReplies = 0
	}
	if top != wantTop || replies != wantReplies {
		t.Errorf("%d messages and %d replies, want %d and %d", top, replies, wantTop, wantReplies)
	}
	if post := b.read(t, ref); subject.can().Edit && post.Revisions != 1+each {
		t.Errorf("the message was updated %d times, want %d", post.Revisions-1, each)
	}
}
