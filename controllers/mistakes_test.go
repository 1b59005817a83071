package controllers_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// A Secret that is gone shows, in a condition and an Event, though what it held still works.
// Nothing has to be done at once: requests are announced.
func TestASecretThatIsGoneShowsThoughItIsInUse(t *testing.T) {
	inUse := "what was read before is used for as long as the operator runs"
	for name, tt := range map[string]struct {
		lose              func(*stage)
		condition, reason string
		words             []string
	}{
		"token deleted": {
			func(s *stage) { s.deleteSecret(tokenSecret) },
			v1alpha1.ConditionMessengerReady, v1alpha1.ReasonSecretNotFound, []string{`"bot"`, "does not exist"},
		},
		"token emptied": {
			func(s *stage) { s.putToken("") },
			v1alpha1.ConditionMessengerReady, v1alpha1.ReasonSecretKeyMissing, []string{`"bot"`, `"token"`},
		},
		"key of the identity removed": {
			func(s *stage) { s.putSecret(identitySecret, map[string][]byte{"other": []byte("value")}) },
			v1alpha1.ConditionIdentityValid, v1alpha1.ReasonSecretKeyMissing, []string{`"identity"`, "key"},
		},
		"identity deleted": {
			func(s *stage) { s.deleteSecret(identitySecret) },
			v1alpha1.ConditionIdentityValid, v1alpha1.ReasonSecretNotFound, []string{`"identity"`, "does not exist"},
		},
		"private CA deleted": {
			func(s *stage) { s.deleteSecret("ca") },
			v1alpha1.ConditionIdentityValid, v1alpha1.ReasonSecretNotFound, []string{`"ca"`, "does not exist"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, teleporttest.Options{})
			identity, err := s.teleport.Identity(teleporttest.IdentityOptions{})
			s.must(err)
			s.putSecret("ca", map[string][]byte{"ca.crt": identity.CAs})
			s.notifier.Spec.Teleport.CASecretRef = &v1alpha1.SecretKeyReference{Name: "ca"}
			s.putSecrets()
			s.apply()
			s.awaitReady()
			tt.lose(s)
			n := s.awaitCondition(tt.condition, tt.reason)
			words := append(tt.words, inUse)
			if missing := lacks(messageOf(n, v1alpha1.ConditionReady), words); missing != "" {
				t.Errorf("Ready lacks %q: %s", missing, messageOf(n, v1alpha1.ConditionReady))
			}
			if meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionStalled) != nil {
				t.Errorf("it is stalled: %+v", n.Status.Conditions)
			}
			s.awaitEvent("Warning", tt.reason, words...)
			s.awaitPosts(s.channel, s.request())
			s.putSecret("ca", map[string][]byte{"ca.crt": identity.CAs})
			s.putSecrets()
			s.awaitReady()
		})
	}
}

// All that is wrong with an object shows at once, and not one mistake after another: before
// it runs as well as while it does.
func TestAllMistakesShowAtOnce(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.putToken("this is not a token")
	tls := &v1alpha1.TLSSecretReference{Name: "tls"}
	s.putTLS("auth.cas")
	s.notifier.Spec.Teleport.IdentitySecretRef, s.notifier.Spec.Teleport.TLSSecretRef = nil, tls
	s.notifier.Spec.Teleport.CASecretRef = &v1alpha1.SecretKeyReference{Name: "ca"}
	s.notifier.Spec.Message = &v1alpha1.MessageSpec{TimeZone: "Asia/Seol"}
	s.notifier.Spec.Recipients = append(s.notifier.Spec.Recipients, "no-such-channel", "nor-this-one")
	s.notifier.Spec.Routes = []v1alpha1.Route{
		{Name: "typo", Match: &v1alpha1.RouteMatch{Condition: "request.usr == 'a'"}, Recipients: []v1alpha1.RouteRecipient{{Channel: "a"}}},
		{Name: "slip", Match: &v1alpha1.RouteMatch{Condition: "request.user = 'a'"}, Recipients: []v1alpha1.RouteRecipient{{Channel: "a"}}},
	}
	s.apply()
	inRoutes := []string{"Route typo is left out", "Route slip is left out"}
	atOnce := append([]string{
		`"auth.crt"`, `"auth.key"`, `Secret "ca" does not exist`, "white space", `there is no time zone "Asia/Seol"`, "(7 problems in all)",
	}, inRoutes...)
	s.awaitReadyMessage(atOnce)

	s.putTLS("auth.crt", "auth.key", "auth.cas")
	s.putSecret("ca", map[string][]byte{"ca.crt": []byte("garbage-that-no-reader-may-see")})
	s.putToken(s.token)
	s.awaitReadyMessage(append([]string{"private CA", "there is no time zone", "1 of 4 recipients work", "no-such-channel, nor-this-one: "}, inRoutes...))
	s.awaitEvent("Warning", v1alpha1.ReasonRoutesInvalid, inRoutes...)
}

// awaitReadyMessage waits until Ready is False with all words in its message, and the object
// is stalled.
func (s *stage) awaitReadyMessage(words []string) {
	s.t.Helper()
	s.await("Ready lists all", func(n *v1alpha1.AccessNotifier) string {
		c := meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionStalled)
		if c == nil {
			return asJSON(n.Status)
		}
		missing := lacks(c.Message, words)
		return unless(missing == "", "%q is not in %s", missing, c.Message)
	})
}

// Recipients that cannot be resolved count as undelivered. The object is stalled only while
// none works.
func TestRecipientsThatDoNotWork(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.notifier.Spec.Recipients = v1alpha1.RecipientList{"none-such-1", "none-such-2", "none-such-3", "none-such-4"}
	s.putSecrets()
	s.apply()
	s.awaitReadyMessage([]string{"0 of 4 recipients work", "none-such-1, none-such-2, none-such-3, none-such-4: "})
	var requests []string
	for range 4 {
		requests = append(requests, s.request())
	}
	s.awaitCounts(4, 16)

	s.edit(func(n *v1alpha1.AccessNotifier) {
		n.Spec.Recipients = append(n.Spec.Recipients, s.namespace+"-all")
	})
	s.awaitPosts(s.channel, requests...)
	n := s.await("one works", func(n *v1alpha1.AccessNotifier) string {
		message := messageOf(n, v1alpha1.ConditionReconciling)
		return unless(lacks(message, []string{"1 of 5 recipients work", "none-such-1, "}) == "", "%s", asJSON(n.Status))
	})
	if meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionStalled) != nil {
		t.Errorf("it is stalled: %+v", n.Status.Conditions)
	}
	s.awaitCounts(4, 16)
}
