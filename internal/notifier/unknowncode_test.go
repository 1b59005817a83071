package notifier_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// TestAnUnknownCodeIsRetriedSlowlyAndNeverGivenUp covers a service that refuses every post for
// hours with a code that this version does not know, while its checks and look-ups work.
func TestAnUnknownCodeIsRetriedSlowlyAndNeverGivenUp(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		began := time.Now()
		w.chat.decide(func(_ context.Context, call, _ string, effect func()) error {
			if call == "post" && time.Since(began) < 3*time.Hour {
				return &messenger.Error{Class: messenger.Transient, Call: call, Code: "of_next_year", Quoted: true, Unknown: true}
			}
			effect()
			return nil
		})
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(2 * time.Hour)
		// An address waits 15 s on average between two attempts, 30 s at most.
		before := w.chat.count("post", "")
		after(time.Hour - time.Minute)
		if n, most := w.chat.count("post", "")-before, 360*len(allAddresses); n == 0 || n > most {
			t.Errorf("%d posts in an hour, want some, and at most %d", n, most)
		}
		s := o.Snapshot()
		if p := s.Messenger.Problem; p == nil || p.Permanent || !strings.Contains(p.Message, "does not know (code of_next_year in post): nothing is lost") || !strings.Contains(p.Message, "every 30s") {
			t.Errorf("the messenger shows as %+v", s.Messenger.Problem)
		}
		if s.Undelivered != len(allAddresses) {
			t.Errorf("%d messages count as undelivered, want %d", s.Undelivered, len(allAddresses))
		}
		if n := w.notices.count(status.NoticeUnknownCode); n != 1 {
			t.Errorf("%d notices of the code, want 1", n)
		}
		after(2 * time.Minute)
		w.expect("r1", pending, allAddresses...)
		if s := o.Snapshot(); s.Messenger.Problem != nil || s.Undelivered > 0 {
			t.Errorf("the notifier shows as %+v", s)
		}
	})
}
