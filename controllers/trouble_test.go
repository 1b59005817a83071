package controllers_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// trouble is something wrong that an AccessNotifier is applied with.
type trouble struct {
	name string
	// arrange makes it wrong, and leaves everything else right.
	arrange func(*stage)
	server  teleporttest.Options
	// condition is False for reason. Its message has words.
	condition, reason string
	words             []string
	// stalled is true if the owner has to do something.
	stalled bool
	// mend makes it right. Nothing else is touched.
	mend func(*stage)
}

func TestTroubles(t *testing.T) {
	for _, tr := range slices.Concat(secretTroubles(), identityTroubles(), teleportTroubles(), messengerTroubles()) {
		t.Run(tr.name, func(t *testing.T) {
			s := newStage(t, tr.server)
			s.putSecrets()
			tr.arrange(s)
			s.apply()

			n := s.awaitCondition(tr.condition, tr.reason)
			s.assertTrouble(n, tr)
			tr.mend(s)
			s.awaitReady()
			s.awaitPosts(s.channel, s.request())
		})
	}
}

// assertTrouble checks how the trouble shows, and that the AccessNotifier never
// claimed to be ready.
func (s *stage) assertTrouble(n *v1alpha1.AccessNotifier, tr trouble) {
	s.t.Helper()
	message := meta.FindStatusCondition(n.Status.Conditions, tr.condition).Message
	if missing := lacks(message, tr.words); missing != "" {
		s.t.Errorf("the message lacks %q: %s", missing, message)
	}
	present, absent := v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled
	if tr.stalled {
		present, absent = absent, present
	}
	n = s.await("Ready says so", func(n *v1alpha1.AccessNotifier) string {
		return notAs(n, v1alpha1.ConditionReady, metav1.ConditionFalse, tr.reason)
	})
	if meta.FindStatusCondition(n.Status.Conditions, present) == nil || meta.FindStatusCondition(n.Status.Conditions, absent) != nil {
		s.t.Errorf("%s is not among the conditions, or %s is: %+v", present, absent, n.Status.Conditions)
	}
	for _, state := range s.history.all() {
		if meta.IsStatusConditionTrue(state.Status.Conditions, v1alpha1.ConditionReady) {
			s.t.Errorf("Ready was True: %+v", state.Status.Conditions)
		}
	}
	s.awaitEvent("Warning", tr.reason, tr.words...)
}

// lacks returns the first of the words that text does not have.
func lacks(text string, words []string) string {
	i := slices.IndexFunc(words, func(word string) bool { return !strings.Contains(text, word) })
	if i < 0 {
		return ""
	}
	return words[i]
}

func secretTroubles() []trouble {
	return []trouble{{
		name:      "no identity Secret",
		arrange:   func(s *stage) { s.deleteSecret(identitySecret) },
		condition: v1alpha1.ConditionIdentityValid, reason: v1alpha1.ReasonSecretNotFound,
		words: []string{`"identity"`, "does not exist", "create"},
		mend:  (*stage).putSecrets,
	}, {
		name:      "no token Secret",
		arrange:   func(s *stage) { s.deleteSecret(tokenSecret) },
		condition: v1alpha1.ConditionMessengerReady, reason: v1alpha1.ReasonSecretNotFound,
		words: []string{`"bot"`, "does not exist", "create"},
		mend:  (*stage).putSecrets,
	}, {
		name: "identity under another key",
		arrange: func(s *stage) {
			s.putSecret(identitySecret, map[string][]byte{"id": s.identity(teleporttest.IdentityOptions{})})
		},
		condition: v1alpha1.ConditionIdentityValid, reason: v1alpha1.ReasonSecretKeyMissing, stalled: true,
		words: []string{`"identity" or "auth_id"`, "key"},
		mend: func(s *stage) {
			s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Teleport.IdentitySecretRef.Key = "id" })
		},
	}, {
		name: "token under another key",
		arrange: func(s *stage) {
			s.putSecret(tokenSecret, map[string][]byte{"slackToken": []byte(s.token)})
		},
		condition: v1alpha1.ConditionMessengerReady, reason: v1alpha1.ReasonSecretKeyMissing, stalled: true,
		words: []string{`"bot"`, `"token"`},
		mend:  (*stage).putSecrets,
	}, {
		name:      "empty identity",
		arrange:   func(s *stage) { s.putIdentity(nil) },
		condition: v1alpha1.ConditionIdentityValid, reason: v1alpha1.ReasonSecretKeyMissing, stalled: true,
		words: []string{`"identity"`, "no value"},
		mend:  (*stage).putSecrets,
	}, {
		name:      "blank token",
		arrange:   func(s *stage) { s.putToken(" \n") },
		condition: v1alpha1.ConditionMessengerReady, reason: v1alpha1.ReasonSecretKeyMissing, stalled: true,
		words: []string{`"bot"`, "no value"},
		mend:  (*stage).putSecrets,
	}, {
		name: "TLS Secret without a private key",
		arrange: func(s *stage) {
			s.notifier.Spec.Teleport.IdentitySecretRef = nil
			s.notifier.Spec.Teleport.TLSSecretRef = &v1alpha1.TLSSecretReference{Name: "tls"}
			s.putTLS("auth.crt", "auth.cas")
		},
		condition: v1alpha1.ConditionIdentityValid, reason: v1alpha1.ReasonSecretKeyMissing, stalled: true,
		words: []string{`"tls"`, "auth.key", "tls.key"},
		mend:  func(s *stage) { s.putTLS("auth.crt", "auth.cas", "auth.key") },
	}}
}

