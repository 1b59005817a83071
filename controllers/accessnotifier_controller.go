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
	// ForbidReview keeps reviewers from deciding in chat, whatever spec.review says. The
	// default is to follow it.
	ForbidReview bool
	// CountInterval is the least time between two changes of an object's counts;
	// 30 s by default.
	CountInterval time.Duration

	// metadata reads the metadata of Secrets: from the cache that the watch fills,
	// or without a watch from the API server.
	metadata client.Reader
	// shared holds Secrets for a moment, as several objects may name one.
	shared sharedSecrets

	mu sync.Mutex
	// memories are what this process knows of the objects.
	memories map[types.NamespacedName]*memory
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

	before, m := notifier.DeepCopy(), r.memoryOf(notifier)
	notifier.Status = *m.said.lastStatus().DeepCopy()
	defer func() {
		wait, patchErr := r.publish(ctx, m, before, notifier)
		switch {
		case err != nil:
		case patchErr != nil:
			result, err = ctrl.Result{}, patchErr
		default:
			result.RequeueAfter = earliest(result.RequeueAfter, wait)
		}
	}()
	return r.reconcile(ctx, m, notifier)
}

// reconcile puts the spec into effect and describes the result in the status.
func (r *AccessNotifierReconciler) reconcile(ctx context.Context, m *memory, notifier *v1alpha1.AccessNotifier) (ctrl.Result, error) {
	key := keyOf(notifier)
	// Users may write any value, and a status with a longer one is refused.
	requested := cut(notifier.Annotations[v1alpha1.ReconcileRequestedAtAnnotation], v1alpha1.MaxNameLength)
	asked := requested != notifier.Status.LastHandledReconcileAt
	if asked {
		notifier.Status.LastHandledReconcileAt = requested
		r.Supervisor.Resync(key)
	}
	if notifier.Spec.IsSuspended() {
		r.suspend(m, key)
		describeSuspended(notifier)
		return ctrl.Result{}, nil
	}
	refused := notifier.Spec.FormerFields()
	if len(refused) > 0 {
		r.suspend(m, key)
	}

	inputs, err := r.inputs(ctx, m, notifier, asked)
	if err != nil {
		return ctrl.Result{}, err
	}
	if inputs.runnable && inputs.changed && len(refused) == 0 {
		r.Supervisor.Ensure(key, inputs.spec)
	}
	snapshot, running := r.Supervisor.Snapshot(key)
	if !running {
		snapshot = r.Supervisor.Preview(inputs.spec)
	}
	now := time.Now()
	if len(refused) > 0 {
		describeRefused(notifier, refused, inputs, snapshot, now)
	} else {
		describe(notifier, inputs, snapshot, running, m, now)
	}
	return ctrl.Result{RequeueAfter: r.requeueAfter(inputs, snapshot, m.doubts, now)}, nil
}

// publish stores what has changed of the status, and returns when to try again what
// waits; 0 if nothing does.
func (r *AccessNotifierReconciler) publish(ctx context.Context, m *memory, before, after *v1alpha1.AccessNotifier) (time.Duration, error) {
	if wait := m.paceFirst(after, time.Now()); wait > 0 {
		return wait, nil
	}
	wait := r.paceCounts(m, after, time.Now())
	err := r.patchStatus(ctx, m, before, after)
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
func (r *AccessNotifierReconciler) patchStatus(ctx context.Context, m *memory, before, after *v1alpha1.AccessNotifier) error {
	if equality.Semantic.DeepEqual(before.Status, after.Status) {
		m.said.noteStatus(&after.Status)
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	stored := after.DeepCopy()
	err := r.Client.Status().Patch(ctx, stored, patch)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("patching the status of the AccessNotifier: %w", err)
	}
	last := m.said.lastStatus()
	m.notePatched(last, &after.Status, time.Now())
	r.recordConditionChanges(last, after)
	r.recordWarnings(last, after)
	// As the API server stored it, with times in whole seconds: else the next reconcile
	// would find a difference that is none, and patch nothing.
	m.said.noteStatus(&stored.Status)
	return nil
}

// stop ends the notifier of an object that is gone.
func (r *AccessNotifierReconciler) stop(name types.NamespacedName) {
	r.forget(name)
	r.Supervisor.Remove(supervisor.Key{Namespace: name.Namespace, Name: name.Name})
}

// suspend ends the notifier of an object that stays.
func (r *AccessNotifierReconciler) suspend(m *memory, key supervisor.Key) {
	m.observed, m.doubts = observed{}, doubts{}
	r.Supervisor.Remove(key)
}

func keyOf(notifier *v1alpha1.AccessNotifier) supervisor.Key {
	return supervisor.Key{Namespace: notifier.Namespace, Name: notifier.Name}
}
