package notifier_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// bare is a messenger that can post, and nothing else.
type bare struct{ messenger.Messenger }

// TestAChangeIsANewMessageWhereNoneCanBeEdited covers a messenger without an Updater:
// each change of a request is one message more, and a restart adds none.
func TestAChangeIsANewMessageWhereNoneCanBeEdited(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.wrap = func(f finder) messenger.Messenger { return bare{f} }
		first := w.start()
		settle()
		w.cluster.put(lasting("r1", pending), true)
		after(time.Second)
		w.cluster.put(lasting("r1", pending, review("carol")), true)
		after(time.Second)
		first.stop()
		w.start()
		after(time.Minute)
		w.cluster.put(lasting("r1", approved, review("carol"), review("dave")), true)
		after(time.Minute)
		for _, address := range allAddresses {
			posts := w.chat.about("r1", address)
			if len(posts) != 3 {
				t.Fatalf("%s has %d messages, want one for each change", address, len(posts))
			}
			for i, want := range []int{0, 1, 2} {
				if last := posts[i].last(); len(last.Reviews) != want || len(posts[i].shown) != 1 {
					t.Errorf("message %d to %s shows %d reviews in %d revisions, want %d in one", i, address, len(last.Reviews), len(posts[i].shown), want)
				}
			}
			if got := posts[2].last().State; got != approved {
				t.Errorf("the last message to %s says %s", address, got)
			}
		}
		w.expectClosed("r1")
	})
}

// answering is a messenger that cannot edit, but can point from one message to another.
type answering struct {
	messenger.Messenger
	mu sync.Mutex
	// previous are the messages that were answered.
	previous []string
}

// Follow implements messenger.Follower.
func (a *answering) Follow(ctx context.Context, to messenger.Address, previous messenger.Ref, m message.Message, key string) (messenger.Ref, error) {
	a.mu.Lock()
	a.previous = append(a.previous, previous.ID)
	a.mu.Unlock()
	return a.Post(ctx, to, m, key)
}

// TestAChangeAnswersTheMessageBeforeWhereNoneCanBeEdited covers a Follower without an
// Updater.
func TestAChangeAnswersTheMessageBeforeWhereNoneCanBeEdited(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		chain := &answering{}
		w.wrap = func(f finder) messenger.Messenger {
			chain.Messenger = f
			return chain
		}
		w.start()
		settle()
		for _, state := range []accessrequest.State{pending, denied, approved} {
			w.cluster.put(lasting("r1", state), true)
			after(time.Minute)
		}
		if want := []string{"0", "1"}; !slices.Equal(chain.previous, want) {
			t.Errorf("the messages %q were answered, want %q", chain.previous, want)
		}
		w.expectClosed("r1")
	})
}

// paced is a messenger whose recipients do not hear of a request too often.
type paced struct{ answering }

// Pace implements messenger.Pacer.
func (*paced) Pace() time.Duration { return 30 * time.Second }

// TestChangesAreBatchedWhereEachIsAMessage covers a messenger that names a pace: no recipient
// hears twice of a request within it, and what is final is heard once it is over.
func TestChangesAreBatchedWhereEachIsAMessage(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.alone()
		chain := &paced{}
		w.wrap = func(f finder) messenger.Messenger {
			chain.Messenger = f
			return chain
		}
		w.start()
		settle()
		w.cluster.put(lasting("r1", pending), true)
		after(time.Second)
		for _, reviews := range [][]accessrequest.Review{{review("carol")}, {review("carol"), review("dave")}} {
			w.cluster.put(lasting("r1", pending, reviews...), true)
			after(time.Second)
		}
		w.cluster.put(lasting("r1", approved, review("carol"), review("dave")), true)
		after(20 * time.Second)
		if posts := w.chat.about("r1", allAddresses[0]); len(posts) != 1 {
			t.Errorf("%d messages within the pace, want the first", len(posts))
		}
		after(time.Minute)
		posts := w.chat.about("r1", allAddresses[0])
		if len(posts) != 2 || posts[1].last().State != approved {
			t.Fatalf("%d messages, want one that follows with all that has changed", len(posts))
		}
		w.expectClosed("r1")
		w.cluster.put(lasting("r1", denied, review("carol"), review("dave")), true)
		after(time.Minute)
		if posts = w.chat.about("r1", allAddresses[0]); len(posts) != 3 || posts[2].last().State != denied {
			t.Errorf("%d messages, want another for what has changed since", len(posts))
		}
	})
}
