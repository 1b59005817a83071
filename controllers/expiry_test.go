package controllers_test

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// Nothing but the clock tells that no fresh identity came.
func TestAnIdentityThatIsNotRenewedIsWarnedOf(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.putToken(s.token)
	s.putIdentity(s.identity(teleporttest.IdentityOptions{NotBefore: -3 * time.Hour, TTL: 15*time.Minute + lead}))
	s.apply()
	s.await("the identity is in use", func(n *v1alpha1.AccessNotifier) string {
		return notAs(n, v1alpha1.ConditionIdentityValid, metav1.ConditionTrue, v1alpha1.ReasonSucceeded)
	})
	s.awaitReady()
	s.await("the warning shows", func(n *v1alpha1.AccessNotifier) string {
		return notAs(n, v1alpha1.ConditionIdentityValid, metav1.ConditionTrue, v1alpha1.ReasonIdentityExpiring)
	})
	s.awaitEvent("Warning", v1alpha1.ReasonIdentityExpiring, "should have been renewed")
	s.awaitPosts(s.channel, s.request())

	s.putIdentity(s.identity(teleporttest.IdentityOptions{TTL: 2 * time.Hour}))
	s.await("the warning is over", func(n *v1alpha1.AccessNotifier) string {
		return notAs(n, v1alpha1.ConditionIdentityValid, metav1.ConditionTrue, v1alpha1.ReasonSucceeded)
	})
	ready := false
	for _, state := range s.history.all() {
		now := meta.IsStatusConditionTrue(state.Status.Conditions, v1alpha1.ConditionReady)
		if ready && !now {
			t.Errorf("a warning made it not ready: %+v", state.Status.Conditions)
		}
		ready = now
	}
}
