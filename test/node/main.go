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
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/accessnotifier/accessnotifier/test/node/cluster"
)

// inside is the argument that says that this process is enclosed.
const inside = "inside"

// statusSkipped is the exit status when nothing was checked.
const statusSkipped = 3

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, arguments []string) (status int) {
	switch {
	case len(arguments) == 1 && arguments[0] == inside:
		return playOnOwn(ctx)
	case len(arguments) == 2 && arguments[0] == dialArgument:
		return dial(ctx, arguments[1])
	case len(arguments) > 0:
		complain("usage: node")
		return 2
	case os.Getenv("E2E_KUBECONFIG") != "":
		return playOn(ctx, site{
			kubeconfig: os.Getenv("E2E_KUBECONFIG"), host: os.Getenv("E2E_HOST"), image: os.Getenv("E2E_IMAGE"),
		})
	case os.Geteuid() != 0 || runtime.GOOS != "linux":
		fmt.Println("node: SKIPPED, nothing was checked: a node of its own needs root on Linux, and E2E_KUBECONFIG names no cluster")
		return statusSkipped
	}
	status, err := cluster.Enclose(ctx, inside)
	if err != nil {
		complain("node: %v", err)
		return 1
	}
	return status
}

// playOnOwn starts a cluster and plays on it. It ends with this process.
func playOnOwn(ctx context.Context) (status int) {
	s := site{host: cluster.Address, image: os.Getenv("E2E_IMAGE")}
	err := timed("cluster", func() (details string, err error) {
		s.own, err = cluster.Start(ctx, cluster.Options{
			Kubernetes: os.Getenv("NODE_KUBERNETES"), Pause: os.Getenv("NODE_PAUSE"), Router: os.Getenv("NODE_ROUTER"),
		})
		if err != nil {
			return "", err
		}
		s.kubeconfig = s.own.Kubeconfig()
		return "the node is ready", s.own.ImportImage(ctx, os.Getenv("NODE_IMAGE_ARCHIVE"))
	})
	if err != nil {
		fmt.Println("node: 1 check, 0 ok, 1 failed, 0 skipped")
		return 1
	}
	return playOn(ctx, s)
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
