package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// Address is the node's, at which pods reach its API server, on port 443, and
// whatever else listens in the enclosure.
const Address = "10.244.0.1"

const (
	// nodeName is the name of the node.
	nodeName = "node"
	// pollEvery is how often something is looked at that cannot tell by itself.
	pollEvery = 100 * time.Millisecond
	// readyWithin bounds the start of each part, on a slow and busy machine.
	readyWithin = 2 * time.Minute
)

// Options say where the binaries are that are no part of the system.
type Options struct {
	// Kubernetes is the directory of etcd, kube-apiserver,
	// kube-controller-manager, kube-scheduler and kubelet.
	Kubernetes string
	// Pause is the static binary of pods' first processes.
	Pause string
	// EtcdQuota is how many bytes etcd may store. Default: as many as etcd has by default.
	EtcdQuota int64
	// Router is kube-router, for EnforcePolicies.
	Router string
}

// Cluster is a running cluster.
type Cluster struct {
	options   Options
	authority *Authority
	// config reaches the API server as an administrator.
	config    *rest.Config
	client    client.Client
	apiServer *daemon
	kubelet   *daemon
	others    []*daemon
}

// Start starts a cluster in the enclosure that this program is in, and returns
// once its node is ready. It ends with the program.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	c := &Cluster{options: options}
	for _, step := range []func(context.Context) error{
		c.prepare, c.startNetwork, c.startRuntime, c.startControlPlane, c.startNode,
	} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("starting the cluster: %w", errors.Join(err, c.Alive()))
		}
	}
	return c, nil
}

// Kubeconfig is the file of an administrator's kubeconfig.
func (c *Cluster) Kubeconfig() string { return filepath.Join(state, "pki", "admin.kubeconfig") }

// Alive fails if a part of the cluster has ended by itself.
func (c *Cluster) Alive() error {
	var err error
	for _, d := range append(c.others[:len(c.others):len(c.others)], c.apiServer, c.kubelet) {
		if d != nil {
			err = errors.Join(err, d.alive())
		}
	}
	return err
}

// Processes are the ids of the processes of a pod's container, by the uid of the
// pod and the id of the container without its scheme.
func (c *Cluster) Processes(pod, container string) ([]int, error) { return processes(pod, container) }

// ResidentBytes is the memory of a pod by its uid, but for what the kernel could
// drop, such as pages of its binary.
func (c *Cluster) ResidentBytes(pod string) (int64, error) { return residentBytes(pod) }

