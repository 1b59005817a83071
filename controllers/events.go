package controllers

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// action is what Events say the operator was doing.
const action = "Notify"

// maxNote is the longest note that the API server accepts, in bytes.
const maxNote = 1024

// recordTurns records an Event for each condition that has turned good or bad.
// Trouble with recipients is told by notices, one for each recipient.
func (r *AccessNotifierReconciler) recordTurns(before, after *v1alpha1.AccessNotifier) {
	for _, condition := range after.Status.Conditions {
		switch condition.Type {
		case v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled, v1alpha1.ConditionRecipientsResolved:
			continue
		}
		old := meta.FindStatusCondition(before.Status.Conditions, condition.Type)
		if old != nil && old.Status == condition.Status && old.Reason == condition.Reason {
			continue
		}
		r.recordTurn(after, condition)
	}
}

func (r *AccessNotifierReconciler) recordTurn(notifier *v1alpha1.AccessNotifier, condition metav1.Condition) {
	switch {
	case condition.Status == metav1.ConditionUnknown:
	case condition.Type == v1alpha1.ConditionReady && condition.Status == metav1.ConditionFalse &&
		condition.Reason != v1alpha1.ReasonSuspended:
		// The condition that Ready sums up has an Event of its own.
	case condition.Status == metav1.ConditionFalse && condition.Reason != v1alpha1.ReasonSuspended,
		condition.Reason == v1alpha1.ReasonIdentityExpiring:
		r.record(notifier, corev1.EventTypeWarning, condition.Reason, condition.Message)
	default:
		r.record(notifier, corev1.EventTypeNormal, condition.Type, condition.Message)
	}
}

func (r *AccessNotifierReconciler) record(notifier *v1alpha1.AccessNotifier, kind, reason, note string) {
	for len(note) > maxNote {
		note = cut(note, len([]rune(note))-(len(note)-maxNote))
	}
	r.Recorder.Eventf(notifier, nil, kind, reason, action, "%s", note)
}

// recordNotice records what a notifier says its owner should hear of.
func (r *AccessNotifierReconciler) recordNotice(key supervisor.Key, notice supervisor.Notice) {
	r.mu.Lock()
	reference, ok := r.references[types.NamespacedName{Namespace: key.Namespace, Name: key.Name}]
	r.mu.Unlock()
	if !ok {
		return
	}
	kind := corev1.EventTypeNormal
	if notice.Warning {
		kind = corev1.EventTypeWarning
	}
	r.record(reference, kind, notice.Reason, notice.Text)
}
