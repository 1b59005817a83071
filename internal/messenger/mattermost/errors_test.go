package mattermost

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Where nothing else is said, the ids and their status are in the source of
// mattermost/mattermost, below server/channels; "measured" are those of a server of
// version 6.7.2.
func TestIDsAreClassified(t *testing.T) {
	const direct = "POST /channels/direct"
	tests := []struct {
		call   string
		status int
		class  messenger.Class
		advice string
		ids    string
	}{
		// Measured.
		{callSelf, 401, messenger.MessengerPermanent, adviceAccount, "api.context.session_expired.app_error"},
		{callPost, 403, messenger.RecipientPermanent, adviceInvite, forbidden},
		{"GET /teams", 404, messenger.RecipientPermanent, adviceChannel, noChannel + " " + noTeam + " app.channel.get.existing.app_error"},
		{"GET /teams", 404, messenger.Transient, "", "app.team.get_by_name.app_error api.context.404.app_error"},
		{"GET /users", 404, messenger.RecipientPermanent, adviceEmail, noAccount},
		{"GET /users", 400, messenger.RecipientPermanent, "Check how the recipient is written", "api.context.invalid_url_param.app_error"},
		{callPost, 400, messenger.RecipientPermanent, adviceArchive, "api.post.create_post.can_not_post_to_deleted.error"},
		{callPost, 400, messenger.ContentRejected, "", "model.post.is_valid.msg.app_error model.post.is_valid.message_length.app_error model.post.is_valid.props.app_error"},
		{callPost, 400, messenger.ContentRejected, "", "api.context.invalid_body_param.app_error"},
		{callPost, 400, messenger.MessageGone, "", noRoot + " api.post.create_post.channel_root_id.app_error"},
		{callRead, 404, messenger.MessageGone, "", "app.post.get.app_error"},
		{callThread, 404, messenger.MessageGone, "", "app.post.get.app_error"},
		{callPatch, 400, messenger.MessageFinal, adviceWindow, windowOver},
		// web/handlers.go: any refusal of a session.
		{callPost, 401, messenger.MessengerPermanent, adviceAccount, "api.context.token_provided.app_error api.context.mfa_required.app_error api.context.remote_id_missing.app_error"},
		{callPost, 413, messenger.ContentRejected, "", "api.context.request_body_too_large.app_error"},
		{"GET /users", 414, messenger.RecipientPermanent, "Name the recipient in fewer characters, or by its id", "basic_security_check.url.too_long_error"},
		// api4/user.go.
		{"GET /users", 403, messenger.RecipientPermanent, "Let the server show e-mail addresses to the bot, or use a channel", "api.user.get_user_by_email.permissions.app_error"},
		// api4/post.go: the permission Edit Own Posts, and who may not read.
		{callPatch, 403, messenger.MessageFinal, adviceEdit, forbidden},
		{callRead, 403, messenger.MessageFinal, adviceRead, forbidden},
		{callHistory, 403, messenger.RecipientPermanent, adviceArchive, "api.user.view_archived_channels.get_posts_for_channel.app_error"},
		// app/post.go.
		{callPost, 400, messenger.ContentRejected, advicePlugin, "plugin.message_will_be_posted.dismiss_post"},
		{callPatch, 400, messenger.RecipientPermanent, adviceArchive, "api.post.update_post.can_not_update_post_in_deleted.error api.post.patch_post.can_not_update_post_in_deleted.error"},
		{callPost, 400, messenger.RecipientPermanent, adviceTeam, "api.post.create_post.can_not_post_in_restricted_dm.error"},
		{callPatch, 400, messenger.RecipientPermanent, adviceTeam, "api.post.update_post.can_not_update_post_in_restricted_dm.error api.post.patch_post.can_not_update_post_in_restricted_dm.error"},
		{callPost, 400, messenger.RecipientPermanent, adviceRemote, "app.post.create_post.shared_dm_or_gm.app_error"},
		{callPost, 400, messenger.RecipientPermanent, "Check the channel", "api.context.invalid_param.app_error"},
		{callPatch, 400, messenger.MessageGone, "", "api.post.update_post.permissions_details.app_error api.post.update_post.find.app_error api.post.update_post.system_message.app_error"},
		{callPatch, 404, messenger.MessageGone, "", "app.post.get.app_error"},
		{callPatch, 404, messenger.RecipientPermanent, adviceChannel, "app.channel.get.existing.app_error"},
		{callPatch, 400, messenger.MessageGone, "", "api.post.update_post.burn_on_read.app_error"},
		{callPost, 400, messenger.MessageGone, "", "api.post.create_post.burn_on_read.license.app_error"},
		// app/post.go: beyond the history that the server's plan shows.
		{callRead, 403, messenger.MessageGone, "", "app.post.cloud.get.app_error"},
		{callThread, 403, messenger.MessageGone, "", "app.post.cloud.get.app_error"},
		{callPatch, 403, messenger.MessageGone, "", "app.post.cloud.get.app_error"},
		{callUser, 404, messenger.RecipientPermanent, adviceID, noAccount},
		// app/channel.go.
		{callMember, 404, messenger.RecipientPermanent, adviceInvite, noMember},
		{direct, 403, messenger.RecipientPermanent, adviceTeam, "api.channel.create_channel.direct_channel.team_restricted_error"},
		{direct, 403, messenger.RecipientPermanent, adviceRemote, "api.channel.create_channel.direct_channel.remote_restricted.app_error"},
		{direct, 400, messenger.RecipientPermanent, adviceEmail, "api.channel.create_direct_channel.invalid_user.app_error"},
		// Not known yet. That a 403 is final is our reading; see forbidding.
		{callPost, 400, messenger.Transient, "", "api.an_id.of_next_year.app_error"},
		{callPost, 403, messenger.RecipientPermanent, adviceInvite, "api.an_id.of_next_year.app_error"},
		{callPatch, 403, messenger.MessageFinal, adviceEdit, "api.an_id.of_next_year.app_error"},
		{callSelf, 403, messenger.MessengerPermanent, adviceAccount, "api.an_id.of_next_year.app_error"},
	}
	tested := map[string]bool{}
	for _, tt := range tests {
		for id := range strings.FieldsSeq(tt.ids) {
			got := classified(tt.call, tt.status, id)
			if got.Class != tt.class || got.Code != id || got.Call != tt.call || got.Advice != tt.advice || got.Unclear ||
				!got.Quoted || got.Unknown != unknown(id) {
				t.Errorf("%s: %d %s = %+v, want class %s, %q", tt.call, tt.status, id, got, tt.class, tt.advice)
			}
			for _, key := range []string{id, tt.call + " " + id, strconv.Itoa(tt.status)} {
				tested[key] = true
			}
		}
	}
	for key := range outcomes {
		if !tested[key] && key != pluginCode {
			t.Errorf("%s is not tested", key)
		}
	}
}

