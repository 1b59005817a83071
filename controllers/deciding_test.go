package controllers_test

import (
	"cmp"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// TestAConditionOfReviewThatCannotBeRead covers a mistake in spec.review, which shows before the
// notifier can run, and goes with what is wrong.
func TestAConditionOfReviewThatCannotBeRead(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.notifier.Spec.Messenger.Slack.AppTokenSecretRef = &v1alpha1.SecretKeyReference{Name: tokenSecret}
	s.notifier.Spec.Review = &v1alpha1.ReviewSpec{
		Mode: v1alpha1.ReviewDenyOnly, Identity: &v1alpha1.ReviewIdentity{Trait: "slack_uid"}, When: "request.usr",
	}
	s.apply()
	s.await("the mistake is named", func(n *v1alpha1.AccessNotifier) string {
		return notAs(n, v1alpha1.ConditionReviewAvailable, metav1.ConditionFalse, v1alpha1.ReasonWhenInvalid)
	})
	s.awaitEvent("Warning", v1alpha1.ReasonWhenInvalid, "spec.review.when:1:8: ")

	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Review.When = `request.user != ""` })
	s.await("it is not known yet whether reviewers can decide", func(n *v1alpha1.AccessNotifier) string {
		return cmp.Or(
			notAs(n, v1alpha1.ConditionReviewAvailable, metav1.ConditionUnknown, v1alpha1.ReasonProgressing),
			unless(meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionReady).Reason == v1alpha1.ReasonSecretNotFound, "%+v", n.Status.Conditions),
		)
	})
	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Review.Mode = v1alpha1.ReviewOff })
	s.await("nothing is said of it", func(n *v1alpha1.AccessNotifier) string {
		return unless(meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionReviewAvailable) == nil, "%+v", n.Status.Conditions)
	})
}
