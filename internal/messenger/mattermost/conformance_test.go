package mattermost_test

import (
	"net/http"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/mattermost"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
)

func TestConformance(t *testing.T) { conformance.Run(t, subject()) }

func FuzzTyped(f *testing.F) { conformance.FuzzTyped(f, subject()) }

func subject() conformance.Subject {
	return conformance.Subject{
		Descriptor: mattermost.Descriptor(),
		Simulate: func(o messengertest.Options) messengertest.Simulator {
			server := messengertest.NewMattermost(o)
			// Else an old message would still say in its attachment what became of it.
			server.LimitProps(true)
			return server
		},
		Channel: func(id, name string) []string {
			return []string{id, "main/" + name, "Main/~" + name}
		},
		Person: func(_, email string) []string {
			return []string{email, "A" + email[1:]}
		},
		Nowhere: []string{
			"main/no-such-channel", "no-such-team/access-requests", "town-square", "main/",
			"nosuchchannelnosuchchannel",
		},
		Absent: "nosuchpostnosuchpostnosuch",
		ChannelCalls: []string{
			"GET /teams/name/{team}", "GET /teams/name/{team}/channels/name/{channel}", "GET /channels/{channel}",
			"GET /users/me/teams", "GET /users/me/teams/{team}/channels",
		},
		TellsAtOnce: true,
		ShownForm: func(f messengertest.Form) messengertest.Form {
			f.Cancel = ""
			return f
		},
		PostCall:   "POST /posts",
		UpdateCall: "GET /posts/{post}",
		EditCall:   "PUT /posts/{post}/patch",
		Refusals: map[messenger.Class][]messengertest.Failure{
			messenger.Transient: {
				{Code: "app.post.save.app_error"},
				{Code: "app.team.get_by_name.app_error"},
				{Status: http.StatusBadRequest, Code: "api.an_id.of_next_year.app_error"},
			},
			messenger.Throttled: {{Status: http.StatusTooManyRequests}},
			messenger.RecipientPermanent: conformance.Codes(
				"api.context.permissions.app_error", "api.post.create_post.can_not_post_to_deleted.error",
			),
			messenger.MessengerPermanent: conformance.Codes("api.context.session_expired.app_error"),
			messenger.ContentRejected: conformance.Codes(
				"model.post.is_valid.msg.app_error", "api.context.invalid_body_param.app_error",
			),
			messenger.MessageGone: {{Status: http.StatusNotFound, Code: "app.post.get.app_error"}},
			messenger.MessageFinal: {
				{Code: "api.context.permissions.app_error"},
				{Code: "api.post.update_post.permissions_time_limit.app_error"},
			},
		},
	}
}
