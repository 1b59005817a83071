package googlechat_test

import (
	"net/http"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/googlechat"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
)

func TestConformance(t *testing.T) { conformance.Run(t, subject()) }

func FuzzTyped(f *testing.F) { conformance.FuzzTyped(f, subject()) }

func subject() conformance.Subject {
	return conformance.Subject{
		Descriptor: googlechat.Descriptor(),
		Simulate:   func(o messengertest.Options) messengertest.Simulator { return messengertest.NewGoogleChat(o) },
		SecretsOf: func(token string) messenger.Secrets {
			return messenger.Secrets{googlechat.SecretServiceAccount: messengertest.ServiceAccountKey(token)}
		},
		Door: "/token",
		Once: true, EmptyList: true,
		Channel: func(id, _ string) []string {
			return []string{
				"spaces/" + id, id, "https://mail.google.com/chat/u/0/#chat/space/" + id, "https://chat.google.com/room/" + id + "?cls=7",
				"https://mail.google.com/mail/u/1/#chat/space/" + id, "https://chat.google.com/u/0/app/chat/" + id,
			}
		},
		Person: func(id, email string) []string {
			return []string{"users/" + id, email, "A" + email[1:], "users/" + email}
		},
		Nowhere: []string{
			"access-requests", "spaces/AAAANowhere", "spaces/", "spaces/a b", "users/", "users/123456", "#ops", "https://evil.example/room/AAAAAAAAAAA",
			"https://chat.google.com/", "spaces/AAAAAAAAAAA/messages/x",
		},
		Absent:       "TTTTTTTTTTT.TTTTTTTTTTT",
		ChannelCalls: []string{"spaces.get", "spaces.list"},
		PostCall:     "spaces.messages.create",
		UpdateCall:   "spaces.messages.patch",
		Refusals: map[messenger.Class][]messengertest.Failure{
			messenger.Transient: {
				{Code: "INTERNAL"}, {Code: "UNAVAILABLE"}, {Code: "DEADLINE_EXCEEDED"}, {Code: "ABORTED"}, {Code: "ALREADY_EXISTS"},
				{Code: "OF_NEXT_YEAR"}, {Status: http.StatusForbidden}, {Status: http.StatusNotFound}, {Status: http.StatusBadRequest},
			},
			messenger.Throttled: append(conformance.Codes("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"),
				messengertest.Failure{Status: http.StatusTooManyRequests}),
			messenger.RecipientPermanent: conformance.Codes("PERMISSION_DENIED", "NOT_FOUND", "FAILED_PRECONDITION"),
			messenger.MessengerPermanent: conformance.Codes("UNAUTHENTICATED", "SERVICE_DISABLED", "CONSUMER_SUSPENDED"),
			messenger.ContentRejected:    append(conformance.Codes("INVALID_ARGUMENT"), messengertest.Failure{Status: http.StatusRequestEntityTooLarge}),
			messenger.MessageGone:        conformance.Codes("NOT_FOUND"),
			messenger.MessageFinal:       conformance.Codes("PERMISSION_DENIED", "FAILED_PRECONDITION"),
		},
	}
}
