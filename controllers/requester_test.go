package controllers_test

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// TestTheRequesterByATrait covers a role that may not read users, which delays no reviewer,
// and one that may.
func TestTheRequesterByATrait(t *testing.T) {
	for name, allowed := range map[string]bool{"denied": false, "allowed": true} {
		t.Run(name, func(t *testing.T) {
			permissions := teleporttest.PluginPermissions()
			if allowed {
				permissions = permissions.With("user", "read")
			}
			s := newStage(t, teleporttest.Options{
				Permissions: map[string]teleporttest.Permissions{teleporttest.PluginRole: permissions},
			})
			s.notifier.Spec.RequesterPolicy = v1alpha1.NotificationNotify
			s.notifier.Spec.RequesterTrait = "slack_id"
			user := slack.AddUser(s.namespace + "@example.com")
			s.teleport.SetUser(teleporttest.User{Name: "eve", Traits: map[string][]string{"slack_id": {s.channel, user}}})
			s.putSecrets()
			s.apply()
			s.awaitReady()
			id, err := s.teleport.CreateRequest(teleporttest.RequestSpec{User: "eve"})
			s.must(err)
			s.awaitPosts(s.channel, id)
			reason, want := v1alpha1.ReasonRequesterTraitDenied, 0
			if allowed {
				reason, want = v1alpha1.ReasonSucceeded, 1
			}
			s.await("the status says so", func(n *v1alpha1.AccessNotifier) string {
				return notAs(n, v1alpha1.ConditionRecipientsResolved, metav1.ConditionTrue, reason)
			})
			s.eventually("the requester is told", func() string {
				told := slices.DeleteFunc(slack.Posts(), func(p messengertest.Post) bool { return p.User != user })
				return unless(len(told) == want, "%d messages, want %d", len(told), want)
			})
			s.awaitReady()
		})
	}
}
