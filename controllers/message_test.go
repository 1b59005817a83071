package controllers_test

import (
	"cmp"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// TestMessage covers a wording that comes, is broken and changes while a notifier runs. None
// of that starts it anew, nor touches a message that is there.
func TestMessage(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.putSecrets()
	s.apply()
	n := s.awaitReady()
	if meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionMessageValid) != nil {
		t.Error("there is a condition about what the spec does not say")
	}
	first := s.request()
	s.awaitPosts(s.channel, first)

	s.edit(func(n *v1alpha1.AccessNotifier) {
		n.Spec.Message = &v1alpha1.MessageSpec{Locale: "ko", TimeZone: "Asia/Seol", ExtraFields: []v1alpha1.ExtraField{{
			Label: "Ticket", Value: "request.\n usr",
		}, {Label: "요청자", Value: "request.user"}}}
	})
	s.await("what cannot be used is named", func(n *v1alpha1.AccessNotifier) string {
		return cmp.Or(
			notAs(n, v1alpha1.ConditionMessageValid, metav1.ConditionFalse, v1alpha1.ReasonMessageInvalid),
			notAs(n, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonMessageInvalid),
		)
	})
	s.awaitEvent("Warning", v1alpha1.ReasonMessageInvalid, `spec.message.timeZone: there is no time zone "Asia/Seol", and UTC is used`, "(2 problems in all)")
	second := s.request()
	s.awaitPosts(s.channel, first, second)
	s.awaitText(s.channel, second, "요청자")

	s.edit(func(n *v1alpha1.AccessNotifier) {
		n.Spec.Message.TimeZone = "Asia/Seoul"
		n.Spec.Message.ExtraFields[0].Value = `request.annotations[?"ticket"].orValue([])`
	})
	s.await("the words count", func(n *v1alpha1.AccessNotifier) string {
		return notAs(n, v1alpha1.ConditionMessageValid, metav1.ConditionTrue, v1alpha1.ReasonSucceeded)
	})
	s.edit(func(n *v1alpha1.AccessNotifier) {
		n.Spec.Message.ExtraFields[0].Value = `request.annotations["ticket"][0]`
	})
	s.await("a field that a pending request does not let be told is named at once", func(n *v1alpha1.AccessNotifier) string {
		return cmp.Or(
			notAs(n, v1alpha1.ConditionMessageValid, metav1.ConditionFalse, v1alpha1.ReasonFieldLeftOut),
			notAs(n, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSucceeded),
		)
	})
	third := s.request()
	s.awaitPosts(s.channel, first, second, third)
	s.requestReconcile("now")
	s.quiet(2 * time.Second)
	for _, post := range s.awaitPosts(s.channel, first, second, third) {
		if post.Revisions != 1 {
			t.Errorf("the message %q was edited for its words", post.Text)
		}
	}

	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Message = nil })
	s.await("nothing is said of it", func(n *v1alpha1.AccessNotifier) string {
		return unless(meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionMessageValid) == nil, "%+v", n.Status.Conditions)
	})
	if got := s.teleport.Streams(); got != 1 {
		t.Errorf("there are %d streams", got)
	}
}
