package mattermost

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The calls that a refusal can mean something special for.
const (
	callPost  = "POST /posts"
	callPatch = "PUT /posts/{id}/patch"
	callRead  = "GET /posts/{id}"
	callSelf  = "GET /users/me"
)

// Ids of refusals that are looked for.
const (
	noChannel  = "app.channel.get_by_name.missing.app_error"
	noTeam     = "app.team.get_by_name.missing.app_error"
	noAccount  = "app.user.missing_account.const"
	noRoot     = "api.post.create_post.root_id.app_error"
	forbidden  = "api.context.permissions.app_error"
	windowOver = "api.post.update_post.permissions_time_limit.app_error"
)

const (
	adviceAccount = "Replace the bot token with that of an active bot account"
	adviceInvite  = "Add the bot to the team and to the channel, and let it post there"
	adviceChannel = "Write TEAM/CHANNEL, and add the bot to both"
	adviceArchive = "Unarchive the channel, or use another one"
	adviceEmail   = "Check the e-mail address; it must be the one of an active Mattermost account"
	adviceAddress = "Check the address of the Mattermost server, and the proxy in front of it"
	adviceServer  = "Check the Mattermost server and its database; its health check fails"
	adviceTeam    = "Add the bot to a team that the person is in: this server allows direct messages only within a team"
	adviceRemote  = "The person is on another, connected server; use a channel"
	advicePlugin  = "A plugin of the Mattermost server refuses this message; ask its administrator"
	adviceEdit    = "Let the bot edit its own posts: the permission Edit Own Posts was taken from its role"
	adviceWindow  = "Lift Mattermost's time limit for editing posts, PostEditTimeLimit, for messages to be kept up to date"
	adviceRead    = "Add the bot to the channel, so that it can read and edit its posts there"
)

// outcome is what a refusal means.
type outcome struct {
	class  messenger.Class
	advice string
}

