package v1alpha1

// Types of conditions. Ready, Reconciling and Stalled mean what kstatus, and
// with it "kubectl wait", Flux and Argo CD, take them to mean.
const (
	// ConditionReady is True while access requests are announced and kept up to
	// date. It sums up the others.
	ConditionReady = "Ready"
	// ConditionReconciling is True while something is not as it should be but may
	// get better by itself, such as a change that is being put into effect, and
	// absent otherwise.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True while nothing gets better until an operator changes
	// something, and absent otherwise.
	ConditionStalled = "Stalled"
	// ConditionTeleportConnected is True while the cluster is being watched.
	ConditionTeleportConnected = "TeleportConnected"
	// ConditionIdentityValid is True while the identity exists and is valid.
	ConditionIdentityValid = "IdentityValid"
	// ConditionMessengerReady is True while the chat service accepts the token.
	ConditionMessengerReady = "MessengerReady"
	// ConditionRecipientsResolved is True while every configured recipient can be
	// reached.
	ConditionRecipientsResolved = "RecipientsResolved"
	// ConditionRulesValid is True unless a route, or an Access Monitoring Rule that names
	// the notifier, is left out. Of that, Ready sums up only what has to be mended in the
	// spec: without a rule, what the spec says is used.
	ConditionRulesValid = "RulesValid"
	// ConditionMessageValid is True unless something of spec.message is left out, and
	// absent without one. Ready sums up only what has to be mended in the spec.
	ConditionMessageValid = "MessageValid"
	// ConditionReviewAvailable is True while reviewers can decide in chat, and absent unless
	// spec.review.mode is DenyOnly or Full. Requests are announced either way, so that Ready
	// sums up only what has to be mended in the spec.
	ConditionReviewAvailable = "ReviewAvailable"
)

// Reasons of any condition.
const (
	// ReasonSucceeded: all is well.
	ReasonSucceeded = "Succeeded"
	// ReasonProgressing: work is under way, and nothing has failed yet.
	ReasonProgressing = "Progressing"
	// ReasonSuspended: spec.suspend is true.
	ReasonSuspended = "Suspended"
	// ReasonInvalidSpec: the spec breaks a rule that the API server did not
	// check, as an old one or one with an old schema may not.
	ReasonInvalidSpec = "InvalidSpec"
	// ReasonNotYetAvailable: this version of the operator cannot do what the spec
	// asks for, such as posting to a messenger that is yet to come.
	ReasonNotYetAvailable = "NotYetAvailable"
	// ReasonInternalError: the notifier crashed and is being restarted with
	// back-off.
	ReasonInternalError = "InternalError"
	// ReasonSecretNotFound: a Secret that the spec names does not exist (yet).
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonSecretKeyMissing: a Secret lacks the key, or its value is empty, or is no
	// certificate where there must be one.
	ReasonSecretKeyMissing = "SecretKeyMissing"
)

// Reasons of IdentityValid.
const (
	// ReasonIdentityMalformed: the Secret holds no identity that can be read.
	ReasonIdentityMalformed = "IdentityMalformed"
	// ReasonIdentityNotYetValid: the certificate becomes valid later, which
	// usually means that a clock is wrong.
	ReasonIdentityNotYetValid = "IdentityNotYetValid"
	// ReasonIdentityExpiring: the certificate is still valid, but should have been
	// renewed by now: whatever renews it seems to have stopped.
	ReasonIdentityExpiring = "IdentityExpiring"
	// ReasonIdentityExpired: the certificate is no longer valid.
	ReasonIdentityExpired = "IdentityExpired"
	// ReasonIdentityOtherCluster: the address belongs to another cluster than
	// the identity, or its certificate is signed by an authority that
	// spec.teleport.caSecretRef should name.
	ReasonIdentityOtherCluster = "IdentityOtherCluster"
)

