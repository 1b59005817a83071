package cli

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is stamped by the build; see the Makefile.
var version = ""

// Version returns the version of this build, "devel" if none was stamped.
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// build is what is known of this program.
type build struct {
	Version   string `json:"version"`
	GoVersion string `json:"goVersion"`
	Platform  string `json:"platform"`
}

func about() build {
	return build{Version: Version(), GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
}

func (b build) line() string {
	return fmt.Sprintf("access-notifier %s (%s %s)\n", b.Version, b.GoVersion, b.Platform)
}

// addVersionFlag adds --version. That of cobra prints another line, unless it is given a
// template: templates call methods by name, so that the linker keeps all there are.
func addVersionFlag(root *cobra.Command) {
	show := root.Flags().BoolP("version", "v", false, "version for "+root.Name())
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if !*show {
			return cmd.Help()
		}
		_, err := fmt.Fprint(cmd.OutOrStdout(), about().line())
		return err
	}
}

func newVersion() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Example: `  access-notifier version

  # For scripts
  access-notifier version -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch output {
			case "text":
				_, err := fmt.Fprint(cmd.OutOrStdout(), about().line())
				return err
			case "json":
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				return encoder.Encode(about())
			default:
				return wrongUsage(cmd, fmt.Errorf("--output must be text or json, not %q", output))
			}
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "Form of the output: text or json")
	cmd.SetFlagErrorFunc(wrongUsage)
	return cmd
}
