package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// finish adds what comes by itself when a command line runs, so that its manuals have it,
// too: the command that prints completions, each with an example.
func finish(root *cobra.Command) {
	addVersionFlag(root)
	root.InitDefaultCompletionCmd()
	for _, command := range root.Commands() {
		if command.Name() != "completion" {
			continue
		}
		command.Example = fmt.Sprintf("  source <(%s completion bash)", root.Name())
		for _, shell := range command.Commands() {
			shell.Example = "  " + shell.CommandPath()
		}
	}
}
