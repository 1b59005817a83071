package controllers_test

import (
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// Roles are changed by giving the new one to the identity, and taking the old
// one away when it is not needed any more.
func TestRotationToOtherRolesLeavesNoGap(t *testing.T) {
	s := newStage(t, teleporttest.Options{Permissions: map[string]teleporttest.Permissions{
		"before": teleporttest.PluginPermissions(), "after": teleporttest.PluginPermissions(),
	}})
	s.putToken(s.token)
	s.putIdentity(s.identity(teleporttest.IdentityOptions{User: "bot", Roles: []string{"before"}}))
	s.apply()
	s.awaitReady()
	requests := []string{s.request()}
	s.putIdentity(s.identity(teleporttest.IdentityOptions{User: "bot", Roles: []string{"after"}, TTL: 3 * time.Hour}))
	for range 10 {
		requests = append(requests, s.request())
	}
	s.await("the new identity is in use", func(n *v1alpha1.AccessNotifier) string {
		until := n.Status.Teleport.IdentityExpirationTime
		return unless(time.Until(until.Time) > 2*time.Hour, "the one in use ends %v", until)
	})
	s.teleport.SetPermissions("before", teleporttest.Permissions{})
	requests = append(requests, s.request())
	s.awaitPosts(s.channel, requests...)
	s.awaitReady()
	s.awaitOpen(int32(len(requests)))
	s.assertPosts(s.channel, requests...)
}
