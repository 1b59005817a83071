package slack

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

func TestCodesAreClassified(t *testing.T) {
	tests := []struct {
		call    string
		class   messenger.Class
		unclear bool
		codes   string
	}{
		{callPost, messenger.MessengerPermanent, false, "not_authed invalid_auth account_inactive token_revoked token_expired missing_scope org_login_required ekm_access_denied"},
		{"auth.test", messenger.MessengerPermanent, false, "invalid_auth no_permission access_denied"},
		{callPost, messenger.RecipientPermanent, false, "channel_not_found not_in_channel is_archived restricted_action restricted_action_read_only_channel restricted_action_thread_only_channel no_permission access_denied"},
		{callUpdate, messenger.RecipientPermanent, false, "is_inactive"},
		{"users.lookupByEmail", messenger.RecipientPermanent, false, "users_not_found enterprise_is_restricted missing_scope"},
		{callPost, messenger.ContentRejected, false, "no_text invalid_blocks msg_blocks_too_long metadata_too_large"},
		{callUpdate, messenger.ContentRejected, false, "msg_too_long"},
		{callUpdate, messenger.MessageGone, false, "message_not_found cant_update_message edit_window_closed"},
		{callPost, messenger.MessageGone, false, "restricted_action_thread_locked restricted_action_non_threadable_channel"},
		{callPost, messenger.Throttled, false, "ratelimited rate_limited"},
		{callPost, messenger.Transient, false, "request_timeout service_unavailable a_code_of_next_year"},
		{callPost, messenger.Transient, true, "internal_error fatal_error"},
	}
	for _, tt := range tests {
		for code := range strings.FieldsSeq(tt.codes) {
			got := classified(tt.call, code)
			if got.Class != tt.class || got.Unclear != tt.unclear || got.Code != code || got.Call != tt.call {
				t.Errorf("%s %s = %+v, want class %s, unclear %t", tt.call, code, got, tt.class, tt.unclear)
			}
		}
	}
}

// What somebody has to repair comes with a word on how.
func TestPermanentErrorsAdvise(t *testing.T) {
	for code := range outcomes {
		e := classified(callPost, code)
		permanent := e.Class == messenger.MessengerPermanent || e.Class == messenger.RecipientPermanent
		if permanent != (e.Advice != "") {
			t.Errorf("%s is of class %s and advises %q", code, e.Class, e.Advice)
		}
		if strings.HasSuffix(e.Advice, ".") {
			t.Errorf("%s: the advice ends with a period", code)
		}
	}
}

func TestForgedCodesAreNotRepeated(t *testing.T) {
	for _, code := range []string{"", "a", "Bearer xoxb-1", "<!channel>", "a b", "a\nb", strings.Repeat("a", 65)} {
		if got := classified(callPost, code).Code; got != "unknown_error" {
			t.Errorf("code %q is shown as %q", code, got)
		}
	}
}
