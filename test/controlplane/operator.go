package controlplane

import (
	"context"
	"fmt"
	"os/exec"
)

// BuildOperator builds this repository's command at path. It takes minutes when
// nothing is cached, so the caller's time limit must not include it.
func BuildOperator(ctx context.Context, path string) error {
	root, err := RepositoryRoot()
	if err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", path, ".")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the operator: %w\n%s", err, output)
	}
	return nil
}
