package notifier

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

func TestEachClassOfFailureHasAReason(t *testing.T) {
	explain := func(e *messenger.Error) string { return "explained: " + e.Code }
	for reason, tt := range map[string]struct {
		failure   *messenger.Error
		permanent bool
	}{
		status.ReasonTokenRefused:         {&messenger.Error{Class: messenger.MessengerPermanent, Code: "missing_scope"}, true},
		status.ReasonMissingScope:         {&messenger.Error{Class: messenger.PermissionMissing, Code: "any_code"}, true},
		status.ReasonThrottled:            {&messenger.Error{Class: messenger.Throttled, Code: "ratelimited"}, false},
		status.ReasonMessengerUnavailable: {&messenger.Error{Class: messenger.Transient, Code: "timeout"}, false},
	} {
		got := messengerProblem(tt.failure, explain)
		if got == nil || got.Reason != reason || got.Permanent != tt.permanent || got.Message != "explained: "+tt.failure.Code {
			t.Errorf("a failure of class %v shows as %+v, want %s", tt.failure.Class, got, reason)
		}
	}
	blocked := messengerProblem(&messenger.Error{Class: messenger.MessengerPermanent, Code: "loopback_address", NotToken: true}, explain)
	if blocked.Reason != status.ReasonMessengerUnavailable || !blocked.Permanent || blocked.Detail != "loopback_address" {
		t.Errorf("what is not about the token shows as %+v", blocked)
	}
	if got := messengerProblem(nil, explain); got != nil {
		t.Errorf("no failure shows as %+v", got)
	}
}
