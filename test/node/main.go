// Command node tests the chart and the image on a real cluster, with pods: on one
// node of its own, or on the cluster of E2E_KUBECONFIG. `make test-node` builds
// what it needs and runs it.
//
// It installs the chart with two replicas in a namespace that enforces the Pod
// Security Standard "restricted", makes access requests in a simulated Teleport,
// looks for the messages in simulated chat services, and meanwhile breaks what
// breaks in clusters. It prints one line for each check, figures, and a summary on
// its standard output:
//
//	check NAME ok (SECONDS) DETAILS
//	check NAME FAILED (SECONDS): WHY
//	figure NAME VALUE UNIT
//	node: N checks, N ok, N failed, N skipped
//
// The exit status is 1 when a check failed, and 3 when nothing could be checked.
//
// # A soak
//
// "node soak" plays something else, see soak.go: what happens to a cluster in an hour, in ten
// minutes, under a steady load. It needs the node itself. `make soak` runs it.
//
// # A node of its own
//
// needs root on Linux, with containerd, runc, the CNI plugins and iproute2, which
// test/node/packages.sh installs. Nothing is left behind; see package cluster.
//
// # Another cluster
//
// Its nodes must reach this process: E2E_HOST is the address of this machine as
// pods see it, on which any port must be open. They must have the image, or be
// able to pull it: E2E_IMAGE is its name with a tag. With kind, for example:
//
//	make image IMAGE=ghcr.io/accessnotifier/access-notifier:e2e
//	kind load image-archive dist/image.tar
//	make test-node E2E_KUBECONFIG=$HOME/.kube/config E2E_HOST=172.18.0.1 \
//		E2E_IMAGE=ghcr.io/accessnotifier/access-notifier:e2e
//
// The tests make and delete the namespaces access-notifier-e2e and
// access-notifier-e2e-teleport and the CRD: use a cluster without AccessNotifiers.
// Checks that need the node itself are skipped, and named.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/accessnotifier/accessnotifier/test/node/cluster"
)

const (
	// inside is the argument that says that this process is enclosed.
	inside = "inside"
	// soaking is the argument that asks for a soak instead of the checks.
	soaking = "soak"
)

// statusSkipped is the exit status when nothing was checked.
const statusSkipped = 3

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, arguments []string) (status int) {
	switch {
	case len(arguments) > 0 && arguments[0] == inside:
		return playOnOwn(ctx, arguments[1:])
	case len(arguments) == 2 && arguments[0] == dialArgument:
		return dial(ctx, arguments[1])
	case len(arguments) > 0 && arguments[0] != soaking:
		complain("usage: node [soak [-minutes N] [-seed N] [-logs DIRECTORY]]")
		return 2
	case os.Getenv("E2E_KUBECONFIG") != "" && len(arguments) == 0:
		return playOn(ctx, site{
			kubeconfig: os.Getenv("E2E_KUBECONFIG"), host: os.Getenv("E2E_HOST"), image: os.Getenv("E2E_IMAGE"),
		})
	case os.Geteuid() != 0 || runtime.GOOS != "linux":
		fmt.Println("node: SKIPPED, nothing was checked: a node of its own needs root on Linux, and E2E_KUBECONFIG names no cluster")
		return statusSkipped
	}
	status, err := cluster.Enclose(ctx, append([]string{inside}, arguments...)...)
	if err != nil {
		complain("node: %v", err)
		return 1
	}
	return status
}

// playOnOwn starts a cluster and plays on it. It ends with this process.
func playOnOwn(ctx context.Context, arguments []string) (status int) {
	o := cluster.Options{Kubernetes: os.Getenv("NODE_KUBERNETES"), Pause: os.Getenv("NODE_PAUSE"), Router: os.Getenv("NODE_ROUTER")}
	if len(arguments) == 0 {
		s, err := ownSite(ctx, o)
		if err != nil {
			fmt.Println("node: 1 check, 0 ok, 1 failed, 0 skipped")
			return 1
		}
		return playOn(ctx, s)
	}
	options, err := soakFlags(arguments[1:])
	if err != nil {
		return 2
	}
	o.EtcdQuota = etcdQuota
	s, err := ownSite(ctx, o)
	if err != nil {
		return 1
	}
	return soakOn(ctx, s, options)
}

func ownSite(ctx context.Context, o cluster.Options) (s site, err error) {
	s = site{host: cluster.Address, image: os.Getenv("E2E_IMAGE")}
	err = timed("cluster", func() (details string, err error) {
		if s.own, err = cluster.Start(ctx, o); err != nil {
			return "", err
		}
		s.kubeconfig = s.own.Kubeconfig()
		return "the node is ready", s.own.ImportImage(ctx, os.Getenv("NODE_IMAGE_ARCHIVE"))
	})
	return s, err
}

func soakFlags(arguments []string) (o soakOptions, err error) {
	flags := flag.NewFlagSet(soaking, flag.ContinueOnError)
	flags.IntVar(&o.minutes, "minutes", 10, "for how many `minutes` things happen")
	flags.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()%1e6), "what decides what happens when")
	flags.StringVar(&o.logs, "logs", "", "keep the logs of all pods in a `directory`")
	return o, flags.Parse(arguments)
}

// soakOn plays a soak on a cluster.
func soakOn(ctx context.Context, s site, o soakOptions) (status int) {
	t, err := newTrial(ctx, s)
	if err != nil {
		complain("soak: %v", err)
		return 1
	}
	broken, err := playSoak(ctx, t, o)
	if err := errors.Join(err, t.close()); err != nil {
		complain("soak: %v", err)
		return 1
	}
	if len(broken) > 0 {
		complain("soak: %d promises are broken; seed %d", len(broken), o.seed)
		return 1
	}
	return 0
}

// playOn plays all checks on a cluster.
func playOn(ctx context.Context, s site) (status int) {
	t, err := newTrial(ctx, s)
	if err != nil {
		complain("node: %v", err)
		return 1
	}
	sum := t.play(ctx)
	if err := t.close(); err != nil {
		complain("node: %v", err)
		sum.failed++
	}
	fmt.Println(sum)
	if sum.failed > 0 || errors.Is(ctx.Err(), context.Canceled) {
		return 1
	}
	return 0
}

// complain prints for people; the standard output is for the lines of the checks.
func complain(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
}
