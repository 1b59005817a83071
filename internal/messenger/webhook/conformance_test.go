package webhook_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/webhook"
)

func TestConformance(t *testing.T) { conformance.Run(t, subject()) }

func FuzzTyped(f *testing.F) { conformance.FuzzTyped(f, subject()) }

func subject() conformance.Subject {
	return conformance.Subject{
		Descriptor: webhook.Descriptor(),
		Simulate:   func(o messengertest.Options) messengertest.Simulator { return messengertest.NewWebhook(o) },
		Path:       "/hooks/teleport",
		SecretsOf: func(token string) messenger.Secrets {
			return messenger.Secrets{webhook.SecretSigning: messengertest.SigningSecrets(token)}
		},
		Believed: time.Hour,
		AnyBody:  true,
		Channel:  func(id, name string) []string { return []string{id, name} },
		Nowhere:  []string{"no-such-recipient", "https://siem.example.com/hook", "a/b", "two words"},
		PostCall: "event",
		Refusals: map[messenger.Class][]messengertest.Failure{
			messenger.Transient:          {{Status: http.StatusNotFound}, {Status: http.StatusRequestTimeout}, {Status: http.StatusTeapot}},
			messenger.Throttled:          {{Status: http.StatusTooManyRequests}},
			messenger.RecipientPermanent: {{Status: http.StatusGone}},
			messenger.MessengerPermanent: {{Status: http.StatusUnauthorized}, {Status: http.StatusForbidden}},
			messenger.ContentRejected: {
				{Status: http.StatusBadRequest}, {Status: http.StatusRequestEntityTooLarge}, {Status: http.StatusUnprocessableEntity},
			},
		},
	}
}
