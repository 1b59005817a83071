// Package helm tests the Helm chart and the kustomize bases, with the real tools
// and on a real API server. `make helm-test` builds the tools and names them in
// the environment.
package helm

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What all tests use. It is set once, by TestMain.
var (
	plane *controlplane.ControlPlane
	root  string
	// scratch holds the operator's binary, the audit log and kubeconfigs.
	scratch string
)

// auditPolicy has the API server write down what ServiceAccounts do.
const auditPolicy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    userGroups: ["system:serviceaccounts"]
  - level: None
`

func TestMain(m *testing.M) {
	flag.Parse()
	status, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func run(m *testing.M) (status int, err error) {
	for _, tool := range []string{"HELM", "KUSTOMIZE"} {
		if os.Getenv(tool) == "" {
			return 1, fmt.Errorf("%s is not set: run `make helm-test`, which builds the tool and sets it", tool)
		}
	}
	if root, err = controlplane.RepositoryRoot(); err != nil {
		return 1, err
	}
	if scratch, err = os.MkdirTemp("", "access-notifier-helm-"); err != nil {
		return 1, err
	}
	defer os.RemoveAll(scratch)
	policy := filepath.Join(scratch, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return 1, err
	}
	if err := controlplane.BuildOperator(context.Background(), operatorBinary()); err != nil {
		return 1, err
	}
	return controlplane.Main(m, controlplane.Options{APIServerFlags: map[string][]string{
		"audit-policy-file": {policy},
		"audit-log-path":    {auditLog()},
		"audit-log-mode":    {"blocking-strict"},
	}}, &plane), nil
}

func operatorBinary() string { return filepath.Join(scratch, "access-notifier") }

func auditLog() string { return filepath.Join(scratch, "audit.jsonl") }
