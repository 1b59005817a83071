package controllers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestAppliedBeforeItsSecrets(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	waiting := s.request()
	s.apply()
	s.awaitCondition(v1alpha1.ConditionIdentityValid, v1alpha1.ReasonSecretNotFound)
	s.awaitEvent("Warning", v1alpha1.ReasonSecretNotFound, `"identity"`)
	s.awaitEvent("Warning", v1alpha1.ReasonSecretNotFound, `"bot"`)
	s.putIdentity(s.identity(teleporttest.IdentityOptions{}))
	s.awaitCondition(v1alpha1.ConditionMessengerReady, v1alpha1.ReasonSecretNotFound)

	begin := time.Now()
	s.putToken(s.token)
	s.awaitReady()
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("it took %v to become ready", took)
	}
	s.awaitPosts(s.channel, waiting)
}

func TestSuspend(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	before := s.request()
	s.awaitPosts(s.channel, before)
	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Suspend = new(true) })
	n := s.awaitCondition(v1alpha1.ConditionReady, v1alpha1.ReasonSuspended)
	if len(n.Status.Conditions) != 1 || n.Status.OpenRequests != nil {
		t.Errorf("the status says more than that it is suspended: %+v", n.Status)
	}
	s.awaitEvent("Normal", v1alpha1.ReasonSuspended, "Suspended")
	for _, e := range s.events() {
		if e.Reason == v1alpha1.ConditionReady && strings.Contains(e.Note, "Suspended") {
			t.Errorf("an Event of reason Ready says %q", e.Note)
		}
	}
	s.eventually("the connection to Teleport is closed", func() string {
		return unless(s.teleport.Connections() == 0, "%d connections", s.teleport.Connections())
	})
	during := s.request()
	s.must(s.teleport.Resolve(before, "APPROVED", ""))
	s.assertPosts(s.channel, before)

	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Suspend = nil })
	s.awaitReady()
	s.awaitPosts(s.channel, before, during)
	s.awaitText(s.channel, before, "approved")
}

func TestDeletionEndsAllCalls(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	told := s.request()
	s.awaitPosts(s.channel, told)
	s.must(plane.Client().Delete(t.Context(), s.notifier))
	s.eventually("the connection to Teleport is closed", func() string {
		return unless(s.teleport.Connections() == 0, "%d connections", s.teleport.Connections())
	})
	calls, requests := s.teleport.Calls(), len(traffic.in(s.namespace))
	s.request()
	s.putIdentity(s.identity(teleporttest.IdentityOptions{TTL: 2 * time.Hour}))
	s.putToken(newToken())
	s.quiet(3 * time.Second)
	s.assertPosts(s.channel, told)
	if got := s.teleport.Calls(); fmt.Sprint(got) != fmt.Sprint(calls) {
		t.Errorf("Teleport was called after the deletion: %v, before %v", got, calls)
	}
	if got := traffic.in(s.namespace)[requests:]; len(got) > 0 {
		t.Errorf("the API server was called after the deletion: %q", got)
	}
}

func TestDeletedAndMadeAgain(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	first := s.request()
	s.awaitPosts(s.channel, first)
	for range 3 {
		s.must(plane.Client().Delete(t.Context(), s.notifier))
		s.notifier.ResourceVersion, s.notifier.UID = "", ""
		s.notifier.Status = v1alpha1.AccessNotifierStatus{}
		s.apply()
	}
	second := s.request()
	s.eventually("the new object is ready", func() string {
		n := s.history.newest()
		if n.UID != s.notifier.UID {
			return "it is still the old one"
		}
		return notAs(n, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSucceeded)
	})
	s.awaitPosts(s.channel, first, second)
}

func TestNewRecipientsHearOfOpenRequests(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	open := s.request()
	s.awaitPosts(s.channel, open)
	added := slack.AddChannel(s.namespace + "-added")
	s.edit(func(n *v1alpha1.AccessNotifier) {
		n.Spec.Recipients = append(n.Spec.Recipients, s.namespace+"-added")
	})
	s.awaitPosts(added, open)
	s.awaitReady()
	s.assertPosts(s.channel, open)
}

func TestOneBadRecipient(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	kicked := slack.AddChannel(s.namespace+"-kicked", messengertest.WithoutBot())
	s.notifier.Spec.Recipients = append(s.notifier.Spec.Recipients, s.namespace+"-kicked", s.namespace+"-unknown")
	s.putSecrets()
	s.apply()

	unresolved := func(want ...string) func(*v1alpha1.AccessNotifier) string {
		return func(n *v1alpha1.AccessNotifier) string {
			var got []string
			for _, r := range n.Status.UnresolvedRecipients {
				if r.Message == "" {
					return "no message: " + r.Recipient
				}
				got = append(got, r.Recipient)
			}
			return unless(slices.Equal(got, want), "unresolved are %q", got)
		}
	}
	s.await("one is named before a request needs it", unresolved(s.namespace+"-unknown"))
	request := s.request()
	s.awaitPosts(s.channel, request)
	s.await("both are named", unresolved(s.namespace+"-kicked", s.namespace+"-unknown"))
	s.awaitCondition(v1alpha1.ConditionRecipientsResolved, v1alpha1.ReasonRecipientsUnresolved)
	s.awaitEvent("Warning", "RecipientFailed", s.namespace+"-kicked", "invite the bot")
	s.awaitEvent("Warning", "RecipientFailed", s.namespace+"-unknown", "channel_not_found")

	slack.Invite(kicked)
	s.requestReconcile("now")
	s.await("one is left", unresolved(s.namespace+"-unknown"))
	s.awaitPosts(kicked, request)
	s.await("the request is echoed", func(n *v1alpha1.AccessNotifier) string {
		return unless(n.Status.LastHandledReconcileAt == "now", "%q", n.Status.LastHandledReconcileAt)
	})
	s.awaitEvent("Normal", "RecipientRestored", s.namespace+"-kicked")

	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Recipients = n.Spec.Recipients[:2] })
	s.awaitReady()
	s.assertPosts(s.channel, request)
	s.assertPosts(kicked, request)
}

func TestOtherMessengers(t *testing.T) {
	token := v1alpha1.SecretKeyReference{Name: tokenSecret}
	kinds := map[string]struct {
		simulator messengertest.Simulator
		spec      v1alpha1.MessengerSpec
		// recipient is how a channel of the id and name is configured.
		recipient func(id, name string) string
	}{
		"Discord": {
			simulator: discord,
			spec:      v1alpha1.MessengerSpec{Type: v1alpha1.MessengerDiscord, Discord: &v1alpha1.DiscordSpec{TokenSecretRef: token}},
			recipient: func(id, _ string) string { return id },
		},
		"Mattermost": {
			simulator: mattermost,
			spec: v1alpha1.MessengerSpec{Type: v1alpha1.MessengerMattermost, Mattermost: &v1alpha1.MattermostSpec{
				URL: v1alpha1.ServerURL(mattermost.URL()), TokenSecretRef: token,
			}},
			recipient: func(_, name string) string { return "main/" + name },
		},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, teleporttest.Options{})
			id := kind.simulator.AddChannel(s.namespace)
			s.notifier.Spec.Messenger = kind.spec
			s.notifier.Spec.Recipients = v1alpha1.RecipientList{kind.recipient(id, s.namespace)}
			s.putSecrets()
			s.putToken(messengertest.DefaultToken)
			s.apply()
			s.awaitReady()
			s.request()
			s.eventually("there is a message", func() string {
				return unless(len(kind.simulator.PostsIn(id)) == 1, "%+v", s.history.newest().Status)
			})
		})
	}
}
