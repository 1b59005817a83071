package controllers

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/routing/match"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// reviewOf returns who may decide in chat, as the supervisor has it. Of a review that is off
// nothing is left, so that no change of it is one.
func reviewOf(spec *v1alpha1.AccessNotifierSpec) (out review.Spec) {
	if spec.ReviewMode() == v1alpha1.ReviewOff {
		return out
	}
	out.Mode, out.ReasonRequired = review.Mode(spec.ReviewMode()), spec.Review.IsReasonRequired()
	out.Trait = spec.ReviewerTrait()
	if identity := spec.Review.Identity; identity != nil && identity.EmailIsUsername != nil {
		out.Domains = slices.Clone(identity.EmailIsUsername.Domains)
	}
	if spec.Review.When != "" {
		out.When = match.Holds(spec.Review.When)
	}
	return out
}

// reviewState tells whether reviewers can decide in chat. Whatever keeps them from it, requests
// are announced: only a spec that has to be mended stalls the notifier.
func reviewState(mode v1alpha1.ReviewMode, in inputs, s supervisor.Snapshot, running bool) conditionState {
	switch {
	case in.reviewForbidden:
		return falseState(v1alpha1.ReasonReviewForbidden,
			"This operator lets nobody decide in chat (--allow-review=false), so that messages have no buttons; reviewers decide in Teleport", false)
	case s.Review.Problem != nil:
		state := problemState(s.Review.Problem)
		state.stalled = state.stalled && state.reason == status.ReasonWhenInvalid
		return state
	case !running || !s.Review.Known:
		return unknownState("It is not known yet whether reviewers can decide in chat")
	case mode == v1alpha1.ReviewDenyOnly:
		return trueState("Reviewers can deny access requests in chat")
	default:
		return trueState("Reviewers can approve and deny access requests in chat")
	}
}

// removeOptional removes the conditions about what the spec does not ask for.
func removeOptional(notifier *v1alpha1.AccessNotifier) {
	if notifier.Spec.Message == nil {
		meta.RemoveStatusCondition(&notifier.Status.Conditions, v1alpha1.ConditionMessageValid)
	}
	if notifier.Spec.ReviewMode() == v1alpha1.ReviewOff {
		meta.RemoveStatusCondition(&notifier.Status.Conditions, v1alpha1.ConditionReviewAvailable)
	}
}
