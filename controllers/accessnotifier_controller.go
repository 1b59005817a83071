// Package controllers translates between AccessNotifier objects and the
// supervisor: object and Secrets to what should run, what runs to the status.
package controllers

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// +kubebuilder:rbac:groups=accessnotifier.dev,resources=accessnotifiers,verbs=list;watch
// +kubebuilder:rbac:groups=accessnotifier.dev,resources=accessnotifiers/status,verbs=patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// AccessNotifierReconciler makes notifiers run as AccessNotifier objects say,
// and reports how they are doing.
type AccessNotifierReconciler struct {
	// Client reads objects from a cache, and patches status.
	Client client.Client
	// Secrets reads exactly the Secrets that are named, past any cache, and the
	// metadata of their Namespace.
	Secrets client.Reader
	// Supervisor runs the notifiers.
	Supervisor *supervisor.Supervisor
	// Recorder records Events.
	Recorder events.EventRecorder
	// SecretPollInterval is how often the Secrets that a notifier names are polled,
	// which needs only the verb get. The default, 0, is to watch the metadata of all
	// Secrets instead.
	SecretPollInterval time.Duration
	// CountInterval is the least time between two changes of an object's counts;
	// 30 s by default.
	CountInterval time.Duration

	// metadata reads the metadata of Secrets: from the cache that the watch fills,
	// or without a watch from the API server.
	metadata client.Reader

	mu sync.Mutex
	// observed is what the running notifiers were made of, by object.
	observed map[types.NamespacedName]observed
	// doubts are what is not known of the notifiers, by object. Those of one object
	// belong to its reconcile, of which there is one at a time.
	doubts map[types.NamespacedName]doubts
	// counted is when the counts of an object were patched last.
	counted map[types.NamespacedName]time.Time
	// unannounced is when an object had the last Event about a request without a
	// recipient.
	unannounced map[types.NamespacedName]time.Time
}

// Reconcile implements reconcile.Reconciler.
func (r *AccessNotifierReconciler) Reconcile(ctx context.Context, req ctrl.Request) (result ctrl.Result, err error) {
	notifier := &v1alpha1.AccessNotifier{}
	if err := r.Client.Get(ctx, req.NamespacedName, notifier); err != nil {
		if apierrors.IsNotFound(err) {
			r.stop(req.NamespacedName)
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, fmt.Errorf("reading the AccessNotifier: %w", err)
	}
	if !notifier.DeletionTimestamp.IsZero() {
		r.stop(req.NamespacedName)
		return ctrl.Result{}, nil
	}

	before := notifier.DeepCopy()
	defer func() {
		wait, patchErr := r.publish(ctx, before, notifier)
		switch {
		case err != nil:
		case patchErr != nil:
			result, err = ctrl.Result{}, patchErr
		default:
			result.RequeueAfter = earliest(result.RequeueAfter, wait)
		}
	}()
	return r.reconcile(ctx, notifier)
}

// reconcile puts the spec into effect and describes the result in the status.
func (r *AccessNotifierReconciler) reconcile(ctx context.Context, notifier *v1alpha1.AccessNotifier) (ctrl.Result, error) {
	key := keyOf(notifier)
	// Users may write any value, and a status with a longer one is refused.
	requested := cut(notifier.Annotations[v1alpha1.ReconcileRequestedAtAnnotation], v1alpha1.MaxNameLength)
	asked := requested != notifier.Status.LastHandledReconcileAt
	if asked {
		notifier.Status.LastHandledReconcileAt = requested
		r.Supervisor.Resync(key)
	}
	if notifier.Spec.IsSuspended() {
		r.stop(client.ObjectKeyFromObject(notifier))
		describeSuspended(notifier)
		return ctrl.Result{}, nil
	}
	if refused := notifier.Spec.FormerFields(); len(refused) > 0 {
		r.stop(client.ObjectKeyFromObject(notifier))
		describeRefused(notifier, refused)
		return ctrl.Result{}, nil
	}

	inputs, err := r.inputs(ctx, notifier, asked)
	if err != nil {
		return ctrl.Result{}, err
	}
	if inputs.runnable && inputs.changed {
		r.Supervisor.Ensure(key, inputs.spec)
	}
	snapshot, running := r.Supervisor.Snapshot(key)
	doubts, now := r.doubtsOf(notifier), time.Now()
	describe(notifier, inputs, snapshot, running, doubts, now)
	return ctrl.Result{RequeueAfter: r.requeueAfter(inputs, snapshot, doubts, now)}, nil
}

// doubtsOf returns what is not known of the notifier of an object.
func (r *AccessNotifierReconciler) doubtsOf(notifier *v1alpha1.AccessNotifier) doubts {
	name := client.ObjectKeyFromObject(notifier)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.doubts == nil {
		r.doubts = map[types.NamespacedName]doubts{}
	}
	if r.doubts[name] == nil {
		r.doubts[name] = doubts{}
	}
	return r.doubts[name]
}

// publish stores what has changed of the status, and returns when to try again what
// waits; 0 if nothing does.
func (r *AccessNotifierReconciler) publish(ctx context.Context, before, after *v1alpha1.AccessNotifier) (time.Duration, error) {
	wait := r.paceCounts(before, after, time.Now())
	err := r.patchStatus(ctx, before, after)
	if apierrors.IsConflict(err) {
		// The cache will have caught up by then.
		return statusDelay, nil
	}
	return wait, err
}

// patchStatus stores what has changed of the status, and records an Event for
// each condition that changed. It refuses to patch anything but the object as it
// was read: a cache that lags shows an object that has been made anew since, or
// a status that is not the last one any more.
func (r *AccessNotifierReconciler) patchStatus(ctx context.Context, before, after *v1alpha1.AccessNotifier) error {
	if equality.Semantic.DeepEqual(before.Status, after.Status) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	err := r.Client.Status().Patch(ctx, after.DeepCopy(), patch)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("patching the status of the AccessNotifier: %w", err)
	}
	r.notePatched(before, after, time.Now())
	r.recordConditionChanges(before, after)
	return nil
}

// stop ends the notifier of an object.
func (r *AccessNotifierReconciler) stop(name types.NamespacedName) {
	r.mu.Lock()
	delete(r.observed, name)
	delete(r.doubts, name)
	delete(r.counted, name)
	delete(r.unannounced, name)
	r.mu.Unlock()
	r.Supervisor.Remove(supervisor.Key{Namespace: name.Namespace, Name: name.Name})
}

func keyOf(notifier *v1alpha1.AccessNotifier) supervisor.Key {
	return supervisor.Key{Namespace: notifier.Namespace, Name: notifier.Name}
}
