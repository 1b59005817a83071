package slack

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

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
	if e.Class != messenger.Throttled {
		return e
	}
	if e.Code == "message_limit_exceeded" {
		// The workspace sends too many messages, not the channel.
		bucket.Address = ""
	}
	return s.throttled(call, bucket, messenger.DefaultRetryAfter)
}

// throttled pauses a bucket. Slack limits posts both in each channel and in the
// workspace, and does not say which limit was met. A second channel that is refused
// while the first still waits speaks for the workspace; to pause all of them costs
// little, as Slack asks for seconds.
func (s *Slack) throttled(call string, bucket messenger.Bucket, wait time.Duration) error {
	if s.bot.Caller.Throttle.PausedElsewhere(bucket) {
		bucket.Address = ""
	}
	e := s.bot.Caller.ThrottledError(call, "ratelimited", bucket, max(wait, minRetryAfter))
	e.Quoted = true
	return e
}

// errorCode is what Slack's codes look like. Anything else is not repeated.
var errorCode = regexp.MustCompile(`^[a-z][a-z0-9_]{1,63}$`)

// classified returns the error for one of Slack's codes.
func classified(call, code string) *messenger.Error {
	quoted := errorCode.MatchString(code)
	if !quoted {
		code = "unknown_error"
	}
	meant, known := meaning(call, code)
	return &messenger.Error{
		Class: meant.class, Call: call, Code: code, What: meant.what, Advice: meant.advice,
		Quoted: quoted, Unknown: !known, NotToken: meant.notToken, Unclear: meant.unclear, Foreign: meant.foreign,
	}
}

// meaning returns what a code means to a call, and whether it is known. What a code that is
// not known says by its beginning is believed.
func meaning(call, code string) (meant outcome, known bool) {
	if code == "missing_scope" || code == "invalid_types" && call == callList {
		return missingScope(call), true
	}
	if meant, known = exceptions[call][code]; known {
		return meant, true
	}
	if meant, known = outcomes[code]; known {
		return meant.of(call), true
	}
	if strings.HasPrefix(code, "restricted_action") {
		return outcomes["restricted_action"], true
	}
	return outcome{class: messenger.Transient}, false
}

// of returns what is left of the outcome for a call that sends no message: what is
// refused of it can only be whom or what it names.
func (o outcome) of(call string) outcome {
	switch {
	case o.class != messenger.ContentRejected || slices.Contains(writes, call):
		return o
	case call == callCheck:
		return outcome{class: messenger.Transient}
	default:
		return outcome{class: messenger.RecipientPermanent, what: "{service} cannot make anything of the recipient", advice: adviceRecipient}
	}
}

// missingScope is about the token when it is about posting. A token that cannot
// look people or channels up still works for every other recipient.
func missingScope(call string) outcome {
	needed := "scopes that the documentation lists"
	if scope, ok := scopes[call]; ok {
		needed = scope
	}
	missing := outcome{
		class: messenger.RecipientPermanent, what: "{service} says that the bot token lacks a permission",
		advice: "Add the " + needed + " to the app, and install it again",
	}
	switch call {
	case callPost, callUpdate, callCheck:
		missing.class = messenger.MessengerPermanent
	case callUser:
		missing.class = messenger.PermissionMissing
	case callConnect:
		return outcome{
			class: messenger.MessengerPermanent, notToken: true,
			what: "{service} says that the app-level token lacks the scope connections:write", advice: adviceAppToken,
		}
	}
	return missing
}
