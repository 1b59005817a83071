package helm

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// pages are the texts that name values of the chart, by their path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{
		"NOTES.txt": readFile(t, chart(), "templates", "NOTES.txt"),
		"README.md": readFile(t, chart(), "README.md"),
	}
	for _, pattern := range []string{"docs/*.md", "docs/guides/*.md"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d pages, %v", pattern, len(names), err)
		}
		for _, name := range names {
			found[name] = readFile(t, name)
		}
	}
	return found
}

// TestDocumentedValuesAreAccepted wants the chart to accept all values that pages show.
func TestDocumentedValuesAreAccepted(t *testing.T) {
	properties := readSchema(t)["properties"].(map[string]any)
	seen := 0
	for name, page := range pages(t) {
		for _, block := range regexp.MustCompile("(?s)```yaml[^\n]*\n(.*?)```").FindAllStringSubmatch(page, -1) {
			values := map[string]any{}
			if yaml.Unmarshal([]byte(block[1]), &values) != nil || len(values) == 0 {
				continue // several documents
			}
			ours := true
			for key := range values {
				_, ok := properties[key]
				ours = ours && ok
			}
			if !ours {
				continue
			}
			seen++
			if _, err := runHelm(t, block[1], "template", release, chart(), "--values=-"); err != nil {
				t.Errorf("%s: %v\n%s", name, err, block[1])
			}
		}
	}
	if seen < 10 {
		t.Errorf("pages show values %d times", seen)
	}
}

// valueName finds the name of a value in a text.
var valueName = regexp.MustCompile("(?:`|--set '?)(([a-zA-Z]+)\\.[a-zA-Z.]+)(?:[:`]|=)")

// TestDocumentedValuesExist wants values that pages and notes name to exist.
func TestDocumentedValuesExist(t *testing.T) {
	schema := readSchema(t)
	known := leaves(schema, "")
	exists := func(path string) bool {
		for leaf := range known {
			if leaf == path || strings.HasPrefix(leaf, path+".") || strings.HasPrefix(path, leaf+".") {
				return true
			}
		}
		return false
	}
	seen := 0
	for name, page := range pages(t) {
		if filepath.Base(name) == "migrating.md" {
			continue // it is about the plugins' charts
		}
		for _, match := range valueName.FindAllStringSubmatch(page, -1) {
			if _, ours := schema["properties"].(map[string]any)[match[2]]; !ours {
				continue
			}
			seen++
			if !exists(match[1]) {
				t.Errorf("%s names %s, which is no value", name, match[1])
			}
		}
	}
	if seen < 100 {
		t.Errorf("pages name values %d times", seen)
	}
}

// TestPageAboutFlux wants its manifests to fit each other and the chart.
func TestPageAboutFlux(t *testing.T) {
	known := map[string]bool{"GitRepository/flux-system": true}
	type reference struct{ Kind, Name string }
	type manifest struct {
		Kind     string
		Metadata struct{ Name string }
		Spec     struct {
			ChartRef, SourceRef *reference
			DependsOn           []reference
			Values              map[string]any
			Wait                bool
		}
	}
	var all []manifest
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(readFile(t, root, "docs", "flux.md"), -1) {
		for _, object := range objects(t, block[1]) {
			var m manifest
			if err := yaml.Unmarshal([]byte(encode(t, object.Object)), &m); err != nil {
				t.Fatal(err)
			}
			known[m.Kind+"/"+m.Metadata.Name] = true
			all = append(all, m)
		}
	}
	for _, m := range all {
		for _, ref := range []*reference{m.Spec.ChartRef, m.Spec.SourceRef} {
			if ref != nil && !known[ref.Kind+"/"+ref.Name] {
				t.Errorf("%s %s refers to %v", m.Kind, m.Metadata.Name, *ref)
			}
		}
		for _, other := range m.Spec.DependsOn {
			if !known[m.Kind+"/"+other.Name] {
				t.Errorf("%s %s depends on %s", m.Kind, m.Metadata.Name, other.Name)
			}
		}
		switch m.Kind {
		case "HelmRelease":
			render(t, encode(t, m.Spec.Values))
		case "Kustomization":
			if !m.Spec.Wait {
				t.Errorf("Kustomization %s does not wait", m.Metadata.Name)
			}
		}
	}
	if len(all) != 4 {
		t.Errorf("docs/flux.md has %d manifests", len(all))
	}
}

// TestNotesLetTbotIn wants Teleport to take what the notes tell to create, by each method.
func TestNotesLetTbotIn(t *testing.T) {
	for _, method := range []string{"kubernetes", "kubernetes, clusterName: lab", "iam", "gcp", "azure", "token, tokenSecretRef: {name: join}"} {
		text := notes(t, "tbot: {enabled: true, image: {tag: 1.2.3}, teleportProxyAddress: 'a:443', joinMethod: "+method+"}")
		created, err := teleporttest.ReadResources(strings.ReplaceAll(between(t, text, "tctl create <<END\n", "  END"), "\n  ", "\n")[2:])
		if err != nil {
			t.Errorf("%s: %v\n%s", method, err, text)
			continue
		}
		want := []string{"role access-notifier", "token access-notifier"}
		if strings.HasPrefix(method, "token") {
			want = want[:1]
		}
		var got []string
		for _, resource := range created {
			got = append(got, resource.Kind+" "+resource.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the notes create %v, want %v", method, got, want)
		}
	}
}
