// Package cli is the command line. It is the one place that wires the rooms of
// the house together.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Run runs a command until it ends or the process is asked to stop, and returns
// the exit status: 0, or 1 after an error, which has been written to stderr.
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
	if err := root.ExecuteContext(ctx); err != nil {
		_, _ = fmt.Fprintln(stderr, "Error:", err)
		return 1
	}
	return 0
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
	root.AddCommand(newManager(), newVersion())
	return root
}
