package controllers_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/controllers"
	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

// What all tests share. Each test has a namespace, a Teleport, a bot and
// channels of its own.
var (
	plane      *controlplane.ControlPlane
	slack      = messengertest.NewSlack(messengertest.Options{Token: "xoxb-nobodys-token"})
	discord    = messengertest.NewDiscord(messengertest.Options{})
	mattermost = messengertest.NewMattermost(messengertest.Options{})
	pagerDuty  = messengertest.NewPagerDuty(messengertest.Options{})
	operator   = &operatorLog{}
	traffic    = &requestLog{}
	// polling is the traffic of an operator that polls Secrets, and watches
	// the AccessNotifiers with the label polled only.
	polling = &requestLog{}
)

const (
	polled = "polled"
	// restarted is the label of what an operator of one test watches.
	restarted = "restarted"
	// pollInterval is how often that operator looks at Secrets.
	pollInterval = time.Second
)

func TestMain(m *testing.M) {
	flag.Parse()
	// Nearly all of the tests' time is spent waiting for Teleport's client, which
	// tries for 15 seconds before it says why an address does not work.
	if err := flag.Set("test.parallel", "64"); err != nil {
		panic(err)
	}
	os.Exit(controlplane.Main(withOperator{m}, controlplane.Options{}, &plane))
}

// withOperator runs tests while the operators run.
type withOperator struct {
	tests *testing.M
}

func (w withOperator) Run() int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended, err := startOperators(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "starting the operators:", err)
		return 1
	}
	defer slack.Close()
	defer discord.Close()
	defer mattermost.Close()
	defer pagerDuty.Close()

	status := w.tests.Run()
	stop()
	if err := errors.Join(<-ended, <-ended); err != nil {
		fmt.Fprintln(os.Stderr, "running the operators:", err)
		return 1
	}
	if err := operator.check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

// startOperators runs two operators in this process: one that watches Secrets,
// and one that polls them. Both send to ended when they have.
func startOperators(ctx context.Context) (ended chan error, err error) {
	if err := errors.Join(slack.Listen(""), discord.Listen(""), mattermost.Listen(""), pagerDuty.Listen("")); err != nil {
		return nil, err
	}
	log := funcr.New(operator.write, funcr.Options{Verbosity: 1})
	ctrl.SetLogger(log)
	klog.SetLogger(log)
	role, err := generatedRole()
	if err != nil {
		return nil, err
	}
	ended = make(chan error, 2)
	return ended, errors.Join(
		startOperator(ctx, ended, operatorOptions{role: role, selector: "!" + polled + ",!" + restarted, traffic: traffic}),
		startOperator(ctx, ended, operatorOptions{role: strictRole(role), selector: polled, traffic: polling, interval: pollInterval}),
	)
}

// operatorOptions is how one operator differs from another.
type operatorOptions struct {
	role     *rbacv1.ClusterRole
	selector string
	traffic  *requestLog
	interval time.Duration
}

// startOperator runs an operator, wired as the command line does it, as a user
// with the rights of a role and no others.
func startOperator(ctx context.Context, ended chan<- error, o operatorOptions) error {
	config, err := operatorConfig(ctx, o)
	if err != nil {
		return err
	}
	return runOperator(ctx, ended, config, o)
}

// runOperator is startOperator for a user that exists.
func runOperator(ctx context.Context, ended chan<- error, config *rest.Config, o operatorOptions) error {
	selector, err := labels.Parse(o.selector)
	if err != nil {
		return err
	}
	log := funcr.New(operator.write, funcr.Options{Verbosity: 1})
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:     plane.Client().Scheme(),
		Logger:     log,
		Metrics:    server.Options{BindAddress: "0"},
		Cache:      cache.Options{ByObject: map[client.Object]cache.ByObject{&v1alpha1.AccessNotifier{}: {Label: selector}}},
		Client:     client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
		Controller: ctrlconfig.Controller{SkipNameValidation: new(true)}, // two in one process
	})
	if err != nil {
		return err
	}
	notifiers := supervisor.New(supervisor.Options{
		Log:    log.WithName("notifier"),
		Pool:   teleport.NewPool(teleport.Options{Log: log.WithName("teleport"), Guard: dialguard.New(dialguard.Loopback()...)}),
		URLs:   map[string]string{"Slack": slack.URL(), "Discord": discord.URL(), "PagerDuty": pagerDuty.URL()},
		Timing: notifier.Timing{RetryCap: 2 * time.Second},

		AllowNetworks: dialguard.Loopback(),
	})
	reconciler := &controllers.AccessNotifierReconciler{
		Client:     mgr.GetClient(),
		Secrets:    mgr.GetAPIReader(),
		Supervisor: notifiers,
		Recorder:   mgr.GetEventRecorder("access-notifier"),

		SecretPollInterval: o.interval,
		CountInterval:      time.Second,
	}
	if err := errors.Join(mgr.Add(notifiers), reconciler.SetupWithManager(ctx, mgr)); err != nil {
		return err
	}
	go func() { ended <- mgr.Start(ctx) }()
	return nil
}

