package notifier_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// TestTheOldestMessageSaysWhyItWaits covers a message whose calls fail while those for others
// work: no part of the service is in trouble, and the message alone can tell.
func TestTheOldestMessageSaysWhyItWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.decide(func(_ context.Context, call, address string, effect func()) error {
			if call == "post" && address == "id-b" {
				return failing(messenger.Transient)
			}
			effect()
			return nil
		})
		o := w.start()
		settle()
		if s := o.Snapshot(); s.Oldest != nil {
			t.Errorf("without a request, %+v waits", s.Oldest)
		}
		heard := time.Now()
		w.cluster.put(request("one", pending), true)
		for i := range 10 {
			after(time.Minute)
			w.cluster.put(request(fmt.Sprintf("later-%d", i), pending), true)
		}
		settle()
		switch s := o.Snapshot(); {
		case s.Messenger.Problem != nil || len(s.Unresolved) > 0:
			t.Errorf("one address in trouble is taken for more: %+v", s)
		case s.Oldest == nil || s.Oldest.Reason != status.WaitingCallFailed || !strings.Contains(s.Oldest.Message, "transient"):
			t.Errorf("the message waits for %+v, want its call's failure", s.Oldest)
		case s.Oldest.Request != "one" || s.Oldest.Recipient != "b" || s.Oldest.Since.Sub(heard) > time.Second:
			t.Errorf("%+v waits, want the message for b of the request", s.Oldest)
		case time.Since(s.Oldest.FailedAt) > 35*time.Second:
			t.Errorf("the last call has failed %s ago, though others take turns with it more often", time.Since(s.Oldest.FailedAt))
		}
		w.chat.decide(nil)
		after(5 * time.Minute)
		if s := o.Snapshot(); s.Oldest != nil {
			t.Errorf("once it is delivered, %+v waits", s.Oldest)
		}
	})
}

// TestAMessageThatWaitsForAnotherCallSaysSo covers one whose turn has not come, because the
// first call to the address fails or hangs, or because the service asked all calls to wait.
func TestAMessageThatWaitsForAnotherCallSaysSo(t *testing.T) {
	throttled := func(scope messenger.Scope) error {
		return &messenger.Error{Class: messenger.Throttled, Code: "failing", RetryAfter: 2 * time.Minute, Scope: scope}
	}
	for name, tt := range map[string]struct {
		answer error
		want   string
	}{
		"a failure":            {failing(messenger.Transient), status.WaitingCallFailed},
		"a pause of a method":  {throttled(messenger.ScopeMethod), status.WaitingCallFailed},
		"a pause of the token": {throttled(messenger.ScopeToken), status.WaitingCallFailed},
		"no answer yet":        {nil, status.WaitingTurn},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.chat.decide(func(ctx context.Context, call, _ string, effect func()) error {
					if call != "post" {
						effect()
						return nil
					}
					if tt.answer == nil {
						<-ctx.Done()
						return failing(messenger.Transient)
					}
					return tt.answer
				})
				o := w.start()
				settle()
				w.cluster.put(request("one", pending), true)
				w.cluster.put(request("two", pending), true)
				settle()
				s := o.Snapshot()
				if s.Oldest == nil || s.Oldest.Reason != tt.want || s.Oldest.Message == "" {
					t.Errorf("%d messages wait, the oldest for %+v, want %s", s.Undelivered, s.Oldest, tt.want)
				}
			})
		})
	}
}

// TestAMessageThatAnotherOperatorDeliversSaysSo covers a claim that is left alone.
func TestAMessageThatAnotherOperatorDeliversSaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cluster.put(request("r1", pending), true)
		w.cluster.setRecord("r1", foreignClaim(1))
		o := w.start()
		settle()
		if s := o.Snapshot(); s.Oldest == nil || s.Oldest.Reason != status.WaitingOther {
			t.Errorf("%d messages wait, the oldest for %+v, want that another operator has claimed it", s.Undelivered, s.Oldest)
		}
	})
}

// TestAMessageAboutARequestThatIsGoneSaysSo covers an end that was not heard of: nothing can be
// claimed for the request, and all others can be.
func TestAMessageAboutARequestThatIsGoneSaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cluster.decide(func(string, func() error) error {
			return fmt.Errorf("not found: %w", accessrequest.ErrUnknownRequest)
		})
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		after(time.Minute)
		if s := o.Snapshot(); s.Records != nil || s.Oldest == nil || s.Oldest.Reason != status.WaitingRecord {
			t.Errorf("the records have the problem %+v, the oldest message waits for %+v", s.Records, s.Oldest)
		}
	})
}
