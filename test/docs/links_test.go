package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

// link finds the file in a link to one.
var link = regexp.MustCompile(`\]\(([^)#:\s]+)(?:#[^)]*)?\)`)

func TestLinksLeadToAFile(t *testing.T) {
	for name, text := range documents(t) {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), match[1])); err != nil {
				t.Errorf("%s links to %s: %v", name, match[1], err)
			}
		}
	}
}

func TestIndexHasEveryDecision(t *testing.T) {
	root := root(t)
	index, err := os.ReadFile(filepath.Join(root, "docs", "decisions", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range documents(t) {
		if filepath.Base(filepath.Dir(name)) != "decisions" || filepath.Base(name) == "README.md" {
			continue
		}
		title, _, _ := strings.Cut(strings.TrimPrefix(text, "# "), "\n")
		if want := "[" + title + "](" + filepath.Base(name) + ")"; !strings.Contains(string(index), want) {
			t.Errorf("docs/decisions/README.md does not have %s", want)
		}
	}
}

// documents are the texts of the repository's documents, by their path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	root := root(t)
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/guides/*.md", "docs/decisions/*.md", "charts/*/README.md"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d documents, %v", pattern, len(names), err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found[name] = string(text)
		}
	}
	return found
}

func root(t *testing.T) string {
	t.Helper()
	root, err := controlplane.RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	return root
}
