package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/accessnotifier/accessnotifier/internal/cli"
)

// TestEveryCommandHasAManPage with its examples, and every shell a completion.
func TestEveryCommandHasAManPage(t *testing.T) {
	dir := t.TempDir()
	if err := generate(dir); err != nil {
		t.Fatal(err)
	}
	root := cli.Command("access-notifier")
	for _, command := range append([]*cobra.Command{root}, root.Commands()...) {
		name := strings.ReplaceAll(command.CommandPath(), " ", "-") + ".1"
		page, err := os.ReadFile(filepath.Join(dir, "man", name))
		if err != nil || !strings.Contains(string(page), "EXAMPLE") || strings.Contains(string(page), "Auto generated") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"access-notifier", "_access-notifier", "access-notifier.fish"} {
		if content, err := os.ReadFile(filepath.Join(dir, "completion", name)); err != nil || len(content) < 1000 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
