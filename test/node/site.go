package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
	"github.com/accessnotifier/accessnotifier/test/node/cluster"
)

const (
	release = "access-notifier"
	// operators is the namespace of the release, tenants that of AccessNotifiers.
	operators = "access-notifier-e2e"
	tenants   = "access-notifier-e2e-teleport"
	// leaseName is that of the operator's lease.
	leaseName = "access-notifier.accessnotifier.dev"
	// replicas is how many operators there are.
	replicas = 2
	// within bounds what a cluster does, on a slow and busy machine.
	within = 2 * time.Minute
)

// site is the cluster that is tested on.
type site struct {
	kubeconfig string
	// host is the address at which pods reach this process.
	host string
	// image is the operator's, with a tag.
	image string
	// own is the cluster of these tests; nil for another.
	own *cluster.Cluster
}

func (s site) validate() error {
	if s.host == "" || s.image == "" {
		return errors.New("E2E_HOST and E2E_IMAGE must be set; see test/node/main.go")
	}
	if !strings.Contains(filepath.Base(s.image), ":") {
		return fmt.Errorf("the image %s has no tag", s.image)
	}
	if os.Getenv("HELM") == "" {
		return errors.New("HELM is not set: run `make test-node`")
	}
	return nil
}

// kube acts on the cluster as an administrator.
type kube struct {
	client.Client
	clients    *kubernetes.Clientset
	kubeconfig string
	// scratch is the home of Helm, chart what it installs.
	scratch, chart string
}

func newKube(kubeconfig string) (*kube, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	k := &kube{kubeconfig: kubeconfig}
	if k.Client, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return nil, err
	}
	if k.clients, err = kubernetes.NewForConfig(config); err != nil {
		return nil, err
	}
	root, err := controlplane.RepositoryRoot()
	if err != nil {
		return nil, err
	}
	if k.scratch, err = os.MkdirTemp("", "access-notifier-node-"); err != nil {
		return nil, err
	}
	// A copy, so that all checks see the same chart while people work on it.
	k.chart = filepath.Join(k.scratch, "charts", "access-notifier")
	return k, os.CopyFS(k.chart, os.DirFS(filepath.Join(root, "charts", "access-notifier")))
}

// helm runs Helm on the release. Values that are not nil are given to it.
func (k *kube) helm(ctx context.Context, values map[string]any, arguments ...string) error {
	return k.runHelm(ctx, values, append(arguments, "--namespace="+operators)...)
}

// runHelm runs Helm in the repository, or rather in the copy of its charts.
func (k *kube) runHelm(ctx context.Context, values map[string]any, arguments ...string) error {
	command := exec.CommandContext(ctx, os.Getenv("HELM"), arguments...)
	command.Dir = k.scratch
	if values != nil {
		content, err := sigsyaml.Marshal(values)
		if err != nil {
			return err
		}
		command.Args = append(command.Args, "--values=-")
		command.Stdin = bytes.NewReader(content)
	}
	command.Env = []string{
		"HOME=" + k.scratch, "HELM_CACHE_HOME=" + k.scratch, "HELM_CONFIG_HOME=" + k.scratch, "HELM_DATA_HOME=" + k.scratch,
		"KUBECONFIG=" + k.kubeconfig, "PATH=" + os.Getenv("PATH"),
	}
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("helm %s: %w: %s", strings.Join(arguments, " "), err, output)
	}
	return nil
}

// namespace makes a namespace that enforces the Pod Security Standard "restricted".
func (k *kube) namespace(ctx context.Context, name string) error {
	return k.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
		"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "latest",
	}}})
}

