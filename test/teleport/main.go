// Command teleport plays on a real Teleport what was recorded of one, and some steps
// more, and compares every answer with that of the simulator in teleporttest.
//
// It makes requests and removes none that it has not made, but it is for a cluster
// that nothing else listens to. cluster.yaml has the roles and users that it needs.
// The environment says where the cluster is:
//
//	E2E_TELEPORT_ADDR             host:port of its Auth Service or Proxy
//	E2E_TELEPORT_PLUGIN_IDENTITY  identity file of the user e2e-plugin
//	E2E_TELEPORT_ADMIN_IDENTITY   identity file of the user e2e-admin
//
// It prints a line for each step. The exit status is 1 if an answer differs, and 2 if
// nothing could be compared.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest/replay"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

func run(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) (status int) {
	site, err := siteOf(getenv)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "No answer was compared:", err)
		return 2
	}
	steps, err := script()
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "No answer was compared:", err)
		return 2
	}
	different, err := compare(ctx, site, steps, stdout)
	switch {
	case err != nil:
		_, _ = fmt.Fprintln(stderr, "The comparison was not finished:", err)
		return 2
	case different > 0:
		_, _ = fmt.Fprintf(stderr, "The simulator answers %d of %d steps differently\n", different, len(steps))
		return 1
	default:
		return 0
	}
}

// siteOf reads where the real server is.
func siteOf(getenv func(string) string) (replay.Site, error) {
	// Long enough for a server that looks for what has expired every few seconds only.
	site := replay.Site{Address: getenv("E2E_TELEPORT_ADDR"), Short: 5 * time.Second}
	if site.Address == "" {
		return site, errors.New("E2E_TELEPORT_ADDR does not name a Teleport to compare the simulator with")
	}
	for name, identity := range map[string]*[]byte{
		"E2E_TELEPORT_PLUGIN_IDENTITY": &site.Plugin,
		"E2E_TELEPORT_ADMIN_IDENTITY":  &site.Admin,
	} {
		path := getenv(name)
		if path == "" {
			return site, fmt.Errorf("%s does not name an identity file", name)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return site, fmt.Errorf("%s: %w", name, err)
		}
		*identity = content
	}
	return site, nil
}

// script is what is played: a recording, and what was not recorded.
func script() ([]replay.Step, error) {
	root, err := controlplane.RepositoryRoot()
	if err != nil {
		return nil, err
	}
	recorded, err := replay.Read(filepath.Join(root, "internal", "teleport", "teleporttest", "testdata", "requests-and-plugin-data.jsonl"))
	return append(recorded, replay.Further()...), err
}