// generatedRole reads config/rbac/role.yaml.
func generatedRole() (*rbacv1.ClusterRole, error) {
	root, err := controlplane.RepositoryRoot()
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(root, "config", "rbac", "role.yaml"))
	if err != nil {
		return nil, err
	}
	role := &rbacv1.ClusterRole{}
	return role, sigsyaml.UnmarshalStrict(content, role)
}

// strictRole returns a role that may do as the other does, but may only get the
// Secrets that tests use, by their names.
func strictRole(role *rbacv1.ClusterRole) *rbacv1.ClusterRole {
	strict := role.DeepCopy()
	strict.Name += "-strict"
	for i := range strict.Rules {
		if rule := &strict.Rules[i]; slices.Contains(rule.Resources, "secrets") {
			rule.Verbs, rule.ResourceNames = []string{"get"}, []string{identitySecret, tokenSecret}
		}
	}
	return strict
}

// operatorConfig makes an operator's user, with its role.
func operatorConfig(ctx context.Context, o operatorOptions) (*rest.Config, error) {
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: o.role.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: o.role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: o.role.Name}},
	}
	if err := errors.Join(plane.Client().Create(ctx, o.role.DeepCopy()), plane.Client().Create(ctx, binding)); err != nil {
		return nil, err
	}
	user, err := plane.AddUser(o.role.Name)
	if err != nil {
		return nil, err
	}
	user.Config.Wrap(o.traffic.wrap)
	// The tests stand for many users; one client's limit would slow them down.
	user.Config.QPS, user.Config.Burst = 1000, 1000
	return user.Config, nil
}

// operatorLog keeps all that the operator logs at the finest level of its flags.
type operatorLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *operatorLog) write(prefix, args string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(prefix + " " + args + "\n")
}

// check fails if the log shows what is never the fault of an input: rights that
// the role lacks, reconciles that failed, panics.
func (l *operatorLog) check() error {
	for line := range strings.Lines(l.String()) {
		for _, sign := range []string{"forbidden", "Reconciler error", "anic"} {
			if strings.Contains(line, sign) {
				return fmt.Errorf("the operator has logged: %s", line)
			}
		}
	}
	return nil
}

// String returns what was logged so far.
func (l *operatorLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// requestLog keeps the requests that the operator makes of the API server.
type requestLog struct {
	mu   sync.Mutex
	list []string
	// accepts are the forms of answers that were asked for, by path.
	accepts map[string][]string
}

func (l *requestLog) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		l.mu.Lock()
		l.list = append(l.list, r.Method+" "+r.URL.Path)
		if l.accepts == nil {
			l.accepts = map[string][]string{}
		}
		l.accepts[r.URL.Path] = append(l.accepts[r.URL.Path], r.Header.Get("Accept"))
		l.mu.Unlock()
		return next.RoundTrip(r)
	})
}

// in returns the requests about a namespace that were made so far.
func (l *requestLog) in(namespace string) []string {
	var found []string
	for _, request := range l.all() {
		if strings.Contains(request, "/namespaces/"+namespace+"/") {
			found = append(found, request)
		}
	}
	return found
}

// all returns the requests that were made so far.
func (l *requestLog) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.list)
}

// about returns the forms of answers that were asked for at a path so far.
func (l *requestLog) about(path string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.accepts[path])
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	return f(r)
}
