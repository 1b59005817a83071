package controllers_test

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// A status about a new spec must not repeat what was true of the old one:
// "kubectl wait" and every GitOps tool would take it for success.
func TestAnEditIsNotReadyByWhatWasBefore(t *testing.T) {
	edits := map[string]func(*stage){
		"address": func(s *stage) {
			s.must(s.teleport.RefuseConnections(true))
			s.edit(func(n *v1alpha1.AccessNotifier) {
				n.Spec.Teleport.Address = "localhost:" + strings.Split(s.teleport.Addr(), ":")[1]
			})
		},
		"token": func(s *stage) {
			s.putSecret("other", map[string][]byte{"token": []byte(newToken())})
			s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Messenger.Slack.TokenSecretRef.Name = "other" })
		},
		"identity": func(s *stage) {
			s.putSecret("other", map[string][]byte{"identity": []byte("garbage")})
			s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Teleport.IdentitySecretRef.Name = "other" })
		},
	}
	for name, edit := range edits {
		t.Run(name, func(t *testing.T) {
			s := newReadyStage(t, teleporttest.Options{})
			edit(s)
			s.await("the trouble shows", func(n *v1alpha1.AccessNotifier) string {
				ready := meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionReady)
				return unless(n.Status.ObservedGeneration == s.notifier.Generation && ready.Status == metav1.ConditionFalse, "%+v", n.Status)
			})
			for _, state := range s.history.all() {
				if state.Status.ObservedGeneration == s.notifier.Generation &&
					meta.IsStatusConditionTrue(state.Status.Conditions, v1alpha1.ConditionReady) {
					t.Errorf("the new spec was said to be in effect: %+v", state.Status)
				}
			}
		})
	}
}

func TestTokenRotation(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	var requests []string
	for range 5 {
		requests = append(requests, s.request())
		fresh := newToken()
		slack.SetToken(s.token, fresh)
		s.token = fresh
		requests = append(requests, s.request())
		s.putToken(fresh)
		requests = append(requests, s.request())
	}
	s.awaitPosts(s.channel, requests...)
	s.awaitReady()
	s.awaitOpen(int32(len(requests)))
	s.assertPosts(s.channel, requests...)
}

func TestARevokedTokenIsReplaced(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	slack.RevokeToken(s.token)
	request := s.request()
	n := s.awaitCondition(v1alpha1.ConditionMessengerReady, v1alpha1.ReasonTokenRefused)
	if meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionStalled) == nil {
		t.Errorf("it is not stalled: %+v", n.Status.Conditions)
	}
	s.assertPosts(s.channel)

	s.token = newToken()
	slack.AddBot(s.token)
	s.putToken(s.token)
	s.awaitReady()
	s.awaitPosts(s.channel, request)
}

func TestIdentityRotationLeavesNoGap(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	var requests []string
	var last time.Duration
	pace := time.Tick(glance)
	for i := range 8 {
		last = time.Duration(60+i) * time.Minute
		s.putIdentity(s.identity(teleporttest.IdentityOptions{TTL: last}))
		for range 5 {
			requests = append(requests, s.request())
			<-pace
		}
	}
	s.awaitPosts(s.channel, requests...)
	ends := time.Now().Add(last)
	s.await("the last identity is in use", func(n *v1alpha1.AccessNotifier) string {
		until := n.Status.Teleport.IdentityExpirationTime
		return unless(until != nil && until.Sub(ends).Abs() < 30*time.Second, "the one in use ends %v", until)
	})
	s.eventually("one session is left", func() string {
		return unless(s.teleport.Streams() == 1 && s.teleport.Connections() == 1,
			"%d streams, %d connections", s.teleport.Streams(), s.teleport.Connections())
	})
	s.assertPosts(s.channel, requests...)
	for _, state := range s.history.all()[1:] {
		c := meta.FindStatusCondition(state.Status.Conditions, v1alpha1.ConditionTeleportConnected)
		if c != nil && c.Status == metav1.ConditionFalse {
			t.Errorf("the connection was lost: %s", c.Message)
		}
	}
}

func TestABadNewIdentityLeavesTheOldOneAtWork(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	s.putIdentity([]byte("garbage"))
	n := s.awaitCondition(v1alpha1.ConditionIdentityValid, v1alpha1.ReasonIdentityMalformed)
	if !meta.IsStatusConditionTrue(n.Status.Conditions, v1alpha1.ConditionTeleportConnected) {
		t.Errorf("the connection was given up: %+v", n.Status.Conditions)
	}
	s.awaitPosts(s.channel, s.request())
	s.deleteSecret(identitySecret)
	s.awaitCondition(v1alpha1.ConditionIdentityValid, v1alpha1.ReasonSecretNotFound)
	s.putIdentity(s.identity(teleporttest.IdentityOptions{}))
	s.awaitReady()
}
