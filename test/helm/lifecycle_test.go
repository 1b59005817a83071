package helm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// notifiers returns values with an AccessNotifier of each name, which posts to a
// channel.
func notifiers(channel string, names ...string) string {
	values := "notifiers:\n"
	for _, name := range names {
		values += fmt.Sprintf(`
  %s:
    spec:
      teleport: {address: "teleport.example.com:443", identitySecretRef: {name: identity}}
      messenger: {type: Slack, slack: {tokenSecretRef: {name: slack-bot, key: token}}}
      recipients: [%s]
`, name, channel)
	}
	return values
}

// TestLife installs everything with one command on a cluster that has never
// heard of AccessNotifiers, upgrades, uninstalls, and comes back.
func TestLife(t *testing.T) {
	forgetCRD(t)
	namespace := newNamespace(t)
	in := "--namespace=" + namespace

	notes := helm(t, notifiers("first", "slack"), "install", release, chart(), in)
	if want := "kubectl describe accessnotifier slack --namespace " + namespace; !strings.Contains(notes, want) {
		t.Errorf("the notes do not say %q:\n%s", want, notes)
	}
	installed := notifier(t, namespace, "slack")
	if found := missing(t, namespace); len(found) > 0 {
		t.Errorf("after the installation there is no %v", found)
	}

	helm(t, notifiers("second", "slack", "other")+"\nreplicaCount: 3", "upgrade", release, chart(), in)
	upgraded := notifier(t, namespace, "slack")
	if upgraded.UID != installed.UID {
		t.Error("the upgrade made the AccessNotifier anew")
	}
	if got := upgraded.Spec.Recipients[0]; got != "second" {
		t.Errorf("after the upgrade the recipient is %s, want second", got)
	}
	if _, hook := upgraded.Annotations["helm.sh/hook"]; hook {
		t.Error("after the upgrade the AccessNotifier is no part of the release")
	}
	var deployment appsv1.Deployment
	get(t, namespace, release, &deployment)
	if got := *deployment.Spec.Replicas; got != 3 {
		t.Errorf("after the upgrade there are %d replicas, want 3", got)
	}

	helm(t, notifiers("second", "slack"), "upgrade", release, chart(), in)
	if err := plane.Client().Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "other"}, &v1alpha1.AccessNotifier{}); !apierrors.IsNotFound(err) {
		t.Errorf("an AccessNotifier that is in the values no more is in the cluster: %v", err)
	}

	own := notifier(t, namespace, "slack")
	own.ObjectMeta = named(namespace, "own")
	create(t, own)
	uninstall(t, namespace)
	if found := present(t, namespace); len(found) > 0 {
		t.Errorf("uninstalling left %v", found)
	}
	notifier(t, namespace, "own") // it is still there, and deleting it is all it takes
	if err := plane.Client().Delete(t.Context(), own); err != nil {
		t.Error(err)
	}
	if err := plane.Client().Get(t.Context(), client.ObjectKeyFromObject(own), own); !apierrors.IsNotFound(err) {
		t.Errorf("a deleted AccessNotifier is still there: %v", err)
	}

	helm(t, notifiers("third", "slack"), "install", release, chart(), in)
	helm(t, notifiers("third", "slack")+"\ncrds: {keep: false}", "upgrade", release, chart(), in)
	uninstall(t, namespace)
	await(t, "the CRD is gone", func() error { return gone(t, crd()) })
}

// owned are lists of the kinds of objects that a release has in its namespace.
func owned() map[string]client.ObjectList {
	return map[string]client.ObjectList{
		"Deployment":          &appsv1.DeploymentList{},
		"Service":             &corev1.ServiceList{},
		"ServiceAccount":      &corev1.ServiceAccountList{},
		"PodDisruptionBudget": &policyv1.PodDisruptionBudgetList{},
		"Role":                &rbacv1.RoleList{},
		"RoleBinding":         &rbacv1.RoleBindingList{},
		"ClusterRole":         &rbacv1.ClusterRoleList{},
		"ClusterRoleBinding":  &rbacv1.ClusterRoleBindingList{},
		"AccessNotifier":      &v1alpha1.AccessNotifierList{},
	}
}

// present returns the kinds of which there are objects of the release.
func present(t *testing.T, namespace string) []string {
	t.Helper()
	var found []string
	for kind, objects := range owned() {
		options := []client.ListOption{client.MatchingLabels{"app.kubernetes.io/instance": release}}
		if !strings.HasPrefix(kind, "Cluster") {
			options = append(options, client.InNamespace(namespace))
		}
		list(t, objects, options...)
		if meta.LenList(objects) > 0 {
			found = append(found, kind)
		}
	}
	return found
}

// missing returns the kinds of which there is no object of the release.
func missing(t *testing.T, namespace string) []string {
	t.Helper()
	kinds := owned()
	for _, kind := range present(t, namespace) {
		delete(kinds, kind)
	}
	return slices.Sorted(maps.Keys(kinds))
}

func notifier(t *testing.T, namespace, name string) *v1alpha1.AccessNotifier {
	t.Helper()
	found := &v1alpha1.AccessNotifier{}
	get(t, namespace, name, found)
	return found
}

func uninstall(t *testing.T, namespace string) {
	t.Helper()
	// The test's context has ended when it cleans up.
	if _, err := runHelmWithin(context.Background(), t, "", "uninstall", release, "--namespace="+namespace); err != nil {
		t.Error(err)
	}
}

// forgetCRD removes the CRD that the control plane was started with, until the
// end of the test.
func forgetCRD(t *testing.T) {
	t.Helper()
	if err := plane.Client().Delete(t.Context(), crd()); err != nil {
		t.Fatal(err)
	}
	await(t, "the CRD is gone", func() error { return gone(t, crd()) })
	t.Cleanup(func() {
		source := objects(t, readFile(t, root, "config", "crd", "bases", "accessnotifier.dev_accessnotifiers.yaml"))
		if err := plane.Client().Create(context.Background(), source[0]); err != nil && !apierrors.IsAlreadyExists(err) {
			t.Error(err)
		}
	})
}

func crd() *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion("apiextensions.k8s.io/v1")
	object.SetKind("CustomResourceDefinition")
	object.SetName("accessnotifiers.accessnotifier.dev")
	return object
}

func gone(t *testing.T, object client.Object) error {
	t.Helper()
	err := plane.Client().Get(t.Context(), client.ObjectKeyFromObject(object), object)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return err
	}
	return errors.New("it is there")
}
