package mattermost

import (
	"regexp"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// errorCode is what Mattermost's ids look like. Anything else is not repeated.
var errorCode = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+){1,7}$`)

// rejectedByPlugin is how the id begins that Mattermost makes out of a plugin's
// reason for refusing a post, and pluginCode what stands for it.
const (
	rejectedByPlugin = "Post rejected by plugin."
	pluginCode       = "post_rejected_by_plugin"
)

// classified returns the error for a refusal. Without an id, it came from
// something in front of Mattermost.
func classified(call string, status int, id string) *messenger.Error {
	if strings.HasPrefix(id, rejectedByPlugin) {
		// The rest is what the plugin says.
		id = pluginCode
	}
	if id == "" || len(id) > maxErrorID {
		return messenger.NotTheService(call, status)
	}
	meaning, known := outcomeOf(call, status, id)
	return &messenger.Error{
		Class: meaning.class, Call: call, Code: id, What: meaning.what, Advice: meaning.advice, Quoted: id != pluginCode, Unknown: !known,
	}
}

// doubtful reports whether a refusal may mean nothing but that the server is not
// well: it would make the engine give up on something. That an edit comes too late,
// Mattermost says only after it has read the post.
func doubtful(refusal *messenger.Error) bool {
	switch refusal.Class {
	case messenger.MessengerPermanent, messenger.RecipientPermanent, messenger.MessageGone:
		return true
	case messenger.MessageFinal:
		return refusal.Code != windowOver
	default:
		return false
	}
}

// unhealthyError is a refusal by a server that is not well, and therefore means nothing.
func unhealthyError(call string) *messenger.Error {
	return &messenger.Error{
		Class: messenger.Transient, Call: call, Code: "server_unhealthy",
		What: "{service} says that its database is not well, and refuses calls because of that", Advice: adviceServer,
	}
}

// recipientError is about a recipient, found without a refusal.
func recipientError(code, what, advice string) *messenger.Error {
	return &messenger.Error{Class: messenger.RecipientPermanent, Call: "resolve", Code: code, What: what, Advice: advice}
}

// gone is the error for a reference that cannot be one of Mattermost's.
func gone(call string) *messenger.Error {
	return &messenger.Error{Class: messenger.MessageGone, Call: call, Code: "invalid_reference"}
}
