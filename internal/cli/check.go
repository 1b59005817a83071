package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/accessnotifier/accessnotifier/internal/check"
	"github.com/accessnotifier/accessnotifier/internal/config"
	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
)

// checkOptions are the flags of the check command.
type checkOptions struct {
	all        messenger.Registry
	file       string
	pluginName string
	object     objectOptions
	tbotConfig string
	sendTest   bool
	output     string
	timeout    time.Duration
	reach      reach
}

func newCheck(all messenger.Registry) *cobra.Command {
	o := checkOptions{all: all}
	cmd := &cobra.Command{
		Use:   "check (-f FILE | NAME | --all)",
		Short: "Check that a notifier can work, and say what to do where it cannot",
		Long: `Check everything that a notifier needs, without running one: the identity,
Teleport and each permission there, the bot and its scopes, and every recipient.

FILE is a file of Teleport's own plugins, as access-notifier start takes it. NAME
is an AccessNotifier in Kubernetes, which is read with your kubeconfig, together
with the Secrets that it names and no others; --all checks all of a namespace.

All is tried from where the command runs: an address that only the cluster knows is
tried in the operator's pod. Nothing is changed and nothing is posted, unless --send-test asks for it. The exit
status is 0 if nothing failed, 1 if something did, and 2 if the command line or the
file is wrong.`,
		Example: `  # Before a plugin is replaced on this host
  access-notifier check -f /etc/teleport-slack.toml

  # What keeps an AccessNotifier from being ready
  access-notifier check production -n access

  # All AccessNotifiers of the cluster
  access-notifier check -A

  # The same as the first from the operator's pod
  kubectl exec -n access-notifier deploy/access-notifier -- \
    /access-notifier check production -n access

  # Post a message, marked as a test, to every recipient
  access-notifier check production -n access --send-test`,
		Args: o.args,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	o.addFlags(cmd.Flags())
	cmd.SetFlagErrorFunc(wrongUsage)
	return cmd
}

func (o *checkOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVarP(&o.file, "file", "f", "", "File of one of Teleport's own plugins, in place of an AccessNotifier")
	flags.StringVar(&o.pluginName, "plugin-name", "", "With -f, the --plugin-name that start is given; default the messenger's name")
	o.object.addFlags(flags)
	flags.StringVar(&o.tbotConfig, "tbot-config", "", "Configuration of tbot, to check it as well; default none")
	flags.BoolVar(&o.sendTest, "send-test", false, "Post a message to every recipient that says that it is a test")
	flags.StringVarP(&o.output, "output", "o", "table", "Form of the output: table or json")
	flags.DurationVar(&o.timeout, "timeout", 2*time.Minute, "How long all checks may take together")
	o.reach.addFlags(flags, o.all, "as those of the operator, or of start with -f; default none")
}

// args checks that there is one thing to check.
func (o *checkOptions) args(cmd *cobra.Command, args []string) error {
	several := o.object.several()
	switch {
	case o.file == "" && !several && len(args) != 1:
		return wrongUsage(cmd, errors.New("name one AccessNotifier, or a file with -f, or all with --all"))
	case o.file != "" && len(args) > 0:
		return wrongUsage(cmd, errors.New("name an AccessNotifier or a file with -f, not both"))
	case o.file == "" && o.pluginName != "":
		return wrongUsage(cmd, errors.New("--plugin-name goes with a file: add -f"))
	case several && (o.file != "" || len(args) > 0):
		return wrongUsage(cmd, errors.New("name an AccessNotifier or a file, or check all, not both"))
	case o.output != "table" && o.output != "json":
		return wrongUsage(cmd, fmt.Errorf("--output must be table or json, not %q", o.output))
	default:
		return nil
	}
}

func (o *checkOptions) run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	targets, err := o.targets(ctx, args, stderr)
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		_, err = fmt.Fprintln(stderr, "There are no AccessNotifiers to check")
		return err
	}
	for _, t := range targets {
		report := check.Run(ctx, t.options)
		if !report.OK() {
			err = errFailed
		}
		if printed := o.print(stdout, t, report); printed != nil {
			return printed
		}
	}
	return err
}

func (o *checkOptions) print(stdout io.Writer, t target, report check.Report) error {
	if o.output == "json" {
		return report.PrintJSON(stdout)
	}
	if o.object.several() {
		if _, err := fmt.Fprintf(stdout, "AccessNotifier %s\n\n", t.name); err != nil {
			return err
		}
		defer func() { _, _ = fmt.Fprintln(stdout) }()
	}
	return report.Print(stdout, hasColours(stdout, os.Getenv))
}

// target is what is checked.
type target struct {
	// name is that of an AccessNotifier, with its namespace.
	name    string
	options check.Options
}

// targets reads what is to be checked.
func (o *checkOptions) targets(ctx context.Context, args []string, stderr io.Writer) ([]target, error) {
	options, err := o.options()
	if err != nil {
		return nil, &exitError{status: exitWrong, err: err}
	}
	if o.file == "" {
		return o.object.read(ctx, args, options)
	}
	err = o.readFile(&options, stderr)
	return []target{{options: options}}, err
}

// options are those of all targets.
func (o *checkOptions) options() (check.Options, error) {
	options := check.Options{SendTest: o.sendTest}
	if o.file != "" {
		// What start reaches from here, too.
		o.reach.always = dialguard.Loopback()
	}
	networks, err := o.reach.networks()
	if err != nil {
		return options, err
	}
	bots, err := o.reach.supervisor(logr.Discard(), nil, "")
	if err != nil {
		return options, err
	}
	if o.tbotConfig != "" {
		if options.Tbot, err = os.ReadFile(o.tbotConfig); err != nil {
			return options, fmt.Errorf("reading --tbot-config: %w", err)
		}
	}
	options.Teleport = teleport.Dialer{Guard: dialguard.New(networks...)}
	options.NewMessenger, options.Remote = bots.NewMessenger, bots.Remote
	return options, nil
}

// readFile reads a plugin's file. One that is wrong is not checked any further; files
// that it names and that cannot be used are part of the report.
func (o *checkOptions) readFile(options *check.Options, stderr io.Writer) error {
	file, problems := config.Read(o.file, o.all)
	if !config.Usable(problems) {
		for _, p := range problems {
			_, _ = fmt.Fprintln(stderr, p)
		}
		return errWrong
	}
	material, wrong := file.Material(config.Material{}, time.Now())
	for _, p := range append(problems, wrong...) {
		where := "file"
		if p.Line > 0 {
			where = fmt.Sprintf("line %d", p.Line)
		}
		options.Problems = append(options.Problems, check.Problem{Where: where, Message: p.Message, Warning: p.Warning})
	}
	options.Spec = file.Spec(material, o.pluginName)
	options.Sender = "access-notifier check -f " + file.Name
	return nil
}

// hasColours reports whether w shows colours and its reader wants them.
func hasColours(w io.Writer, getenv func(string) string) bool {
	file, ok := w.(*os.File)
	return ok && wantsColours(getenv) && term.IsTerminal(int(file.Fd()))
}

// wantsColours reads the environment as no-color.org has it.
func wantsColours(getenv func(string) string) bool {
	return getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}
