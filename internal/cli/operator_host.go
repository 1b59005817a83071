//go:build host

package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/accessnotifier/accessnotifier/internal/check"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

func operatorCommands(messenger.Registry) []*cobra.Command { return nil }

// objectOptions lead to no AccessNotifier.
type objectOptions struct{}

func (objectOptions) addFlags(*pflag.FlagSet) {}

func (objectOptions) several() bool { return false }

func (objectOptions) read(context.Context, []string, check.Options) ([]target, error) {
	return nil, &exitError{status: exitWrong, err: errors.New("this program is built for hosts and reads no AccessNotifiers: name a file with -f")}
}
