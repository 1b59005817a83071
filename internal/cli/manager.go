//go:build !host

package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/controllers"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
	"github.com/accessnotifier/accessnotifier/internal/metrics/access"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// managerOptions are the flags of the manager command.
type managerOptions struct {
	log              logOptions
	metricsAddress   string
	metricsSecure    bool
	metricsCertDir   string
	healthAddress    string
	pprofAddress     string
	leaderElect      bool
	leaderNamespace  string
	leaseDuration    time.Duration
	renewDeadline    time.Duration
	retryPeriod      time.Duration
	watchNamespaces  []string
	watchSelector    string
	secretPoll       time.Duration
	reach            reach
	review           reviewOptions
	allowReview      bool
	gracefulShutdown time.Duration
}

func newManager() *cobra.Command {
	var o managerOptions
	cmd := &cobra.Command{
		Use:   "manager",
		Short: "Run the Kubernetes operator",
		Long: `Run the operator: watch AccessNotifier objects, and announce the access
requests of the clusters that they name. The Kubernetes API server is found by
--kubeconfig, KUBECONFIG, the in-cluster ServiceAccount, or ~/.kube/config.`,
		Example: `  # In a pod:
  access-notifier manager

  # On a workstation, for the current context, with a readable log:
  access-notifier manager --leader-elect=false --log-format=console --metrics-bind-address=0`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := o.log.logger(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			config, err := ctrl.GetConfig()
			if err != nil {
				return fmt.Errorf("finding the Kubernetes API server: %w", err)
			}
			ctrl.SetLogger(log)
			klog.SetLogger(log)
			return o.run(cmd.Context(), config, log)
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *managerOptions) addFlags(flags *pflag.FlagSet) {
	o.log.addFlags(flags)
	var ofGetConfig flag.FlagSet
	ctrlconfig.RegisterFlags(&ofGetConfig)
	flags.AddGoFlagSet(&ofGetConfig)
	flags.Lookup(ctrlconfig.KubeconfigFlagName).Usage = "Kubeconfig to use; default that of $KUBECONFIG, the in-cluster ServiceAccount, or ~/.kube/config"
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", ":8443", "Address that serves /metrics, 0 to serve none")
	flags.BoolVar(&o.metricsSecure, "metrics-secure", true, "Serve metrics over HTTPS, and authorize scrapes with the Kubernetes API")
	flags.StringVar(&o.metricsCertDir, "metrics-cert-dir", "", "Directory with the certificate of the metrics, tls.crt and tls.key, which is read again when it changes; default one that the operator signs for itself at each start")
	flags.StringVar(&o.healthAddress, "health-probe-bind-address", ":8081", "Address that serves /healthz and /readyz")
	flags.StringVar(&o.pprofAddress, "pprof-bind-address", "", "Address that serves profiles at /debug/pprof/ without authentication; use a loopback address such as 127.0.0.1:6060; default none")
	flags.BoolVar(&o.leaderElect, "leader-elect", true, "Enable leader election; only the leader delivers")
	flags.StringVar(&o.leaderNamespace, "leader-elect-namespace", "", "Namespace of the lease; default that of the operator's pod")
	flags.DurationVar(&o.leaseDuration, "leader-elect-lease-duration", 15*time.Second, "How long other operators wait for a leader that does not renew its lease")
	flags.DurationVar(&o.renewDeadline, "leader-elect-renew-deadline", 10*time.Second, "How long a leader tries to renew its lease before it gives up")
	flags.DurationVar(&o.retryPeriod, "leader-elect-retry-period", 2*time.Second, "Wait between attempts to get or renew the lease")
	flags.StringSliceVar(&o.watchNamespaces, "watch-namespaces", nil, "Namespaces whose AccessNotifiers are reconciled; default all")
	flags.StringVar(&o.watchSelector, "watch-label-selector", "", "Label selector of the AccessNotifiers to reconcile; default all. Operators with different selectors or namespaces have leases of their own, and so share the work")
	flags.DurationVar(&o.secretPoll, "secret-poll-interval", 0, "Poll the Secrets that AccessNotifiers name this often, at least 1s, instead of watching (needs only get); 0 to watch the metadata of all Secrets")
	o.reach.addFlags(flags, registry.All(), "this machine, its link, metadata services, and what is reserved; default none")
	o.review.addFlags(flags)
	flags.BoolVar(&o.allowReview, "allow-review", true, "Let reviewers decide in chat where an AccessNotifier says so in spec.review; false: none does, whatever it says")
	flags.DurationVar(&o.gracefulShutdown, "graceful-shutdown-timeout", 25*time.Second, "How long deliveries in flight may take to finish on shutdown")
}

func (o *managerOptions) checkReview() error {
	if !o.allowReview && o.review.listens() {
		return errors.New("--review-bind-address is set, and --allow-review=false lets no reviewer decide in chat: leave one of them out")
	}
	return o.review.check()
}

// run runs the operator until ctx ends.
func (o *managerOptions) run(ctx context.Context, config *rest.Config, log logr.Logger) error {
	log.Info("Starting", "version", Version())
	if err := o.checkReview(); err != nil {
		return err
	}
	limit, err := limitMemory(os.Getenv)
	if err != nil {
		return err
	}
	if limit > 0 {
		log.Info("Limited the memory of Go", "bytes", limit)
	}
	counters := metrics.New(Version())
	notifiers, err := o.reach.supervisor(log, counters, o.review.url)
	if err != nil {
		return err
	}
	mgr, err := o.newManager(config, log)
	if err != nil {
		return err
	}
	readiness := metrics.NewReadiness(func() []metrics.Readiness {
		return readiness(ctx, mgr.GetClient(), mgr.Elected())
	})
	for _, collector := range []prometheus.Collector{counters, notifiers, readiness} {
		if err := ctrlmetrics.Registry.Register(collector); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	if err := mgr.Add(notifiers); err != nil {
		return fmt.Errorf("adding the supervisor: %w", err)
	}
	if err := o.addListener(mgr, notifiers, log); err != nil {
		return err
	}
	reconciler := &controllers.AccessNotifierReconciler{
		Client:     mgr.GetClient(),
		Secrets:    mgr.GetAPIReader(),
		Supervisor: notifiers,
		Recorder:   mgr.GetEventRecorder("access-notifier"),

		SecretPollInterval: o.secretPoll,
		ForbidReview:       !o.allowReview,
	}
	if err := reconciler.SetupWithManager(ctx, mgr); err != nil {
		return fmt.Errorf("setting up the controller: %w", err)
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("adding the health check: %w", err)
	}
	if err := mgr.AddReadyzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("adding the readiness check: %w", err)
	}
	if err := mgr.Start(ctx); err != nil {
		return fmt.Errorf("running the manager: %w", err)
	}
	log.Info("Stopped")
	return nil
}

// addListener has the operator listen for clicks, if it should, while it leads: only then it knows
// what a click is about.
func (o *managerOptions) addListener(mgr ctrl.Manager, notifiers *supervisor.Supervisor, log logr.Logger) error {
	if !o.review.listens() {
		return nil
	}
	door, err := o.review.door(notifiers, log)
	if err != nil {
		return err
	}
	if err := mgr.Add(manager.RunnableFunc(door.Run)); err != nil {
		return fmt.Errorf("adding the listener for clicks: %w", err)
	}
	return nil
}

// newManager makes what runs the controller while the operator leads.
func (o *managerOptions) newManager(config *rest.Config, log logr.Logger) (ctrl.Manager, error) {
	options, err := o.options(log)
	if err != nil {
		return nil, err
	}
	if err := o.elect(&options, config, os.Getenv); err != nil {
		return nil, err
	}
	mgr, err := ctrl.NewManager(config, options)
	if err != nil {
		return nil, fmt.Errorf("making the manager: %w", err)
	}
	return mgr, nil
}

func (o *managerOptions) options(log logr.Logger) (ctrl.Options, error) {
	selector, err := labels.Parse(o.watchSelector)
	if err != nil {
		return ctrl.Options{}, fmt.Errorf("reading --watch-label-selector: %w", err)
	}
	if o.secretPoll != 0 && o.secretPoll < time.Second {
		return ctrl.Options{}, fmt.Errorf("--secret-poll-interval is %v: it must be 1s or more, or 0 to watch", o.secretPoll)
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic("types cannot be registered: " + err.Error())
		}
	}
	metricsServer := server.Options{
		BindAddress:   o.metricsAddress,
		SecureServing: o.metricsSecure && o.metricsAddress != "0",
		CertDir:       o.metricsCertDir,
		// HTTP/2 has had denial-of-service flaws that HTTP/1.1 has not, and a
		// scraper gains nothing by it.
		TLSOpts: []func(*tls.Config){func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }},
	}
	if metricsServer.SecureServing {
		metricsServer.FilterProvider = access.NewFilter
	}
	return ctrl.Options{
		Scheme:                        scheme,
		Logger:                        log,
		Metrics:                       metricsServer,
		HealthProbeBindAddress:        o.healthAddress,
		PprofBindAddress:              o.pprofAddress,
		LeaderElection:                o.leaderElect,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &o.leaseDuration,
		RenewDeadline:                 &o.renewDeadline,
		RetryPeriod:                   &o.retryPeriod,
		GracefulShutdownTimeout:       &o.gracefulShutdown,
		Cache:                         o.cache(selector),
		// Secrets are read one by one and never kept.
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
	}, nil
}

// elect completes the options with the lease to compete for.
func (o *managerOptions) elect(options *ctrl.Options, config *rest.Config, getenv func(string) string) error {
	if !o.leaderElect {
		return nil
	}
	selector, err := labels.Parse(o.watchSelector)
	if err != nil {
		return fmt.Errorf("reading --watch-label-selector: %w", err)
	}
	options.LeaderElectionResourceLockInterface, err = leaseLock(config, o.leaderNamespace, leaseName(selector, o.watchNamespaces), o.renewDeadline, getenv)
	return err
}

// cache keeps AccessNotifiers and the metadata of Secrets, without what is not
// read.
func (o *managerOptions) cache(selector labels.Selector) cache.Options {
	options := cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject:         map[client.Object]cache.ByObject{&v1alpha1.AccessNotifier{}: {Label: selector}},
	}
	if len(o.watchNamespaces) > 0 {
		options.DefaultNamespaces = map[string]cache.Config{}
		for _, namespace := range o.watchNamespaces {
			options.DefaultNamespaces[namespace] = cache.Config{}
		}
	}
	return options
}
