package messenger

import (
	"context"
	"errors"
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
	// What says what happened, in a clause in which "{service}" stands for the service and its
	// host; empty where there is no more to say than Class and Unknown do.
	What string
	// Advice tells an operator what to do about it, as a sentence without a
	// period that begins with a verb; empty where that is the same for the whole Class.
	Advice string
	// Quoted is true where Code is the service's own word, which its documentation explains.
	Quoted bool
	// Unknown is true for a code of the service that this version does not know.
	Unknown bool
	// NotToken is true where every call fails, and the token is not to blame.
	NotToken bool
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

// Error implements error. A Remote says more.
func (e *Error) Error() string { return Remote{}.Explain(e) }

// HasCode reports whether err is an *Error with one of the codes.
func HasCode(err error, codes ...string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains(codes, e.Code)
}

// WrongKind is the failure of a recipient whose address is a person's, although it is named as
// a channel, or the other way round.
func WrongKind(found Address) *Error {
	e := &Error{
		Class: RecipientPermanent, Call: "resolve", Code: "not_a_user",
		What: "the recipient is a channel of {service}, and is named as a user", Advice: "Name it as channel",
	}
	if found.Direct {
		e.Code, e.What, e.Advice = "not_a_channel", "the recipient is a person of {service}, and is named as a channel", "Name it as user"
	}
	return e
}

// NotSupported is the failure of a recipient of a kind that the service does not have.
func NotSupported(kind string) *Error {
	return &Error{
		Class: RecipientPermanent, Call: "resolve", Code: kind + "_not_supported",
		What: "{service} has no " + kind + " that a bot can find", Advice: "Name a channel or a user",
	}
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
	e := &Error{Class: Transient, Call: "call", Code: "unknown", Unclear: true}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		e.Code, e.What = "timeout", whatTimeout
	}
	return e
}
