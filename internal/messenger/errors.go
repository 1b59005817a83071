package messenger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Class says what is to be done about a failed call.
type Class int

const (
	// Transient failures go away by themselves: try again with back-off.
	Transient Class = iota
	// Throttled calls may be repeated after Error.RetryAfter.
	Throttled
	// RecipientPermanent means that this recipient cannot work until an operator
	// changes something: an unknown channel, a bot that was not invited.
	RecipientPermanent
	// MessengerPermanent means that the token cannot work until an operator
	// changes something: every call would fail.
	MessengerPermanent
	// ContentRejected means that the service refuses this rendering of the
	// message; a plainer one may be accepted.
	ContentRejected
	// MessageGone means that this one posted message cannot be changed or
	// replied to any more: it was deleted, or belongs to another account. The
	// recipient and the token still work.
	MessageGone
	// MessageFinal means that this one posted message is there but cannot be edited
	// any more, for example because it is past the service's time for edits. It may
	// still be replied to; the recipient and the token still work.
	MessageFinal
	// PermissionMissing means that the token lacks a permission for this call only.
	// Other calls work.
	PermissionMissing
)

// String names the class as metrics and logs do.
func (c Class) String() string {
	switch c {
	case Throttled:
		return "throttled"
	case RecipientPermanent:
		return "recipient"
	case MessengerPermanent:
		return "messenger"
	case ContentRejected:
		return "content"
	case MessageGone:
		return "message"
	case MessageFinal:
		return "final"
	case PermissionMissing:
		return "permission"
	default:
		return "transient"
	}
}

// Answered reports whether the service works, and has refused only this call.
func (c Class) Answered() bool {
	switch c {
	case RecipientPermanent, ContentRejected, MessageGone, MessageFinal, PermissionMissing:
		return true
	default:
		return false
	}
}

// Scope says which calls have to wait after one was throttled.
type Scope int

const (
	// ScopeAddress stands for this method at this address.
	ScopeAddress Scope = iota
	// ScopeMethod stands for this method at every address of the token.
	ScopeMethod
	// ScopeToken stands for every call of the token.
	ScopeToken
)

// Error is a failed call to a chat service. Its text is safe to show: it holds
// no token, no URL and nothing that a response body said beyond the service's
// documented error code.
type Error struct {
	// Class decides what happens next.
	Class Class
	// Call names what was attempted, such as "chat.postMessage".
	Call string
	// Code is the service's own code, such as "channel_not_found", or a short
	// word for a failure that has none, such as "timeout".
	Code string
	// Advice tells an operator what to do about it, as a sentence without a
	// period; empty when there is nothing to do.
	Advice string
	// RetryAfter is how long to wait before the next call, for Throttled.
	RetryAfter time.Duration
	// Scope says which calls RetryAfter applies to, for Throttled.
	Scope Scope
	// Unclear is true when the call may have taken effect although no answer
	// said so.
	Unclear bool
	// Foreign is true when the message that was to be changed belongs to another account,
	// as far as the service lets the bot see.
	Foreign bool
}

// WithClass returns the error as one of another class.
func (e *Error) WithClass(class Class) *Error {
	other := *e
	other.Class = class
	return &other
}

// Error implements error.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %s", e.Call, e.Code)
	if e.Advice != "" {
		text += ": " + e.Advice
	}
	return text
}

// HasCode reports whether err is an *Error with one of the codes.
func HasCode(err error, codes ...string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains(codes, e.Code)
}

// BadResponse is a success that is not what the service promises. The call may
// well have taken effect.
func BadResponse(call string) *Error {
	return &Error{Class: Transient, Call: call, Code: "bad_response", Unclear: true}
}

// WrongKind is the failure of a recipient whose address is a person's, although it is named as
// a channel, or the other way round.
func WrongKind(found Address) *Error {
	e := &Error{Class: RecipientPermanent, Call: "resolve", Code: "not_a_user", Advice: "It is a channel: name it as channel"}
	if found.Direct {
		e.Code, e.Advice = "not_a_channel", "It is a person: name it as user"
	}
	return e
}

// NotSupported is the failure of a recipient of a kind that the service does not have.
func NotSupported(kind string) *Error {
	return &Error{Class: RecipientPermanent, Call: "resolve", Code: kind + "_not_supported"}
}

// AsUnclear returns the error of a call after one that has taken effect.
func AsUnclear(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	after := *e
	after.Unclear = true
	return &after
}

// AsError returns err as an *Error. The end of a context is a transient failure
// with an unclear outcome, and so is every error of unknown kind: a messenger
// that forgets to classify must not lose messages.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	code := "unknown"
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		code = "timeout"
	}
	return &Error{Class: Transient, Call: "call", Code: code, Unclear: true}
}
