package slack_test

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/slack"
)

func TestConformance(t *testing.T) { conformance.Run(t, subject()) }

func FuzzTyped(f *testing.F) { conformance.FuzzTyped(f, subject()) }

func subject() conformance.Subject {
	return conformance.Subject{
		Descriptor: slack.Descriptor(),
		Simulate:   func(o messengertest.Options) messengertest.Simulator { return messengertest.NewSlack(o) },
		Path:       "/api/",
		Secrets:    messenger.Secrets{messenger.SecretAppToken: messengertest.DefaultAppToken},
		Redelivers: true,
		Channel: func(id, name string) []string {
			return []string{id, name, "#" + name}
		},
		Person: func(id, email string) []string {
			return []string{id, email, "A" + email[1:]}
		},
		Nowhere: []string{"no-such-channel", "#no-such-channel", "C0NOSUCHID", "U0NOSUCHID", "#"},
		Absent:  "1700000000.000100",

		ChannelCalls: []string{"conversations.list", "conversations.info"},
		PostCall:     "chat.postMessage",
		UpdateCall:   "chat.update",
		Refusals: map[messenger.Class][]messengertest.Failure{
			messenger.Transient:          conformance.Codes("internal_error", "fatal_error", "service_unavailable", "request_timeout", "org_login_required", "a_code_of_next_year"),
			messenger.Throttled:          conformance.Codes("ratelimited", "rate_limited", "message_limit_exceeded"),
			messenger.RecipientPermanent: conformance.Codes("channel_not_found", "not_in_channel", "is_archived", "restricted_action", "restricted_action_read_only_channel", "ekm_access_denied", "team_access_not_granted"),
			messenger.MessengerPermanent: conformance.Codes("invalid_auth", "token_revoked", "token_expired", "account_inactive", "missing_scope", "accesslimited"),
			messenger.ContentRejected:    conformance.Codes("invalid_blocks", "msg_blocks_too_long", "msg_too_long", "metadata_too_large", "no_text"),
			messenger.MessageGone:        conformance.Codes("message_not_found"),
			messenger.MessageFinal:       conformance.Codes("cant_update_message", "edit_window_closed"),
		},
	}
}
