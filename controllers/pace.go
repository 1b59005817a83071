package controllers

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// defaultCountInterval is the time between two changes of an object's counts. They
// change with every request, and each patch of a status goes to all who watch it.
const defaultCountInterval = 30 * time.Second

// counted are the counts of a status.
type counted struct {
	open, unannounced, undelivered *int32
}

func countsOf(s *v1alpha1.AccessNotifierStatus) counted {
	return counted{s.OpenRequests, s.UnannouncedRequests, s.UndeliveredMessages}
}

func (c counted) equal(other counted) bool {
	return equality.Semantic.DeepEqual(c.open, other.open) &&
		equality.Semantic.DeepEqual(c.unannounced, other.unannounced) &&
		equality.Semantic.DeepEqual(c.undelivered, other.undelivered)
}

// paceCounts leaves the counts of after as they are before for as long as they were
// patched a short time ago, and returns how long that is. Conditions do not wait. Nor
// do counts of another spec, or counts that were not known or are not any more.
func (r *AccessNotifierReconciler) paceCounts(before, after *v1alpha1.AccessNotifier, now time.Time) time.Duration {
	old := countsOf(&before.Status)
	if old.equal(countsOf(&after.Status)) || before.Status.ObservedGeneration != after.Generation ||
		(old.open == nil) != (after.Status.OpenRequests == nil) {
		return 0
	}
	r.mu.Lock()
	last := r.counted[client.ObjectKeyFromObject(after)]
	r.mu.Unlock()
	interval := r.CountInterval
	if interval == 0 {
		interval = defaultCountInterval
	}
	wait := last.Add(interval).Sub(now)
	if wait <= 0 {
		return 0
	}
	after.Status.OpenRequests, after.Status.UnannouncedRequests, after.Status.UndeliveredMessages = old.open, old.unannounced, old.undelivered
	return wait
}

// notePatched notes when counts were patched.
func (r *AccessNotifierReconciler) notePatched(before, after *v1alpha1.AccessNotifier, now time.Time) {
	if countsOf(&before.Status).equal(countsOf(&after.Status)) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counted == nil {
		r.counted = map[client.ObjectKey]time.Time{}
	}
	r.counted[client.ObjectKeyFromObject(after)] = now
}
