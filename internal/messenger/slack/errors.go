package slack

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// outcome is what one of Slack's error codes means.
type outcome struct {
	class   messenger.Class
	unclear bool
	advice  string
}

const (
	adviceRenew   = "Put a working bot token into the Secret"
	adviceInvite  = "Invite the bot to the channel"
	adviceChannel = "Check the channel, and invite the bot if it is private"
	adviceAllowed = "Allow the app to post there in the workspace's or channel's settings"
	adviceAdmin   = "Ask a workspace administrator to allow the app"
	adviceMember  = "Invite the bot to the channel, or ask a workspace administrator to allow the app"
)

// outcomes are Slack's documented error codes. Codes that are not listed are
// transient: Slack adds codes, and a message must not be lost over a new one.
var outcomes = map[string]outcome{
	// The token cannot work.
	"not_authed":                {class: messenger.MessengerPermanent, advice: adviceRenew},
	"invalid_auth":              {class: messenger.MessengerPermanent, advice: adviceRenew},
	"account_inactive":          {class: messenger.MessengerPermanent, advice: adviceRenew},
	"token_revoked":             {class: messenger.MessengerPermanent, advice: adviceRenew},
	"token_expired":             {class: messenger.MessengerPermanent, advice: adviceRenew},
	"not_allowed_token_type":    {class: messenger.MessengerPermanent, advice: "Use a bot token, which begins with xoxb-"},
	"missing_scope":             {class: messenger.MessengerPermanent},
	"no_permission":             {class: messenger.MessengerPermanent, advice: adviceMember},
	"org_login_required":        {class: messenger.MessengerPermanent, advice: adviceAdmin},
	"ekm_access_denied":         {class: messenger.MessengerPermanent, advice: adviceAdmin},
	"access_denied":             {class: messenger.MessengerPermanent, advice: adviceMember},
	"team_access_not_granted":   {class: messenger.MessengerPermanent, advice: adviceAdmin},
	"two_factor_setup_required": {class: messenger.MessengerPermanent, advice: adviceAdmin},
	"enterprise_is_restricted":  {class: messenger.RecipientPermanent, advice: adviceAdmin},
	"method_deprecated":         {class: messenger.MessengerPermanent, advice: "Update Access Notifier"},
	"deprecated_endpoint":       {class: messenger.MessengerPermanent, advice: "Update Access Notifier"},

	// This recipient cannot work.
	"channel_not_found":                 {class: messenger.RecipientPermanent, advice: adviceChannel},
	"not_in_channel":                    {class: messenger.RecipientPermanent, advice: adviceInvite},
	"is_archived":                       {class: messenger.RecipientPermanent, advice: "Unarchive the channel, or use another one"},
	"is_inactive":                       {class: messenger.RecipientPermanent, advice: "Unarchive the channel, or use another one"},
	"restricted_action":                 {class: messenger.RecipientPermanent, advice: adviceAllowed},
	"posting_to_general_channel_denied": {class: messenger.RecipientPermanent, advice: adviceAllowed},
	"messages_tab_disabled":             {class: messenger.RecipientPermanent, advice: "Turn on the Messages tab in the app's App Home"},
	"users_not_found":                   {class: messenger.RecipientPermanent, advice: "Check the e-mail address; it must be the one of an active Slack account"},
	"user_not_found":                    {class: messenger.RecipientPermanent, advice: "Check the user id"},
	"user_not_visible":                  {class: messenger.RecipientPermanent, advice: "Check the user id"},
	"user_disabled":                     {class: messenger.RecipientPermanent, advice: "The account is deactivated; use another recipient"},
	"cannot_dm_bot":                     {class: messenger.RecipientPermanent, advice: "Bots have no direct messages; use another recipient"},

	// This rendering is refused.
	"no_text":                 {class: messenger.ContentRejected},
	"invalid_arguments":       {class: messenger.ContentRejected},
	"invalid_blocks":          {class: messenger.ContentRejected},
	"invalid_blocks_format":   {class: messenger.ContentRejected},
	"invalid_metadata_format": {class: messenger.ContentRejected},
	"invalid_metadata_schema": {class: messenger.ContentRejected},
	"metadata_too_large":      {class: messenger.ContentRejected},
	"msg_blocks_too_long":     {class: messenger.ContentRejected},
	"msg_too_long":            {class: messenger.ContentRejected},
	"markdown_text_conflict":  {class: messenger.ContentRejected},

	// This one message is out of reach.
	"message_not_found":       {class: messenger.MessageGone},
	"cant_update_message":     {class: messenger.MessageGone},
	"edit_window_closed":      {class: messenger.MessageGone},
	"thread_not_found":        {class: messenger.MessageGone},
	"cannot_reply_to_message": {class: messenger.MessageGone},
	"invalid_thread_ts":       {class: messenger.MessageGone},

	// The same, of replies only; others of this prefix are about the channel.
	"restricted_action_thread_locked":          {class: messenger.MessageGone},
	"restricted_action_non_threadable_channel": {class: messenger.MessageGone},

	// Too many calls.
	"ratelimited":            {class: messenger.Throttled},
	"rate_limited":           {class: messenger.Throttled},
	"message_limit_exceeded": {class: messenger.Throttled},

	// Slack is in trouble. Of the last two it says that some aspect of the
	// call may have succeeded.
	"accesslimited":       {class: messenger.Transient},
	"request_timeout":     {class: messenger.Transient},
	"service_unavailable": {class: messenger.Transient},
	"team_added_to_org":   {class: messenger.Transient},
	"internal_error":      {class: messenger.Transient, unclear: true},
	"fatal_error":         {class: messenger.Transient, unclear: true},
}

