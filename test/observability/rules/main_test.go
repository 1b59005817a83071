// Package rules has the real Prometheus read the alerts and the dashboard, and
// tries when alerts fire. `make alerts-test` builds promtool and names it in the
// environment.
package rules

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
	"github.com/accessnotifier/accessnotifier/test/observability"
)

func TestMain(m *testing.M) {
	if os.Getenv("PROMTOOL") == "" {
		fmt.Fprintln(os.Stderr, "PROMTOOL is not set: run `make alerts-test`, which builds the tool and sets it")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func promtool(t *testing.T, args ...string) {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), os.Getenv("PROMTOOL"), args...).CombinedOutput()
	if err != nil {
		t.Errorf("promtool %v: %v\n%s", args, err, output)
	}
}

func readFile(t *testing.T, path ...string) []byte {
	t.Helper()
	root, err := controlplane.RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// writeRules writes what Prometheus takes as a file of rules, and returns its
// name.
func writeRules(t *testing.T, name string, groups any) string {
	t.Helper()
	content, err := yaml.Marshal(map[string]any{"groups": groups})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func alerts(t *testing.T) *observability.PrometheusRule {
	t.Helper()
	rule, err := observability.ReadAlerts(readFile(t, "config", "prometheus", "alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return rule
}
