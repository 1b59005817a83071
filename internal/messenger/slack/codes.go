package slack

import "github.com/accessnotifier/accessnotifier/internal/messenger"

// outcome is what one of Slack's error codes means.
type outcome struct {
	class   messenger.Class
	unclear bool
	// foreign is messenger.Error.Foreign, notToken its NotToken.
	foreign, notToken bool
	what, advice      string
}

// What happened, where more is known than that a call of its class has failed.
const (
	whatDead      = "{service} says that the bot token, its account or its workspace is no longer active"
	whatType      = "{service} does not take a token of this type"
	whatOld       = "{service} no longer has what this version of Access Notifier calls"
	whatOrg       = "{service} does not allow this with a token for a whole organization"
	whatNoChannel = "{service} knows no such channel, or hides it from the bot"
	whatArchived  = "{service} says that the channel is archived"
	whatForbidden = "{service} does not allow the bot to do this there"
	whatNoUser    = "{service} knows no such user, or hides the user from the bot"
	whatDirect    = "{service} opens no direct messages with this account"
	whatTooLong   = "{service} finds this message too long"
	whatNoReply   = "{service} takes no replies to the message"
	whatFewer     = "{service} asks for fewer messages"
	whatBetween   = "something between here and {service} changes the requests"
	whatLater     = "{service} cannot change the message right now"
	whatMoving    = "{service} is moving the workspace to an Enterprise organization"
)

const (
	adviceRenew     = "Replace the bot token by one that works"
	adviceApp       = "Replace the bot token by that of a Slack app, which begins with xoxb-"
	adviceInvite    = "Invite the bot to the channel"
	adviceChannel   = "Check the channel, and invite the bot if it is private"
	adviceArchive   = "Unarchive the channel, or use another one"
	adviceAllowed   = "Allow the app to post there in the workspace's or channel's settings"
	adviceAdmin     = "Ask a workspace administrator to allow the app"
	adviceMember    = "Invite the bot to the channel, or ask a workspace administrator to allow the app"
	adviceEmail     = "Check the e-mail address; it must be the one of an active Slack account"
	adviceOther     = "Use another recipient"
	adviceRecipient = "Check the recipient"
	adviceOrg       = "Install the app in the workspace, and use the bot token from there"
	adviceUpdate    = "Update Access Notifier"
	adviceBetween   = "If this does not pass, check the proxy"
	adviceFinal     = "Let messages be edited at any time in the workspace's settings for permissions"
	adviceOwner     = "Use the bot that posted the message, and allow it to edit its messages"
	adviceWait      = "Wait; deliveries go on when that is done"
	adviceAppToken  = "Create an app-level token with the scope connections:write, and configure it as " + messenger.SecretAppToken
	adviceAppRenew  = "Replace the app-level token, which is no bot token, by one that works"
	whatAppToken    = "{service} does not accept the app-level token"
)

