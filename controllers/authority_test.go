package controllers

import (
	"encoding/pem"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// The authorities of a chat server are read as its token is: what is wrong with them is
// named, and the last good ones are kept.
func TestTheAuthoritiesOfAChatServerAreReadAsItsTokenIs(t *testing.T) {
	server := teleporttest.ForTest(t, teleporttest.Options{})
	identity, err := server.Identity(teleporttest.IdentityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	notifier := &v1alpha1.AccessNotifier{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "a"},
		Spec: v1alpha1.AccessNotifierSpec{
			Teleport: v1alpha1.TeleportSpec{Address: "a:443", IdentitySecretRef: &v1alpha1.SecretKeyReference{Name: "identity"}},
			Messenger: v1alpha1.MessengerSpec{Type: v1alpha1.MessengerMattermost, Mattermost: &v1alpha1.MattermostSpec{
				URL: "https://chat.example.com", TokenSecretRef: v1alpha1.SecretKeyReference{Name: "bot"},
				CASecretRef: &v1alpha1.SecretKeyReference{Name: "ca"},
			}},
		},
	}
	readWith := func(data map[string][]byte) inputs {
		secret := func(name string, data map[string][]byte) *corev1.Secret {
			return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}, Data: data}
		}
		reader := fake.NewClientBuilder().WithObjects(
			secret("identity", map[string][]byte{"identity": identity.File}), secret("bot", map[string][]byte{"token": []byte("token")}), secret("ca", data),
		).Build()
		found, err := read(t.Context(), reader, notifier)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}

	good := readWith(map[string][]byte{"ca.crt": identity.CAs})
	if ca := good.spec.Messenger.Secrets[messenger.SecretCA]; !good.complete() || ca != strings.TrimSpace(string(identity.CAs)) {
		t.Fatalf("%v, read %q", good.token, ca)
	}
	good.runnable = true
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")})
	for name, tt := range map[string]struct {
		data map[string][]byte
		want string
	}{
		"garbage":       {map[string][]byte{"ca.crt": []byte("secret")}, `Secret "ca" holds no certificates in PEM form under key "ca.crt"`},
		"a private key": {map[string][]byte{"ca.crt": key}, `Secret "ca" holds no certificates in PEM form under key "ca.crt"`},
		"removed key":   {map[string][]byte{"tls.crt": identity.CAs}, `Secret "ca" has no value under key "ca.crt"`},
	} {
		found := readWith(tt.data)
		if len(found.token) != 1 || !strings.HasPrefix(found.token[0].message, tt.want) || found.token[0].reason != v1alpha1.ReasonSecretKeyMissing {
			t.Errorf("%s: %v, want %s", name, found.token, tt.want)
		}
		found.keepLastGood(good)
		if !found.runnable || found.spec.Messenger.Secrets[messenger.SecretCA] != good.spec.Messenger.Secrets[messenger.SecretCA] {
			t.Errorf("%s: the last good authorities are not kept", name)
		}
	}
}
