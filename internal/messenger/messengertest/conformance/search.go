package conformance

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// crowdSize is more messages than any Finder reads of a channel's latest ones.
const crowdSize = 1200

// checkFindAll checks that a message that came to be twice is found twice, the
// older one first; or that it does not come to be twice.
func checkFindAll(t *testing.T, subject Subject) {
	bubbled(t, subject, messengertest.Options{}, func(t *testing.T, b *bench) {
		start := time.Now()
		if subject.Once {
			ref := b.post(t, sample(accessrequest.Pending), key)
			time.Sleep(100 * 24 * time.Hour)
			if again := b.post(t, sample(accessrequest.Pending), key); again != ref {
				t.Errorf("the second Post = %v, want %v for ever", again, ref)
			}
			b.wantFound(t, start, ref)
			b.wantPosts(t, 1)
			return
		}
		doubles := b.double(t)
		b.wantFound(t, start, doubles...)
		b.wantFound(t, start.Add(2*windows), doubles[1])
	})
}

// windows is longer than any service recognises a repeated post.
const windows = 10 * time.Minute

// double posts a message that comes to be twice, the second time after so long
// that no service knows its key any more.
func (b *bench) double(t *testing.T) []messenger.Ref {
	t.Helper()
	var refs []messenger.Ref
	for range 2 {
		refs = append(refs, b.post(t, sample(accessrequest.Pending), key))
		time.Sleep(3 * windows)
		b.bot = b.another(t, nil)
	}
	b.wantPosts(t, 2)
	return refs
}

// wantFoundAt checks that exactly one message with the key is found at an address, where
// messages can be looked for.
func (b *bench) wantFoundAt(t *testing.T, at messenger.Address, key string, since time.Time, want messenger.Ref) {
	t.Helper()
	if !b.subject.can().History {
		return
	}
	if found, err := b.finder().Find(t.Context(), at, key, since); err != nil || !slices.Equal(found, []messenger.Ref{want}) {
		t.Errorf("Find = %v, %v; want %v", found, err, want)
	}
}

// wantFound checks what a bot without memories finds of the key.
func (b *bench) wantFound(t *testing.T, since time.Time, want ...messenger.Ref) {
	t.Helper()
	b.bot = b.another(t, nil)
	found, err := b.finder().Find(t.Context(), b.to, key, since)
	if err != nil || !slices.Equal(found, want) {
		t.Errorf("Find = %v, %v; want %v", found, err, want)
	}
}

// checkFindInCrowd checks that a message is found however many others came after
// it, were they posted at a steady pace or all at once.
func checkFindInCrowd(t *testing.T, subject Subject) {
	for name, pace := range map[string]time.Duration{"steady": time.Second, "at once": 0} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, subject, messengertest.Options{}, func(t *testing.T, b *bench) {
				start := time.Now()
				ref := b.post(t, sample(accessrequest.Pending), key)
				time.Sleep(time.Second)
				for range crowdSize {
					b.sim.Crowd(b.to.ID, 1, "hello")
					time.Sleep(pace)
				}
				b.wantFound(t, start, ref)
			})
		})
	}
}

// checkFindAmongLong checks that a page of history that is too large to be read
// does not keep a message from being found.
func checkFindAmongLong(t *testing.T, subject Subject) {
	bubbled(t, subject, messengertest.Options{}, func(t *testing.T, b *bench) {
		// With what an app can attach to a message it takes some 50 kB, and a page of
		// 30 of them more than is read.
		long := strings.Repeat("🙂", 12_000)
		start := time.Now()
		b.sim.Crowd(b.to.ID, 30, long)
		ref := b.post(t, sample(accessrequest.Pending), key)
		b.sim.Crowd(b.to.ID, 30, long)
		b.wantFound(t, start, ref)
		before := b.calls()
		if _, err := b.finder().Find(t.Context(), b.to, otherKey, start); !errors.Is(err, messenger.ErrNotFound) {
			t.Errorf("Find of none = %v, want ErrNotFound", err)
		}
		if calls := b.calls() - before; calls > 40 {
			t.Errorf("Find of none took %d calls", calls)
		}
	})
}
