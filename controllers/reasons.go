package controllers

import (
	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// identityReasons maps what the teleport package says of an identity to reasons of
// conditions.
var identityReasons = map[string]string{
	"IdentityMissing":     v1alpha1.ReasonSecretNotFound,
	"IdentityMalformed":   v1alpha1.ReasonIdentityMalformed,
	"IdentityExpired":     v1alpha1.ReasonIdentityExpired,
	"IdentityNotYetValid": v1alpha1.ReasonIdentityNotYetValid,
	"OtherCluster":        v1alpha1.ReasonIdentityOtherCluster,
}

// connectionReasons maps what the teleport package says of a connection to reasons
// of conditions. Which kind of failure it was stands in the message.
var connectionReasons = map[string]string{
	"OtherCluster":           v1alpha1.ReasonIdentityOtherCluster,
	"IdentityExpired":        v1alpha1.ReasonIdentityExpired,
	"ClockSkew":              v1alpha1.ReasonClockSkew,
	"NotTeleport":            v1alpha1.ReasonNotTeleport,
	"PermissionDenied":       v1alpha1.ReasonPermissionDenied,
	"ServerTooOld":           v1alpha1.ReasonServerTooOld,
	supervisor.ReasonRecords: v1alpha1.ReasonConnectionFailed,
}

func isIdentityReason(reason string) bool {
	_, ok := identityReasons[reason]
	return ok
}

// identityReason returns the reason why an identity cannot be used. One that was
// rotated in may be refused for what else is a reason of the connection.
func identityReason(reason string) string {
	if mapped, ok := identityReasons[reason]; ok {
		return mapped
	}
	return connectionReason(reason)
}

func connectionReason(reason string) string {
	if mapped, ok := connectionReasons[reason]; ok {
		return mapped
	}
	return v1alpha1.ReasonConnectionFailed
}

// failureReason returns the reason why nothing runs.
func failureReason(reason string) string {
	switch reason {
	case supervisor.ReasonNotAvailable:
		return v1alpha1.ReasonNotYetAvailable
	case supervisor.ReasonConfig:
		return v1alpha1.ReasonInvalidSpec
	default:
		return v1alpha1.ReasonInternalError
	}
}

// messengerReason returns the reason of a messenger's failure, and whether it
// stays until somebody changes something.
func messengerReason(p *supervisor.Problem) (reason string, stalled bool) {
	switch p.Reason {
	case supervisor.ReasonMissingScope:
		return v1alpha1.ReasonMissingScope, true
	case supervisor.ReasonTokenRefused:
		return v1alpha1.ReasonTokenRefused, true
	case supervisor.ReasonThrottled:
		return v1alpha1.ReasonThrottled, false
	default:
		return v1alpha1.ReasonMessengerUnavailable, false
	}
}
