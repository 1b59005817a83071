package helm

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// release is the name of every release.
const release = "access-notifier"

func chart() string { return filepath.Join(root, "charts", "access-notifier") }

// runHelm runs Helm with directories of its own and, for a cluster, that of the
// tests only.
func runHelm(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	return runHelmWithin(t.Context(), t, stdin, args...)
}

func runHelmWithin(ctx context.Context, t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	home := t.TempDir()
	command := exec.CommandContext(ctx, os.Getenv("HELM"), args...)
	command.Env = []string{
		"HOME=" + home, "HELM_CACHE_HOME=" + home, "HELM_CONFIG_HOME=" + home, "HELM_DATA_HOME=" + home,
		"KUBECONFIG=" + adminKubeconfig(t),
	}
	command.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("helm %s: %w: %s%s", strings.Join(args, " "), err, &stderr, &stdout)
	}
	return stdout.String(), nil
}

// helm is runHelm for what must succeed. The values are YAML.
func helm(t *testing.T, values string, args ...string) string {
	t.Helper()
	output, err := runHelm(t, values, append(args, "--values=-")...)
	if err != nil {
		t.Fatal(err)
	}
	return output
}

// render returns what the chart makes of values.
func render(t *testing.T, values string, args ...string) string {
	t.Helper()
	return helm(t, values, append([]string{"template", release, chart(), "--namespace=operators"}, args...)...)
}

// kustomize builds a folder in config/.
func kustomize(t *testing.T, directory string) []*unstructured.Unstructured {
	t.Helper()
	return kustomizeIn(t, filepath.Join(root, "config", directory))
}

func kustomizeIn(t *testing.T, directory string) []*unstructured.Unstructured {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Getenv("KUSTOMIZE"), "build", directory)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("kustomize build %s: %v: %s", directory, err, &stderr)
	}
	return objects(t, string(output))
}

func adminKubeconfig(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, plane.Kubeconfig(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// objects reads a stream of YAML documents.
func objects(t *testing.T, stream string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for document := range strings.SplitSeq("\n"+stream, "\n---") {
		object := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict([]byte(document), &object.Object); err != nil {
			t.Fatalf("%v in:\n%s", err, document)
		}
		if len(object.Object) > 0 {
			all = append(all, object)
		}
	}
	return all
}

// find returns the objects of a kind, as the type that the caller wants.
func find[T any](t *testing.T, all []*unstructured.Unstructured, kind string) []T {
	t.Helper()
	var found []T
	for _, object := range all {
		if object.GetKind() != kind {
			continue
		}
		if same, ok := any(*object).(T); ok {
			found = append(found, same)
			continue
		}
		var typed T
		if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, &typed, true); err != nil {
			t.Fatalf("%s %s: %v", kind, object.GetName(), err)
		}
		found = append(found, typed)
	}
	return found
}

// one returns the only object of a kind.
func one[T any](t *testing.T, all []*unstructured.Unstructured, kind string) T {
	t.Helper()
	found := find[T](t, all, kind)
	if len(found) != 1 {
		t.Fatalf("there are %d objects of kind %s, want 1", len(found), kind)
	}
	return found[0]
}

func readFile(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// notes returns what Helm prints after an installation.
func notes(t *testing.T, values string) string {
	t.Helper()
	output := helm(t, values, "install", release, chart(), "--namespace=operators", "--dry-run=client")
	_, text, ok := strings.Cut(output, "NOTES:\n")
	if !ok {
		t.Fatalf("there are no notes in:\n%s", output)
	}
	return text
}
