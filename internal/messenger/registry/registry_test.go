package registry_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
)

// TestTypesAreThoseOfTheAPI fails if the CRD offers a messenger that does not
// exist, or hides one that does.
func TestTypesAreThoseOfTheAPI(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "config", "crd", "bases", "accessnotifier.dev_accessnotifiers.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &crd); err != nil {
		t.Fatal(err)
	}
	spec := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
	var offered []string
	for _, value := range spec.Properties["messenger"].Properties["type"].Enum {
		var name string
		if err := yaml.Unmarshal(value.Raw, &name); err != nil {
			t.Fatal(err)
		}
		offered = append(offered, name)
	}
	slices.Sort(offered)
	if diff := cmp.Diff(offered, registry.Types()); diff != "" {
		t.Errorf("messengers (-API +registry):\n%s", diff)
	}
}

func TestNew(t *testing.T) {
	for _, name := range registry.Types() {
		t.Run(name, func(t *testing.T) {
			m, err := registry.New(registry.Config{Type: name, Config: messenger.Config{
				Token:      "token",
				URL:        "https://chat.example.com/api/v10",
				HTTPClient: messenger.NewHTTPClient(messenger.TransportConfig{}),
				Throttle:   new(messenger.Throttle),
			}})
			if err != nil || m == nil {
				t.Errorf("New returned %v, %v", m, err)
			}
		})
	}
	if _, err := registry.New(registry.Config{Type: "Pigeon", Config: messenger.Config{Token: "token"}}); err == nil {
		t.Error("an unknown type was accepted")
	}
}
