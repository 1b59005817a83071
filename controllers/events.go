package controllers

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// action is what Events say the operator was doing.
const action = "Notify"

// maxNote is the longest note that the API server accepts, in bytes.
const maxNote = 1024

// unannouncedAdvice follows what a notifier says of a request without a recipient.
const unannouncedAdvice = "; add its roles or \"*\" to spec.roleToRecipients, or set spec.recipients. " +
	"status.unannouncedRequests says how many there are"

// recordConditionChanges records an Event for each condition that has another
// status or reason now. Trouble with recipients is told by notices, one for each
// recipient.
func (r *AccessNotifierReconciler) recordConditionChanges(before *v1alpha1.AccessNotifierStatus, after *v1alpha1.AccessNotifier) {
	for _, condition := range after.Status.Conditions {
		switch condition.Type {
		case v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled, v1alpha1.ConditionRecipientsResolved:
			continue
		}
		old := meta.FindStatusCondition(before.Conditions, condition.Type)
		if old != nil && old.Status == condition.Status && old.Reason == condition.Reason {
			continue
		}
		// What works from the start is not told part by part: Ready sums it up.
		first := old == nil || old.Status == metav1.ConditionUnknown
		if first && condition.Status == metav1.ConditionTrue && condition.Reason == v1alpha1.ReasonSucceeded && condition.Type != v1alpha1.ConditionReady {
			continue
		}
		r.recordConditionChange(after, condition)
	}
}

func (r *AccessNotifierReconciler) recordConditionChange(notifier *v1alpha1.AccessNotifier, condition metav1.Condition) {
	regarding := eventTarget(notifier, "status.conditions{"+condition.Type+"}")
	switch {
	case condition.Status == metav1.ConditionUnknown:
	case condition.Reason == v1alpha1.ReasonSuspended:
		r.record(regarding, nil, corev1.EventTypeNormal, condition.Reason, condition.Message)
	case condition.Type == v1alpha1.ConditionReady && condition.Status == metav1.ConditionFalse:
		// The condition that Ready sums up has an Event of its own.
	case condition.Status == metav1.ConditionFalse, condition.Reason == v1alpha1.ReasonIdentityExpiring:
		r.record(regarding, nil, corev1.EventTypeWarning, condition.Reason, condition.Message)
	default:
		r.record(regarding, nil, corev1.EventTypeNormal, condition.Type, condition.Message)
	}
}

// recordNotice records what a notifier says its owner should hear of, unless the
// object is gone.
func (r *AccessNotifierReconciler) recordNotice(ctx context.Context, key supervisor.Key, notice status.Notice) {
	object := &v1alpha1.AccessNotifier{}
	if err := r.Client.Get(ctx, types.NamespacedName{Namespace: key.Namespace, Name: key.Name}, object); err != nil {
		return
	}
	said := &r.memoryOf(object).said
	if inStatus(said.lastStatus(), notice) {
		return
	}
	if notice.Reason == status.NoticeNotAnnounced {
		if !said.noteUnannounced(time.Now()) {
			return
		}
		notice.Text += unannouncedAdvice
	}
	kind := corev1.EventTypeNormal
	if notice.Warning {
		kind = corev1.EventTypeWarning
	}
	r.record(eventTarget(object, ""), relatedTo(notice), kind, notice.Reason, notice.Text)
}

// Kinds of what Events are related to. Kubernetes has no objects for them: recipients
// stand in the spec, and access requests in Teleport.
const (
	kindRecipient     = "Recipient"
	kindAccessRequest = "AccessRequest"
)

// relatedTo refers to what a notice is about besides the notifier, nil if that is
// nothing.
func relatedTo(notice status.Notice) *corev1.ObjectReference {
	switch {
	case notice.Recipient != "":
		return &corev1.ObjectReference{Kind: kindRecipient, Name: notice.Recipient}
	case notice.Request != "":
		return &corev1.ObjectReference{Kind: kindAccessRequest, Name: notice.Request}
	default:
		return nil
	}
}

// inStatus reports whether the status names the trouble already: a new process
// finds again what the one before it has named.
func inStatus(last *v1alpha1.AccessNotifierStatus, notice status.Notice) bool {
	return notice.Warning && slices.ContainsFunc(last.UnresolvedRecipients, func(r v1alpha1.UnresolvedRecipient) bool {
		return r.Recipient == cut(notice.Recipient, v1alpha1.MaxNameLength) && strings.HasSuffix(notice.Text, r.Message)
	})
}

// record records an Event. Events that differ in nothing but their notes are counted as
// one, and only the first note is kept: what differs must stand in regarding or related.
func (r *AccessNotifierReconciler) record(regarding, related *corev1.ObjectReference, kind, reason, note string) {
	for len(note) > maxNote {
		note = cut(note, len([]rune(note))-(len(note)-maxNote))
	}
	var secondary runtime.Object // a nil reference in an interface is not nil
	if related != nil {
		secondary = related
	}
	r.Recorder.Eventf(regarding, secondary, kind, reason, action, "%s", note)
}

// eventTarget refers to the object or to a field of it.
func eventTarget(notifier *v1alpha1.AccessNotifier, field string) *corev1.ObjectReference {
	return &corev1.ObjectReference{
		APIVersion: v1alpha1.GroupVersion.String(),
		Kind:       v1alpha1.Kind,
		Namespace:  notifier.Namespace,
		Name:       notifier.Name,
		UID:        notifier.UID,
		FieldPath:  field,
	}
}
