package mattermost

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The calls that a refusal can mean something special for.
const (
	callPost  = "POST /posts"
	callPatch = "PUT /posts/{id}/patch"
	callRead  = "GET /posts/{id}"
)

// Ids of refusals that are looked for.
const (
	noChannel   = "app.channel.get_by_name.missing.app_error"
	noTeam      = "app.team.get_by_name.missing.app_error"
	noAccount   = "app.user.missing_account.const"
	forbidden   = "api.context.permissions.app_error"
	invalidPost = "model.post.is_valid."
	tooLarge    = "response_too_large"
)

const (
	adviceToken   = "Put the token of an active bot account into the Secret"
	adviceInvite  = "Add the bot to the team and to the channel, and let it post there"
	adviceChannel = "Write TEAM/CHANNEL, and add the bot to both"
	adviceArchive = "Unarchive the channel, or use another one"
	adviceEmail   = "Check the e-mail address; it must be the one of an active Mattermost account"
	adviceAddress = "Check the address of the Mattermost server, and the proxy in front of it"
	adviceServer  = "Check the Mattermost server and its database; its health check fails"
)

// outcome is what a refusal means.
type outcome struct {
	class  messenger.Class
	advice string
}

// outcomes are Mattermost's refusals by a call and the id, by the id, or by the
// status. What is not listed is transient: Mattermost adds ids, and a message
// must not be lost over a new one.
var outcomes = map[string]outcome{
	// The token cannot work.
	"api.context.session_expired.app_error": {messenger.MessengerPermanent, adviceToken},
	"401":                                   {messenger.MessengerPermanent, adviceToken},

	// This recipient cannot work.
	forbidden:                            {messenger.RecipientPermanent, adviceInvite},
	noChannel:                            {messenger.RecipientPermanent, adviceChannel},
	noTeam:                               {messenger.RecipientPermanent, adviceChannel},
	"app.channel.get.existing.app_error": {messenger.RecipientPermanent, adviceChannel},
	noAccount:                            {messenger.RecipientPermanent, adviceEmail},
	"api.context.invalid_url_param.app_error": {
		messenger.RecipientPermanent, "Check how the recipient is written",
	},
	"api.user.get_user_by_email.permissions.app_error": {
		messenger.RecipientPermanent, "Let the server show e-mail addresses to the bot, or use a channel",
	},
	"api.post.create_post.can_not_post_to_deleted.error":        {messenger.RecipientPermanent, adviceArchive},
	"api.post.update_post.can_not_update_post_in_deleted.error": {messenger.RecipientPermanent, adviceArchive},
	"api.post.patch_post.can_not_update_post_in_deleted.error":  {messenger.RecipientPermanent, adviceArchive},
	"api.post.create_post.can_not_post_in_restricted_dm.error": {
		messenger.RecipientPermanent, "Add the bot to a team that the person is in",
	},

	// This rendering is refused.
	invalidPost: {messenger.ContentRejected, ""},
	"api.context.invalid_body_param.app_error": {messenger.ContentRejected, ""},
	"413": {messenger.ContentRejected, ""},

	// This one message is out of reach.
	callPatch + " " + forbidden:                             {messenger.MessageGone, ""},
	callRead + " app.post.get.app_error":                    {messenger.MessageGone, ""},
	callThread + " app.post.get.app_error":                  {messenger.MessageGone, ""},
	"api.post.update_post.permissions_time_limit.app_error": {messenger.MessageGone, ""},
	"api.post.update_post.system_message.app_error":         {messenger.MessageGone, ""},
	"api.post.create_post.root_id.app_error":                {messenger.MessageGone, ""},
	"api.post.create_post.channel_root_id.app_error":        {messenger.MessageGone, ""},
}

// errorCode is what Mattermost's ids look like. Anything else is not repeated.
var errorCode = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+){1,7}$`)

// classified returns the error for a refusal. Without an id, it came from
// something in front of Mattermost.
func classified(call string, status int, id string) *messenger.Error {
	if id == "" || len(id) > maxErrorID {
		return &messenger.Error{
			Class: messenger.Transient, Call: call, Code: fmt.Sprintf("http_%d", status), Advice: adviceAddress,
		}
	}
	known := outcomeOf(call, status, id)
	return &messenger.Error{Class: known.class, Call: call, Code: id, Advice: known.advice}
}

func outcomeOf(call string, status int, id string) outcome {
	if strings.HasPrefix(id, invalidPost) {
		return outcomes[invalidPost]
	}
	for _, key := range []string{call + " " + id, id, strconv.Itoa(status)} {
		if known, ok := outcomes[key]; ok {
			return known
		}
	}
	return outcome{}
}

// final reports whether a class makes the engine give up on something.
func final(class messenger.Class) bool {
	switch class {
	case messenger.MessengerPermanent, messenger.RecipientPermanent, messenger.MessageGone:
		return true
	default:
		return false
	}
}

// unwell is a refusal by a server that is not well, and therefore means nothing.
func unwell(call string) *messenger.Error {
	return &messenger.Error{Class: messenger.Transient, Call: call, Code: "server_unhealthy", Advice: adviceServer}
}

// badResponse is messenger.BadResponse for a server that somebody may have named
// wrongly.
func badResponse(call string) *messenger.Error {
	e := messenger.BadResponse(call)
	e.Advice = adviceAddress
	return e
}

// recipientError is about a recipient, found without a refusal.
func recipientError(code, advice string) *messenger.Error {
	return &messenger.Error{Class: messenger.RecipientPermanent, Call: "resolve", Code: code, Advice: advice}
}

// gone is the error for a reference that cannot be one of Mattermost's.
func gone(call string) *messenger.Error {
	return &messenger.Error{Class: messenger.MessageGone, Call: call, Code: "invalid_reference"}
}