// Reasons of TeleportConnected.
const (
	// ReasonConnectionFailed: the address cannot be reached; the message tells
	// whether its name is unknown, it refuses connections or does not answer.
	ReasonConnectionFailed = "ConnectionFailed"
	// ReasonNotTeleport: something answers at the address, but not Teleport.
	ReasonNotTeleport = "NotTeleport"
	// ReasonPermissionDenied: Teleport knows the identity, but its roles do not
	// allow what the notifier needs. Of IdentityValid and MessengerReady also:
	// Kubernetes does not let the operator read a Secret.
	ReasonPermissionDenied = "PermissionDenied"
	// ReasonClockSkew: what is valid by the clock of the operator is not by that of
	// Teleport, or the other way round.
	ReasonClockSkew = "ClockSkew"
	// ReasonNameClash: Teleport has records of an AccessNotifier with the same
	// namespace and name in another Kubernetes cluster. What belongs to it is left
	// alone.
	ReasonNameClash = "NameClash"
	// ReasonServerTooOld: the cluster runs a version of Teleport before 15. Of
	// ReviewAvailable: one that takes no reviews for users.
	ReasonServerTooOld = "ServerTooOld"
)

// Reasons of MessengerReady.
const (
	// ReasonTokenRefused: the chat service does not accept the token.
	ReasonTokenRefused = "TokenRefused"
	// ReasonMissingScope: the token lacks a permission that the message names.
	ReasonMissingScope = "MissingScope"
	// ReasonThrottled: the chat service asked to wait; messages are late.
	ReasonThrottled = "Throttled"
	// ReasonMessengerUnavailable: the chat service cannot be reached or fails.
	ReasonMessengerUnavailable = "MessengerUnavailable"
)

// Reasons of RecipientsResolved.
const (
	// ReasonRecipientsUnresolved: status.unresolvedRecipients is not empty.
	ReasonRecipientsUnresolved = "RecipientsUnresolved"
	// ReasonRequesterTraitDenied: the identity's role does not allow to read the trait
	// that spec.requesterTrait names. The condition is True: reviewers are told all the
	// same, and so are requesters whose user name is an e-mail address.
	ReasonRequesterTraitDenied = "RequesterTraitDenied"
)

// Reasons of RulesValid.
const (
	// ReasonRoutesInvalid: status.routes names a route with a problem.
	ReasonRoutesInvalid = "RoutesInvalid"
	// ReasonRulesInvalid: status.accessMonitoringRules names a rule with a problem.
	ReasonRulesInvalid = "RulesInvalid"
	// ReasonRulesUnavailable: Teleport does not give the rules, or not all. The
	// condition is True: nothing has to be done about it.
	ReasonRulesUnavailable = "RulesUnavailable"
)

// Reasons of MessageValid.
const (
	// ReasonMessageInvalid: something of spec.message cannot be used.
	ReasonMessageInvalid = "MessageInvalid"
	// ReasonFieldLeftOut: a field of spec.message.extraFields could not be evaluated for
	// some request, which was announced without it.
	ReasonFieldLeftOut = "FieldLeftOut"
)

// Reasons of ReviewAvailable.
const (
	// ReasonListenerNotConfigured: the chat service calls an address with each click, and
	// the operator was started without one.
	ReasonListenerNotConfigured = "ListenerNotConfigured"
	// ReasonReviewForbidden: the operator was started to let nobody decide in chat.
	ReasonReviewForbidden = "ReviewForbidden"
	// ReasonAppTokenRefused: Slack does not accept the app-level token, or the app has no
	// Socket Mode.
	ReasonAppTokenRefused = "AppTokenRefused"
	// ReasonClicksUnavailable: the connection by which clicks are heard of cannot be made.
	ReasonClicksUnavailable = "ClicksUnavailable"
	// ReasonWhenInvalid: spec.review.when cannot be used, or not for some request, which
	// has no buttons.
	ReasonWhenInvalid = "WhenInvalid"
)
