package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
)

func TestReadiness(t *testing.T) {
	elected := make(chan struct{})
	close(elected)
	objects := []client.Object{
		withReady("good", metav1.ConditionTrue),
		withReady("bad", metav1.ConditionFalse),
		withReady("starting", metav1.ConditionUnknown),
		withReady("new", ""),
		suspended(withReady("suspended", metav1.ConditionFalse)),
	}
	cached := fakeClient(t, objects, nil)
	want := []metrics.Readiness{
		{Namespace: "ns", Name: "bad"},
		{Namespace: "ns", Name: "good", Ready: true},
		{Namespace: "ns", Name: "starting"},
	}
	got := readiness(t.Context(), cached, elected)
	slices.SortFunc(got, func(a, b metrics.Readiness) int { return cmp.Compare(a.Name, b.Name) })
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := readiness(t.Context(), cached, make(chan struct{})); got != nil {
		t.Errorf("an operator that does not lead names %+v", got)
	}
	broken := fakeClient(t, objects, errors.New("the cache is not filled"))
	if got := readiness(t.Context(), broken, elected); got != nil {
		t.Errorf("without a cache it names %+v", got)
	}
}

// fakeClient returns a client whose lists end with err, if that is not nil.
func fakeClient(t *testing.T, objects []client.Object, err error) client.Reader {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithInterceptorFuncs(interceptor.Funcs{
			List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
				return errors.Join(err, c.List(ctx, list, options...))
			},
		}).Build()
}

func withReady(name string, status metav1.ConditionStatus) *v1alpha1.AccessNotifier {
	notifier := &v1alpha1.AccessNotifier{}
	notifier.Namespace, notifier.Name = "ns", name
	if status != "" {
		notifier.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: status}}
	}
	return notifier
}

func suspended(notifier *v1alpha1.AccessNotifier) *v1alpha1.AccessNotifier {
	notifier.Spec.Suspend = new(true)
	return notifier
}
