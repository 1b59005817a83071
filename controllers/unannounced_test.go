package controllers_test

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// A request that no recipient is configured for is open, counted and named. A spec
// may well be about certain roles only: it stays ready.
func TestARequestWithoutRecipientsIsNotSilent(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.notifier.Spec.Recipients = nil
	s.notifier.Spec.RoleToRecipients = map[string]v1alpha1.RecipientList{"no-such-role": {s.namespace + "-all"}}
	s.putSecrets()
	s.apply()
	s.awaitReady()
	s.awaitEvent("Warning", "NoDefaultRecipients", `spec.roleToRecipients has no key "*"`)
	unannounced := s.request()
	s.awaitOpen(1)
	n := s.awaitReady()
	if n.Status.UnannouncedRequests == nil || *n.Status.UnannouncedRequests != 1 {
		t.Errorf("unannouncedRequests is %v", n.Status.UnannouncedRequests)
	}
	if message := messageOf(n, v1alpha1.ConditionReady); !strings.Contains(message, "but for 1") {
		t.Errorf("Ready says %q", message)
	}
	s.awaitEvent("Warning", "RequestNotAnnounced", "roleToRecipients")

	s.edit(func(n *v1alpha1.AccessNotifier) {
		n.Spec.RoleToRecipients["*"] = v1alpha1.RecipientList{s.namespace + "-all"}
	})
	s.awaitPosts(s.channel, unannounced)
	s.await("no request lacks recipients", func(n *v1alpha1.AccessNotifier) string {
		return unless(n.Status.UnannouncedRequests == nil && n.Status.ObservedGeneration == s.notifier.Generation, "%+v", n.Status)
	})
}
