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

// What happened, where more is known than that a call of its class has failed.
const (
	whatForbidden = "{service} does not let the bot do this there"
	whatNoChannel = "{service} knows no such team or channel, or hides it from the bot"
	whatArchived  = "{service} says that the channel is archived"
	whatNoAccount = "{service} knows no account with this e-mail address"
	whatTeam      = "{service} allows direct messages only within a team"
	whatRemote    = "{service} says that the person is on another, connected server"
	whatPlugin    = "a plugin of {service} refuses this message"
	whatTooLarge  = "{service} finds this message too large"
	whatOther     = "{service} says that the message is none that the bot could change"
	whatNoEdits   = "{service} does not let the bot edit its own message"
	whatNoRead    = "{service} does not let the bot read its own message"
)

const (
	adviceAccount = "Replace the bot token with that of an active bot account"
	adviceInvite  = "Add the bot to the team and to the channel, and let it post there"
	adviceChannel = "Write TEAM/CHANNEL, and add the bot to both"
	adviceArchive = "Unarchive the channel, or use another one"
	adviceEmail   = "Check the e-mail address; it must be the one of an active Mattermost account"
	adviceID      = "Check the id of the account"
	adviceServer  = "Check the server's log and its database; its health check fails"
	adviceTeam    = "Add the bot to a team that the person is in"
	adviceRemote  = "Use a channel"
	advicePlugin  = "Ask the administrator of the Mattermost server"
	adviceEdit    = "Give the bot's role the permission Edit Own Posts, which was taken from it"
	adviceWindow  = "Lift Mattermost's time limit for editing posts, PostEditTimeLimit, for messages to be kept up to date"
	adviceRead    = "Add the bot to the channel, so that it can read and edit its posts there"
)

// outcome is what a refusal means.
type outcome struct {
	class messenger.Class
	// what and advice are those of a messenger.Error.
	what, advice string
}

