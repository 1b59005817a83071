package controllers_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestOnlyTheNamedSecretsAreRead(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.putSecrets()
	s.putSecret("unrelated", map[string][]byte{"password": []byte("of-something-else")})
	s.apply()
	s.awaitReady()
	s.putSecret("unrelated", map[string][]byte{"password": []byte("changed-of-something-else")})
	s.putIdentity(s.identity(teleporttest.IdentityOptions{TTL: 2 * time.Hour}))
	s.awaitPosts(s.channel, s.request())

	prefix := "/api/v1/namespaces/" + s.namespace + "/secrets"
	read := map[string]bool{}
	for _, request := range traffic.in(s.namespace) {
		if _, path, _ := strings.Cut(request, " "); strings.HasPrefix(path, prefix) {
			read[request] = true
		}
	}
	for request := range read {
		if request != "GET "+prefix+"/"+identitySecret && request != "GET "+prefix+"/"+tokenSecret {
			t.Errorf("the operator asked for %s", request)
		}
	}
	if len(read) != 2 {
		t.Errorf("%d different requests about Secrets, want 2: %v", len(read), read)
	}
	// Of all others there is only the watch.
	watches := traffic.about("/api/v1/secrets")
	if len(watches) == 0 {
		t.Fatal("there is no watch of Secrets")
	}
	for _, accept := range watches {
		// An API server gives the first of the forms that it knows.
		if first, _, _ := strings.Cut(accept, ","); !strings.Contains(first, "as=PartialObjectMetadata") {
			t.Errorf("Secrets are watched as %q: that is more than their metadata", accept)
		}
	}
}

func TestSecretsAreDeletedAndMadeAgain(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	told := s.request()
	s.awaitPosts(s.channel, told)
	for secret, condition := range map[string]string{
		tokenSecret:    v1alpha1.ConditionMessengerReady,
		identitySecret: v1alpha1.ConditionIdentityValid,
	} {
		s.deleteSecret(secret)
		s.awaitCondition(condition, v1alpha1.ReasonSecretNotFound)
		s.putSecrets()
		s.awaitReady()
	}
	// Again and again, faster than the operator looks.
	for range 5 {
		s.deleteSecret(tokenSecret)
		s.putToken(s.token)
	}
	next := s.request()
	s.awaitPosts(s.channel, told, next)
	s.awaitReady()
}

func TestANewIdentityIsUsedWhileTheTokenIsGone(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	s.deleteSecret(tokenSecret)
	s.awaitCondition(v1alpha1.ConditionMessengerReady, v1alpha1.ReasonSecretNotFound)
	s.putIdentity(s.identity(teleporttest.IdentityOptions{TTL: 5 * time.Hour}))
	s.await("the new identity is in use", func(n *v1alpha1.AccessNotifier) string {
		return unless(time.Until(n.Status.Teleport.IdentityExpirationTime.Time) > 4*time.Hour, "%+v", n.Status.Teleport)
	})
	s.awaitPosts(s.channel, s.request())
}

func TestNotifiersShareASession(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	var others []*v1alpha1.AccessNotifier
	var channels []string
	for _, name := range []string{"second", "third"} {
		other := s.notifier.DeepCopy()
		other.ObjectMeta = metav1.ObjectMeta{Namespace: s.namespace, Name: name}
		other.Spec.Recipients = v1alpha1.RecipientList{s.namespace + "-" + name}
		channels = append(channels, slack.AddChannel(s.namespace+"-"+name))
		others = append(others, other)
	}
	s.putSecrets()
	s.apply()
	s.awaitReady()
	for _, other := range others {
		s.must(plane.Client().Create(t.Context(), other))
	}
	first := s.request()
	for _, channel := range append(slices.Clone(channels), s.channel) {
		s.awaitPosts(channel, first)
	}
	watches := s.teleport.Calls()["WatchEvents"]
	if watches != 1 || s.teleport.Connections() != 1 {
		t.Errorf("%d watches on %d connections, want 1 on 1", watches, s.teleport.Connections())
	}

	// One is removed, one goes elsewhere: the session of the last one goes on.
	s.must(plane.Client().Delete(t.Context(), others[0]))
	before := others[1].DeepCopy()
	others[1].Spec.Teleport.IdentitySecretRef = &v1alpha1.SecretKeyReference{Name: "another"}
	s.putSecret("another", map[string][]byte{"identity": s.identity(teleporttest.IdentityOptions{})})
	s.must(plane.Client().Patch(t.Context(), others[1], client.MergeFrom(before)))
	s.eventually("there is one session more", func() string {
		return unless(s.teleport.Streams() == 2, "%d streams", s.teleport.Streams())
	})
	second := s.request()
	s.awaitPosts(s.channel, first, second)
	s.awaitPosts(channels[1], first, second)
	s.assertPosts(channels[0], first)
	if got := s.teleport.Calls()["WatchEvents"]; got != 2 {
		t.Errorf("%d watches were opened, want 2: the shared session was disturbed", got)
	}
	s.must(plane.Client().Delete(t.Context(), others[1]))
}
