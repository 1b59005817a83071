package controllers

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// What stays as it was known is what this process has found out. What another client
// writes into the status is not taken for it.
func TestTheStatusIsNotReadAgain(t *testing.T) {
	object := newObject()
	key := client.ObjectKeyFromObject(object)
	api := fake.NewClientBuilder().WithScheme(clientOf(t, object).Scheme()).
		WithObjects(object).WithStatusSubresource(object).Build()
	nothing := fake.NewClientBuilder().Build()
	r := &AccessNotifierReconciler{
		Client: api, Secrets: nothing, metadata: nothing, Recorder: events.NewFakeRecorder(100),
		Supervisor: supervisor.New(supervisor.Options{}),
	}
	reconcile := func() (status v1alpha1.AccessNotifierStatus) {
		t.Helper()
		if _, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: key}); err != nil {
			t.Fatal(err)
		}
		if err := api.Get(t.Context(), key, object); err != nil {
			t.Fatal(err)
		}
		return object.Status
	}
	want := reconcile()

	written := object.DeepCopy()
	setCondition(written, v1alpha1.ConditionTeleportConnected, trueState("Another client has written this"))
	written.Status.OpenRequests = new(int32(99))
	written.Status.Teleport = &v1alpha1.TeleportStatus{ClusterName: "another"}
	if err := api.Status().Update(t.Context(), written); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, reconcile()); diff != "" {
		t.Errorf("the status shows what another client has written (-before +after):\n%s", diff)
	}
}
