package pigeon_test

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/pigeon"
)

// TestConformance runs the parts that a Descriptor without capabilities claims.
func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Subject{
		Descriptor: pigeon.Descriptor(),
		Simulate:   simulate,
		Path:       "/api/",
		Channel:    func(id, _ string) []string { return []string{id} },
		Person:     func(id, _ string) []string { return []string{id} },
		Nowhere:    []string{"no-such-channel", "C0NOSUCHID", "U0NOSUCHID"},
		PostCall:   "chat.postMessage",
		Refusals: map[messenger.Class][]messengertest.Failure{
			messenger.Transient:          conformance.Codes("internal_error"),
			messenger.Throttled:          conformance.Codes("ratelimited"),
			messenger.RecipientPermanent: conformance.Codes("channel_not_found", "not_in_channel", "is_archived"),
			messenger.MessengerPermanent: conformance.Codes("invalid_auth", "token_revoked"),
			messenger.ContentRejected:    conformance.Codes("msg_too_long"),
		},
	})
}

func simulate(o messengertest.Options) messengertest.Simulator { return messengertest.NewSlack(o) }