// outcomes are Mattermost's refusals by a call and the id, by the id, or by the
// status. They were measured at a server of version 6.7.2, or are in the source of
// newer ones (mattermost/mattermost, server/channels).
//
// What is not listed is transient: Mattermost adds ids, and a message must not be
// lost over a new one. Only an unknown 403 is not: see forbidding.
var outcomes = map[string]outcome{
	// The token cannot work.
	"api.context.session_expired.app_error": {messenger.MessengerPermanent, adviceAccount},
	"401":                                   {messenger.MessengerPermanent, adviceAccount},

	// This recipient cannot work.
	forbidden:                            {messenger.RecipientPermanent, adviceInvite},
	noChannel:                            {messenger.RecipientPermanent, adviceChannel},
	noMember:                             {messenger.RecipientPermanent, adviceInvite},
	noTeam:                               {messenger.RecipientPermanent, adviceChannel},
	"app.channel.get.existing.app_error": {messenger.RecipientPermanent, adviceChannel},
	noAccount:                            {messenger.RecipientPermanent, adviceEmail},
	"api.context.invalid_url_param.app_error": {
		messenger.RecipientPermanent, "Check how the recipient is written",
	},
	callPost + " api.context.invalid_param.app_error": {messenger.RecipientPermanent, "Check the channel"},
	"414": {messenger.RecipientPermanent, "The recipient's name is too long"},
	"api.user.get_user_by_email.permissions.app_error": {
		messenger.RecipientPermanent, "Let the server show e-mail addresses to the bot, or use a channel",
	},
	"api.post.create_post.can_not_post_to_deleted.error":        {messenger.RecipientPermanent, adviceArchive},
	"api.post.update_post.can_not_update_post_in_deleted.error": {messenger.RecipientPermanent, adviceArchive},
	"api.post.patch_post.can_not_update_post_in_deleted.error":  {messenger.RecipientPermanent, adviceArchive},
	// Before version 11, archived channels could be hidden also from their members.
	"api.user.view_archived_channels.get_posts_for_channel.app_error": {messenger.RecipientPermanent, adviceArchive},
	// It hides a failed read of the database, too: the health check tells.
	"api.channel.create_direct_channel.invalid_user.app_error": {messenger.RecipientPermanent, adviceEmail},
	// RestrictDirectMessage: team. The documentation says that it has no effect on
	// the server (site-configuration-settings); it has (mattermost#20721, #35477).
	"api.channel.create_channel.direct_channel.team_restricted_error":       {messenger.RecipientPermanent, adviceTeam},
	"api.post.create_post.can_not_post_in_restricted_dm.error":              {messenger.RecipientPermanent, adviceTeam},
	"api.post.update_post.can_not_update_post_in_restricted_dm.error":       {messenger.RecipientPermanent, adviceTeam},
	"api.post.patch_post.can_not_update_post_in_restricted_dm.error":        {messenger.RecipientPermanent, adviceTeam},
	"api.channel.create_channel.direct_channel.remote_restricted.app_error": {messenger.RecipientPermanent, adviceRemote},
	"app.post.create_post.shared_dm_or_gm.app_error":                        {messenger.RecipientPermanent, adviceRemote},

	// This rendering is refused.
	"api.context.invalid_body_param.app_error": {messenger.ContentRejected, ""},
	"413":      {messenger.ContentRejected, ""},
	pluginCode: {messenger.ContentRejected, advicePlugin},
	"plugin.message_will_be_posted.dismiss_post": {messenger.ContentRejected, advicePlugin},

	// This one message is out of reach.
	callRead + " app.post.get.app_error":                 {messenger.MessageGone, ""},
	callThread + " app.post.get.app_error":               {messenger.MessageGone, ""},
	callPatch + " app.post.get.app_error":                {messenger.MessageGone, ""},
	"app.post.cloud.get.app_error":                       {messenger.MessageGone, ""},
	"api.post.update_post.find.app_error":                {messenger.MessageGone, ""},
	"api.post.update_post.permissions_details.app_error": {messenger.MessageGone, ""},
	"api.post.update_post.system_message.app_error":      {messenger.MessageGone, ""},
	noRoot: {messenger.MessageGone, ""},
	"api.post.create_post.channel_root_id.app_error": {messenger.MessageGone, ""},

	// This one message is there, and can no longer be edited. Who may post without
	// being a member may not read or edit.
	callPatch + " " + forbidden: {messenger.MessageFinal, adviceEdit},
	callRead + " " + forbidden:  {messenger.MessageFinal, adviceRead},
	windowOver:                  {messenger.MessageFinal, adviceWindow},
}

// families are the refusals whose ids begin alike. The last two are about posts that
// vanish when read, which ours are not.
var families = map[string]outcome{
	"model.post.is_valid.":              {messenger.ContentRejected, ""},
	"api.post.create_post.burn_on_read": {messenger.MessageGone, ""},
	"api.post.update_post.burn_on_read": {messenger.MessageGone, ""},
}

func outcomeOf(call string, status int, id string) outcome {
	for _, key := range []string{call + " " + id, id, strconv.Itoa(status)} {
		if known, ok := outcomes[key]; ok {
			return known
		}
	}
	for prefix, known := range families {
		if strings.HasPrefix(id, prefix) {
			return known
		}
	}
	if status == http.StatusForbidden {
		return forbidding(call)
	}
	return outcome{}
}

// forbidding is what a refusal means of which only the status is known. Mattermost
// forbids things in ever new ways, and none of them ends by itself: that is our
// reading, and safe, because it is believed of a healthy server only. An edit that is
// forbidden does not mean that posts are.
func forbidding(call string) outcome {
	switch call {
	case callSelf:
		return outcome{messenger.MessengerPermanent, adviceAccount}
	case callPatch, callRead:
		return outcome{messenger.MessageFinal, adviceEdit}
	default:
		return outcome{messenger.RecipientPermanent, adviceInvite}
	}
}
