//go:build !host

package cli

import (
	"github.com/spf13/cobra"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// operatorCommands are those that know Kubernetes. The program that is built for hosts
// (-tags host) has none of them: without Kubernetes' modules it takes half the memory.
func operatorCommands(all messenger.Registry) []*cobra.Command {
	return []*cobra.Command{newManager(), newMigrate(all)}
}
