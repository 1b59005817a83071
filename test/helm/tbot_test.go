package helm

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// TestTbotConfig compares tbot's configuration in both dialects with what its
// reference asks for.
func TestTbotConfig(t *testing.T) {
	const values = "tbot: {enabled: true, image: {tag: 1.2.3}, token: join, identitySecretName: identity, "
	output := []any{map[string]any{
		"type":        "identity",
		"ssh_config":  "off",
		"destination": map[string]any{"type": "kubernetes_secret", "name": "identity"},
	}}
	for _, test := range []struct {
		name, values string
		want         map[string]any
	}{
		{"services, by a Proxy", "address: 'a:443'}", map[string]any{"proxy_server": "a:443", "services": output}},
		{"outputs, by the Auth Service", "address: 'a:3025', addressOf: auth, configDialect: outputs}", map[string]any{"auth_server": "a:3025", "outputs": output}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.want["version"] = "v2"
			test.want["onboarding"] = map[string]any{"join_method": "kubernetes", "token": "join"}
			test.want["storage"] = map[string]any{"type": "memory"}
			config := one[corev1.ConfigMap](t, objects(t, render(t, values+test.values)), "ConfigMap")
			got := map[string]any{}
			if err := yaml.UnmarshalStrict([]byte(config.Data["tbot.yaml"]), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the configuration is another (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNotifiersUseTbot wants AccessNotifiers to use tbot's address and identity,
// unless they name others.
func TestNotifiersUseTbot(t *testing.T) {
	const values = `
tbot: {enabled: true, image: {tag: 1.2.3}, address: "teleport.example.com:443"}
notifiers:
  bare: {spec: &spec {messenger: {type: Slack, slack: {tokenSecretRef: {name: slack-bot}}}}}
  own-address: {spec: {<<: *spec, teleport: {address: "other.example.com:443"}}}
  own-identity: {spec: {<<: *spec, teleport: {identitySecretRef: {name: other}}}}
  own-files: {spec: {<<: *spec, teleport: {tlsSecretRef: {name: other}}}}
  elsewhere: {namespace: elsewhere, spec: {<<: *spec, teleport: {identitySecretRef: {name: other}}}}
`
	all := objects(t, render(t, values))
	var config struct {
		Services []struct {
			Destination struct{ Name v1alpha1.SecretName }
		}
	}
	if err := yaml.Unmarshal([]byte(one[corev1.ConfigMap](t, all, "ConfigMap").Data["tbot.yaml"]), &config); err != nil {
		t.Fatal(err)
	}
	const address = "teleport.example.com:443"
	tbots := v1alpha1.TeleportSpec{Address: address, IdentitySecretRef: &v1alpha1.SecretKeyReference{Name: config.Services[0].Destination.Name}}
	other := &v1alpha1.SecretKeyReference{Name: "other"}
	want := map[string]v1alpha1.TeleportSpec{
		"bare":         tbots,
		"own-address":  {Address: "other.example.com:443", IdentitySecretRef: tbots.IdentitySecretRef},
		"own-identity": {Address: address, IdentitySecretRef: other},
		"own-files":    {Address: address, TLSSecretRef: &v1alpha1.TLSSecretReference{Name: "other"}},
		"elsewhere":    {Address: address, IdentitySecretRef: other},
	}
	got := map[string]v1alpha1.TeleportSpec{}
	for _, notifier := range find[v1alpha1.AccessNotifier](t, all, v1alpha1.Kind) {
		got[notifier.Name] = notifier.Spec.Teleport
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the AccessNotifiers use another Teleport (-want +got):\n%s", diff)
	}
}

// TestTbotRights wants tbot to be able to write its Secret, and to see no other.
func TestTbotRights(t *testing.T) {
	namespace := newNamespace(t)
	values := "crds: {enabled: false}\ntbot: {enabled: true, image: {tag: 1.2.3}, address: 'a:443', identitySecretName: identity}"
	helm(t, values, "install", release, chart(), "--namespace="+namespace)
	t.Cleanup(func() { uninstall(t, namespace) })
	checkPod(t, namespace, release+"-tbot")

	for _, test := range []struct {
		verb, secret string
		want         bool
	}{
		{"create", "", true},
		{"get", "identity", true},
		{"update", "identity", true},
		{"patch", "identity", true},
		{"get", "slack-bot", false},
		{"update", "slack-bot", false},
		{"delete", "identity", false},
		{"list", "", false},
	} {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User: "system:serviceaccount:" + namespace + ":" + release + "-tbot",
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: namespace, Verb: test.verb, Resource: "secrets", Name: test.secret,
			},
		}}
		create(t, review)
		if review.Status.Allowed != test.want {
			t.Errorf("tbot may %s Secret %q: %t, want %t", test.verb, test.secret, review.Status.Allowed, test.want)
		}
	}
}
