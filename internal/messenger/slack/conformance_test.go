package slack_test

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/slack"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Subject{
		New: func(c conformance.Config) (messenger.Messenger, error) {
			return slack.New(slack.Config{Token: c.Token, BaseURL: c.URL, HTTPClient: c.HTTPClient, Throttle: c.Throttle})
		},
		Simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewSlack(o) },
		Path:     "/api/",
		Channel: func(id, name string) []string {
			return []string{id, name, "#" + name}
		},
		Person: func(id, email string) []string {
			return []string{id, email, "A" + email[1:]}
		},
		Nowhere:    []string{"no-such-channel", "#no-such-channel", "C0NOSUCHID", "U0NOSUCHID", "#"},
		Absent:     "1700000000.000100",
		Idempotent: false,
		Replies:    true,
		Refusals: map[messenger.Class][]messengertest.Failure{
			messenger.Transient:          codes("internal_error", "fatal_error", "service_unavailable", "request_timeout", "a_code_of_next_year"),
			messenger.Throttled:          codes("ratelimited", "rate_limited", "message_limit_exceeded"),
			messenger.RecipientPermanent: codes("channel_not_found", "not_in_channel", "is_archived", "restricted_action", "restricted_action_read_only_channel"),
			messenger.MessengerPermanent: codes("invalid_auth", "token_revoked", "token_expired", "account_inactive", "missing_scope", "org_login_required"),
			messenger.ContentRejected:    codes("invalid_blocks", "msg_blocks_too_long", "msg_too_long", "metadata_too_large", "no_text"),
			messenger.MessageGone:        codes("message_not_found", "cant_update_message", "edit_window_closed"),
		},
	})
}

func codes(all ...string) []messengertest.Failure {
	var failures []messengertest.Failure
	for _, code := range all {
		failures = append(failures, messengertest.Failure{Code: code})
	}
	return failures
}
