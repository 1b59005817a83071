package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
)

// hostConfig is a plugin's file for Slack.
const hostConfig = `[teleport]
addr = %q
identity = %q
[slack]
token = %q
[role_to_recipients]
"*" = %q
`

// measureHost measures a notifier on a host, by the program that is built for hosts.
func measureHost(ctx context.Context, p *platform) (map[string]float64, error) {
	var idle, busy memory
	err := p.inWorld(ctx, "host", func(w *world) error {
		o, err := w.startOnHost()
		if err != nil {
			return err
		}
		if _, err := w.askOneByOne(ctx, 1); err != nil {
			return fmt.Errorf("%w%s", err, o.LogTail())
		}
		if idle, err = o.restingMemory(ctx); err != nil {
			return err
		}
		if _, err := w.askOneByOne(ctx, singles); err != nil {
			return fmt.Errorf("%w%s", err, o.LogTail())
		}
		if busy, err = o.restingMemory(ctx); err != nil {
			return err
		}
		return w.receipts.once()
	})
	if err != nil {
		return nil, err
	}
	note("  memory after the first request %v, after %d more %v", idle, singles, busy)
	return map[string]float64{"host_rss_mb": megabytes(idle.resident)}, nil
}

// startOnHost starts the command for hosts with a file of its own.
func (w *world) startOnHost() (*operator, error) {
	dir, err := os.MkdirTemp("", "bench-host")
	if err != nil {
		return nil, fmt.Errorf("making a directory for a configuration: %w", err)
	}
	w.onClose(func() error { return os.RemoveAll(dir) })
	identity, err := w.teleport.Identity(teleporttest.IdentityOptions{})
	if err != nil {
		return nil, fmt.Errorf("issuing an identity: %w", err)
	}
	file, config := filepath.Join(dir, "identity"), filepath.Join(dir, "config.toml")
	content := fmt.Sprintf(hostConfig, w.teleport.Addr(), file, messengertest.DefaultToken, channel)
	for path, content := range map[string][]byte{file: identity.File, config: []byte(content)} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, fmt.Errorf("writing a configuration: %w", err)
		}
	}
	command := exec.Command(w.hostBinary, "start", "-c", config, "--messenger-url=Slack="+w.chat.URL())
	command.Env = []string{}
	p, err := launch.Program(command)
	if err != nil {
		return nil, err
	}
	w.onClose(p.Stop)
	return &operator{p}, nil
}