// startNetwork makes the bridge that the node and its pods are on. The API server
// has the address of its own Service there, so that nothing has to lead from one
// to the other.
func (c *Cluster) startNetwork(ctx context.Context) error {
	for _, arguments := range [][]string{
		{"link", "set", "lo", "up"},
		{"link", "add", "node0", "type", "bridge"},
		{"address", "add", Address + "/24", "dev", "node0"},
		{"link", "set", "node0", "up"},
	} {
		if err := run(ctx, "ip", arguments...); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) startRuntime(ctx context.Context) error {
	if err := c.start(ctx, "containerd", "--config="+state+"/containerd.toml"); err != nil {
		return err
	}
	return wait.For(ctx, readyWithin, pollEvery, func() error {
		return errors.Join(c.Alive(), c.importPause(ctx, c.options.Pause))
	})
}

// start starts a daemon that is never restarted, from the binaries of Kubernetes or of the
// system.
func (c *Cluster) start(ctx context.Context, program string, arguments ...string) error {
	if own := filepath.Join(c.options.Kubernetes, program); exists(own) {
		program = own
	}
	d, err := startDaemon(ctx, program, arguments...)
	if err != nil {
		return err
	}
	c.others = append(c.others, d)
	return nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func (c *Cluster) startControlPlane(ctx context.Context) error {
	if err := c.start(ctx, "etcd", "--data-dir="+state+"/etcd", "--unsafe-no-fsync", "--log-level=warn",
		"--listen-client-urls="+etcdURL, "--advertise-client-urls="+etcdURL,
		fmt.Sprintf("--quota-backend-bytes=%d", c.options.EtcdQuota)); err != nil {
		return err
	}
	if err := c.startAPIServer(ctx); err != nil {
		return err
	}
	if err := c.connect(); err != nil {
		return err
	}
	if err := c.awaitAPIServer(ctx); err != nil {
		return err
	}
	if err := c.start(ctx, "kube-controller-manager", "--kubeconfig="+state+"/pki/controller-manager.kubeconfig",
		"--root-ca-file="+state+"/pki/ca.crt", "--service-account-private-key-file="+state+"/pki/tokens.key",
		"--use-service-account-credentials", "--leader-elect=false"); err != nil {
		return err
	}
	return c.start(ctx, "kube-scheduler", "--kubeconfig="+state+"/pki/scheduler.kubeconfig", "--leader-elect=false")
}

func (c *Cluster) startAPIServer(ctx context.Context) (err error) {
	pki := state + "/pki/"
	c.apiServer, err = startDaemon(ctx, filepath.Join(c.options.Kubernetes, "kube-apiserver"),
		"--etcd-servers="+etcdURL,
		"--bind-address="+Address, "--advertise-address="+Address, "--secure-port=443",
		// The first address of the range is that of the Service "kubernetes".
		"--service-cluster-ip-range=10.244.0.0/28",
		"--tls-cert-file="+pki+"apiserver.crt", "--tls-private-key-file="+pki+"apiserver.key", "--client-ca-file="+pki+"ca.crt",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+pki+"tokens.pub", "--service-account-signing-key-file="+pki+"tokens.key",
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
		"--kubelet-preferred-address-types=InternalIP", "--kubelet-certificate-authority="+pki+"ca.crt",
		"--kubelet-client-certificate="+pki+"apiserver.crt", "--kubelet-client-key="+pki+"apiserver.key",
	)
	return err
}

func (c *Cluster) connect() (err error) {
	if c.config, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig()); err != nil {
		return err
	}
	c.client, err = client.New(c.config, client.Options{})
	return err
}

// awaitAPIServer returns once the API server says that it is ready.
func (c *Cluster) awaitAPIServer(ctx context.Context) error {
	caller, err := rest.HTTPClientFor(c.config)
	if err != nil {
		return err
	}
	caller.Timeout = 5 * time.Second
	return wait.For(ctx, readyWithin, pollEvery, func() error {
		if err := c.apiServer.alive(); err != nil {
			return err
		}
		response, err := caller.Get("https://" + Address + "/readyz")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("the API server answers %s", response.Status)
		}
		return nil
	})
}

// RestartAPIServer kills the API server, and starts it again after a while.
func (c *Cluster) RestartAPIServer(ctx context.Context, down time.Duration) error {
	c.apiServer.kill()
	if err := wait.Pause(ctx, down); err != nil {
		return err
	}
	if err := c.startAPIServer(ctx); err != nil {
		return err
	}
	return c.awaitAPIServer(ctx)
}

func (c *Cluster) startNode(ctx context.Context) (err error) {
	c.kubelet, err = startDaemon(ctx, filepath.Join(c.options.Kubernetes, "kubelet"),
		"--config="+state+"/kubelet.yaml", "--kubeconfig="+state+"/pki/kubelet.kubeconfig",
		"--root-dir="+state+"/kubelet", "--cert-dir="+state+"/kubelet/pki",
		"--hostname-override="+nodeName, "--node-ip="+Address)
	if err != nil {
		return err
	}
	return wait.For(ctx, readyWithin, pollEvery, func() error {
		if err := c.Alive(); err != nil {
			return err
		}
		return c.nodeReady(ctx)
	})
}

func (c *Cluster) nodeReady(ctx context.Context) error {
	node := &corev1.Node{}
	if err := c.client.Get(ctx, client.ObjectKey{Name: nodeName}, node); err != nil {
		return err
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue {
			return nil
		}
	}
	return errors.New("the node is not ready")
}

// RestartKubelet kills the kubelet, and starts it again after a while. Pods go on.
func (c *Cluster) RestartKubelet(ctx context.Context, down time.Duration) error {
	c.kubelet.kill()
	if err := wait.Pause(ctx, down); err != nil {
		return err
	}
	return c.startNode(ctx)
}