// outcomes are Slack's documented error codes: those of the methods that are called
// here, from their pages below https://docs.slack.dev/reference/methods, and those
// that every method has. Codes that are not listed are unknown and transient: Slack adds
// codes, and a message must not be lost over a new one.
//
// A code that may be about one channel, user or message is never about the token,
// unless it is auth.test that says so; see exceptions.
var outcomes = map[string]outcome{
	// The token cannot work.
	"not_authed":             {class: messenger.MessengerPermanent, advice: adviceRenew},
	"invalid_auth":           {class: messenger.MessengerPermanent, advice: adviceRenew},
	"account_inactive":       {class: messenger.MessengerPermanent, what: whatDead, advice: adviceRenew},
	"token_revoked":          {class: messenger.MessengerPermanent, what: "{service} says that the bot token was revoked", advice: adviceRenew},
	"token_expired":          {class: messenger.MessengerPermanent, what: "{service} says that the bot token has expired", advice: adviceRenew},
	"not_allowed_token_type": {class: messenger.MessengerPermanent, what: whatType, advice: adviceApp},
	"two_factor_setup_required": {
		class:  messenger.MessengerPermanent,
		what:   "{service} asks for two-factor authentication to be set up",
		advice: adviceAdmin,
	},
	"method_deprecated":        {class: messenger.MessengerPermanent, notToken: true, what: whatOld, advice: adviceUpdate},
	"deprecated_endpoint":      {class: messenger.MessengerPermanent, notToken: true, what: whatOld, advice: adviceUpdate},
	"is_bot":                   {class: messenger.MessengerPermanent, what: "{service} says that a legacy bot cannot call this", advice: adviceApp},
	"enterprise_is_restricted": {class: messenger.MessengerPermanent, what: whatOrg, advice: adviceOrg},
	"metadata_must_be_sent_from_app": {
		class:  messenger.MessengerPermanent,
		what:   "the bot token may not send message metadata to {service}",
		advice: adviceApp,
	},
	"accesslimited": {
		class: messenger.MessengerPermanent, notToken: true,
		what:   "{service} lets this app in from certain networks only",
		advice: "In the settings of the app, allow the address that calls come from",
	},

	// This recipient cannot work.
	"channel_not_found": {class: messenger.RecipientPermanent, what: whatNoChannel, advice: adviceChannel},
	"not_in_channel": {
		class:  messenger.RecipientPermanent,
		what:   "{service} says that the bot is not in the channel",
		advice: adviceInvite,
	},
	"is_archived":       {class: messenger.RecipientPermanent, what: whatArchived, advice: adviceArchive},
	"is_inactive":       {class: messenger.RecipientPermanent, what: whatArchived, advice: adviceArchive},
	"no_permission":     {class: messenger.RecipientPermanent, what: whatForbidden, advice: adviceMember},
	"access_denied":     {class: messenger.RecipientPermanent, what: whatForbidden, advice: adviceMember},
	"restricted_action": {class: messenger.RecipientPermanent, what: whatForbidden, advice: adviceAllowed},
	"restricted_action_thread_only_channel": {
		class:  messenger.RecipientPermanent,
		what:   "this channel of {service} takes replies only",
		advice: "Use another channel",
	},
	"restricted_action_read_only_channel": {
		class:  messenger.RecipientPermanent,
		what:   "this channel of {service} is read-only",
		advice: "Let the app post there, or use another channel",
	},
	"posting_to_general_channel_denied": {
		class:  messenger.RecipientPermanent,
		what:   "{service} does not let the app post in the general channel",
		advice: adviceAllowed,
	},
	"ekm_access_denied": {
		class:  messenger.RecipientPermanent,
		what:   "the administrators of {service} have turned off messages in this channel",
		advice: "Use another channel, or ask them to allow it",
	},
	"team_not_found": {
		class:  messenger.RecipientPermanent,
		what:   "{service} cannot tell which workspace the channel is in",
		advice: "Name the channel by its id: this token is for a whole organization",
	},
	// Not in the reference of these methods; of an organization's token it says that
	// the workspace of the channel is not among those that it is for.
	"team_access_not_granted": {
		class:  messenger.RecipientPermanent,
		what:   "{service} does not allow the app in the workspace of this channel",
		advice: "Ask an administrator to allow the app in the workspace of this channel",
	},
	// That it is about the recipient is inferred: the app works elsewhere.
	"app_access_restricted": {
		class:  messenger.RecipientPermanent,
		what:   "{service} does not let this recipient use the app",
		advice: "Ask a workspace administrator to let this recipient use the app",
	},
	"channel_is_limited_access": {class: messenger.RecipientPermanent, what: whatForbidden, advice: adviceMember},
	"messages_tab_disabled": {
		class:  messenger.RecipientPermanent,
		what:   "{service} lets the app write to no person",
		advice: "Turn on the Messages tab in the app's App Home",
	},
	"users_not_found": {
		class:  messenger.RecipientPermanent,
		what:   "{service} knows no account with this e-mail address",
		advice: adviceEmail,
	},
	"user_not_found":   {class: messenger.RecipientPermanent, what: whatNoUser, advice: "Check the user id"},
	"user_not_visible": {class: messenger.RecipientPermanent, what: whatNoUser, advice: "Check the user id"},
	"user_disabled":    {class: messenger.RecipientPermanent, what: "{service} says that the account is deactivated", advice: adviceOther},
	"cannot_dm_bot": {
		class:  messenger.RecipientPermanent,
		what:   "{service} says that the recipient is a bot",
		advice: "Bots have no direct messages; use another recipient",
	},
	"method_not_supported_for_channel_type": {class: messenger.RecipientPermanent, what: whatDirect, advice: adviceOther},
	"invalid_user_combination":              {class: messenger.RecipientPermanent, what: whatDirect, advice: adviceOther},
	"not_enough_users":                      {class: messenger.RecipientPermanent, what: whatDirect, advice: adviceOther},
	"too_many_users":                        {class: messenger.RecipientPermanent, what: whatDirect, advice: adviceOther},
	"users_list_not_supplied":               {class: messenger.RecipientPermanent, what: whatDirect, advice: adviceOther},
	"app_cannot_join_channel":               {class: messenger.RecipientPermanent, what: whatDirect, advice: adviceOther},

	// This rendering is refused.
	"no_text":                 {class: messenger.ContentRejected},
	"invalid_arguments":       {class: messenger.ContentRejected},
	"invalid_blocks":          {class: messenger.ContentRejected},
	"invalid_blocks_format":   {class: messenger.ContentRejected},
	"block_mismatch":          {class: messenger.ContentRejected},
	"invalid_metadata_format": {class: messenger.ContentRejected},
	"invalid_metadata_schema": {class: messenger.ContentRejected},
	"metadata_too_large":      {class: messenger.ContentRejected, what: whatTooLong},
	"msg_blocks_too_long":     {class: messenger.ContentRejected, what: whatTooLong},
	"msg_too_long":            {class: messenger.ContentRejected, what: whatTooLong},
	"markdown_text_conflict":  {class: messenger.ContentRejected},
	// There are no attachments in our messages.
	"attachment_payload_limit_exceeded": {class: messenger.ContentRejected},
	"too_many_attachments":              {class: messenger.ContentRejected},
	"invalid_attachments":               {class: messenger.ContentRejected},

	// This one message is out of reach.
	"message_not_found":       {class: messenger.MessageGone},
	"thread_not_found":        {class: messenger.MessageGone},
	"cannot_reply_to_message": {class: messenger.MessageGone, what: whatNoReply},
	"invalid_thread_ts":       {class: messenger.MessageGone},

	// The same, of replies only; others of this prefix are about the channel.
	"restricted_action_thread_locked":          {class: messenger.MessageGone, what: whatNoReply},
	"restricted_action_non_threadable_channel": {class: messenger.MessageGone, what: whatNoReply},

	// This one message stays as it is.
	"edit_window_closed": {
		class:  messenger.MessageFinal,
		what:   "{service} lets messages be edited for some time only",
		advice: adviceFinal,
	},
	"cant_update_message": {
		class: messenger.MessageFinal, foreign: true,
		what:   "{service} says that the message is of another account, or must not be edited",
		advice: adviceOwner,
	},

	// Too many calls.
	"ratelimited":            {class: messenger.Throttled},
	"rate_limited":           {class: messenger.Throttled},
	"message_limit_exceeded": {class: messenger.Throttled, what: whatFewer},

	// Slack is in trouble, or what is between. Of those that are unclear Slack says
	// that some aspect of the call may have succeeded, or how far it got is not known.
	"request_timeout":            {class: messenger.Transient, what: "{service} took too long for the call"},
	"service_unavailable":        {class: messenger.Transient},
	"team_added_to_org":          {class: messenger.Transient, what: whatMoving, advice: adviceWait},
	"internal_error":             {class: messenger.Transient, unclear: true},
	"fatal_error":                {class: messenger.Transient, unclear: true},
	"update_failed":              {class: messenger.Transient, unclear: true, what: whatLater},
	"external_channel_migrating": {class: messenger.Transient, what: whatLater},
	"streaming_state_conflict":   {class: messenger.Transient, what: whatLater},
	"org_login_required":         {class: messenger.Transient, what: whatMoving, advice: adviceWait},
	"unknown_method": {
		class:  messenger.Transient,
		what:   "{service} does not know the method that was called",
		advice: "If this does not pass, check the URL that is configured for it",
	},
	// Whoever reads on begins at the first page again.
	"invalid_cursor":    {class: messenger.Transient, what: "{service} no longer has the page of a list"},
	"invalid_form_data": {class: messenger.Transient, what: whatBetween, advice: adviceBetween},
	"invalid_charset":   {class: messenger.Transient, what: whatBetween, advice: adviceBetween},
	"invalid_post_type": {class: messenger.Transient, what: whatBetween, advice: adviceBetween},
	"missing_post_type": {class: messenger.Transient, what: whatBetween, advice: adviceBetween},
	"invalid_arg_name":  {class: messenger.Transient, what: whatBetween, advice: adviceBetween},
	"invalid_array_arg": {class: messenger.Transient, what: whatBetween, advice: adviceBetween},
	"missing_argument":  {class: messenger.Transient, what: whatBetween, advice: adviceBetween},
}

