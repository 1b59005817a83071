package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

// firstDemoWithin bounds the first demo, most of which is compiling Kubernetes.
const firstDemoWithin = 90 * time.Minute

// measureFirstDemo runs "make demo ONCE=1" as a new user does: in a clone, with nothing
// compiled. Modules are there already: how long downloads take says nothing about us.
func measureFirstDemo(ctx context.Context, p *platform) (map[string]float64, error) {
	root, err := controlplane.RepositoryRoot()
	if err != nil {
		return nil, err
	}
	clone := filepath.Join(p.dir, "clone")
	//nolint:gosec // both paths are our own
	if printed, err := exec.CommandContext(ctx, "git", "clone", "--quiet", root, clone).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("cloning the repository: %w\n%s", err, printed)
	}
	demo := exec.CommandContext(ctx, "make", "demo", "ONCE=1")
	demo.Dir = clone
	demo.Env = append(slices.DeleteFunc(os.Environ(), isOfThisRun), "GOCACHE="+filepath.Join(p.dir, "cache"))
	demo.Stderr = os.Stderr
	// An interrupt ends make, but not what make has started: it is for all of them.
	demo.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	demo.Cancel = func() error { return syscall.Kill(-demo.Process.Pid, syscall.SIGINT) }
	if err := demo.Run(); err != nil {
		return nil, fmt.Errorf("running the demo: %w", err)
	}
	// With all that it has waited for.
	took := demo.ProcessState.UserTime() + demo.ProcessState.SystemTime()
	return map[string]float64{"first_demo_cpu_minutes": took.Minutes()}, nil
}

// isOfThisRun is true for a variable by which this process was told what is built already,
// or by make that it runs within another.
func isOfThisRun(variable string) bool {
	return strings.HasPrefix(variable, "KUBEBUILDER_ASSETS=") || strings.HasPrefix(variable, "MAKE") || strings.HasPrefix(variable, "MFLAGS=")
}