// scopes are what the token needs for each call, from the methods' reference.
var scopes = map[string]string{
	"chat.postMessage":    "chat:write",
	"chat.update":         "chat:write",
	"users.lookupByEmail": "users:read.email",
	"conversations.open":  "im:write",
	"conversations.list":  "channels:read and groups:read",
}

// classify turns an error of slack-go into one that is safe to show.
func (s *Slack) classify(call string, bucket messenger.Bucket, err error) error {
	if known, ok := errors.AsType[*messenger.Error](err); ok {
		return known
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	answer, ok := errors.AsType[slackapi.SlackErrorResponse](err)
	if !ok {
		// Slack answered 200 with something that is not its JSON. The cause is
		// not wrapped, because it may repeat parts of the answer.
		return messenger.BadResponse(call)
	}
	e := classified(call, answer.Err)
	if e.Class == messenger.Throttled {
		return s.throttled(call, bucket, messenger.DefaultRetryAfter)
	}
	return e
}

func (s *Slack) throttled(call string, bucket messenger.Bucket, wait time.Duration) error {
	return s.bot.Caller.ThrottledError(call, "ratelimited", bucket, max(wait, minRetryAfter))
}

// errorCode is what Slack's codes look like. Anything else is not repeated.
var errorCode = regexp.MustCompile(`^[a-z][a-z0-9_]{1,63}$`)

// classified returns the error for one of Slack's codes.
func classified(call, code string) *messenger.Error {
	if !errorCode.MatchString(code) {
		code = "unknown_error"
	}
	known, ok := outcomes[code]
	if !ok && strings.HasPrefix(code, "restricted_action") {
		known = outcomes["restricted_action"]
	}
	e := &messenger.Error{
		Class:   known.class,
		Call:    call,
		Code:    code,
		Advice:  known.advice,
		Unclear: known.unclear,
	}
	switch code {
	case "missing_scope":
		e.Class, e.Advice = missingScope(call)
	case "no_permission", "access_denied":
		// Slack says so, too, to a token that works and is not let into one
		// conversation.
		if call != "auth.test" {
			e.Class = messenger.RecipientPermanent
		}
	}
	return e
}

// missingScope is about the token when it is about posting. A token that cannot
// look people or channels up still works for every other recipient.
func missingScope(call string) (class messenger.Class, advice string) {
	advice = "Add the scopes that the documentation lists to the app, and install it again"
	if scope, ok := scopes[call]; ok {
		advice = "Add the scope " + scope + " to the app, and install it again"
	}
	if call == "chat.postMessage" || call == "chat.update" || call == "auth.test" {
		return messenger.MessengerPermanent, advice
	}
	return messenger.RecipientPermanent, advice
}
