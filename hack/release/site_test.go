package release

import (
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
)

const (
	// version is one that no release has.
	version = "v0.0.1-rc.1"
	builder = "https://builder.test/release.yml"
)

// site is a copy of the sources and what is around it.
type site struct {
	directory, record, registry, commit string
	environment                         []string
	// digests are what scripts gave, by the script.
	digests map[string]string
}

// stand-ins. Both write down how they are called; cosign also keeps what it would attach,
// and gh what it would publish.
var tools = map[string]string{
	"cosign": `#!/bin/sh
set -eu
echo "cosign $*" >>"$RECORD/calls"
while [ $# -gt 0 ]; do
	case $1 in
	--predicate) cp "$2" "$RECORD" ;;
	--bundle) echo '{}' >"$2" ;;
	esac
	shift
done
`,
	"gh": `#!/bin/sh
set -eu
while [ "$1" != -- ]; do
	call="${call:-gh} $1"
	shift
done
shift
echo "$call" >>"$RECORD/calls"
mkdir "$RECORD/published"
cp -- "$@" "$RECORD/published"
`,
}

func newSite(t *testing.T) *site {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	s := &site{
		directory: t.TempDir(), record: t.TempDir(), digests: map[string]string{},
		registry: strings.TrimPrefix(server.URL, "http://") + "/owner",
	}
	path := t.TempDir()
	for name, content := range tools {
		if err := os.WriteFile(filepath.Join(path, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.environment = append(os.Environ(),
		"PATH="+path+string(os.PathListSeparator)+os.Getenv("PATH"), "RECORD="+s.record, "VERSION="+version, "REGISTRY="+s.registry,
		"PLAIN_HTTP=1", "GITHUB_OUTPUT="+filepath.Join(s.record, "output"), "BUILDER="+builder, "INVOCATION=https://builder.test/7",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_COMMITTER_DATE=2026-01-02T03:04:05Z", "MAKEFLAGS=",
	)
	s.copySources(t)
	return s
}

// copySources copies what git knows or would add, and the tools in bin, which are up to date
// as long as files keep their times.
func (s *site) copySources(t *testing.T) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	s.run(t, "sh", "-c", `cd "$1" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp -p --parents -t "$2"`, "copy", root, s.directory)
	s.run(t, "ln", "-sfn", filepath.Join(root, "bin"), filepath.Join(s.directory, "bin"))
	s.run(t, "git", "init", "-q")
	s.run(t, "git", "add", ".")
	s.run(t, "git", "commit", "-qm", "Release")
	s.run(t, "git", "tag", version)
	s.commit = strings.TrimSpace(s.run(t, "git", "rev-parse", "HEAD"))
}

// run runs a command in the copy, and returns what it prints.
func (s *site) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir, command.Env = s.directory, s.environment
	var errors strings.Builder
	command.Stderr = &errors
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s\n%s", name, args, err, output, &errors)
	}
	return string(output)
}

// release runs the steps of the workflow.
func (s *site) release(t *testing.T) {
	t.Helper()
	workflow, err := os.ReadFile(filepath.Join(s.directory, ".github", "workflows", "release.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, match := range regexp.MustCompile(`(?m)^ +(?:- )?run: (hack/release/\w+\.sh)$`).FindAllStringSubmatch(string(workflow), -1) {
		steps = append(steps, match[1])
	}
	scripts, err := filepath.Glob("*.sh")
	if err != nil {
		t.Fatal(err)
	}
	if len(steps) != len(scripts) {
		t.Fatalf("the workflow runs %v, there are %v", steps, scripts)
	}
	for _, step := range steps {
		s.run(t, step)
		s.readDigest(t, strings.TrimSuffix(filepath.Base(step), ".sh"))
	}
}

// readDigest keeps what a script gave, for those after it.
func (s *site) readDigest(t *testing.T, script string) {
	t.Helper()
	path := filepath.Join(s.record, "output")
	output, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	digest, ok := strings.CutPrefix(strings.TrimSpace(string(output)), "digest=")
	if !ok {
		t.Fatalf("%s gave %q", script, output)
	}
	s.digests[script] = digest
	s.environment = append(s.environment, strings.ToUpper(script)+"_DIGEST="+digest)
}

// calls are the stand-ins' calls, in order.
func (s *site) calls(t *testing.T) []string {
	t.Helper()
	return strings.Split(strings.TrimSpace(string(s.read(t, "calls"))), "\n")
}

// read reads a file that the stand-ins kept.
func (s *site) read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.record, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// published are the names of the files on the release's page.
func (s *site) published(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.record, "published"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	slices.Sort(names)
	return names
}
