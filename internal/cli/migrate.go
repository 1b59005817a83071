//go:build !host

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/accessnotifier/accessnotifier/config/crd"
	"github.com/accessnotifier/accessnotifier/internal/config"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/migrate"
)

// The forms that notifiers are written in.
const (
	toManifests = "manifests"
	toValues    = "values"
)

// migrateOptions are the flags of the migrate command.
type migrateOptions struct {
	all            messenger.Registry
	files          []string
	to             string
	namespace      string
	includeSecrets bool
	check          bool
}

func newMigrate(all messenger.Registry) *cobra.Command {
	o := migrateOptions{all: all}
	cmd := &cobra.Command{
		Use:   "migrate -f FILE...",
		Short: "Translate the configuration of Teleport's own plugins",
		Long: `Translate what Teleport's Slack, Discord and Mattermost plugins are configured by
into AccessNotifiers, or into values of this project's Helm chart. A FILE is the TOML
file of a plugin, or the values of its Helm chart; - reads from standard input.

The result is written to standard output. Each key without a counterpart is named on
standard error. Secrets are written with --include-secrets only; else the commands
that create them are, as comments.

Nothing is applied. The result is checked against the schema of AccessNotifiers with
all its rules. The exit status is 0 if all is well, 1 if the result breaks a rule, and
2 if the command line or a file is wrong.`,
		Example: `  # A plugin on this host
  access-notifier migrate -f /etc/teleport-slack.toml -n access >notifier.yaml

  # A plugin that Helm has installed, with its secrets
  helm get values teleport-plugin-slack -o yaml |
    access-notifier migrate -f - -n access --include-secrets | kubectl apply -f -

  # Several plugins into values of the chart
  access-notifier migrate -f slack.toml -f mattermost.yaml --to values >values.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(o.files) == 0 {
				return wrongUsage(cmd, errors.New("name the plugin's file with -f"))
			}
			if o.to != toManifests && o.to != toValues {
				return wrongUsage(cmd, fmt.Errorf("--to must be %s or %s, not %q", toManifests, toValues, o.to))
			}
			// A shell makes several words of one pattern after -f.
			o.files = append(o.files, args...)
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	o.addFlags(cmd.Flags())
	cmd.SetFlagErrorFunc(wrongUsage)
	return cmd
}

func (o *migrateOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&o.files, "file", "f", nil, "File of a plugin, or values of its chart; may be repeated")
	flags.StringVar(&o.to, "to", toManifests, "Form of the result: manifests, or values of the chart")
	flags.StringVarP(&o.namespace, "namespace", "n", "", "Namespace to write into the result; default none")
	flags.BoolVar(&o.includeSecrets, "include-secrets", false, "Read the secrets that the files hold or name, and write them into the result")
	flags.BoolVar(&o.check, "check", false, "Write no result, only whether it is valid")
}

func (o *migrateOptions) run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	inputs, problems := o.read(stdin)
	notifiers, more := migrate.Translate(inputs, migrate.Options{Messengers: o.all, IncludeSecrets: o.includeSecrets})
	problems = append(problems, more...)
	target := migrate.Target{Namespace: o.namespace, IncludeSecrets: o.includeSecrets}
	result, more, err := o.write(target, notifiers)
	if err != nil {
		return err
	}
	problems = append(problems, more...)
	for _, p := range problems {
		_, _ = fmt.Fprintln(stderr, p)
	}
	if !config.Usable(problems) {
		return errWrong
	}
	if err := validate(ctx, target, notifiers, stderr); err != nil {
		return err
	}
	if !o.check {
		_, err = stdout.Write(result)
		return err
	}
	for _, n := range notifiers {
		_, _ = fmt.Fprintf(stdout, "%s: AccessNotifier %s is valid\n", n.Source, n.Name)
	}
	return nil
}

func (o *migrateOptions) read(stdin io.Reader) (inputs []migrate.Input, problems []migrate.Problem) {
	for _, name := range o.files {
		content, err := config.ReadFile(name)
		if name == "-" {
			name = "standard input"
			content, err = io.ReadAll(stdin)
		}
		if err != nil {
			problems = append(problems, migrate.Problem{File: name, Message: "The file " + err.Error()})
			continue
		}
		inputs = append(inputs, migrate.Input{Name: name, Content: content})
	}
	return inputs, problems
}

func (o *migrateOptions) write(target migrate.Target, notifiers []*migrate.Notifier) ([]byte, []migrate.Problem, error) {
	if o.to == toValues {
		return target.Values(notifiers)
	}
	return target.Manifests(notifiers)
}

// validate names the rules of the API that a result breaks.
func validate(ctx context.Context, target migrate.Target, notifiers []*migrate.Notifier, stderr io.Writer) error {
	schema, err := migrate.NewSchema(crd.AccessNotifiers)
	if err != nil {
		return err
	}
	valid := true
	for _, n := range notifiers {
		for _, wrong := range schema.Validate(ctx, target.Object(n)) {
			valid = false
			_, _ = fmt.Fprintf(stderr, "%s: %s\n", n.Source, wrong)
		}
	}
	if !valid {
		return errFailed
	}
	return nil
}
