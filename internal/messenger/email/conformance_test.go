package email_test

import (
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/email"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
)

func TestConformance(t *testing.T) { conformance.Run(t, subject()) }

func FuzzTyped(f *testing.F) { conformance.FuzzTyped(f, subject()) }

func subject() conformance.Subject {
	return conformance.Subject{
		Descriptor: email.Descriptor(),
		Simulate:   func(o messengertest.Options) messengertest.Simulator { return messengertest.NewEmail(o) },
		Scheme:     "smtp",
		SecretsOf: func(token string) messenger.Secrets {
			return messenger.Secrets{email.SecretUsername: messengertest.EmailUser, email.SecretPassword: token}
		},
		Untimed:  time.Minute,
		OneKind:  true,
		Believed: 5 * time.Minute,
		Channel:  func(id, _ string) []string { return []string{id} },
		Person:   func(_, email string) []string { return []string{email, "Alice@Example.com"} },
		Nowhere: []string{
			"no-such@example.com", "alice", "@example.com", "alice@", "alice@localhost", "Alice <alice@example.com>", `"alice b"@example.com`,
			"alice@example.com\r\nBcc: eve@example.com", "álice@example.com", "alice@[127.0.0.1]", "a/b@example.com",
		},
		PostCall: "mail",
		Refusals: map[messenger.Class][]messengertest.Failure{
			messenger.Transient:          conformance.Codes("451 4.3.0", "451", "599"),
			messenger.Throttled:          conformance.Codes("421 4.3.2", "450 4.2.1", "450 4.7.1", "452", "454 4.7.0", "432 4.3.2", "550 5.4.5"),
			messenger.RecipientPermanent: conformance.Codes("550 5.1.1", "552 5.2.2"),
			messenger.MessengerPermanent: conformance.Codes("530 5.7.0", "535 5.7.8", "538", "553 5.7.60"),
			messenger.ContentRejected:    conformance.Codes("552 5.3.4", "554 5.6.0", "550", "554 5.7.1"),
		},
	}
}
