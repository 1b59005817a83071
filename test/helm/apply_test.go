package helm

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// apply applies objects on the server's side, as Argo CD does with
// ServerSideApply=true, and removes them after the test, all but the CRD.
func apply(t *testing.T, all []*unstructured.Unstructured) {
	t.Helper()
	for _, object := range all {
		applied(t, object)
		if object.GetKind() == "CustomResourceDefinition" || object.GetKind() == "Namespace" {
			continue
		}
		t.Cleanup(func() {
			if err := plane.Client().Delete(context.Background(), object); client.IgnoreNotFound(err) != nil {
				t.Error(err)
			}
		})
	}
}

// applied applies an object and returns what the API server makes of it.
func applied(t *testing.T, object *unstructured.Unstructured, options ...client.ApplyOption) *unstructured.Unstructured {
	t.Helper()
	result := object.DeepCopy()
	options = append(options, client.FieldOwner("argocd-controller"), client.ForceOwnership)
	if err := plane.Client().Apply(t.Context(), client.ApplyConfigurationFromUnstructured(result), options...); err != nil {
		t.Fatalf("applying %s %s: %v", object.GetKind(), object.GetName(), err)
	}
	return result
}

// createStrictly has the API server refuse fields that it does not know, but
// create nothing.
func createStrictly(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	err := plane.Client().Create(t.Context(), object.DeepCopy(), client.DryRunAll, client.FieldValidation("Strict"))
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Errorf("%s %s is refused: %v", object.GetKind(), object.GetName(), err)
	}
}

func live(t *testing.T, object *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	found := &unstructured.Unstructured{}
	found.SetGroupVersionKind(object.GroupVersionKind())
	get(t, object.GetNamespace(), object.GetName(), found)
	return found
}

// checkDrift wants nothing to differ from what was applied: neither for who
// compares fields, nor for who asks the API server what applying again would do.
func checkDrift(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	about := object.GetKind() + " " + object.GetName()
	before := live(t, object)
	for _, difference := range differences(object.Object, before.Object, "") {
		t.Errorf("%s has drifted: %s", about, difference)
	}
	again := applied(t, object, client.DryRunAll)
	for _, o := range []*unstructured.Unstructured{before, again} {
		unstructured.RemoveNestedField(o.Object, "metadata", "managedFields")
	}
	if diff := cmp.Diff(before.Object, again.Object); diff != "" {
		t.Errorf("applying %s again would change it (-live +applied):\n%s", about, diff)
	}
	if got := applied(t, object).GetResourceVersion(); got != before.GetResourceVersion() {
		t.Errorf("applying %s again makes a new version of it", about)
	}
}
