package controllers_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// TestWhatTheRoleDoesNotShow covers an identity that may read nodes, but no roles: a message
// names the node, and the status the roles. Nothing waits for them.
func TestWhatTheRoleDoesNotShow(t *testing.T) {
	s := newStage(t, without("role"))
	s.teleport.SetRequestables(teleporttest.Requestable{Kind: "node", Name: "d1e2f3", Title: "web-1"})
	s.putSecrets()
	s.apply()
	s.awaitReady()
	s.await("it is named", func(n *v1alpha1.AccessNotifier) string {
		connected := meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionTeleportConnected)
		return unless(connected != nil && strings.Contains(connected.Message, "its role does not show role, so messages lack"), "the condition is %+v", connected)
	})
	id, err := s.teleport.CreateRequest(teleporttest.RequestSpec{
		Resources: []accessrequest.Resource{{Cluster: "lab", Kind: "node", Name: "d1e2f3"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.awaitPosts(s.channel, id)
	s.eventually("the message names the node", func() string {
		text := slack.PostsIn(s.channel)[0].Text
		return unless(strings.Contains(text, "web-1") && strings.Contains(text, "/lab/node/d1e2f3"), "%s", text)
	})
}
