package teams_test

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/teams"
)

func TestConformance(t *testing.T) { conformance.Run(t, subject()) }

func FuzzTyped(f *testing.F) { conformance.FuzzTyped(f, subject()) }

func subject() conformance.Subject {
	return conformance.Subject{
		Descriptor: teams.Descriptor(),
		Simulate:   func(o messengertest.Options) messengertest.Simulator { return messengertest.NewTeams(o) },
		Path:       "/teams",
		SecretsOf: func(token string) messenger.Secrets {
			return messenger.Secrets{
				teams.SecretClient: token,
			}
		},
		Door:    "/login/" + messengertest.TeamsTenant + "/oauth2/v2.0/token",
		Channel: messengertest.TeamsLinks,
		Person:  func(id, email string) []string { return []string{id, email} },
		Nowhere: []string{
			"general", "19:00000000000000000000000000000000@thread.tacv2", "19:x@thread.v2", "a:1unknown",
			"https://evil.example/l/chat/x", "00000000-0000-0000-0000-000000000000",
		},
		Absent:       "1600000000000",
		ChannelCalls: []string{"send to conversation", "create conversation"},
		PostCall:     "create conversation",
		UpdateCall:   "update activity",
		Refusals: map[messenger.Class][]messengertest.Failure{
			messenger.Transient: conformance.Codes("PreconditionFailed"),
			messenger.Throttled: conformance.Codes("Throttled"),
			messenger.RecipientPermanent: conformance.Codes(
				"BotNotInConversationRoster", "ConversationBlockedByUser", "ForbiddenOperationException", "NotEnoughPermissions",
				"ConversationNotFound", "MessageWritesBlocked",
			),
			messenger.MessengerPermanent: conformance.Codes("BotNotRegistered", "Unauthorized", "BotDisabledByAdmin", "InvalidBotApiHost"),
			messenger.ContentRejected:    conformance.Codes("BadArgument", "BadSyntax", "MessageSizeTooBig"),
			messenger.MessageGone:        conformance.Codes("ActivityNotFoundInConversation", "ConversationNotFound"),
			messenger.MessageFinal:       conformance.Codes("NotEnoughPermissions"),
		},
	}
}