// putTLS creates a Secret as of tctl auth sign --format=tls, with some of its
// keys.
func (s *stage) putTLS(keys ...string) {
	s.t.Helper()
	identity, err := s.teleport.Identity(teleporttest.IdentityOptions{})
	s.must(err)
	all := map[string][]byte{"auth.crt": identity.Cert, "auth.key": identity.Key, "auth.cas": identity.CAs}
	data := map[string][]byte{}
	for _, key := range keys {
		data[key] = all[key]
	}
	s.putSecret("tls", data)
}

func identityTroubles() []trouble {
	return []trouble{{
		name:      "garbage for an identity",
		arrange:   func(s *stage) { s.putIdentity([]byte("garbage-that-no-reader-may-see")) },
		condition: v1alpha1.ConditionIdentityValid, reason: v1alpha1.ReasonIdentityMalformed, stalled: true,
		words: []string{"identity file cannot be read", "tbot", "tctl"},
		mend:  (*stage).putSecrets,
	}, {
		name: "half an identity",
		arrange: func(s *stage) {
			file := s.identity(teleporttest.IdentityOptions{})
			s.putIdentity(file[:len(file)/2])
		},
		condition: v1alpha1.ConditionIdentityValid, reason: v1alpha1.ReasonIdentityMalformed, stalled: true,
		words: []string{"tbot", "tctl"},
		mend:  (*stage).putSecrets,
	}, {
		name: "garbage for a private CA",
		arrange: func(s *stage) {
			s.notifier.Spec.Teleport.CASecretRef = &v1alpha1.SecretKeyReference{Name: "ca"}
			s.putSecret("ca", map[string][]byte{"ca.crt": []byte("garbage-that-no-reader-may-see")})
		},
		condition: v1alpha1.ConditionIdentityValid, reason: v1alpha1.ReasonIdentityMalformed, stalled: true,
		words: []string{"private CA", "PEM"},
		mend: func(s *stage) {
			s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Teleport.CASecretRef = nil })
		},
	}, {
		name: "expired identity",
		arrange: func(s *stage) {
			s.putIdentity(s.identity(teleporttest.IdentityOptions{NotBefore: -time.Hour, TTL: -time.Minute}))
		},
		condition: v1alpha1.ConditionIdentityValid, reason: v1alpha1.ReasonIdentityExpired, stalled: true,
		words: []string{`"access-plugin"`, "expired at", "tbot"},
		mend:  (*stage).putSecrets,
	}, {
		name: "identity from a clock that is ahead",
		arrange: func(s *stage) {
			s.putIdentity(s.identity(teleporttest.IdentityOptions{NotBefore: lead}))
		},
		condition: v1alpha1.ConditionIdentityValid, reason: v1alpha1.ReasonIdentityNotYetValid,
		words: []string{"not valid before", "clocks"},
		mend:  func(*stage) {}, // time does it
	}, {
		name: "identity of another cluster",
		arrange: func(s *stage) {
			s.putIdentity(s.identity(teleporttest.IdentityOptions{OtherCluster: true}))
		},
		condition: v1alpha1.ConditionIdentityValid, reason: v1alpha1.ReasonIdentityOtherCluster, stalled: true,
		words: []string{"another cluster", "127.0.0.1"},
		mend:  (*stage).putSecrets,
	}}
}

// without returns a server whose plugin role lacks a kind.
func without(kind string) teleporttest.Options {
	return teleporttest.Options{Permissions: map[string]teleporttest.Permissions{
		teleporttest.PluginRole: teleporttest.PluginPermissions().With(kind),
	}}
}

func grantAll(s *stage) {
	s.teleport.SetPermissions(teleporttest.PluginRole, teleporttest.PluginPermissions())
}

