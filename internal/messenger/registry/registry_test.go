package registry_test

import (
	"cmp"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
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
	if diff := gocmp.Diff(offered, registry.All().Types()); diff != "" {
		t.Errorf("messengers (-API +registry):\n%s", diff)
	}
}

// TestDescriptors checks that a messenger can be made of what its Descriptor says.
func TestDescriptors(t *testing.T) {
	for _, d := range registry.All() {
		t.Run(d.Type, func(t *testing.T) {
			secrets := messenger.Secrets{}
			for _, name := range d.Secrets {
				secrets[name] = "secret"
			}
			url := cmp.Or(d.DefaultURL, "https://chat.example.com")
			m, err := d.New(messenger.Config{Secrets: secrets, URL: url})
			if err != nil || m == nil {
				t.Errorf("New returned %v, %v", m, err)
			}
			for _, name := range d.Secrets {
				incomplete := maps.Clone(secrets)
				delete(incomplete, name)
				if _, err := d.New(messenger.Config{Secrets: incomplete, URL: url}); err == nil {
					t.Errorf("New takes it without %s", name)
				}
			}
		})
	}
}

func TestFind(t *testing.T) {
	all := registry.All()
	for _, name := range all.Types() {
		if d, err := all.Find(name); err != nil || d.Type != name {
			t.Errorf("Find(%s) = %s, %v", name, d.Type, err)
		}
	}
	if _, err := all.Find("Pigeon"); !errors.Is(err, messenger.ErrUnknownType) {
		t.Errorf("Find of an unknown type = %v", err)
	}
}
