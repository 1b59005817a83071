package controllers

import (
	"fmt"
	"hash/crc32"

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
	regarding := partOf(notifier, "status.conditions{"+condition.Type+"}")
	switch {
	case condition.Status == metav1.ConditionUnknown:
	case condition.Type == v1alpha1.ConditionReady && condition.Status == metav1.ConditionFalse &&
		condition.Reason != v1alpha1.ReasonSuspended:
		// The condition that Ready sums up has an Event of its own.
	case condition.Status == metav1.ConditionFalse && condition.Reason != v1alpha1.ReasonSuspended,
		condition.Reason == v1alpha1.ReasonIdentityExpiring:
		r.record(regarding, corev1.EventTypeWarning, condition.Reason, condition.Message)
	default:
		r.record(regarding, corev1.EventTypeNormal, condition.Type, condition.Message)
	}
}

// recordNotice records what a notifier says its owner should hear of.
func (r *AccessNotifierReconciler) recordNotice(key supervisor.Key, notice supervisor.Notice) {
	r.mu.Lock()
	object, ok := r.references[types.NamespacedName{Namespace: key.Namespace, Name: key.Name}]
	r.mu.Unlock()
	if !ok {
		return
	}
	kind := corev1.EventTypeNormal
	if notice.Warning {
		kind = corev1.EventTypeWarning
	}
	part := fmt.Sprintf("notices{%08x}", crc32.ChecksumIEEE([]byte(notice.Text)))
	r.record(partOf(object, part), kind, notice.Reason, notice.Text)
}

func (r *AccessNotifierReconciler) record(regarding *corev1.ObjectReference, kind, reason, note string) {
	for len(note) > maxNote {
		note = cut(note, len([]rune(note))-(len(note)-maxNote))
	}
	r.Recorder.Eventf(regarding, nil, kind, reason, action, "%s", note)
}

// partOf refers to a part of the object. Events that differ in nothing but their
// notes are counted as one, and only the first note is kept: without the part,
// of two Secrets that are missing, or two recipients that do not work, just one
// would ever be named.
func partOf(notifier *v1alpha1.AccessNotifier, part string) *corev1.ObjectReference {
	return &corev1.ObjectReference{
		APIVersion: v1alpha1.GroupVersion.String(),
		Kind:       "AccessNotifier",
		Namespace:  notifier.Namespace,
		Name:       notifier.Name,
		UID:        notifier.UID,
		FieldPath:  part,
	}
}