func teleportTroubles() []trouble {
	return []trouble{{
		name: "no right to access requests", server: without("access_request"),
		arrange:   func(*stage) {},
		condition: v1alpha1.ConditionTeleportConnected, reason: v1alpha1.ReasonPermissionDenied, stalled: true,
		words: []string{"access_request", "list and read"},
		mend:  grantAll,
	}, {
		name: "no right to plugin data", server: without("access_plugin_data"),
		arrange:   func(*stage) {},
		condition: v1alpha1.ConditionTeleportConnected, reason: v1alpha1.ReasonPermissionDenied, stalled: true,
		words: []string{"access_plugin_data", "update"},
		mend:  grantAll,
	}, {
		name:      "Teleport is down",
		arrange:   func(s *stage) { s.must(s.teleport.RefuseConnections(true)) },
		condition: v1alpha1.ConditionTeleportConnected, reason: v1alpha1.ReasonConnectionFailed,
		words: []string{"127.0.0.1", "refused", "port"},
		mend:  func(s *stage) { s.must(s.teleport.RefuseConnections(false)) },
	}, {
		name:      "Teleport hangs",
		arrange:   func(s *stage) { s.teleport.Hang(true) },
		condition: v1alpha1.ConditionTeleportConnected, reason: v1alpha1.ReasonConnectionFailed,
		words: []string{"did not answer in time", "firewalls"},
		mend:  func(s *stage) { s.teleport.Hang(false) },
	}, {
		name: "a web server for Teleport",
		arrange: func(s *stage) {
			web := httptest.NewServer(http.NotFoundHandler())
			s.t.Cleanup(web.Close)
			s.notifier.Spec.Teleport.Address = web.Listener.Addr().String()
		},
		condition: v1alpha1.ConditionTeleportConnected, reason: v1alpha1.ReasonNotTeleport, stalled: true,
		words: []string{"not Teleport", "127.0.0.1"},
		mend:  mendAddress,
	}, {
		// Names below onion are not looked up in the DNS (RFC 7686).
		name: "a host that does not exist",
		arrange: func(s *stage) {
			s.notifier.Spec.Teleport.Address = "teleport.example.onion:443"
		},
		condition: v1alpha1.ConditionTeleportConnected, reason: v1alpha1.ReasonConnectionFailed,
		words: []string{"teleport.example.onion:443 is unknown", "DNS"},
		mend:  mendAddress,
	}, {
		name: "a server that is too old", server: teleporttest.Options{Version: "13.4.26"},
		arrange:   func(*stage) {},
		condition: v1alpha1.ConditionTeleportConnected, reason: v1alpha1.ReasonServerTooOld, stalled: true,
		words: []string{"13.4.26", "15 or newer"},
		mend:  upgrade,
	}}
}

func mendAddress(s *stage) {
	s.t.Helper()
	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Teleport.Address = s.teleport.Addr() })
}

// upgrade puts a newer Teleport into the place of the old one.
func upgrade(s *stage) {
	s.t.Helper()
	s.teleport = teleporttest.ForTest(s.t, teleporttest.Options{})
	s.putSecrets()
	mendAddress(s)
}

func messengerTroubles() []trouble {
	return []trouble{{
		name:      "wrong token",
		arrange:   func(s *stage) { s.putToken(newToken()) },
		condition: v1alpha1.ConditionMessengerReady, reason: v1alpha1.ReasonTokenRefused, stalled: true,
		words: []string{"Slack at 127.0.0.1:", "does not accept the bot token (code invalid_auth in auth.test): replace the bot token", `key "token" of Secret "`},
		mend:  (*stage).putSecrets,
	}, {
		name:      "something else for a token",
		arrange:   func(s *stage) { s.putToken("this is not a token") },
		condition: v1alpha1.ConditionMessengerReady, reason: v1alpha1.ReasonInvalidSpec, stalled: true,
		words: []string{"Fix", "token", "white space"},
		mend:  (*stage).putSecrets,
	}, {
		name:      "token without a scope",
		arrange:   func(s *stage) { slack.SetScopes(s.token, "channels:read") },
		condition: v1alpha1.ConditionMessengerReady, reason: v1alpha1.ReasonMissingScope, stalled: true,
		words: []string{"Slack at 127.0.0.1:", "lacks a permission", "chat:write", "install it again; the token of bot access-bot-", " (U", " in Example (T", `key "token" of Secret "`},
		mend: func(s *stage) {
			// Installing the app again, which makes a new token.
			s.token = newToken()
			slack.AddBot(s.token)
			s.putToken(s.token)
		},
	}}
}
