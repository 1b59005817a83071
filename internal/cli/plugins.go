package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessnotifier/accessnotifier/internal/config"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// configDirectory is where today's plugins look for their files.
const configDirectory = "/etc"

// pluginName returns how Teleport's own plugin for a messenger is called.
func pluginName(d messenger.Descriptor) string {
	return "teleport-" + strings.ToLower(d.Type)
}

// pluginFile returns the file that the plugin of a messenger is configured by.
func pluginFile(directory string, d messenger.Descriptor) string {
	return filepath.Join(directory, pluginName(d)+".toml")
}

// pluginFiles are those of all messengers.
func pluginFiles(directory string, all messenger.Registry) []string {
	files := make([]string, len(all))
	for i, d := range all {
		files[i] = pluginFile(directory, d)
	}
	return files
}

// findPluginFile returns the only one that there is.
func findPluginFile(directory string, all messenger.Registry) (string, error) {
	var found []string
	for _, file := range pluginFiles(directory, all) {
		if _, err := os.Stat(file); err == nil {
			found = append(found, file)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", fmt.Errorf("there is no configuration: name it with -c, or write one of %s", listOf(pluginFiles(directory, all)))
	default:
		return "", fmt.Errorf("there is more than one configuration: name one of %s with -c", listOf(found))
	}
}

func listOf(names []string) string { return strings.Join(names, ", ") }

// pluginOf returns the command line of the plugin that is called by a name, false if there
// is none.
func pluginOf(name string, all messenger.Registry) (*cobra.Command, bool) {
	for _, d := range all {
		if filepath.Base(name) == pluginName(d) {
			return newPlugin(d, all), true
		}
	}
	return nil, false
}

// newPlugin returns the commands of Teleport's own plugin for a messenger.
func newPlugin(d messenger.Descriptor, all messenger.Registry) *cobra.Command {
	name, file := pluginName(d), pluginFile(configDirectory, d)
	root := &cobra.Command{
		Use:   name,
		Short: "Announces Teleport access requests in " + d.Title(),
		Long: fmt.Sprintf(`Announces Teleport access requests in %s, and keeps each message true until the
request is over. This is Access Notifier, called by the name of Teleport's own
plugin, whose commands and file it has.`, d.Title()),
		Example:       fmt.Sprintf("  %s configure >%s\n  %s start", name, file, name),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	configure := &cobra.Command{
		Use:     "configure",
		Short:   "Print an example configuration",
		Example: fmt.Sprintf("  %s configure >%s", name, file),
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return printExample(cmd, d) },
	}
	root.AddCommand(configure, newStart(all, file), newVersion())
	finish(root)
	return root
}

func newConfigure(all messenger.Registry) *cobra.Command {
	sections := make([]string, len(all))
	for i, d := range all {
		sections[i] = strings.ToLower(d.Type)
	}
	return &cobra.Command{
		Use:       "configure " + strings.Join(sections, "|"),
		Short:     "Print an example configuration for a host",
		Long:      `Print a configuration for "access-notifier start", with comments that say what to write.`,
		Example:   "  access-notifier configure slack >/etc/teleport-slack.toml",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: sections,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, d := range all {
				if strings.ToLower(d.Type) == args[0] {
					return printExample(cmd, d)
				}
			}
			return fmt.Errorf("there is no messenger %q", args[0])
		},
	}
}

func printExample(cmd *cobra.Command, d messenger.Descriptor) error {
	_, err := fmt.Fprint(cmd.OutOrStdout(), config.Example(d, pluginFile(configDirectory, d)))
	return err
}
