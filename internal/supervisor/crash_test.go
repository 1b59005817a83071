package supervisor_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/status"
)

func TestPanicsStayWithTheirNotifier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		var mu sync.Mutex
		var mended bool
		b.bots.onCheck(func(_ context.Context, token string) error {
			mu.Lock()
			defer mu.Unlock()
			if token == "bad" && !mended {
				panic("typed by a requester")
			}
			return nil
		})
		b.start()
		b.Ensure(key("bad"), spec("bad"))
		b.Ensure(key("good"), spec("good"))
		// Restarts after 2, 4, 8, 16 s, and so on.
		time.Sleep(29 * time.Second)
		synctest.Wait()
		got := b.snapshot(key("bad"))
		if got.Crashes != 4 {
			t.Errorf("%d crashes in 29 s, want 4", got.Crashes)
		}
		if got.Failure == nil || got.Failure.Reason != status.ReasonInternalError || got.Failure.Permanent {
			t.Errorf("the failure is %+v", got.Failure)
		}
		if good := b.snapshot(key("good")); good.Crashes != 0 || good.Failure != nil || !good.Messenger.Known {
			t.Errorf("the other notifier is affected: %+v", good)
		}
		assertLacks(t, "the log", b.log.String(), "typed by a requester")

		mu.Lock()
		mended = true
		mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := b.snapshot(key("bad")); got.Failure != nil || !got.Messenger.Known {
			t.Errorf("it does not recover: %+v", got)
		}
	})
}

func TestAnEditEndsTheBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.bots.onCheck(func(_ context.Context, token string) error {
			if token == "bad" {
				panic("bad")
			}
			return nil
		})
		b.start()
		b.Ensure(key("a"), spec("bad"))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		b.Ensure(key("a"), spec("good"))
		synctest.Wait()
		if got := b.snapshot(key("a")); got.Failure != nil || !got.Messenger.Known {
			t.Errorf("the edit waits for the back-off: %+v", got)
		}
	})
}
