package controllers_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// TestOwnersOfAccessListsAreReminded covers owners by e-mail, by a trait and through another
// list, an owner whom the messenger does not know, and a restart.
func TestOwnersOfAccessListsAreReminded(t *testing.T) {
	s := newStage(t, teleporttest.Options{Permissions: map[string]teleporttest.Permissions{
		teleporttest.PluginRole: teleporttest.ListPermissions().With("user", "read"),
	}})
	byEmail, nested, byTrait := s.namespace+"@example.com", s.namespace+"-2@example.com", s.namespace+"-3@example.com"
	users := []string{slack.AddUser(byEmail), slack.AddUser(nested), slack.AddUser(byTrait)}
	s.teleport.SetUser(teleporttest.User{Name: "trudy", Traits: map[string][]string{"slack_id": {users[2]}}})
	s.teleport.SetAccessLists(
		teleporttest.AccessList{Name: "a", Title: "Admins", Due: time.Now().Add(time.Hour), Owners: []string{byEmail, "trudy", "nameless"}},
		teleporttest.AccessList{Name: "b", Title: "Auditors", Due: time.Now().Add(-time.Hour), OwnerLists: []string{"leads"}},
		teleporttest.AccessList{Name: "leads", Members: []string{nested, byEmail}},
	)
	s.notifier.Spec.AccessListReminders = &v1alpha1.AccessListReminders{Policy: v1alpha1.NotificationNotify}
	s.notifier.Spec.RequesterTrait = "slack_id"
	s.putSecrets()
	s.apply()
	told := func() string {
		var texts []string
		for _, user := range users {
			for _, post := range slices.DeleteFunc(slack.Posts(), func(p messengertest.Post) bool { return p.User != user }) {
				texts = append(texts, post.Text)
			}
		}
		whole := len(texts) == 3 && strings.Contains(texts[0], "2 access lists to review") &&
			strings.Contains(texts[1], "Auditors") && strings.Contains(texts[2], "Admins")
		return unless(whole, "%q", texts)
	}
	s.eventually("each owner is told once", told)
	s.await("it is said who is not", func(n *v1alpha1.AccessNotifier) string {
		ready := meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionReady)
		return unless(ready != nil && strings.Contains(ready.Message, "1 cannot be reminded"), "Ready is %+v", ready)
	})
	kept := &corev1.ConfigMap{}
	s.must(plane.Client().Get(t.Context(), client.ObjectKey{Namespace: s.namespace, Name: "access-notifier-access-lists"}, kept))
	if len(kept.OwnerReferences) != 1 || kept.OwnerReferences[0].UID != s.notifier.UID || kept.Data[s.notifier.Name] == "" {
		t.Errorf("the ConfigMap is %+v", kept)
	}

	s.edit(func(n *v1alpha1.AccessNotifier) {
		n.Spec.AccessListReminders.Policy = v1alpha1.NotificationIgnore
		n.Spec.RequesterTrait = ""
	})
	s.await("nothing is said of owners", func(n *v1alpha1.AccessNotifier) string {
		ready := meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionReady)
		return unless(ready != nil && !strings.Contains(ready.Message, "owners"), "Ready is %+v", ready)
	})
	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.AccessListReminders.Policy = v1alpha1.NotificationNotify })
	s.await("owners are looked at anew", func(n *v1alpha1.AccessNotifier) string {
		ready := meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionReady)
		return unless(ready != nil && strings.Contains(ready.Message, "1 cannot be reminded"), "Ready is %+v", ready)
	})
	if problem := told(); problem != "" {
		t.Errorf("then owners were told: %s", problem)
	}
}

// TestAccessListsThatMayNotBeRead keep no request from being announced.
func TestAccessListsThatMayNotBeRead(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.notifier.Spec.AccessListReminders = &v1alpha1.AccessListReminders{Policy: v1alpha1.NotificationNotify}
	s.putSecrets()
	s.apply()
	s.awaitReady()
	s.await("it is said", func(n *v1alpha1.AccessNotifier) string {
		ready := meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionReady)
		return unless(ready != nil && strings.Contains(ready.Message, "does not allow list and read on access_list"), "Ready is %+v", ready)
	})
	s.awaitPosts(s.channel, s.request())
}