// outcomes are Mattermost's refusals by a call and the id, by the id, or by the
// status. They were measured at a server of version 6.7.2, or are in the source of
// newer ones (mattermost/mattermost, server/channels).
//
// What is not listed is unknown and transient: Mattermost adds ids, and a message must
// not be lost over a new one. Only an unknown 403 is not: see forbidding.
var outcomes = map[string]outcome{
	// The token cannot work.
	"api.context.session_expired.app_error": {messenger.MessengerPermanent, "{service} does not accept the bot token", adviceAccount},
	"401":                                   {messenger.MessengerPermanent, "{service} does not accept the bot token", adviceAccount},

	// This passes, or is about an address that is not Mattermost's API.
	"app.team.get_by_name.app_error": {messenger.Transient, "{service} cannot read its database", ""},
	"api.context.404.app_error":      {messenger.Transient, "{service} has no such call at the address that is configured for it", ""},

	// This recipient cannot work.
	forbidden:                            {messenger.RecipientPermanent, whatForbidden, adviceInvite},
	noChannel:                            {messenger.RecipientPermanent, whatNoChannel, adviceChannel},
	noMember:                             {messenger.RecipientPermanent, "{service} says that the bot is not in the channel", adviceInvite},
	noTeam:                               {messenger.RecipientPermanent, whatNoChannel, adviceChannel},
	"app.channel.get.existing.app_error": {messenger.RecipientPermanent, whatNoChannel, adviceChannel},
	noAccount:                            {messenger.RecipientPermanent, whatNoAccount, adviceEmail},
	callUser + " " + noAccount:           {messenger.RecipientPermanent, "{service} knows no account with this id", adviceID},
	"api.context.invalid_url_param.app_error": {
		messenger.RecipientPermanent,
		"{service} cannot make anything of the recipient", "Check how the recipient is written",
	},
	callPost + " api.context.invalid_param.app_error": {messenger.RecipientPermanent, whatNoChannel, "Check the channel"},
	"414": {
		messenger.RecipientPermanent,
		"{service} does not read an address of this length", "Name the recipient in fewer characters, or by its id",
	},
	"api.user.get_user_by_email.permissions.app_error": {
		messenger.RecipientPermanent,
		"{service} does not show e-mail addresses to the bot", "Let the server show e-mail addresses to the bot, or use a channel",
	},
	"api.post.create_post.can_not_post_to_deleted.error":        {messenger.RecipientPermanent, whatArchived, adviceArchive},
	"api.post.update_post.can_not_update_post_in_deleted.error": {messenger.RecipientPermanent, whatArchived, adviceArchive},
	"api.post.patch_post.can_not_update_post_in_deleted.error":  {messenger.RecipientPermanent, whatArchived, adviceArchive},
	// Before version 11, archived channels could be hidden also from their members.
	"api.user.view_archived_channels.get_posts_for_channel.app_error": {messenger.RecipientPermanent, whatArchived, adviceArchive},
	// It hides a failed read of the database, too: the health check tells.
	"api.channel.create_direct_channel.invalid_user.app_error": {
		messenger.RecipientPermanent,
		"{service} knows no such account", adviceEmail,
	},
	// RestrictDirectMessage: team. The documentation says that it has no effect on
	// the server (site-configuration-settings); it has (mattermost#20721, #35477).
	"api.channel.create_channel.direct_channel.team_restricted_error":       {messenger.RecipientPermanent, whatTeam, adviceTeam},
	"api.post.create_post.can_not_post_in_restricted_dm.error":              {messenger.RecipientPermanent, whatTeam, adviceTeam},
	"api.post.update_post.can_not_update_post_in_restricted_dm.error":       {messenger.RecipientPermanent, whatTeam, adviceTeam},
	"api.post.patch_post.can_not_update_post_in_restricted_dm.error":        {messenger.RecipientPermanent, whatTeam, adviceTeam},
	"api.channel.create_channel.direct_channel.remote_restricted.app_error": {messenger.RecipientPermanent, whatRemote, adviceRemote},
	"app.post.create_post.shared_dm_or_gm.app_error":                        {messenger.RecipientPermanent, whatRemote, adviceRemote},

	// This rendering is refused.
	"api.context.invalid_body_param.app_error": {messenger.ContentRejected, "", ""},
	"413":      {messenger.ContentRejected, whatTooLarge, ""},
	pluginCode: {messenger.ContentRejected, whatPlugin, advicePlugin},
	"plugin.message_will_be_posted.dismiss_post": {messenger.ContentRejected, whatPlugin, advicePlugin},

	// This one message is out of reach.
	callRead + " app.post.get.app_error":                 {messenger.MessageGone, "", ""},
	callThread + " app.post.get.app_error":               {messenger.MessageGone, "", ""},
	callPatch + " app.post.get.app_error":                {messenger.MessageGone, "", ""},
	"app.post.cloud.get.app_error":                       {messenger.MessageGone, "{service} no longer shows messages of this age in its plan", ""},
	"api.post.update_post.find.app_error":                {messenger.MessageGone, "", ""},
	"api.post.update_post.permissions_details.app_error": {messenger.MessageGone, whatOther, ""},
	"api.post.update_post.system_message.app_error":      {messenger.MessageGone, whatOther, ""},
	noRoot: {messenger.MessageGone, "", ""},
	"api.post.create_post.channel_root_id.app_error": {messenger.MessageGone, "{service} has the message in another channel", ""},

	// This one message is there, and can no longer be edited. Who may post without
	// being a member may not read or edit.
	callPatch + " " + forbidden: {messenger.MessageFinal, whatNoEdits, adviceEdit},
	callRead + " " + forbidden:  {messenger.MessageFinal, whatNoRead, adviceRead},
	windowOver:                  {messenger.MessageFinal, "{service} lets messages be edited for some time only", adviceWindow},
}

// families are the refusals whose ids begin alike. The last two are about posts that
// vanish when read, which ours are not.
var families = map[string]outcome{
	"model.post.is_valid.":              {messenger.ContentRejected, "", ""},
	"api.post.create_post.burn_on_read": {messenger.MessageGone, whatOther, ""},
	"api.post.update_post.burn_on_read": {messenger.MessageGone, whatOther, ""},
}

// outcomeOf returns what a refusal means, and whether it is known.
func outcomeOf(call string, status int, id string) (meaning outcome, known bool) {
	for _, key := range []string{call + " " + id, id, strconv.Itoa(status)} {
		if meaning, known = outcomes[key]; known {
			return meaning, true
		}
	}
	for prefix, meaning := range families {
		if strings.HasPrefix(id, prefix) {
			return meaning, true
		}
	}
	if status == http.StatusForbidden {
		return forbidding(call), false
	}
	return outcome{}, false
}

// forbidding is what a refusal means of which only the status is known. Mattermost
// forbids things in ever new ways, and none of them ends by itself: that is our
// reading, and safe, because it is believed of a healthy server only. An edit that is
// forbidden does not mean that posts are.
func forbidding(call string) outcome {
	switch call {
	case callSelf:
		return outcome{class: messenger.MessengerPermanent, advice: adviceAccount}
	case callPatch, callRead:
		return outcome{class: messenger.MessageFinal, advice: adviceEdit}
	default:
		return outcome{class: messenger.RecipientPermanent, advice: adviceInvite}
	}
}
