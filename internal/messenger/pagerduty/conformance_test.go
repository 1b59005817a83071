package pagerduty_test

import (
	"net/http"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/pagerduty"
)

func TestConformance(t *testing.T) { conformance.Run(t, subject()) }

func FuzzTyped(f *testing.F) { conformance.FuzzTyped(f, subject()) }

func subject() conformance.Subject {
	return conformance.Subject{
		Descriptor: pagerduty.Descriptor(),
		Simulate:   func(o messengertest.Options) messengertest.Simulator { return messengertest.NewIncidentLog(o) },
		SecretsOf: func(token string) messenger.Secrets {
			return messenger.Secrets{pagerduty.SecretRoutingKey: messengertest.RoutingKeys(token)}
		},
		Unknowing:  true,
		Channel:    func(id, name string) []string { return []string{id, name} },
		Nowhere:    []string{"https://example.pagerduty.com/services/P1", "a/b", "two words"},
		PostCall:   "enqueue",
		UpdateCall: "enqueue",
		Refusals: map[messenger.Class][]messengertest.Failure{
			messenger.Transient: {
				{Status: http.StatusNotFound}, {Status: http.StatusRequestTimeout}, {Status: http.StatusUnauthorized}, {Status: http.StatusTeapot},
			},
			messenger.Throttled:          {{Status: http.StatusTooManyRequests}, {Status: http.StatusForbidden}},
			messenger.MessengerPermanent: conformance.Codes("invalid_routing_key"),
			messenger.ContentRejected: {
				{Code: "invalid_event"}, {Status: http.StatusBadRequest}, {Status: http.StatusRequestEntityTooLarge},
			},
		},
	}
}
