package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
)

// environment returns a getenv.
func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func pod(namespace, name, uid string) func(string) string {
	return environment(map[string]string{podNamespaceEnv: namespace, podNameEnv: name, podUIDEnv: uid})
}

func TestALeaseIsHeldByAPod(t *testing.T) {
	identity := func(getenv func(string) string) string {
		t.Helper()
		found, err := leaseIdentity(getenv)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	first := identity(pod("ns", "operator-0", "uid-1"))
	if first != identity(pod("ns", "operator-0", "uid-1")) {
		t.Error("a process that is started again in its pod is another one")
	}
	if first == identity(pod("ns", "operator-0", "uid-2")) {
		t.Error("a new pod of the same name is taken for the old one")
	}
	if !strings.HasPrefix(first, "operator-0_") {
		t.Errorf("%q does not name the pod", first)
	}
	// Without the UID, nothing tells a pod from the one before it.
	for where, variables := range map[string]map[string]string{
		"two processes outside of pods":             nil,
		"two pods of which the name alone is known": {podNameEnv: "operator-0"},
	} {
		one, other := identity(environment(variables)), identity(environment(variables))
		if one == other {
			t.Errorf("%s are taken for one", where)
		}
	}
}

// leaseDuration is how long others wait for an operator that was killed. It is so
// long that a takeover cannot be mistaken for the end of the lease.
const leaseDuration = 20 * time.Second

// startOperator starts what competes for the lease of a namespace, and returns how
// to end it without a word to the API server, as "kill -9" does.
func startOperator(t *testing.T, getenv func(string) string) (elected <-chan struct{}, kill func()) {
	t.Helper()
	var o managerOptions
	flags := pflag.NewFlagSet("manager", pflag.ContinueOnError)
	o.addFlags(flags)
	if err := flags.Parse([]string{
		"--metrics-bind-address=0", "--health-probe-bind-address=0", "--leader-elect-lease-duration=" + leaseDuration.String(),
		"--leader-elect-retry-period=500ms",
	}); err != nil {
		t.Fatal(err)
	}
	options, err := o.options(logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	if err := o.elect(&options, plane.Config(), getenv); err != nil {
		t.Fatal(err)
	}
	options.LeaderElectionReleaseOnCancel = false
	mgr, err := ctrl.NewManager(plane.Config(), options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	var killed bool
	kill = func() {
		if killed {
			return
		}
		killed = true
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Start() error = %v", err)
		}
	}
	t.Cleanup(kill)
	return mgr.Elected(), kill
}

func TestARestartInTheSamePodTakesItsLeaseOver(t *testing.T) {
	namespace, err := plane.CreateNamespace(t.Context(), "lease")
	if err != nil {
		t.Fatal(err)
	}
	elected, kill := startOperator(t, pod(namespace, "operator-0", "uid-1"))
	awaitElection(t, elected, leaseDuration/2)
	kill()

	// A new pod of the same name must wait, the same pod need not.
	other, killOther := startOperator(t, pod(namespace, "operator-0", "uid-2"))
	again, _ := startOperator(t, pod(namespace, "operator-0", "uid-1"))
	began := time.Now()
	awaitElection(t, again, leaseDuration/2)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the restarted process leads after %v", took)
	}
	select {
	case <-other:
		t.Error("two operators lead at once")
	case <-time.After(3 * time.Second):
	}
	killOther()
	lease := &coordinationv1.Lease{}
	key := types.NamespacedName{Namespace: namespace, Name: "access-notifier.accessnotifier.dev"}
	if err := plane.Client().Get(t.Context(), key, lease); err != nil {
		t.Fatal(err)
	}
	if holder := *lease.Spec.HolderIdentity; holder != "operator-0_uid-1" || *lease.Spec.LeaseTransitions != 0 {
		t.Errorf("the lease is held by %q after %d transitions", holder, *lease.Spec.LeaseTransitions)
	}
}

func awaitElection(t *testing.T, elected <-chan struct{}, patience time.Duration) {
	t.Helper()
	select {
	case <-elected:
	case <-time.After(patience):
		t.Fatalf("it does not lead after %v", patience)
	}
}
