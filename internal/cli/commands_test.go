package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// run runs a command, and wants an exit status.
func run(t *testing.T, status int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if got := Run(append([]string{"access-notifier"}, args...), &out, &errs); got != status {
		t.Fatalf("%v: exit status %d, want %d\n%s\n%s", args, got, status, &out, &errs)
	}
	return out.String(), errs.String()
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// eachExample calls do with each file of the guides, on a site of its messenger.
func eachExample(t *testing.T, do func(s *site, path string)) {
	t.Helper()
	for _, messenger := range service.Plugins {
		files, err := filepath.Glob(filepath.Join("..", "config", "testdata", messenger.Name()+"-*.toml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("there are no examples: %v", err)
		}
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) {
				s := newSite(t, messenger)
				do(s, s.example(filepath.Base(file)))
			})
		}
	}
}

func newNamespace(t *testing.T) string {
	t.Helper()
	namespace, err := plane.CreateNamespace(t.Context(), "cli")
	if err != nil {
		t.Fatal(err)
	}
	return namespace
}

func createSecret(t *testing.T, namespace, name string, data map[string][]byte) {
	t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: data}
	if err := plane.Client().Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
}
