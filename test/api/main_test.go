// Package api holds tests of the AccessNotifier API on a real API server.
package api

import (
	"os"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

const crdName = "accessnotifiers.accessnotifier.dev"

var plane *controlplane.ControlPlane

func TestMain(m *testing.M) {
	os.Exit(controlplane.Main(m, controlplane.Options{}, &plane))
}

// goodSpec is accepted. Test cases change one thing about it.
const goodSpec = `
teleport:
  address: teleport.example.com:443
  identitySecretRef: {name: identity}
messenger:
  type: Slack
  slack: {tokenSecretRef: {name: slack-bot, key: token}}
recipients: [access-requests]
`

// notifier returns an object with goodSpec and changes to it, which are a merge
// patch in YAML: a null removes a field.
func notifier(t *testing.T, namespace, changes string) *unstructured.Unstructured {
	t.Helper()
	spec := parse(t, goodSpec)
	merge(spec, parse(t, changes))
	return object(namespace, spec)
}

func object(namespace string, spec map[string]any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	o.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(v1alpha1.Kind))
	o.SetNamespace(namespace)
	o.SetGenerateName("test-")
	return o
}

func newNamespace(t *testing.T) string {
	t.Helper()
	namespace, err := plane.CreateNamespace(t.Context(), "api")
	if err != nil {
		t.Fatal(err)
	}
	return namespace
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	parsed := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &parsed); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	return parsed
}

// merge applies a JSON merge patch (RFC 7396).
func merge(into, patch map[string]any) {
	for key, value := range patch {
		change, isMap := value.(map[string]any)
		target, exists := into[key].(map[string]any)
		switch {
		case value == nil:
			delete(into, key)
		case isMap && exists:
			merge(target, change)
		default:
			into[key] = value
		}
	}
}

func crdScheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := apiextensionsv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return scheme
}
