// Package docs checks the documents: links lead somewhere, manifests and configurations
// are accepted, and the commands of the guides are run and print what the guides say.
package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/config"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

var plane *controlplane.ControlPlane

func TestMain(m *testing.M) {
	if standIn, ok := standIns[filepath.Base(os.Args[0])]; ok {
		os.Exit(standIn(os.Args))
	}
	os.Exit(controlplane.Main(m, controlplane.Options{}, &plane))
}

// guides are the pages whose commands are run, in the order of their index: a page finds
// what the pages before it have made.
var guides = []string{
	"teleport.md", "kubernetes.md", "linux.md", "slack.md", "discord.md", "email.md", "google-chat.md", "mattermost.md", "pagerduty.md", "teams.md", "teams-workflow.md", "webhook.md", "dual-authorization.md",
	"auditing.md", "upgrading.md", "operations.md", "../migrating.md",
}

// TestGuides runs every command of the guides.
func TestGuides(t *testing.T) {
	s := newSite(t)
	for _, name := range guides {
		text, err := os.ReadFile(filepath.Join(root(t), "docs", "guides", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range blocksOf(t, string(text)) {
			if b.file != "" {
				s.write(b.file, s.there.Replace(b.text))
			}
			if b.language != "console" {
				continue
			}
			for _, c := range commandsOf(t, b) {
				printed, err := s.run(c.script)
				if err != nil {
					t.Fatalf("%s, line %d: %v of\n%s\n%s", name, b.line, err, c.script, printed)
				}
				if c.output != "" && !prints(c.output, printed) {
					t.Errorf("%s, line %d: %s\nprints\n%s\nnot\n%s", name, b.line, c.script, normal(printed), normal(c.output))
				}
			}
		}
	}
}

// TestIndexHasEveryPage and the guides in the order in which they are run.
func TestIndexHasEveryPage(t *testing.T) {
	index, err := os.ReadFile(filepath.Join(root(t), "docs", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	rest := string(index)
	for _, name := range guides {
		target := "](" + filepath.Join("guides", name) + ")"
		var found bool
		if _, rest, found = strings.Cut(rest, target); !found {
			t.Errorf("docs/README.md does not have %s, or not in the order in which guides are run", target)
		}
	}
	for name := range documents(t) {
		page, err := filepath.Rel(filepath.Join(root(t), "docs"), name)
		if err != nil || strings.HasPrefix(page, "..") || strings.HasPrefix(page, "decisions") || page == "README.md" {
			continue
		}
		if !strings.Contains(string(index), "]("+page+")") {
			t.Errorf("docs/README.md does not have %s", page)
		}
		if guide, ok := strings.CutPrefix(page, "guides/"); ok && !slices.Contains(guides, guide) {
			t.Errorf("%s is not run", page)
		}
	}
}

// TestEveryManifestIsAccepted applies the AccessNotifiers of all documents, reads the
// plugins' files, and reads what is for Teleport.
func TestEveryManifestIsAccepted(t *testing.T) {
	namespace, err := plane.CreateNamespace(t.Context(), "docs")
	if err != nil {
		t.Fatal(err)
	}
	strict := client.WithFieldValidation(plane.Client(), "Strict")
	seen := map[string]int{}
	for name, text := range documents(t) {
		for _, b := range blocksOf(t, text) {
			var err error
			kind := kindOf(b)
			switch kind {
			case "":
				continue
			case "toml":
				if _, problems := config.Parse(name, []byte(b.text), registry.All()); len(problems) > 0 {
					err = fmt.Errorf("%v", problems)
				}
			case "tbot":
				kind, _, err = readTbot([]byte(b.text))
			case v1alpha1.Kind:
				object := &unstructured.Unstructured{}
				if err = yaml.UnmarshalStrict([]byte(b.text), &object.Object); err == nil {
					object.SetNamespace(namespace)
					err = strict.Create(t.Context(), object, client.DryRunAll)
				}
			default:
				_, err = teleporttest.ReadResources(b.text)
			}
			seen[kind]++
			if err != nil {
				t.Errorf("%s, line %d: %v", name, b.line, err)
			}
		}
	}
	for _, kind := range []string{v1alpha1.Kind, "toml", "role", "token", "outputs", "services"} {
		if seen[kind] == 0 {
			t.Errorf("the documents have no %s, only %v", kind, seen)
		}
	}
}

// kindOf returns what a block describes, as far as it is checked.
func kindOf(b block) string {
	if b.language == "toml" {
		return "toml"
	}
	if b.language != "yaml" {
		return ""
	}
	var header struct {
		APIVersion, Kind, Version string
		Onboarding                *onboarding
	}
	if yaml.Unmarshal([]byte(b.text), &header) != nil {
		return ""
	}
	if header.Onboarding != nil {
		return "tbot"
	}
	if header.APIVersion == v1alpha1.GroupVersion.String() || header.Version != "" && header.Kind != "" {
		return header.Kind
	}
	return ""
}
