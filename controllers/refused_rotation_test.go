package controllers_test

import (
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// A rotated identity whose roles do not suffice leaves the old one at work, and
// the condition says so.
func TestARefusedRotationLeavesTheOldIdentityAtWork(t *testing.T) {
	for role, kind := range map[string]string{"no-requests": "access_request", "no-records": "access_plugin_data"} {
		t.Run(kind, func(t *testing.T) {
			s := newReadyStage(t, teleporttest.Options{Permissions: map[string]teleporttest.Permissions{
				role: teleporttest.PluginPermissions().With(kind),
			}})
			told := s.request()
			s.awaitPosts(s.channel, told)
			good := s.identity(teleporttest.IdentityOptions{TTL: 3 * time.Hour})
			s.putIdentity(s.identity(teleporttest.IdentityOptions{Roles: []string{role}}))
			n := s.awaitCondition(v1alpha1.ConditionIdentityValid, v1alpha1.ReasonPermissionDenied)
			if message := meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionIdentityValid).Message; lacks(message, []string{kind, "role"}) != "" {
				t.Errorf("the message does not say what lacks: %s", message)
			}
			if !meta.IsStatusConditionTrue(n.Status.Conditions, v1alpha1.ConditionTeleportConnected) {
				t.Errorf("the connection was given up: %+v", n.Status.Conditions)
			}
			s.awaitEvent("Warning", v1alpha1.ReasonPermissionDenied, kind)
			next := s.request()
			s.awaitPosts(s.channel, told, next)

			s.putIdentity(good)
			s.awaitReady()
			s.await("the new identity is in use", func(n *v1alpha1.AccessNotifier) string {
				return unless(time.Until(n.Status.Teleport.IdentityExpirationTime.Time) > 2*time.Hour, "%+v", n.Status.Teleport)
			})
			s.awaitPosts(s.channel, told, next, s.request())
		})
	}
}

// A connection outlives its identity, but cannot be made again.
func TestAnIdentityThatExpiresInUse(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.putToken(s.token)
	s.putIdentity(s.identity(teleporttest.IdentityOptions{NotBefore: -3 * time.Hour, TTL: lead}))
	s.apply()
	s.await("the warning shows", func(n *v1alpha1.AccessNotifier) string {
		return notAs(n, v1alpha1.ConditionIdentityValid, metav1.ConditionTrue, v1alpha1.ReasonIdentityExpiring)
	})
	n := s.awaitCondition(v1alpha1.ConditionIdentityValid, v1alpha1.ReasonIdentityExpired)
	if !meta.IsStatusConditionTrue(n.Status.Conditions, v1alpha1.ConditionTeleportConnected) {
		t.Errorf("the connection was given up: %+v", n.Status.Conditions)
	}
	s.awaitEvent("Warning", v1alpha1.ReasonIdentityExpired, "tbot")
	s.awaitPosts(s.channel, s.request())
	s.putIdentity(s.identity(teleporttest.IdentityOptions{}))
	s.awaitReady()
}

// Identities that live for minutes are renewed within minutes.
func TestAShortLivedIdentityIsNotWarnedOf(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.putToken(s.token)
	s.putIdentity(s.identity(teleporttest.IdentityOptions{TTL: 10 * time.Minute}))
	s.apply()
	n := s.awaitReady()
	if problem := notAs(n, v1alpha1.ConditionIdentityValid, metav1.ConditionTrue, v1alpha1.ReasonSucceeded); problem != "" {
		t.Error(problem)
	}
}

func TestClocksThatDiffer(t *testing.T) {
	var ahead atomic.Int64
	ahead.Store(int64(2 * time.Hour))
	s := newStage(t, teleporttest.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	s.putToken(s.token)
	// It is valid here for an hour more, but not there.
	s.putIdentity(s.identity(teleporttest.IdentityOptions{NotBefore: -3 * time.Hour, TTL: -time.Hour}))
	s.apply()
	n := s.awaitCondition(v1alpha1.ConditionTeleportConnected, v1alpha1.ReasonClockSkew)
	if message := meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionTeleportConnected).Message; lacks(message, []string{"127.0.0.1", "clocks"}) != "" {
		t.Error(message)
	}
	s.awaitEvent("Warning", v1alpha1.ReasonClockSkew, "clocks")
	ahead.Store(0)
	s.awaitReady()
}
