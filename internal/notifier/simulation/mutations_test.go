package simulation

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestMutationsApply holds the mutations against the engine that they break: one that does not apply
// any more would be missed only when all are tried, which takes long.
func TestMutationsApply(t *testing.T) {
	patches, err := filepath.Glob("testdata/mutations/*.patch")
	if err != nil || len(patches) == 0 {
		t.Fatalf("there are %d mutations, %v", len(patches), err)
	}
	for _, patch := range patches {
		check := exec.CommandContext(t.Context(), "git", "apply", "--check", filepath.Join("internal/notifier/simulation", patch))
		check.Dir = "../../.."
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", patch, err, out)
		}
	}
}
