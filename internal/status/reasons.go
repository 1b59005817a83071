package status

// Reasons of problems. They are those of the conditions in the API, so that a reason has
// one name from where it is found to where it is read. A test in controllers compares
// both lists.
const (
	// ReasonInvalidSpec: nothing can be made of the spec as it is.
	ReasonInvalidSpec = "InvalidSpec"
	// ReasonNotYetAvailable: this version cannot do what the spec asks for.
	ReasonNotYetAvailable = "NotYetAvailable"
	// ReasonInternalError: the notifier crashed and is restarted with back-off.
	ReasonInternalError = "InternalError"

	// ReasonSecretNotFound: there is no identity.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonIdentityMalformed: the identity cannot be used, whatever the time is.
	ReasonIdentityMalformed = "IdentityMalformed"
	// ReasonIdentityExpired: the identity's certificate has ended.
	ReasonIdentityExpired = "IdentityExpired"
	// ReasonIdentityExpiring: the identity still works, but was not renewed in time.
	ReasonIdentityExpiring = "IdentityExpiring"
	// ReasonIdentityNotYetValid: the identity's certificate has not started.
	ReasonIdentityNotYetValid = "IdentityNotYetValid"
	// ReasonIdentityOtherCluster: identity and server do not trust each other.
	ReasonIdentityOtherCluster = "IdentityOtherCluster"

	// ReasonConnectionFailed: Teleport cannot be reached or cannot serve. The detail of
	// the problem tells what failed.
	ReasonConnectionFailed = "ConnectionFailed"
	// ReasonClockSkew: what is valid by one machine's clock is not by the other's.
	ReasonClockSkew = "ClockSkew"
	// ReasonNotTeleport: something else answers at the address.
	ReasonNotTeleport = "NotTeleport"
	// ReasonPermissionDenied: the identity's role does not allow what is needed.
	ReasonPermissionDenied = "PermissionDenied"
	// ReasonServerTooOld: the server's version is below the oldest that is supported.
	ReasonServerTooOld = "ServerTooOld"
	// ReasonNameClash: records of another installation are in the way.
	ReasonNameClash = "NameClash"

	// ReasonTokenRefused: the chat service does not accept the token.
	ReasonTokenRefused = "TokenRefused"
	// ReasonMissingScope: the token lacks a permission that the message names.
	ReasonMissingScope = "MissingScope"
	// ReasonThrottled: the chat service asked to wait.
	ReasonThrottled = "Throttled"
	// ReasonRecipientsUnresolved: a configured recipient cannot work.
	ReasonRecipientsUnresolved = "RecipientsUnresolved"
	// ReasonRulesInvalid: an Access Monitoring Rule is left out.
	ReasonRulesInvalid = "RulesInvalid"
	// ReasonMessengerUnavailable: the chat service cannot be reached or fails.
	ReasonMessengerUnavailable = "MessengerUnavailable"

	// ReasonListenerNotConfigured: the operator does not listen for the clicks of this chat
	// service.
	ReasonListenerNotConfigured = "ListenerNotConfigured"
	// ReasonAppTokenRefused: the chat service does not accept the token with which clicks are
	// heard of.
	ReasonAppTokenRefused = "AppTokenRefused"
	// ReasonClicksUnavailable: the connection over which clicks are heard of cannot be made.
	ReasonClicksUnavailable = "ClicksUnavailable"
	// ReasonWhenInvalid: the condition on which reviewers may decide in chat cannot be used,
	// or was not judged for some request.
	ReasonWhenInvalid = "WhenInvalid"
)
