package controllers

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// defaultCountInterval is the time between two changes of an object's counts. They
// change with every request, and each patch of a status goes to all who watch it.
const defaultCountInterval = 30 * time.Second

// counted are the counts of a status.
type counted struct {
	open, unannounced, undelivered *int32
	oldest                         *v1alpha1.UndeliveredMessage
}

func countsOf(s *v1alpha1.AccessNotifierStatus) counted {
	return counted{s.OpenRequests, s.UnannouncedRequests, s.UndeliveredMessages, s.OldestUndeliveredMessage}
}

func (c counted) write(s *v1alpha1.AccessNotifierStatus) {
	s.OpenRequests, s.UnannouncedRequests, s.UndeliveredMessages = c.open, c.unannounced, c.undelivered
	s.OldestUndeliveredMessage = c.oldest
}

func (c counted) equal(other counted) bool {
	return equality.Semantic.DeepEqual(c.open, other.open) &&
		equality.Semantic.DeepEqual(c.unannounced, other.unannounced) &&
		equality.Semantic.DeepEqual(c.undelivered, other.undelivered) &&
		equality.Semantic.DeepEqual(c.oldest, other.oldest)
}

// paceCounts leaves the counts of after as they were last for as long as they were
// patched a short time ago, and returns how long that is. Conditions do not wait. Nor
// do counts of another spec, or counts that were not known or are not any more.
func (r *AccessNotifierReconciler) paceCounts(m *memory, after *v1alpha1.AccessNotifier, now time.Time) time.Duration {
	last := m.said.lastStatus()
	old := countsOf(last)
	if old.equal(countsOf(&after.Status)) || last.ObservedGeneration != after.Generation ||
		(old.open == nil) != (after.Status.OpenRequests == nil) {
		return 0
	}
	interval := r.CountInterval
	if interval == 0 {
		interval = defaultCountInterval
	}
	wait := m.counted.Add(interval).Sub(now)
	if wait <= 0 {
		return 0
	}
	old.write(&after.Status)
	return wait
}

// notePatched notes when counts were patched.
func (m *memory) notePatched(before, after *v1alpha1.AccessNotifierStatus, now time.Time) {
	if !countsOf(before).equal(countsOf(after)) {
		m.counted = now
	}
}

// paceFirst returns how long the first status of an object waits that would say no more than
// that the work has begun: most say in a second how it went.
func (m *memory) paceFirst(after *v1alpha1.AccessNotifier, now time.Time) time.Duration {
	if m.said.lastStatus().ObservedGeneration > 0 || !meta.IsStatusConditionPresentAndEqual(after.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionUnknown) {
		return 0
	}
	return max(m.since.Add(statusDelay).Sub(now), 0)
}
