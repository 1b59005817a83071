package slack

import (
	"slices"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The pages below docs.slack.dev that say what a code means.
const (
	pagePost    = "chat.postMessage"
	pageUpdate  = "chat.update"
	pageOpen    = "conversations.open"
	pageList    = "conversations.list"
	pageHistory = "conversations.history"
	pageReplies = "conversations.replies"
	pageLookup  = "users.lookupByEmail"
	pageCommon  = "errors that every method has"
)

var everyCall = []string{callCheck, callPost, callUpdate, callLookup, callOpen, callList, callHistory, callReplies}

// except returns all calls but one.
func except(call string) []string {
	return slices.DeleteFunc(slices.Clone(everyCall), func(c string) bool { return c == call })
}

func TestCodesAreClassified(t *testing.T) {
	chat := []string{callPost, callUpdate}
	tests := []struct {
		codes   string
		calls   []string
		class   messenger.Class
		unclear bool
		// advice is part of the sentence.
		advice string
		source string
	}{
		{"not_authed invalid_auth account_inactive token_revoked token_expired", everyCall, messenger.MessengerPermanent, false, adviceRenew, pageCommon},
		{"not_allowed_token_type", everyCall, messenger.MessengerPermanent, false, "xoxb-", pageCommon},
		{"two_factor_setup_required", everyCall, messenger.MessengerPermanent, false, adviceAdmin, pageCommon},
		{"method_deprecated deprecated_endpoint", everyCall, messenger.MessengerPermanent, false, adviceUpdate, pageCommon},
		{"is_bot", everyCall, messenger.MessengerPermanent, false, "a legacy bot cannot call this", pageCommon},
		{"accesslimited", everyCall, messenger.MessengerPermanent, false, "allow the address that calls come from", pageCommon},
		{"metadata_must_be_sent_from_app", chat, messenger.MessengerPermanent, false, "may not send message metadata", pagePost},
		{"enterprise_is_restricted", except(callLookup), messenger.MessengerPermanent, false, "Install the app in the workspace", pageCommon},
		{"enterprise_is_restricted", []string{callLookup}, messenger.RecipientPermanent, false, "Install the app in the workspace", pageLookup},

		{"no_permission access_denied ekm_access_denied team_access_not_granted", []string{callCheck}, messenger.MessengerPermanent, false, adviceAdmin, pageCommon},
		{"no_permission access_denied", except(callCheck), messenger.RecipientPermanent, false, "Invite the bot", pageCommon},
		{"ekm_access_denied", except(callCheck), messenger.RecipientPermanent, false, "turned off messages in this channel", pagePost},
		{"team_access_not_granted", except(callCheck), messenger.RecipientPermanent, false, "in the workspace of this channel", pageCommon},
		{"team_not_found", chat, messenger.RecipientPermanent, false, "Name the channel by its id: this token is for a whole organization", pagePost},
		{"app_access_restricted", chat, messenger.RecipientPermanent, false, "let this recipient use the app", "none: inferred"},
		{"channel_not_found not_in_channel is_archived", chat, messenger.RecipientPermanent, false, "channel", pagePost},
		{"is_inactive", chat, messenger.RecipientPermanent, false, "Unarchive", pageUpdate},
		{"restricted_action restricted_action_of_next_year posting_to_general_channel_denied", chat, messenger.RecipientPermanent, false, adviceAllowed, pagePost},
		{"restricted_action_thread_only_channel", chat, messenger.RecipientPermanent, false, "replies only", pagePost},
		{"restricted_action_read_only_channel", chat, messenger.RecipientPermanent, false, "read-only", pagePost},
		{"messages_tab_disabled", chat, messenger.RecipientPermanent, false, "Messages tab", pagePost},
		{"users_not_found", []string{callLookup}, messenger.RecipientPermanent, false, adviceEmail, pageLookup},
		{"user_not_found user_not_visible user_disabled", []string{callOpen}, messenger.RecipientPermanent, false, "", pageOpen},
		{"cannot_dm_bot", []string{callOpen}, messenger.RecipientPermanent, false, "Bots have no direct messages", "older pages of conversations.open"},
		{
			"method_not_supported_for_channel_type invalid_user_combination not_enough_users too_many_users users_list_not_supplied app_cannot_join_channel",
			[]string{callOpen}, messenger.RecipientPermanent, false, "opens no direct messages with this account", pageOpen,
		},
		{"method_not_supported_for_channel_type", []string{callReplies}, messenger.RecipientPermanent, false, "", pageReplies},
		{"channel_is_limited_access", []string{callHistory}, messenger.RecipientPermanent, false, "", pageHistory},

		{"missing_scope", chat, messenger.MessengerPermanent, false, "scope chat:write", pageCommon},
		{"missing_scope invalid_types", []string{callList}, messenger.RecipientPermanent, false, "scopes channels:read and groups:read", pageList},
		{"missing_scope", []string{callLookup}, messenger.RecipientPermanent, false, "scope users:read.email", pageCommon},
		{"missing_scope", []string{callHistory, callReplies}, messenger.RecipientPermanent, false, "scopes that the documentation lists", pageCommon},

		{"no_text invalid_blocks invalid_blocks_format msg_too_long metadata_too_large invalid_metadata_format invalid_metadata_schema markdown_text_conflict", chat, messenger.ContentRejected, false, "", pagePost},
		{"msg_blocks_too_long attachment_payload_limit_exceeded too_many_attachments", []string{callPost}, messenger.ContentRejected, false, "", pagePost},
		{"block_mismatch invalid_attachments", []string{callUpdate}, messenger.ContentRejected, false, "", pageUpdate},
		{"invalid_arguments", chat, messenger.ContentRejected, false, "", pageCommon},
		{"invalid_arguments", []string{callLookup}, messenger.RecipientPermanent, false, adviceEmail, pageCommon},
		{"invalid_arguments", []string{callOpen}, messenger.RecipientPermanent, false, adviceRecipient, pageCommon},
		{"invalid_arguments", []string{callCheck}, messenger.Transient, false, "", pageCommon},

		{"message_not_found", []string{callUpdate}, messenger.MessageGone, false, "", pageUpdate},
		{"cannot_reply_to_message restricted_action_thread_locked restricted_action_non_threadable_channel", []string{callPost}, messenger.MessageGone, false, "", pagePost},
		{"thread_not_found", []string{callReplies}, messenger.MessageGone, false, "", pageReplies},
		{"edit_window_closed", []string{callUpdate}, messenger.MessageFinal, false, "Let messages be edited", pageUpdate},
		{"cant_update_message", []string{callUpdate}, messenger.MessageFinal, false, "the bot that posted the message", pageUpdate},

		{"ratelimited", everyCall, messenger.Throttled, false, "", pageCommon},
		{"rate_limited message_limit_exceeded", []string{callPost}, messenger.Throttled, false, "", pagePost},

		{"request_timeout service_unavailable team_added_to_org", everyCall, messenger.Transient, false, "", pageCommon},
		{"internal_error fatal_error", everyCall, messenger.Transient, true, "", pageCommon},
		{"org_login_required", everyCall, messenger.Transient, false, "deliveries go on when that is done", pageCommon},
		{"update_failed", []string{callUpdate}, messenger.Transient, true, whatLater, pageUpdate},
		{"external_channel_migrating streaming_state_conflict", []string{callUpdate}, messenger.Transient, false, whatLater, pageUpdate},
		{"unknown_method", everyCall, messenger.Transient, false, "check the URL", pageCommon},
		{"invalid_cursor", []string{callList, callHistory, callReplies}, messenger.Transient, false, "", pageHistory},
		{
			"invalid_form_data invalid_charset invalid_post_type missing_post_type invalid_arg_name invalid_array_arg missing_argument",
			everyCall, messenger.Transient, false, "check the proxy", pageCommon,
		},
		{"a_code_of_next_year", everyCall, messenger.Transient, false, "", "none"},
	}
	for _, tt := range tests {
		for code := range strings.FieldsSeq(tt.codes) {
			for _, call := range tt.calls {
				got := classified(call, code)
				if got.Class != tt.class || got.Unclear != tt.unclear || got.Code != code || got.Call != call ||
					!strings.Contains(got.What+": "+got.Advice, tt.advice) || got.Unknown != (tt.source == "none") || !got.Quoted {
					t.Errorf("%s %s = %+v, want class %s, unclear %t, advice %q [docs.slack.dev: %s]",
						call, code, got, tt.class, tt.unclear, tt.advice, tt.source)
				}
			}
		}
	}
}

// TestCodesOfOneChannelNeverStopTheToken covers what an answer to a post or an edit
// may stop: what is not about the token itself stops one recipient at most.
func TestCodesOfOneChannelNeverStopTheToken(t *testing.T) {
	aboutTheToken := strings.Fields("not_authed invalid_auth account_inactive token_revoked token_expired " +
		"not_allowed_token_type two_factor_setup_required method_deprecated deprecated_endpoint is_bot " +
		"enterprise_is_restricted metadata_must_be_sent_from_app accesslimited")
	for _, call := range []string{callPost, callUpdate} {
		for code := range outcomes {
			stops := classified(call, code).Class == messenger.MessengerPermanent
			if stops != slices.Contains(aboutTheToken, code) {
				t.Errorf("%s %s stops the token: %t", call, code, stops)
			}
		}
	}
}

// What an operator has to repair comes with a word on how.
func TestPermanentErrorsAdvise(t *testing.T) {
	for _, call := range everyCall {
		for code := range outcomes {
			e := classified(call, code)
			repair := e.Class == messenger.MessengerPermanent || e.Class == messenger.RecipientPermanent ||
				e.Class == messenger.MessageFinal
			if repair && e.Advice == "" {
				t.Errorf("%s %s is of class %s and advises nothing", call, code, e.Class)
			}
			if strings.HasSuffix(e.Advice, ".") || strings.Contains(e.Advice, "Secret") {
				t.Errorf("%s %s advises %q, want a sentence without a period that holds on any platform", call, code, e.Advice)
			}
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
