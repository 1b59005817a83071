// Package cli is the command line. It is the one place that wires the rooms of
// the house together.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
)

// Exit statuses besides 0, for scripts.
const (
	// exitFailed is that after an error.
	exitFailed = 1
	// exitWrong is that of a command line or a configuration that cannot be used as it is.
	exitWrong = 2
)

// exitError ends the process with a status of its own.
type exitError struct {
	status int
	// err is written to stderr; nil if all has been said.
	err error
}

// Error implements error.
func (e *exitError) Error() string { return fmt.Sprintf("exit status %d: %v", e.status, e.err) }

// Unwrap returns the cause.
func (e *exitError) Unwrap() error { return e.err }

var (
	// errFailed ends a command after it has said what failed.
	errFailed = &exitError{status: exitFailed}
	// errWrong ends a command whose configuration is wrong, after it has said how.
	errWrong = &exitError{status: exitWrong}
)

// wrongUsage is an error of the command line.
func wrongUsage(_ *cobra.Command, err error) error { return &exitError{status: exitWrong, err: err} }

// Run runs the command that a process was called with, its name included, until it ends or
// the process is asked to stop. It returns the exit status: 0, or 1 after an error, or 2
// for a wrong configuration, either of which has been told on stderr.
func Run(argv []string, stdout, stderr io.Writer) int {
	// The first signal ends ctx; after that signals act as usual, so that a
	// second one ends a process that takes too long.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	root := Command(argv[0])
	root.SetArgs(argv[1:])
	root.SetOut(stdout)
	root.SetErr(stderr)
	return conclude(root.ExecuteContext(ctx), stderr)
}

// conclude writes an error, and returns the exit status.
func conclude(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	status := exitFailed
	if exit, ok := errors.AsType[*exitError](err); ok {
		status, err = exit.status, exit.err
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "Error:", err)
	}
	return status
}

// Command returns the command line as a process has it that is called by a name: that of
// this program, or of one of Teleport's own plugins.
func Command(name string) *cobra.Command {
	if plugin, ok := pluginOf(name, registry.All()); ok {
		return plugin
	}
	root := &cobra.Command{
		Use:   "access-notifier",
		Short: "Tells reviewers about Teleport access requests, and keeps every message true",
		Long: `Access Notifier announces Teleport access requests in Slack, Discord, Google Chat,
Mattermost and Microsoft Teams, by e-mail, PagerDuty and webhook, and keeps each
message true until the request is over.

It runs as a Kubernetes operator (manager), or as one notifier on a Linux host
(start) from the file of one of Teleport's own access plugins. A link to it that
is called like such a plugin, as teleport-slack, has that plugin's commands.`,
		Example: `  # On a Linux host: write a configuration, edit it, use it.
  access-notifier configure slack >/etc/teleport-slack.toml
  access-notifier start -c /etc/teleport-slack.toml

  # What keeps an AccessNotifier in Kubernetes from being ready
  access-notifier check production -n access

  # Complete commands and flags in this shell
  source <(access-notifier completion bash)`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	all := registry.All()
	root.AddCommand(newStart(all, ""), newConfigure(all), newCheck(all), newVersion())
	root.AddCommand(operatorCommands(all)...)
	finish(root)
	return root
}
