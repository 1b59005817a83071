package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.uber.org/zap"
	"k8s.io/klog/v2"

	"github.com/accessnotifier/accessnotifier/internal/config"
	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/host"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
)

// startOptions are the flags of the start command.
type startOptions struct {
	config         string
	debug          bool
	logFormat      string
	pluginName     string
	healthAddress  string
	metricsAddress string
	reach          reach
	review         reviewOptions
}

// newStart returns the command for a default configuration, "" to look for one.
func newStart(all messenger.Registry, file string) *cobra.Command {
	var o startOptions
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Run one notifier on a host, from a plugin's file",
		Long: `Announce access requests as the file of one of Teleport's own access plugins
says, without Kubernetes. The section of the file tells which messenger it is.

Identity and token files are read again when they change. On SIGHUP the
configuration is read again, and the log file is opened anew; a wrong
configuration leaves all as it is. On SIGTERM, calls in flight are finished. A
configuration that is wrong at the start is told on the standard error, one
problem per line as FILE:LINE: PROBLEM, and the exit status is 2.

What was posted is recorded in Teleport, under a name that is made of the
messenger and --plugin-name and not of the host: two hosts with one
configuration post each request once. What one of them leaves undone, the other
takes over 30 seconds after it has seen that it was begun.`,
		Example: `  access-notifier start -c /etc/teleport-slack.toml

  # With metrics and a health check on this machine:
  access-notifier start -c /etc/teleport-slack.toml \
    --metrics-bind-address=127.0.0.1:8080 --health-probe-bind-address=127.0.0.1:8081`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd, all) },
	}
	o.addFlags(cmd.Flags(), all, file)
	return cmd
}

func (o *startOptions) addFlags(flags *pflag.FlagSet, all messenger.Registry, file string) {
	usage := "The configuration"
	if file == "" {
		usage += "; default the one that there is of " + listOf(pluginFiles(configDirectory, all))
	}
	flags.StringVarP(&o.config, "config", "c", file, usage)
	flags.BoolVarP(&o.debug, "debug", "d", false, "Log more, whatever the configuration says")
	addLogFormat(flags, &o.logFormat, "console")
	flags.StringVar(&o.pluginName, "plugin-name", "", "Name that tells this notifier from others of the same messenger in one Teleport cluster, and its records from theirs; default the messenger's name")
	flags.StringVar(&o.healthAddress, "health-probe-bind-address", "0", "Address that serves /healthz and /readyz, 0 to serve none")
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", "0", "Address that serves /metrics without authentication, 0 to serve none")
	o.review.addFlags(flags)
	// Whoever writes the configuration is the operator of this host: private networks and
	// this machine are theirs, as the default address of today's plugins has it.
	o.reach.always = dialguard.Loopback()
	o.reach.addFlags(flags, all, "its link, metadata services, and what is reserved; default none. This machine and private networks are allowed")
}

func (o *startOptions) run(cmd *cobra.Command, all messenger.Registry) error {
	if err := o.review.check(); err != nil {
		return err
	}
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)

	level := zap.NewAtomicLevel()
	output := host.NewOutput(cmd.OutOrStdout(), cmd.ErrOrStderr())
	defer output.Close()
	log, err := newLogger(output, o.logFormat, level)
	if err != nil {
		return err
	}
	klog.SetLogger(log)
	counters := metrics.New(Version())
	notifiers, err := o.reach.supervisor(log, counters, o.review.url)
	if err != nil {
		return err
	}
	if o.config == "" {
		if o.config, err = findPluginFile(configDirectory, all); err != nil {
			_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "Error:", err)
			return errWrong
		}
	}
	h, problems := host.Load(host.Options{
		Path:       o.config,
		PluginName: o.pluginName,
		Messengers: all,
		Supervisor: notifiers,
		Log:        log,
		Output:     output,
		SetSeverity: func(severity string) {
			if o.debug {
				severity = "debug"
			}
			level.SetLevel(levels[severity])
		},
	})
	for _, problem := range problems {
		_, _ = fmt.Fprintln(cmd.ErrOrStderr(), problem)
	}
	if !config.Usable(problems) {
		return errWrong
	}
	readiness := metrics.NewReadiness(func() []metrics.Readiness {
		key := h.Key()
		snapshot, ok := notifiers.Snapshot(key)
		return []metrics.Readiness{{Namespace: key.Namespace, Name: key.Name, Ready: ok && host.Ready(snapshot)}}
	})
	return o.serveAnd(cmd.Context(), []prometheus.Collector{counters, notifiers, readiness}, func(ctx context.Context) error {
		return o.review.listenWhile(ctx, notifiers, log, func(ctx context.Context) error { return h.Run(ctx, reload) })
	})
}
