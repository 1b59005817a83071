package controllers

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// warning is something in a spec that is valid, but hardly meant. The admission policy says
// the same in the same words when an object is applied, where the API server has the policy.
type warning struct {
	reason, field, message string
}

var (
	noDefaultRecipients = warning{"NoDefaultRecipients", "spec.roleToRecipients",
		`spec.roleToRecipients has no key "*": of a request for a role without an entry there, no recipient ` +
			`is notified, unless a route, an Access Monitoring Rule or the requester names one`}
	recipientMisspelled = warning{"RecipientMisspelled", "spec",
		`a recipient begins with "#", which is no part of a channel's name: write access-requests and not "#access-requests"`}
)

// warningsOf returns what is hardly meant in a spec.
func warningsOf(spec *v1alpha1.AccessNotifierSpec) (found []warning) {
	rules := RoutingRules(spec)
	_, others := rules.RoleToRecipients[routing.AnyRole]
	if len(rules.RoleToRecipients) > 0 && !others && len(rules.Always) == 0 {
		found = append(found, noDefaultRecipients)
	}
	if slices.ContainsFunc(rules.Configured(), isMisspelled) {
		found = append(found, recipientMisspelled)
	}
	return found
}

// isMisspelled reports whether a channel is written as chat services show it, and not as it
// is called.
func isMisspelled(r routing.Recipient) bool {
	return strings.HasPrefix(r.Name, "#") && r.Kind != routing.User && r.Kind != routing.Group
}

// recordWarnings records an Event for each warning, once for each spec.
func (r *AccessNotifierReconciler) recordWarnings(before *v1alpha1.AccessNotifierStatus, after *v1alpha1.AccessNotifier) {
	if before.ObservedGeneration == after.Generation || after.Spec.IsSuspended() {
		return
	}
	for _, w := range warningsOf(&after.Spec) {
		r.record(eventTarget(after, w.field), nil, corev1.EventTypeWarning, w.reason, w.message)
	}
}