// remove deletes namespaces and waits until they are gone, which they are only when
// nothing in them is stuck.
func (k *kube) remove(ctx context.Context, names ...string) error {
	for _, name := range names {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if err := k.Delete(ctx, namespace); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return wait.For(ctx, within, pollEvery, func() error {
		for _, name := range names {
			err := k.Get(ctx, client.ObjectKey{Name: name}, &corev1.Namespace{})
			if !apierrors.IsNotFound(err) {
				return fmt.Errorf("namespace %s is still there: %w", name, err)
			}
		}
		return nil
	})
}

// refuseOthers fails if there are AccessNotifiers that are none of these tests.
func (k *kube) refuseOthers(ctx context.Context) error {
	var list v1alpha1.AccessNotifierList
	if err := k.List(ctx, &list); err != nil && !meta.IsNoMatchError(err) {
		return err
	}
	for _, n := range list.Items {
		if n.Namespace != tenants {
			return fmt.Errorf("the cluster is in use: there is AccessNotifier %s in namespace %s", n.Name, n.Namespace)
		}
	}
	return nil
}

// pods are the pods of the release that are not on their way out.
func (k *kube) pods(ctx context.Context) ([]corev1.Pod, error) {
	var list corev1.PodList
	err := k.List(ctx, &list, client.InNamespace(operators), client.MatchingLabels{"app.kubernetes.io/instance": release})
	if err != nil {
		return nil, err
	}
	var pods []corev1.Pod
	for _, pod := range list.Items {
		if pod.DeletionTimestamp == nil {
			pods = append(pods, pod)
		}
	}
	return pods, nil
}

// leader is the pod that delivers.
func (k *kube) leader(ctx context.Context) (*corev1.Pod, error) {
	lease := &coordinationv1.Lease{}
	if err := k.Get(ctx, client.ObjectKey{Namespace: operators, Name: leaseName}, lease); err != nil {
		return nil, err
	}
	if lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity == "" {
		return nil, errors.New("no pod holds the lease")
	}
	// The rest of the identity tells a pod's processes apart.
	name, _, _ := strings.Cut(*lease.Spec.HolderIdentity, "_")
	pod := &corev1.Pod{}
	return pod, k.Get(ctx, client.ObjectKey{Namespace: operators, Name: name}, pod)
}

// awaitOtherLeader waits until another pod than that delivers.
func (k *kube) awaitOtherLeader(ctx context.Context, than *corev1.Pod) error {
	return wait.For(ctx, within, pollEvery, func() error {
		pod, err := k.leader(ctx)
		if err == nil && pod.UID == than.UID {
			err = fmt.Errorf("pod %s still holds the lease", pod.Name)
		}
		return err
	})
}

// awaitRestart waits until the container of a pod was started again, once.
func (k *kube) awaitRestart(ctx context.Context, pod *corev1.Pod) error {
	before := pod.Status.ContainerStatuses[0].RestartCount
	return wait.For(ctx, within, pollEvery, func() error {
		now := &corev1.Pod{}
		if err := k.Get(ctx, client.ObjectKeyFromObject(pod), now); err != nil {
			return err
		}
		s := now.Status.ContainerStatuses[0]
		if s.RestartCount != before+1 || !s.Ready {
			return fmt.Errorf("the container restarted %d times, ready: %t", s.RestartCount-before, s.Ready)
		}
		return nil
	})
}

// awaitRollout waits until all replicas run the current template, and no others.
func (k *kube) awaitRollout(ctx context.Context) error {
	return wait.For(ctx, within, pollEvery, func() error {
		d := &appsv1.Deployment{}
		if err := k.Get(ctx, client.ObjectKey{Namespace: operators, Name: release}, d); err != nil {
			return err
		}
		s := d.Status
		if s.ObservedGeneration != d.Generation || s.UpdatedReplicas != replicas || s.ReadyReplicas != replicas || s.Replicas != replicas {
			return fmt.Errorf("%d of %d pods are up to date, %d ready, %d in all", s.UpdatedReplicas, replicas, s.ReadyReplicas, s.Replicas)
		}
		return nil
	})
}

// awaitNotifiers waits until all AccessNotifiers are ready.
func (k *kube) awaitNotifiers(ctx context.Context, want int) error {
	return wait.For(ctx, within, pollEvery, func() error {
		var list v1alpha1.AccessNotifierList
		if err := k.List(ctx, &list, client.InNamespace(tenants)); err != nil {
			return err
		}
		if len(list.Items) != want {
			return fmt.Errorf("there are %d AccessNotifiers, want %d", len(list.Items), want)
		}
		for _, n := range list.Items {
			if err := ready(n); err != nil {
				return fmt.Errorf("AccessNotifier %s: %w", n.Name, err)
			}
		}
		return nil
	})
}

func ready(n v1alpha1.AccessNotifier) error {
	for _, condition := range n.Status.Conditions {
		if condition.Type == v1alpha1.ConditionReady && condition.ObservedGeneration == n.Generation {
			if condition.Status == metav1.ConditionTrue {
				return nil
			}
			return fmt.Errorf("it is not ready: %s: %s", condition.Reason, condition.Message)
		}
	}
	return errors.New("it has no condition Ready")
}

// logs are the ends of the logs of the release's pods, for people.
func (k *kube) logs(ctx context.Context) string {
	pods, err := k.pods(ctx)
	if err != nil {
		return err.Error()
	}
	var text strings.Builder
	lines := int64(25)
	for _, pod := range pods {
		log, err := k.clients.CoreV1().Pods(operators).GetLogs(pod.Name, &corev1.PodLogOptions{TailLines: &lines}).DoRaw(ctx)
		fmt.Fprintf(&text, "-- pod %s, %s: %v\n%s\n", pod.Name, pod.Status.Phase, err, log)
		for _, s := range pod.Status.ContainerStatuses {
			fmt.Fprintf(&text, "-- container %s, restarted %d times: %s\n", s.Name, s.RestartCount, s.State.String())
		}
	}
	return text.String()
}