// exceptions are codes that mean something else to one method.
var exceptions = map[string]map[string]outcome{
	callCheck: {
		"no_permission": {
			class:  messenger.MessengerPermanent,
			what:   "{service} does not allow the app in the workspace",
			advice: adviceAdmin,
		},
		"access_denied": {
			class:  messenger.MessengerPermanent,
			what:   "{service} does not allow the app in the workspace",
			advice: adviceAdmin,
		},
		"ekm_access_denied": {
			class:  messenger.MessengerPermanent,
			what:   "{service} does not allow the app in the workspace",
			advice: adviceAdmin,
		},
		"team_access_not_granted": {
			class:  messenger.MessengerPermanent,
			what:   "{service} does not allow the app in the workspace",
			advice: adviceAdmin,
		},
	},
	callConnect: connectOutcomes(),
	callLookup: {
		// "called with an inappropriate enterprise-level token": others can be reached.
		"enterprise_is_restricted": {class: messenger.RecipientPermanent, what: whatOrg, advice: adviceOrg},
		"invalid_arguments": {
			class:  messenger.RecipientPermanent,
			what:   "{service} takes the recipient for no e-mail address",
			advice: adviceEmail,
		},
	},
}

// connectOutcomes are the codes of apps.connections.open, which are about the app-level token:
// https://docs.slack.dev/reference/methods/apps.connections.open.
func connectOutcomes() map[string]outcome {
	renew := outcome{class: messenger.MessengerPermanent, notToken: true, what: whatAppToken, advice: adviceAppRenew}
	allow := outcome{
		class: messenger.MessengerPermanent, notToken: true,
		what: "{service} does not let the app hear of pressed buttons", advice: adviceAdmin,
	}
	kind := renew
	kind.what, kind.advice = "{service} takes an app-level token here, and no other", adviceAppToken
	all := map[string]outcome{"not_allowed_token_type": kind, "missing_args": kind}
	for _, code := range []string{"not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired"} {
		all[code] = renew
	}
	for _, code := range []string{
		"access_denied", "ekm_access_denied", "enterprise_is_restricted", "forbidden_team", "no_permission",
		"team_access_not_granted", "two_factor_setup_required",
	} {
		all[code] = allow
	}
	return all
}

// scopes are what the token needs for each call, from the methods' reference.
var scopes = map[string]string{
	callPost:   "scope chat:write",
	callUpdate: "scope chat:write",
	callLookup: "scope users:read.email",
	callOpen:   "scope im:write",
	callList:   "scopes channels:read and groups:read",
	callInfo:   "scopes channels:read and groups:read",
	callGroups: "scope usergroups:read",
	callTell:   "scope chat:write",
	callUser:   "scope users:read",
}
