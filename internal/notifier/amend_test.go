package notifier_test

import (
	"context"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// pager is a messenger whose messages are changed by what follows them, and cannot be looked up.
type pager struct{ bot }

// Follow implements messenger.Follower.
func (p pager) Follow(ctx context.Context, _ messenger.Address, previous messenger.Ref, m message.Message, _ string) (messenger.Ref, error) {
	return previous, p.do(ctx, "follow", previous.Channel, func() {
		at := p.at(previous)
		at.shown = append(at.shown, m)
	})
}

// Amends implements messenger.Amender.
func (pager) Amends() {}

// TestALateReminderDoesNotUndoTheDecision: a reminder that got lost takes effect after the decision was
// shown, which is shown again then; also by an operator that knows of the reminder from the record only.
func TestALateReminderDoesNotUndoTheDecision(t *testing.T) {
	for name, tt := range map[string]struct {
		// lands is how long after it was begun the reminder takes effect.
		lands  time.Duration
		killed bool
	}{
		"the same operator": {18 * time.Second, false},
		// It dies once its call has ended, after 10 s.
		"another operator": {26 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.alone()
				w.wrap = func(f finder) messenger.Messenger { return pager(f) }
				w.remind(10 * time.Minute)
				o := w.start()
				r := request("r1", pending)
				w.cluster.put(r, true)
				late := make(chan struct{})
				w.chat.decide(func(ctx context.Context, call, _ string, effect func()) error {
					if call != "follow" {
						effect()
						return nil
					}
					w.chat.decide(nil)
					time.AfterFunc(tt.lands, func() {
						effect()
						close(late)
					})
					<-ctx.Done()
					return ctx.Err()
				})
				after(10*time.Minute + time.Second)
				if tt.killed {
					o.die()
					w.start()
				}
				decided := request("r1", approved)
				decided.Created = r.Created
				w.cluster.put(decided, true)
				after(14 * time.Second)
				w.expect("r1", approved, allAddresses[0])
				<-late
				after(time.Minute)
				w.expect("r1", approved, allAddresses[0])
				w.expectClosed("r1")
				if n := w.chat.count("update", ""); n > 3 {
					t.Errorf("%d edits", n)
				}
			})
		})
	}
}
