package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
)

// kubernetes is an API server with etcd, and the operator as a binary. Operators
// reach the API server through a way that can be cut.
type kubernetes struct {
	plane      *controlplane.ControlPlane
	way        *way
	binary     string
	kubeconfig string
}

// startKubernetes starts an API server, and builds the operator.
func (w *world) startKubernetes(ctx context.Context) (*kubernetes, error) {
	dir, err := os.MkdirTemp("", "access-notifier-faults-")
	if err != nil {
		return nil, fmt.Errorf("making a temporary directory: %w", err)
	}
	w.onStop(func() { _ = os.RemoveAll(dir) })
	k := &kubernetes{binary: filepath.Join(dir, "access-notifier"), kubeconfig: filepath.Join(dir, "kubeconfig")}
	if err := controlplane.BuildOperator(ctx, k.binary); err != nil {
		return nil, err
	}
	if k.plane, err = controlplane.Start(controlplane.Options{}); err != nil {
		return nil, err
	}
	w.onStop(func() {
		if err := k.plane.Stop(); err != nil {
			w.say("%v", err)
		}
	})
	if err := k.openWay(w); err != nil {
		return nil, err
	}
	return k, k.apply(ctx, w)
}

// openWay makes a kubeconfig that leads through the way to the API server.
func (k *kubernetes) openWay(w *world) error {
	config, err := clientcmd.Load(k.plane.Kubeconfig())
	if err != nil {
		return fmt.Errorf("reading the kubeconfig: %w", err)
	}
	for _, cluster := range config.Clusters {
		if k.way, err = openWay(cluster.Server); err != nil {
			return err
		}
		w.onStop(k.way.close)
		cluster.Server = "https://" + k.way.address()
	}
	if err := clientcmd.WriteToFile(*config, k.kubeconfig); err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return nil
}

// apply makes the AccessNotifier, with its namespace and Secrets.
func (k *kubernetes) apply(ctx context.Context, w *world) error {
	spec, err := w.operator()
	if err != nil {
		return err
	}
	meta := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: name, Namespace: notifierKey.Namespace}
	}
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: notifierKey.Namespace}},
		&corev1.Secret{ObjectMeta: meta("identity"), Data: map[string][]byte{"identity": spec.Identity}},
		&corev1.Secret{ObjectMeta: meta("bot"), StringData: spec.Secrets},
		&v1alpha1.AccessNotifier{ObjectMeta: meta(notifierKey.Name), Spec: v1alpha1.AccessNotifierSpec{
			Teleport: v1alpha1.TeleportSpec{
				Address:           spec.Address,
				IdentitySecretRef: &v1alpha1.SecretKeyReference{Name: "identity"},
			},
			Messenger:  w.platform.Spec(spec.URL, v1alpha1.SecretKeyReference{Name: "bot"}),
			Recipients: spec.Recipients,
		}},
	} {
		if err := k.plane.Client().Create(ctx, object); err != nil {
			return fmt.Errorf("applying %T: %w", object, err)
		}
	}
	return nil
}

// operate starts the real operator, which ends with the world at the latest. Its
// log is shown if it ends by itself.
func (k *kubernetes) operate(ctx context.Context, w *world, flags ...string) (*launch.Process, error) {
	args := slices.Concat([]string{"--leader-elect-namespace=" + notifierKey.Namespace}, flags, w.platform.Flags(w.chat.URL()))
	p, err := launch.Operator(ctx, launch.Config{Binary: k.binary, Kubeconfig: k.kubeconfig, Args: args, Env: os.Environ(), Output: w.searched.output()})
	if err != nil {
		return nil, err
	}
	w.onStop(p.Kill)
	return p, nil
}
