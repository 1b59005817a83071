package discord_test

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/discord"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
)

func TestConformance(t *testing.T) { conformance.Run(t, subject()) }

func FuzzTyped(f *testing.F) { conformance.FuzzTyped(f, subject()) }

func subject() conformance.Subject {
	return conformance.Subject{
		Descriptor: discord.Descriptor(),
		Simulate:   func(o messengertest.Options) messengertest.Simulator { return messengertest.NewDiscord(o) },
		Path:       "/api/v10",
		Channel:    func(id, _ string) []string { return []string{id} },
		Person: func(id, _ string) []string {
			return []string{id, "user:" + id}
		},
		Nowhere:     []string{"123456789012345678", "user:123456789012345678", "#no-names", "user:alice"},
		Absent:      "123456789012345678",
		MembersOnly: true,
		ShownForm: func(f messengertest.Form) messengertest.Form {
			f.Send, f.Cancel = "", ""
			return f
		},
		PostCall:   "POST /channels/{channel}/messages",
		UpdateCall: "PATCH /channels/{channel}/messages/{message}",
		Refusals: map[messenger.Class][]messengertest.Failure{
			messenger.Transient:          conformance.Codes("40004", "130000"),
			messenger.Throttled:          conformance.Codes("20016", "20028", "30046"),
			messenger.RecipientPermanent: conformance.Codes("10003", "50001", "50007", "50013", "50083", "50278", "160005"),
			messenger.MessengerPermanent: conformance.Codes("0", "40001"),
			messenger.ContentRejected:    conformance.Codes("50006", "50035", "50109", "200000"),
			messenger.MessageGone:        conformance.Codes("10008", "50005"),
			messenger.MessageFinal:       conformance.Codes("50013", "50068"),
			messenger.PermissionMissing:  conformance.Codes("160002"),
		},
	}
}
