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
)

// Exit statuses of commands, for scripts.
const (
	// exitFailed is that after an error.
	exitFailed = 1
	// exitUsage is that after a wrong command line or a wrong file.
	exitUsage = 2
)

// exitError ends the process with a status of its own.
type exitError struct {
	status int
	// err is written to stderr; nil if all has been said.
	err error
}

// Error implements error.
func (e *exitError) Error() string { return fmt.Sprint(e.err) }

// Unwrap returns the cause.
func (e *exitError) Unwrap() error { return e.err }

// wrongUsage is an error of the command line.
func wrongUsage(_ *cobra.Command, err error) error { return &exitError{status: exitUsage, err: err} }

// Run runs a command until it ends or the process is asked to stop, and returns
// the exit status: 0, or another after an error, which has been written to stderr.
func Run(args []string, stdout, stderr io.Writer) int {
	// The first signal ends ctx; after that signals act as usual, so that a
	// second one ends a process that takes too long.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	root := newRoot()
	root.SetArgs(args)
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

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "access-notifier",
		Short: "Tells reviewers about Teleport access requests, and keeps every message true",
		Long: `Access Notifier announces Teleport access requests in Slack, Discord and
Mattermost and keeps each message true until the request is over.`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.AddCommand(newManager(), newCheck(), newMigrate(), newVersion())
	return root
}
