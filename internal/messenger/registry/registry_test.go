package registry_test

import (
	"cmp"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// specOfTheAPI returns the schema of an AccessNotifier's spec.
func specOfTheAPI(t *testing.T) apiextensionsv1.JSONSchemaProps {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "config", "crd", "bases", "accessnotifier.dev_accessnotifiers.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &crd); err != nil {
		t.Fatal(err)
	}
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
}

// TestTypesAreThoseOfTheAPI fails if the CRD offers a messenger that does not
// exist, or hides one that does.
func TestTypesAreThoseOfTheAPI(t *testing.T) {
	var offered []string
	for _, value := range specOfTheAPI(t).Properties["messenger"].Properties["type"].Enum {
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

// TestTheAPIAsksForRecipientsWhereNoneIsFoundByEmail fails if a rule of the CRD names
// other messengers than those that cannot look people up. A rule cannot derive from a
// Descriptor.
func TestTheAPIAsksForRecipientsWhereNoneIsFoundByEmail(t *testing.T) {
	var rules []string
	for _, rule := range specOfTheAPI(t).XValidations {
		byEmail := strings.HasPrefix(rule.Message, "must set recipients, ") && strings.Contains(rule.Message, "look people up by e-mail address")
		if byEmail || strings.HasPrefix(rule.Message, "must set reminders with recipients") {
			rules = append(rules, rule.Rule)
		}
	}
	for _, d := range registry.All() {
		named := slices.ContainsFunc(rules, func(rule string) bool { return strings.Contains(rule, "'"+d.Type+"'") })
		if named == d.Capabilities.EmailLookup {
			t.Errorf("a rule names %s: %t, which finds people: %t", d.Type, named, d.Capabilities.EmailLookup)
		}
	}
}

// TestTheAPIHasTheSecretsOfEachMessenger fails if a member of the union lacks a field for
// a secret of its messenger.
func TestTheAPIHasTheSecretsOfEachMessenger(t *testing.T) {
	members := specOfTheAPI(t).Properties["messenger"].Properties
	for _, d := range registry.All() {
		member := members[d.Member()]
		for _, secret := range slices.Concat(d.Secrets, d.Instead, d.OptionalSecrets) {
			if field := secret + "SecretRef"; member.Properties[field].Type == "" {
				t.Errorf("%s has no field %s", d.Type, field)
			}
		}
		for _, setting := range d.Settings {
			if member.Properties[setting.Name].Type == "" {
				t.Errorf("%s has no field %s", d.Type, setting.Name)
			}
		}
		_, byURL := member.Properties["url"]
		_, byAddress := member.Properties["address"]
		if ok := byURL || byAddress; ok != (d.DefaultURL == "") {
			t.Errorf("%s has a field url: %t, and the public address %q", d.Type, ok, d.DefaultURL)
		}
	}
}

// TestDescriptors checks that a messenger can be made of what its Descriptor says.
func TestDescriptors(t *testing.T) {
	for _, s := range service.All {
		t.Run(s.Name(), func(t *testing.T) {
			d, err := registry.All().Find(string(s.Type))
			if err != nil {
				t.Fatal(err)
			}
			secrets := s.Secrets("secret")
			url := cmp.Or(d.DefaultURL, d.URLExample, "https://chat.example.com")
			m, err := d.New(messenger.Config{Secrets: secrets, Settings: d.ExampleSettings(), URL: url})
			if err != nil || m == nil {
				t.Errorf("New returned %v, %v", m, err)
			}
			if _, err := d.New(messenger.Config{Secrets: d.StandInSecrets(), Settings: d.ExampleSettings(), URL: url}); err != nil {
				t.Errorf("New with stand-ins for the secrets: %v", err)
			}
			for _, name := range d.Secrets {
				incomplete := maps.Clone(secrets)
				delete(incomplete, name)
				if _, err := d.New(messenger.Config{Secrets: incomplete, Settings: d.ExampleSettings(), URL: url}); err == nil {
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
