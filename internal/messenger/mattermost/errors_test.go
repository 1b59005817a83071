package mattermost

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

func TestIDsAreClassified(t *testing.T) {
	tests := []struct {
		call   string
		status int
		class  messenger.Class
		ids    string
	}{
		{"GET /users/me", 401, messenger.MessengerPermanent, "api.context.session_expired.app_error api.context.some_other.app_error"},
		{callPost, 403, messenger.RecipientPermanent, "api.context.permissions.app_error"},
		{callRead, 403, messenger.RecipientPermanent, "api.context.permissions.app_error"},
		{callPatch, 403, messenger.MessageGone, "api.context.permissions.app_error"},
		{"GET /teams", 404, messenger.RecipientPermanent, "app.channel.get_by_name.missing.app_error app.team.get_by_name.missing.app_error app.channel.get.existing.app_error"},
		{"GET /teams", 404, messenger.Transient, "app.team.get_by_name.app_error api.context.404.app_error"},
		{"GET /users", 404, messenger.RecipientPermanent, "app.user.missing_account.const"},
		{"GET /users", 403, messenger.RecipientPermanent, "api.user.get_user_by_email.permissions.app_error"},
		{"GET /users", 400, messenger.RecipientPermanent, "api.context.invalid_url_param.app_error"},
		{callPost, 400, messenger.RecipientPermanent, "api.post.create_post.can_not_post_to_deleted.error api.post.create_post.can_not_post_in_restricted_dm.error"},
		{callPatch, 400, messenger.RecipientPermanent, "api.post.update_post.can_not_update_post_in_deleted.error api.post.patch_post.can_not_update_post_in_deleted.error"},
		{callPost, 400, messenger.ContentRejected, "model.post.is_valid.msg.app_error model.post.is_valid.message_length.app_error model.post.is_valid.props.app_error api.context.invalid_body_param.app_error"},
		{callPost, 413, messenger.ContentRejected, "api.context.too_large.app_error"},
		{callPatch, 400, messenger.MessageGone, "api.post.update_post.permissions_time_limit.app_error api.post.update_post.system_message.app_error"},
		{callPost, 400, messenger.MessageGone, "api.post.create_post.root_id.app_error api.post.create_post.channel_root_id.app_error"},
		{callRead, 404, messenger.MessageGone, "app.post.get.app_error"},
		{callThread, 404, messenger.MessageGone, "app.post.get.app_error"},
		{callPost, 400, messenger.Transient, "api.an_id.of_next_year.app_error"},
	}
	for _, tt := range tests {
		for id := range strings.FieldsSeq(tt.ids) {
			got := classified(tt.call, tt.status, id)
			if got.Class != tt.class || got.Code != id || got.Call != tt.call || got.Unclear {
				t.Errorf("%s: %d %s = %+v, want class %s", tt.call, tt.status, id, got, tt.class)
			}
		}
	}
}

// What somebody has to repair comes with a word on how.
func TestPermanentErrorsAdvise(t *testing.T) {
	for key, o := range outcomes {
		permanent := o.class == messenger.MessengerPermanent || o.class == messenger.RecipientPermanent
		if permanent != (o.advice != "") {
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
		if id == invalidPost {
			id += "msg.app_error"
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
			if got := messenger.AsError(err); err == nil || final(got.Class) {
				t.Errorf("%s with the database down: %+v", id, got)
			}
		}
	}
}
