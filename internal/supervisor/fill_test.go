package supervisor

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
)

func TestRecordsOfOthersAreAProblem(t *testing.T) {
	var s Snapshot
	s.fill(notifier.Snapshot{Ready: true, Clash: 2})
	if s.Clash == nil || s.Clash.Reason != ReasonClash || !s.Clash.Permanent {
		t.Fatalf("the clash shows as %+v", s.Clash)
	}
	for _, words := range []string{"2 access requests", "rename one"} {
		if !strings.Contains(s.Clash.Message, words) {
			t.Errorf("the message lacks %q: %s", words, s.Clash.Message)
		}
	}
	if s.fill(notifier.Snapshot{Ready: true}); s.Clash != nil {
		t.Errorf("the clash is over, but shows as %+v", s.Clash)
	}
}

func TestRequestsWithoutRecipientsAreCounted(t *testing.T) {
	var s Snapshot
	s.fill(notifier.Snapshot{Ready: true, Open: 3, Unannounced: 2})
	if s.Open != 3 || s.Unannounced != 2 {
		t.Errorf("%d open and %d unannounced, want 3 and 2", s.Open, s.Unannounced)
	}
}

// Each state of the messenger is reached from each other one, and left again.
func TestTheMessengerGoesIntoAndOutOfEveryReason(t *testing.T) {
	states := map[string]struct {
		failure   *messenger.Error
		permanent bool
	}{
		"":                 {},
		ReasonTokenRefused: {&messenger.Error{Class: messenger.MessengerPermanent, Code: "missing_scope"}, true},
		ReasonMissingScope: {&messenger.Error{Class: messenger.PermissionMissing, Code: "any_code"}, true},
		ReasonThrottled:    {&messenger.Error{Class: messenger.Throttled, Code: "ratelimited"}, false},
		ReasonUnavailable:  {&messenger.Error{Class: messenger.Transient, Code: "timeout"}, false},
	}
	for from, before := range states {
		for to, after := range states {
			var s Snapshot
			s.fill(notifier.Snapshot{Checked: true, Messenger: before.failure})
			s.fill(notifier.Snapshot{Checked: true, Messenger: after.failure})
			got := s.Messenger.Problem
			switch {
			case to == "" && got != nil:
				t.Errorf("%s is left, but shows as %+v", from, got)
			case to != "" && (got == nil || got.Reason != to || got.Permanent != after.permanent):
				t.Errorf("from %q to %q shows as %+v", from, to, got)
			}
		}
	}
}
