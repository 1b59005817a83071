package teleport

import "time"

// Reason says in one CamelCase word why Teleport cannot be used. It is fit for
// the reason of a Kubernetes condition.
type Reason string

// The reasons of an [Error].
const (
	// IdentityMissing: no identity has been given yet.
	IdentityMissing Reason = "IdentityMissing"
	// IdentityMalformed: the identity cannot be used, whatever the time is.
	IdentityMalformed Reason = "IdentityMalformed"
	// IdentityExpired: the identity's certificate has ended.
	IdentityExpired Reason = "IdentityExpired"
	// IdentityNotYetValid: the identity's certificate has not started.
	IdentityNotYetValid Reason = "IdentityNotYetValid"
	// ClockSkew: what is valid by one machine's clock is not by the other's.
	ClockSkew Reason = "ClockSkew"
	// ServerExpired: the server's own certificate has ended.
	ServerExpired Reason = "ServerExpired"
	// OtherCluster: identity and server do not trust each other.
	OtherCluster Reason = "OtherCluster"
	// NotTeleport: something else answers at the address.
	NotTeleport Reason = "NotTeleport"
	// ConnectionRefused: nothing listens at the address.
	ConnectionRefused Reason = "ConnectionRefused"
	// AddressRefused: the address leads to where no connection may.
	AddressRefused Reason = "AddressRefused"
	// HTTPProxyFailed: the proxy of the operator's environment does not lead on.
	HTTPProxyFailed Reason = "HTTPProxyFailed"
	// LimitExceeded: Teleport shows more than is kept.
	LimitExceeded Reason = "LimitExceeded"
	// HostNotFound: the address has no known host.
	HostNotFound Reason = "HostNotFound"
	// Timeout: there was no answer in time.
	Timeout Reason = "Timeout"
	// PermissionDenied: the identity's role does not allow what is needed.
	PermissionDenied Reason = "PermissionDenied"
	// ServerTooOld: the server's version is below the oldest that is supported.
	ServerTooOld Reason = "ServerTooOld"
	// Unavailable: Teleport cannot be reached or cannot serve now.
	Unavailable Reason = "Unavailable"
	// Internal: Teleport answered with an error that is not understood.
	Internal Reason = "Internal"
)

// Error is why Teleport cannot be used, for a platform engineer to act on.
type Error struct {
	// Reason classifies the error.
	Reason Reason
	// Message is a sentence that says what to do. It holds no secrets and
	// nothing that a requester typed.
	Message string
	// ValidFrom is when the identity becomes valid, for IdentityNotYetValid.
	ValidFrom time.Time

	cause error
}

// Error returns the message.
func (e *Error) Error() string {
	return e.Message
}

// Unwrap returns what the Teleport client said, which may span many lines.
func (e *Error) Unwrap() error {
	return e.cause
}
