package slack

import "github.com/accessnotifier/accessnotifier/internal/messenger"

// outcome is what one of Slack's error codes means.
type outcome struct {
	class   messenger.Class
	unclear bool
	// foreign is messenger.Error.Foreign.
	foreign bool
	advice  string
}

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
	adviceDirect    = "Slack opens no direct messages with this account; use another recipient"
	adviceRecipient = "Check the recipient"
	adviceOrg       = "Install the app in the workspace, and use the bot token from there: this one is for an organization"
	adviceUpdate    = "Update Access Notifier"
	adviceBetween   = "Something between here and Slack changes the requests; check the proxy"
	adviceLater     = "Slack cannot change this message right now"
	adviceFinal     = "Let messages be edited at any time in the workspace's settings for permissions"
	adviceOwner     = "Use the bot that posted the message, and allow it to edit its messages"
)

// outcomes are Slack's documented error codes: those of the methods that are called
// here, from their pages below https://docs.slack.dev/reference/methods, and those
// that every method has. Codes that are not listed are transient: Slack adds codes,
// and a message must not be lost over a new one.
//
// A code that may be about one channel, user or message is never about the token,
// unless it is auth.test that says so; see exceptions.
var outcomes = map[string]outcome{
	// The token cannot work.
	"not_authed":                {class: messenger.MessengerPermanent, advice: adviceRenew},
	"invalid_auth":              {class: messenger.MessengerPermanent, advice: adviceRenew},
	"account_inactive":          {class: messenger.MessengerPermanent, advice: adviceRenew},
	"token_revoked":             {class: messenger.MessengerPermanent, advice: adviceRenew},
	"token_expired":             {class: messenger.MessengerPermanent, advice: adviceRenew},
	"not_allowed_token_type":    {class: messenger.MessengerPermanent, advice: adviceApp},
	"two_factor_setup_required": {class: messenger.MessengerPermanent, advice: adviceAdmin},
	"method_deprecated":         {class: messenger.MessengerPermanent, advice: adviceUpdate},
	"deprecated_endpoint":       {class: messenger.MessengerPermanent, advice: adviceUpdate},
	"is_bot":                    {class: messenger.MessengerPermanent, advice: adviceApp + "; a legacy bot cannot call this"},
	"enterprise_is_restricted":  {class: messenger.MessengerPermanent, advice: adviceOrg},
	"metadata_must_be_sent_from_app": {
		class: messenger.MessengerPermanent, advice: adviceApp + "; this one may not send message metadata",
	},
	"accesslimited": {
		class:  messenger.MessengerPermanent,
		advice: "Slack lets this app in from certain networks only; allow the address that calls come from",
	},

	// This recipient cannot work.
	"channel_not_found": {class: messenger.RecipientPermanent, advice: adviceChannel},
	"not_in_channel":    {class: messenger.RecipientPermanent, advice: adviceInvite},
	"is_archived":       {class: messenger.RecipientPermanent, advice: adviceArchive},
	"is_inactive":       {class: messenger.RecipientPermanent, advice: adviceArchive},
	"no_permission":     {class: messenger.RecipientPermanent, advice: adviceMember},
	"access_denied":     {class: messenger.RecipientPermanent, advice: adviceMember},
	"restricted_action": {class: messenger.RecipientPermanent, advice: adviceAllowed},
	"restricted_action_thread_only_channel": {
		class: messenger.RecipientPermanent, advice: "This channel takes replies only; use another channel",
	},
	"restricted_action_read_only_channel": {
		class: messenger.RecipientPermanent, advice: "This channel is read-only; let the app post there, or use another channel",
	},
	"posting_to_general_channel_denied": {class: messenger.RecipientPermanent, advice: adviceAllowed},
	"ekm_access_denied": {
		class:  messenger.RecipientPermanent,
		advice: "Slack's administrators have turned off messages in this channel; use another one, or ask them",
	},
	"team_not_found": {
		class: messenger.RecipientPermanent, advice: "Name the channel by its id: this token is for a whole organization",
	},
	// Not in the reference of these methods; of an organization's token it says that
	// the workspace of the channel is not among those that it is for.
	"team_access_not_granted": {
		class: messenger.RecipientPermanent, advice: "Ask an administrator to allow the app in the workspace of this channel",
	},
	// That it is about the recipient is inferred: the app works elsewhere.
	"app_access_restricted": {
		class: messenger.RecipientPermanent, advice: "Ask a workspace administrator to let this recipient use the app",
	},
	"channel_is_limited_access":             {class: messenger.RecipientPermanent, advice: adviceMember},
	"messages_tab_disabled":                 {class: messenger.RecipientPermanent, advice: "Turn on the Messages tab in the app's App Home"},
	"users_not_found":                       {class: messenger.RecipientPermanent, advice: adviceEmail},
	"user_not_found":                        {class: messenger.RecipientPermanent, advice: "Check the user id"},
	"user_not_visible":                      {class: messenger.RecipientPermanent, advice: "Check the user id"},
	"user_disabled":                         {class: messenger.RecipientPermanent, advice: "The account is deactivated; use another recipient"},
	"cannot_dm_bot":                         {class: messenger.RecipientPermanent, advice: "Bots have no direct messages; use another recipient"},
	"method_not_supported_for_channel_type": {class: messenger.RecipientPermanent, advice: adviceDirect},
	"invalid_user_combination":              {class: messenger.RecipientPermanent, advice: adviceDirect},
	"not_enough_users":                      {class: messenger.RecipientPermanent, advice: adviceDirect},
	"too_many_users":                        {class: messenger.RecipientPermanent, advice: adviceDirect},
	"users_list_not_supplied":               {class: messenger.RecipientPermanent, advice: adviceDirect},
	"app_cannot_join_channel":               {class: messenger.RecipientPermanent, advice: adviceDirect},

	// This rendering is refused.
	"no_text":                 {class: messenger.ContentRejected},
	"invalid_arguments":       {class: messenger.ContentRejected},
	"invalid_blocks":          {class: messenger.ContentRejected},
	"invalid_blocks_format":   {class: messenger.ContentRejected},
	"block_mismatch":          {class: messenger.ContentRejected},
	"invalid_metadata_format": {class: messenger.ContentRejected},
	"invalid_metadata_schema": {class: messenger.ContentRejected},
	"metadata_too_large":      {class: messenger.ContentRejected},
	"msg_blocks_too_long":     {class: messenger.ContentRejected},
	"msg_too_long":            {class: messenger.ContentRejected},
	"markdown_text_conflict":  {class: messenger.ContentRejected},
	// There are no attachments in our messages.
	"attachment_payload_limit_exceeded": {class: messenger.ContentRejected},
	"too_many_attachments":              {class: messenger.ContentRejected},
	"invalid_attachments":               {class: messenger.ContentRejected},

	// This one message is out of reach.
	"message_not_found":       {class: messenger.MessageGone},
	"thread_not_found":        {class: messenger.MessageGone},
	"cannot_reply_to_message": {class: messenger.MessageGone},
	"invalid_thread_ts":       {class: messenger.MessageGone},

	// The same, of replies only; others of this prefix are about the channel.
	"restricted_action_thread_locked":          {class: messenger.MessageGone},
	"restricted_action_non_threadable_channel": {class: messenger.MessageGone},

	// This one message stays as it is.
	"edit_window_closed":  {class: messenger.MessageFinal, advice: adviceFinal},
	"cant_update_message": {class: messenger.MessageFinal, advice: adviceOwner, foreign: true},

	// Too many calls.
	"ratelimited":            {class: messenger.Throttled},
	"rate_limited":           {class: messenger.Throttled},
	"message_limit_exceeded": {class: messenger.Throttled},

	// Slack is in trouble, or what is between. Of those that are unclear Slack says
	// that some aspect of the call may have succeeded, or how far it got is not known.
	"request_timeout":            {class: messenger.Transient},
	"service_unavailable":        {class: messenger.Transient},
	"team_added_to_org":          {class: messenger.Transient},
	"internal_error":             {class: messenger.Transient, unclear: true},
	"fatal_error":                {class: messenger.Transient, unclear: true},
	"update_failed":              {class: messenger.Transient, unclear: true, advice: adviceLater},
	"external_channel_migrating": {class: messenger.Transient, advice: adviceLater},
	"streaming_state_conflict":   {class: messenger.Transient, advice: adviceLater},
	"org_login_required": {
		class: messenger.Transient, advice: "The workspace is being moved to an Enterprise organization; deliveries go on when that is done",
	},
	"unknown_method": {
		class: messenger.Transient, advice: "Slack does not know this method at the configured address; check the URL",
	},
	// Whoever reads on begins at the first page again.
	"invalid_cursor":    {class: messenger.Transient},
	"invalid_form_data": {class: messenger.Transient, advice: adviceBetween},
	"invalid_charset":   {class: messenger.Transient, advice: adviceBetween},
	"invalid_post_type": {class: messenger.Transient, advice: adviceBetween},
	"missing_post_type": {class: messenger.Transient, advice: adviceBetween},
	"invalid_arg_name":  {class: messenger.Transient, advice: adviceBetween},
	"invalid_array_arg": {class: messenger.Transient, advice: adviceBetween},
	"missing_argument":  {class: messenger.Transient, advice: adviceBetween},
}

// exceptions are codes that mean something else to one method.
var exceptions = map[string]map[string]outcome{
	callCheck: {
		"no_permission":           {class: messenger.MessengerPermanent, advice: adviceAdmin},
		"access_denied":           {class: messenger.MessengerPermanent, advice: adviceAdmin},
		"ekm_access_denied":       {class: messenger.MessengerPermanent, advice: adviceAdmin},
		"team_access_not_granted": {class: messenger.MessengerPermanent, advice: adviceAdmin},
	},
	callLookup: {
		// "called with an inappropriate enterprise-level token": others can be reached.
		"enterprise_is_restricted": {class: messenger.RecipientPermanent, advice: adviceOrg},
		"invalid_arguments":        {class: messenger.RecipientPermanent, advice: adviceEmail},
	},
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
}
