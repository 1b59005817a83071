package pins

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const root = "../.."

// read returns the files of a pattern by their names, from the root.
func read(t *testing.T, pattern string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("there is no %s: %v", pattern, err)
	}
	files := map[string]string{}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = string(content)
	}
	return files
}

// action is one by its commit, with the version that Dependabot moves along.
var action = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)

// actionProblems says which actions of a workflow are not pinned.
func actionProblems(workflow string) (problems []string) {
	for line := range strings.Lines(workflow) {
		_, uses, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "- "), "uses: ")
		if ok && !strings.HasPrefix(uses, "./") && !action.MatchString(uses) {
			problems = append(problems, uses)
		}
	}
	return problems
}

func TestActionsAreNamedByCommit(t *testing.T) {
	versions := map[string]string{}
	for name, workflow := range read(t, ".github/workflows/*.yml") {
		for _, problem := range actionProblems(workflow) {
			t.Errorf("%s uses %s", name, problem)
		}
		for _, uses := range regexp.MustCompile(`uses: ([\w.-]+/[\w.-]+)(/[\w-]+)?@(.+)`).FindAllStringSubmatch(workflow, -1) {
			repository, pin := uses[1], uses[3]
			if known, ok := versions[repository]; ok && known != pin {
				t.Errorf("%s uses %s by %s, another place by %s", name, repository, pin, known)
			}
			versions[repository] = pin
		}
	}
	if len(versions) < 5 {
		t.Errorf("only %d actions were found", len(versions))
	}
	for _, wrong := range []string{"a/b@v6", "a/b@main", "a/b@de0fac2 # v6.0.2", "docker://alpine:3", "a/b@de0fac2e4500dabe0009e67214ff5f5447ce83dd"} {
		if len(actionProblems("  - uses: "+wrong+"\n")) != 1 {
			t.Errorf("%q is taken for pinned", wrong)
		}
	}
}

// imageProblems says which images of a Dockerfile are not pinned.
func imageProblems(dockerfile string) (problems []string) {
	stages := []string{"scratch"}
	for line := range strings.Lines(dockerfile) {
		fields := slices.DeleteFunc(strings.Fields(line), func(field string) bool { return strings.HasPrefix(field, "--platform=") })
		switch {
		case strings.HasPrefix(line, "# syntax="):
			fields = []string{"FROM", strings.TrimSpace(strings.TrimPrefix(line, "# syntax="))}
		case len(fields) < 2 || !strings.EqualFold(fields[0], "FROM"):
			continue
		}
		if !slices.Contains(stages, fields[1]) && !regexp.MustCompile(`@sha256:[0-9a-f]{64}$`).MatchString(fields[1]) {
			problems = append(problems, fields[1])
		}
		if len(fields) == 4 {
			stages = append(stages, fields[3])
		}
	}
	return problems
}

func TestBaseImagesAreNamedByDigest(t *testing.T) {
	dockerfile := read(t, "Dockerfile")["Dockerfile"]
	if problems := imageProblems(dockerfile); len(problems) > 0 || !strings.Contains(dockerfile, "FROM ") {
		t.Errorf("the Dockerfile names %q without a digest", problems)
	}
	for dockerfile, want := range map[string]int{
		"FROM golang:1.26 AS build\nFROM build\n": 1, "FROM --platform=$BUILDPLATFORM golang AS a\nFROM scratch\n": 1,
		"# syntax=docker/dockerfile:1\nFROM scratch\n": 1, "FROM a@sha256:0\n": 1,
	} {
		if got := imageProblems(dockerfile); len(got) != want {
			t.Errorf("of %q, %q are wrong", dockerfile, got)
		}
	}
}

// workflow is what is looked at of one.
type workflow struct {
	Permissions map[string]string
	Jobs        map[string]struct {
		Permissions map[string]string
		Timeout     int `yaml:"timeout-minutes"`
		Steps       []struct {
			Uses, Run string
			With      map[string]any
		}
	}
}

// granted are the rights to write that a job needs, by workflow and job.
var granted = map[string][]string{
	"release.yml publish":    {"attestations", "contents", "id-token", "packages"},
	"security.yml codeql":    {"security-events"},
	"security.yml scorecard": {"id-token", "security-events"},
}

func TestWorkflowsHaveTheLeastRights(t *testing.T) {
	for name, content := range read(t, ".github/workflows/*.yml") {
		var w workflow
		if err := yaml.Unmarshal([]byte(content), &w); err != nil {
			t.Fatal(err)
		}
		if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" {
			t.Errorf("%s has the rights %v, unless a job has others", name, w.Permissions)
		}
		if strings.Contains(content, "pull_request_target") || strings.Contains(content, "workflow_run:") {
			t.Errorf("%s lets code of a fork run with rights", name)
		}
		for id, job := range w.Jobs {
			var writes []string
			for right, access := range job.Permissions {
				if access == "write" {
					writes = append(writes, right)
				}
			}
			slices.Sort(writes)
			if want := granted[name+" "+id]; !slices.Equal(writes, want) {
				t.Errorf("%s: %s may write %v, needs %v", name, id, writes, want)
			}
			if job.Timeout == 0 {
				t.Errorf("%s: %s has no timeout", name, id)
			}
			for _, step := range job.Steps {
				// What is put into a script is run, whatever it is.
				if strings.Contains(step.Run, "${{") {
					t.Errorf("%s: %s puts an expression into a script: %s", name, id, step.Run)
				}
				if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != false {
					t.Errorf("%s: %s leaves the token in the checkout", name, id)
				}
			}
		}
	}
}

// A release takes nothing that another run has left.
func TestReleasesHaveNoCache(t *testing.T) {
	release := read(t, ".github/workflows/release.yml")["release.yml"]
	if setups, off := strings.Count(release, "actions/setup-go@"), strings.Count(release, "cache: false"); setups == 0 || setups != off {
		t.Errorf("of %d set-ups of Go, %d have no cache", setups, off)
	}
}

// Every module of ours is one that Dependabot moves.
func TestDependabotKnowsEachModule(t *testing.T) {
	dependabot := read(t, ".github/dependabot.yml")["dependabot.yml"]
	for _, pattern := range []string{"go.mod", "*/*/go.mod", "*/*/*/go.mod"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			directory, err := filepath.Rel(root, filepath.Dir(name))
			if err != nil {
				t.Fatal(err)
			}
			entry := "/" + strings.TrimPrefix(filepath.ToSlash(directory), ".")
			if strings.HasPrefix(entry, "/hack/tools/") {
				entry = "/hack/tools/*"
			}
			if !strings.Contains(dependabot, "      - "+entry+"\n") {
				t.Errorf("Dependabot does not know %s", entry)
			}
		}
	}
}
