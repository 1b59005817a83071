package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
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

func cluster(t *testing.T) *teleporttest.Server {
	t.Helper()
	server, err := teleporttest.Start(teleporttest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

func issue(t *testing.T, server *teleporttest.Server) *teleporttest.Identity {
	t.Helper()
	identity, err := server.Identity(teleporttest.IdentityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// examples returns the plugins' files of all versions, each on a host that has all that
// it names.
func examples(t *testing.T, identity *teleporttest.Identity) map[string]string {
	t.Helper()
	held := map[string][]byte{
		"identity": identity.File, "client_key": identity.Key, "client_crt": identity.Cert, "root_cas": identity.CAs, "token": []byte("token-in-a-file\n"),
	}
	line := regexp.MustCompile(`(?m)^(\w+) = "(/[^"]+)"`)
	files, err := filepath.Glob(filepath.Join("..", "config", "testdata", "*.toml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no examples: %v", err)
	}
	hosts := map[string]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := line.ReplaceAllStringFunc(string(content), func(found string) string {
			parts := line.FindStringSubmatch(found)
			if held[parts[1]] == nil {
				return found
			}
			return parts[1] + ` = "` + write(t, parts[1], held[parts[1]]) + `"`
		})
		hosts[strings.TrimSuffix(filepath.Base(file), ".toml")] = write(t, filepath.Base(file), []byte(text))
	}
	return hosts
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