// unknown reports whether an id is not listed.
func unknown(id string) bool {
	return strings.Contains(id, "of_next_year")
}

// The reason of a plugin is a part of the id. It is not repeated.
func TestRefusalOfAPlugin(t *testing.T) {
	for _, call := range []string{callPost, callPatch} {
		want := messenger.Error{Class: messenger.ContentRejected, Call: call, Code: pluginCode, What: whatPlugin, Advice: advicePlugin}
		r := reply{status: 400, body: []byte(`{"id":"Post rejected by plugin. The secret word","status_code":400}`)}
		if got := r.refusal(call); *got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

// What an operator has to repair comes with a word on how.
func TestPermanentErrorsAdvise(t *testing.T) {
	for key, o := range outcomes {
		advised := []messenger.Class{messenger.MessengerPermanent, messenger.RecipientPermanent, messenger.MessageFinal}
		if slices.Contains(advised, o.class) && o.advice == "" {
			t.Errorf("%s is of class %s and advises nothing", key, o.class)
		}
		silent := []messenger.Class{messenger.Transient, messenger.MessageGone}
		if slices.Contains(silent, o.class) && o.advice != "" {
			t.Errorf("%s is of class %s and advises %q", key, o.class, o.advice)
		}
		if strings.HasSuffix(o.advice, ".") {
			t.Errorf("%s: the advice ends with a period", key)
		}
	}
}

// Whatever Mattermost refuses, it is not final while its database is down.
func TestNothingIsFinalWithoutADatabase(t *testing.T) {
	for key := range outcomes {
		fields := strings.Fields(key)
		id := fields[len(fields)-1]
		status := 403
		if id == "401" || id == "413" {
			status, id = map[string]int{"401": 401, "413": 413}[id], "api.context.any.app_error"
		}
		if id == "414" {
			status, id = 414, "api.context.any.app_error"
		}
		if id == pluginCode {
			id = "Post rejected by plugin. Why"
		}
		answers := map[string][]answer{ping: {unhealthy}}
		for _, route := range []string{"GET /users/me", routePost, routeRead, "GET /users/email/a@b.example", "GET /teams/name/a/channels/name/b"} {
			answers[route] = []answer{refusal(status, id)}
		}
		m, _ := newBot(t, answers)
		_, post := m.Post(t.Context(), address, small, "key")
		_, email := m.Resolve(t.Context(), "a@b.example")
		_, name := m.Resolve(t.Context(), "a/b")
		for _, err := range []error{m.Check(t.Context()), post, email, name, m.Update(t.Context(), ref, small)} {
			if got := messenger.AsError(err); err == nil || doubtful(got) {
				t.Errorf("%s with the database down: %+v", id, got)
			}
		}
	}
}
