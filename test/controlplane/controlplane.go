// Package controlplane starts a real Kubernetes API server with etcd, role-based
// access control and this repository's CRDs, for tests and demonstrations.
//
// There are no nodes and no controllers: nothing runs pods, collects garbage or
// fills in status. The binaries are those in the directory that the environment
// variable KUBEBUILDER_ASSETS names; "make test" sets it.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// ErrNoBinaries means that it is unknown where kube-apiserver and etcd are.
var ErrNoBinaries = errors.New("KUBEBUILDER_ASSETS is not set: run `make test`, which gets kube-apiserver and etcd and sets it")

// startTimeout bounds the start of each binary, on a slow and busy machine.
const startTimeout = time.Minute

// Options change how a control plane is started. The zero value is fine.
type Options struct {
	// APIServerFlags are added to those of kube-apiserver, without the dashes
	// before their names, such as "audit-policy-file". They replace a default.
	APIServerFlags map[string][]string
}

// ControlPlane is a running API server with etcd, on 127.0.0.1.
type ControlPlane struct {
	env    *envtest.Environment
	client client.WithWatch
}

// User is an identity that the API server knows by a client certificate.
type User struct {
	// Config reaches the API server as this user.
	Config *rest.Config
	// Kubeconfig is the same as the content of a kubeconfig file.
	Kubeconfig []byte
}

// Start starts a control plane and installs the CRDs. It returns ErrNoBinaries
// if KUBEBUILDER_ASSETS is not set. The caller stops what was started.
func Start(options Options) (*ControlPlane, error) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		return nil, ErrNoBinaries
	}
	root, err := RepositoryRoot()
	if err != nil {
		return nil, err
	}
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	// Whatever the environment says, never a cluster that exists already.
	existing := false
	env := &envtest.Environment{
		Scheme:                   scheme,
		UseExistingCluster:       &existing,
		CRDDirectoryPaths:        []string{filepath.Join(root, "config", "crd", "bases")},
		ErrorIfCRDPathMissing:    true,
		ControlPlaneStartTimeout: startTimeout,
	}
	flags := env.ControlPlane.GetAPIServer().Configure()
	for name, values := range options.APIServerFlags {
		flags.Set(name, values...)
	}
	config, err := env.Start()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the control plane: %w", err), env.Stop())
	}
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making a client: %w", err), env.Stop())
	}
	return &ControlPlane{env: env, client: c}, nil
}

// Config reaches the API server as an administrator. The caller may change it.
func (c *ControlPlane) Config() *rest.Config {
	return rest.CopyConfig(c.env.Config)
}

// Kubeconfig is the content of a kubeconfig file of an administrator.
func (c *ControlPlane) Kubeconfig() []byte {
	return c.env.KubeConfig
}

// Client acts as an administrator. It knows the types of Kubernetes and of this
// repository, and caches nothing.
func (c *ControlPlane) Client() client.WithWatch {
	return c.client
}

// AddUser makes a user in the given groups. Without groups or role bindings a
// user may do next to nothing.
func (c *ControlPlane) AddUser(name string, groups ...string) (User, error) {
	added, err := c.env.AddUser(envtest.User{Name: name, Groups: groups}, nil)
	if err != nil {
		return User{}, fmt.Errorf("adding user %s: %w", name, err)
	}
	kubeconfig, err := added.KubeConfig()
	if err != nil {
		return User{}, fmt.Errorf("writing the kubeconfig of user %s: %w", name, err)
	}
	return User{Config: added.Config(), Kubeconfig: kubeconfig}, nil
}

// CreateNamespace makes a namespace of a new name that begins with prefix, and
// returns the name. Namespaces are never really deleted here, as there is no
// controller for it: take a new one for each test.
func (c *ControlPlane) CreateNamespace(ctx context.Context, prefix string) (string, error) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: prefix + "-"}}
	if err := c.client.Create(ctx, namespace); err != nil {
		return "", fmt.Errorf("creating a namespace: %w", err)
	}
	return namespace.Name, nil
}

// Stop ends the API server, then etcd, and removes their data.
func (c *ControlPlane) Stop() error {
	if err := c.env.Stop(); err != nil {
		return fmt.Errorf("stopping the control plane: %w", err)
	}
	return nil
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme,
		v1alpha1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("registering types: %w", err)
		}
	}
	return scheme, nil
}
