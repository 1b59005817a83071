package helm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// TestTbotConfig compares tbot's configuration, in both dialects and by all methods, with
// what its reference asks for.
func TestTbotConfig(t *testing.T) {
	const values = "tbot: {enabled: true, image: {tag: 1.2.3}, token: join, identitySecretName: identity, "
	type object = map[string]any
	by := func(method string) object { return object{"join_method": method, "token": "join"} }
	memory := object{"type": "memory"}
	output := []any{map[string]any{
		"type":        "identity",
		"ssh_config":  "off",
		"destination": map[string]any{"type": "kubernetes_secret", "name": "identity"},
	}}
	for _, test := range []struct {
		name, values string
		want         map[string]any
	}{
		{"services, by a Proxy", "teleportProxyAddress: 'a:443'}", object{"proxy_server": "a:443", "services": output, "onboarding": by("kubernetes"), "storage": memory}},
		{"outputs, by the Auth Service", "teleportAuthAddress: 'a:3025', configDialect: outputs}", object{"auth_server": "a:3025", "outputs": output, "onboarding": by("kubernetes"), "storage": memory}},
		{"AWS", "teleportProxyAddress: 'a:443', joinMethod: iam}", object{"proxy_server": "a:443", "services": output, "onboarding": by("iam"), "storage": memory}},
		{"Google Cloud", "teleportProxyAddress: 'a:443', joinMethod: gcp}", object{"proxy_server": "a:443", "services": output, "onboarding": by("gcp"), "storage": memory}},
		{
			"Azure", "teleportProxyAddress: 'a:443', joinMethod: azure, onboarding: {azure: {client_id: c}, token: other}}",
			object{
				"proxy_server": "a:443", "services": output, "storage": memory,
				"onboarding": object{"join_method": "azure", "token": "join", "azure": object{"client_id": "c"}},
			},
		},
		{"a secret token", "teleportProxyAddress: 'a:443', joinMethod: token}", object{
			"proxy_server": "a:443", "services": output,
			"onboarding": object{"join_method": "token", "token": "/var/run/secrets/teleport/token"},
			"storage":    object{"type": "kubernetes_secret", "name": "access-notifier-tbot-state"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.want["version"] = "v2"
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

// TestTbotShowsItsToken wants tbot to find what proves who it is, where its configuration
// or its environment says, and a secret token in a Secret and nowhere else.
func TestTbotShowsItsToken(t *testing.T) {
	for values, want := range map[string]*corev1.VolumeProjection{
		"":                                 {ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token", ExpirationSeconds: ptr.To[int64](600)}},
		"clusterName: lab":                 {ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token", ExpirationSeconds: ptr.To[int64](600), Audience: "lab"}},
		"joinMethod: iam":                  nil,
		"joinMethod: gcp":                  nil,
		"joinMethod: azure":                nil,
		"joinMethod: token, token: s3cret": secretToken(release+"-tbot", "token"),
		"joinMethod: token, tokenSecretRef: {name: own, key: join}": secretToken("own", "join"),
	} {
		all := objects(t, render(t, "tbot: {enabled: true, image: {tag: 1.2.3}, teleportProxyAddress: 'a:443', "+values+"}"))
		var got *corev1.VolumeProjection
		for _, deployment := range find[appsv1.Deployment](t, all, "Deployment") {
			spec := deployment.Spec.Template.Spec
			for _, volume := range spec.Volumes {
				if deployment.Name == release+"-tbot" && volume.Name == "token" {
					got = &volume.Projected.Sources[0]
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("with %q, tbot is shown another token (-want +got):\n%s", values, diff)
		}
		secrets := find[corev1.Secret](t, all, "Secret")
		if strings.Contains(values, "s3cret") != (len(secrets) == 1 && string(secrets[0].Data["token"]) == "s3cret") {
			t.Errorf("with %q, there are Secrets %v", values, secrets)
		}
		if strings.Contains(one[corev1.ConfigMap](t, all, "ConfigMap").Data["tbot.yaml"], "s3cret") {
			t.Error("the token is in tbot's configuration")
		}
	}
}

func secretToken(name, key string) *corev1.VolumeProjection {
	return &corev1.VolumeProjection{Secret: &corev1.SecretProjection{
		LocalObjectReference: corev1.LocalObjectReference{Name: name}, Items: []corev1.KeyToPath{{Key: key, Path: "token"}},
	}}
}

// TestNotifiersUseTbot wants AccessNotifiers to use tbot's address and identity,
// unless they name others.
func TestNotifiersUseTbot(t *testing.T) {
	const values = `
tbot: {enabled: true, image: {tag: 1.2.3}, teleportProxyAddress: "teleport.example.com:443"}
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
	values := "crds: {enabled: false}\ntbot: {enabled: true, image: {tag: 1.2.3}, teleportProxyAddress: 'a:443', identitySecretName: identity, joinMethod: token, token: t}"
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
		{"get", release + "-tbot-state", true},
		{"update", release + "-tbot-state", true},
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
