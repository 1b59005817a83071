package teamsworkflow_test

import (
	"net/http"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/teamsworkflow"
)

func TestConformance(t *testing.T) { conformance.Run(t, subject()) }

func FuzzTyped(f *testing.F) { conformance.FuzzTyped(f, subject()) }

func subject() conformance.Subject {
	return conformance.Subject{
		Descriptor: teamsworkflow.Descriptor(),
		Simulate:   func(o messengertest.Options) messengertest.Simulator { return messengertest.NewTeamsWorkflow(o) },
		SecretsOf: func(token string) messenger.Secrets {
			return messenger.Secrets{teamsworkflow.SecretWorkflows: messengertest.Workflows(token)}
		},
		Channel:  func(id, name string) []string { return []string{id, name} },
		Nowhere:  []string{"no-such-workflow", "https://0123.environment.api.powerplatform.com/workflows/1?sig=2", "a/b", "two words", "*"},
		PostCall: "invoke",
		Unlinked: true,
		Refusals: map[messenger.Class][]messengertest.Failure{
			messenger.Transient: {
				{Status: http.StatusNotFound}, {Status: http.StatusMethodNotAllowed}, {Code: "OfNextYear"}, {Status: http.StatusConflict}, {Status: http.StatusFound},
			},
			messenger.Throttled: {{Status: http.StatusTooManyRequests}},
			messenger.RecipientPermanent: conformance.Codes(
				"DirectApiAuthorizationRequired", "DirectApiInvalidAuthorizationScheme", "AuthorizationFailed", "WorkflowNotFound", "WorkflowDisabled",
				"WorkflowTriggerIsNotEnabled", "WorkflowTriggerNotFound", "TriggerInputSchemaMismatch", "401", "403", "410",
			),
			messenger.ContentRejected: conformance.Codes("RequestEntityTooLarge", "InvalidAdaptiveCard", "400", "413"),
		},
	}
}
