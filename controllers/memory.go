package controllers

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// memory is what this process knows of an object from one reconcile to the next. Its
// fields belong to the reconcile of the object, of which there is one at a time.
type memory struct {
	uid types.UID
	// since is when this process first saw the object.
	since time.Time
	// observed is what the running notifier was made of.
	observed observed
	// doubts are what is not known of the notifier.
	doubts doubts
	// counted is when the counts were patched last.
	counted time.Time

	said said
}

// said is what the object's owner was told. Notices come while the object is reconciled.
type said struct {
	mu sync.Mutex
	// status is the one that was written last, and must not be modified.
	status *v1alpha1.AccessNotifierStatus
	// unannounced is when there was an Event about a request without a recipient.
	unannounced time.Time
}

// newMemory returns what there is to know of an object that this process has not seen
// before: what another process has said of it. The status is read here and nowhere
// else, so that a restart or a failover does not show.
func newMemory(notifier *v1alpha1.AccessNotifier) *memory {
	return &memory{uid: notifier.UID, since: time.Now(), doubts: doubts{}, said: said{status: notifier.Status.DeepCopy()}}
}

// lastStatus returns the status that was written last. It must not be modified.
func (s *said) lastStatus() *v1alpha1.AccessNotifierStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

func (s *said) noteStatus(status *v1alpha1.AccessNotifierStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status.DeepCopy()
}

// noteUnannounced reports whether a request without a recipient has an Event: one of
// many does, since a spec may well be about certain roles only. A new process leaves out
// what the status names already.
func (s *said) noteUnannounced(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	again := !s.unannounced.IsZero()
	if again && now.Sub(s.unannounced) < defaultCountInterval {
		return false
	}
	s.unannounced = now
	return again || s.status.UnannouncedRequests == nil
}

// memoryOf returns what this process knows of an object.
func (r *AccessNotifierReconciler) memoryOf(notifier *v1alpha1.AccessNotifier) *memory {
	name := client.ObjectKeyFromObject(notifier)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.memories == nil {
		r.memories = map[types.NamespacedName]*memory{}
	}
	if known := r.memories[name]; known == nil || known.uid != notifier.UID {
		r.memories[name] = newMemory(notifier)
	}
	return r.memories[name]
}

// forget drops what was known of an object.
func (r *AccessNotifierReconciler) forget(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.memories, name)
}
