package controllers_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// lateness is how much longer than the interval it may take to notice a change,
// on a busy machine.
const lateness = 10 * time.Second

// newPolledStage is newStage for an AccessNotifier whose Secrets are polled.
func newPolledStage(t *testing.T) *stage {
	t.Helper()
	s := newStage(t, teleporttest.Options{})
	s.notifier.Labels = map[string]string{polled: "yes"}
	return s
}

// secretReads returns the requests for Secrets of the namespace that were made.
func (s *stage) secretReads() []string {
	s.t.Helper()
	var reads []string
	for _, request := range polling.in(s.namespace) {
		if strings.Contains(request, "/secrets") {
			reads = append(reads, request)
		}
	}
	return reads
}

func TestPolledSecretsMayComeLate(t *testing.T) {
	s := newPolledStage(t)
	waiting := s.request()
	s.apply()
	s.awaitCondition(v1alpha1.ConditionIdentityValid, v1alpha1.ReasonSecretNotFound)
	begin := time.Now()
	s.putSecrets()
	s.awaitReady()
	if took := time.Since(begin); took > pollInterval+lateness {
		t.Errorf("it took %v to become ready", took)
	}
	s.awaitPosts(s.channel, waiting)
}

func TestPolledSecretsAreRotated(t *testing.T) {
	s := newPolledStage(t)
	s.putSecrets()
	s.apply()
	s.awaitReady()

	fresh := newToken()
	slack.SetToken(s.token, fresh)
	s.token = fresh
	told := []string{s.request()}
	s.putToken(fresh)
	begin := time.Now()
	s.putIdentity(s.identity(teleporttest.IdentityOptions{TTL: 3 * time.Hour}))
	s.await("the new identity is in use", func(n *v1alpha1.AccessNotifier) string {
		until := n.Status.Teleport.IdentityExpirationTime
		return unless(until != nil && time.Until(until.Time) > 2*time.Hour, "the one in use ends %v", until)
	})
	if took := time.Since(begin); took > pollInterval+lateness {
		t.Errorf("it took %v to use the new identity", took)
	}
	told = append(told, s.request())
	s.awaitPosts(s.channel, told...)
	s.awaitOpen(2)
	s.awaitReady()
}

// Nothing but GET of the named Secrets, and no more than the interval makes of it.
func TestPolledSecretsAreReadSeldom(t *testing.T) {
	s := newPolledStage(t)
	s.putSecrets()
	s.apply()
	s.awaitReady()
	before := len(s.secretReads())
	begin := time.Now()
	var requests []string
	for range 50 {
		requests = append(requests, s.request())
	}
	s.awaitPosts(s.channel, requests...)
	s.awaitOpen(50)
	s.quiet(3 * pollInterval)

	reads := s.secretReads()[before:]
	path := "GET /api/v1/namespaces/" + s.namespace + "/secrets/"
	for _, read := range reads {
		if read != path+identitySecret && read != path+tokenSecret {
			t.Errorf("the operator asked for %q", read)
		}
	}
	looks := len(slices.DeleteFunc(reads, func(r string) bool { return r != path+tokenSecret }))
	if most := int(time.Since(begin)/pollInterval) + 1; looks < 2 || looks > most {
		t.Errorf("%d looks at the token, want 2 to %d", looks, most)
	}
	for _, request := range polling.all() {
		if strings.HasSuffix(request, "/secrets") {
			t.Errorf("the operator asked for %q", request)
		}
	}
}

func TestASuspendedNotifierPollsNothing(t *testing.T) {
	s := newPolledStage(t)
	s.putSecrets()
	s.apply()
	s.awaitReady()
	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Suspend = new(true) })
	s.awaitCondition(v1alpha1.ConditionReady, v1alpha1.ReasonSuspended)
	before := len(s.secretReads())
	s.quiet(3 * pollInterval)
	if got := s.secretReads()[before:]; len(got) > 0 {
		t.Errorf("reads while suspended: %q", got)
	}
}

func TestASecretThatMayNotBeReadIsNamed(t *testing.T) {
	s := newPolledStage(t)
	s.notifier.Spec.Messenger.Slack.TokenSecretRef.Name = "hidden"
	s.putSecrets()
	s.putSecret("hidden", map[string][]byte{"token": []byte(s.token)})
	s.apply()
	n := s.awaitCondition(v1alpha1.ConditionMessengerReady, v1alpha1.ReasonPermissionDenied)
	if missing := lacks(messageOf(n, v1alpha1.ConditionMessengerReady), []string{`"hidden"`, "ServiceAccount"}); missing != "" {
		t.Errorf("the message lacks %q: %+v", missing, n.Status.Conditions)
	}

	rule := rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{"hidden"}, Verbs: []string{"get"}}
	meta := metav1.ObjectMeta{Namespace: s.namespace, Name: "hidden"}
	s.must(plane.Client().Create(t.Context(), &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{rule}}))
	s.must(plane.Client().Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: meta,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "access-notifier-manager-strict"}},
	}))
	s.awaitReady()
}

func messageOf(n *v1alpha1.AccessNotifier, condition string) string {
	for _, c := range n.Status.Conditions {
		if c.Type == condition {
			return c.Message
		}
	}
	return ""
}
