package controllers

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

const (
	// secretIndex finds the AccessNotifiers that name a Secret.
	secretIndex = "spec.secretNames"
	// statusDelay is how long changes are gathered before the status is patched.
	statusDelay = time.Second
	// concurrency is how many objects are reconciled at a time. A reconcile takes
	// a few calls to the API server.
	concurrency = 4
)

// SetupWithManager registers the controller.
func (r *AccessNotifierReconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager) error {
	err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.AccessNotifier{}, secretIndex, func(object client.Object) []string {
		notifier, ok := object.(*v1alpha1.AccessNotifier)
		if !ok {
			return nil
		}
		return notifier.Spec.SecretNames()
	})
	if err != nil {
		return err
	}
	r.Supervisor.OnNotice(func(key supervisor.Key, notice status.Notice) { r.recordNotice(ctx, key, notice) })
	notifiers := ctrl.NewControllerManagedBy(mgr).
		Named("accessnotifier").
		For(&v1alpha1.AccessNotifier{}, builder.WithPredicates(
			predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, reconcileRequested()))).
		WatchesRawSource(source.Func(r.watchSupervisor)).
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency})
	if r.SecretPollInterval > 0 {
		r.metadata = r.Secrets
		return notifiers.Complete(r)
	}
	// A client that must not cache Secrets would not cache their metadata either.
	r.metadata = mgr.GetCache()
	return notifiers.
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.notifiersForSecret),
			builder.WithPredicates(predicate.ResourceVersionChangedPredicate{})).
		Complete(r)
}

// notifiersForSecret returns the AccessNotifiers that name a Secret.
func (r *AccessNotifierReconciler) notifiersForSecret(ctx context.Context, secret client.Object) []reconcile.Request {
	var list v1alpha1.AccessNotifierList
	err := r.Client.List(ctx, &list, client.InNamespace(secret.GetNamespace()), client.MatchingFields{secretIndex: secret.GetName()})
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Failed to find the AccessNotifiers of a Secret", "secret", client.ObjectKeyFromObject(secret))
		return nil
	}
	requests := make([]reconcile.Request, 0, len(list.Items))
	for i := range list.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
	}
	return requests
}

// watchSupervisor has objects reconciled whose notifiers have changed.
func (r *AccessNotifierReconciler) watchSupervisor(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	r.Supervisor.OnChange(func(key supervisor.Key) {
		queue.AddAfter(reconcile.Request{NamespacedName: types.NamespacedName{Namespace: key.Namespace, Name: key.Name}}, statusDelay)
	})
	return nil
}

// reconcileRequested passes updates that ask for a reconcile by annotation.
func reconcileRequested() predicate.Funcs {
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			const annotation = v1alpha1.ReconcileRequestedAtAnnotation
			return e.ObjectOld.GetAnnotations()[annotation] != e.ObjectNew.GetAnnotations()[annotation]
		},
	}
}
