package teleport

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/status"
)

// The details of an [Error]: what exactly is wrong, where one reason is not enough.
const (
	// IdentityMissing: no identity has been given yet.
	IdentityMissing = "IdentityMissing"
	// ServerExpired: the server's own certificate has ended.
	ServerExpired = "ServerExpired"
	// ConnectionRefused: nothing listens at the address.
	ConnectionRefused = "ConnectionRefused"
	// AddressRefused: the address leads to where no connection may.
	AddressRefused = "AddressRefused"
	// AddressMalformed: the address can be no address, which the API server has let pass.
	AddressMalformed = "AddressMalformed"
	// HTTPProxyFailed: the proxy of the operator's environment does not lead on.
	HTTPProxyFailed = "HTTPProxyFailed"
	// LimitExceeded: Teleport shows more than is kept.
	LimitExceeded = "LimitExceeded"
	// HostNotFound: the address has no known host.
	HostNotFound = "HostNotFound"
	// Timeout: there was no answer in time.
	Timeout = "Timeout"
	// Unavailable: Teleport cannot be reached or cannot serve now.
	Unavailable = "Unavailable"
	// Internal: Teleport answered with an error that is not understood.
	Internal = "Internal"

	// Where the reason says it all, it is the detail as well.
	IdentityMalformed    = status.ReasonIdentityMalformed
	IdentityExpired      = status.ReasonIdentityExpired
	IdentityNotYetValid  = status.ReasonIdentityNotYetValid
	IdentityOtherCluster = status.ReasonIdentityOtherCluster
	ClockSkew            = status.ReasonClockSkew
	NotTeleport          = status.ReasonNotTeleport
	PermissionDenied     = status.ReasonPermissionDenied
	ServerTooOld         = status.ReasonServerTooOld
)

// Error is why Teleport cannot be used, for a platform engineer to act on. Its message
// holds no secrets and nothing that a requester typed.
type Error struct {
	status.Problem
	// ValidFrom is when the identity becomes valid, for IdentityNotYetValid.
	ValidFrom time.Time

	cause error
}

// NewError makes an error of a detail, with a sentence that says what to do.
func NewError(detail, message string) *Error {
	problem := status.Problem{Detail: detail, Message: message}
	switch detail {
	case IdentityMissing:
		problem.Reason = status.ReasonSecretNotFound
	case IdentityNotYetValid:
		problem.Reason = detail
	case IdentityMalformed, IdentityExpired, IdentityOtherCluster, ClockSkew, NotTeleport, PermissionDenied, ServerTooOld:
		problem.Reason, problem.Permanent = detail, true
	case AddressMalformed:
		problem.Reason, problem.Permanent = status.ReasonInvalidSpec, true
	case ServerExpired, AddressRefused, LimitExceeded:
		problem.Reason, problem.Permanent = status.ReasonConnectionFailed, true
	default:
		problem.Reason = status.ReasonConnectionFailed
	}
	return &Error{Problem: problem}
}

// Error returns the message.
func (e *Error) Error() string {
	return e.Message
}

// Status describes the error for status and logs.
func (e *Error) Status() status.Problem {
	return e.Problem
}

// Unwrap returns what the Teleport client said, which may span many lines.
func (e *Error) Unwrap() error {
	return e.cause
}
