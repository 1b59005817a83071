package controllers

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// regardlessOfTimes compares statuses but for when conditions changed.
var regardlessOfTimes = cmp.Options{
	cmpopts.IgnoreFields(metav1.Condition{}, "LastTransitionTime"),
	cmpopts.SortSlices(func(a, b metav1.Condition) bool { return a.Type < b.Type }),
	cmpopts.EquateEmpty(),
	// It says which cluster was watched last.
	cmpopts.IgnoreFields(v1alpha1.AccessNotifierStatus{}, "Teleport"),
}

func (s state) describe(object *v1alpha1.AccessNotifier, m *memory, at time.Time) {
	describe(object, s.inputs, s.snapshot, !s.stopped, m, at)
	m.said.noteStatus(&object.Status)
}

// Every state is reached from every other one, and leaves nothing behind: whatever
// the conditions said before, in the end they say what they would say of a new
// object. In between, what is not known stays as it was.
func TestEachConditionGoesIntoAndOutOfEachReason(t *testing.T) {
	all := states()
	for from, before := range all {
		for to, after := range all {
			object, fresh := newObject(), newObject()
			m := newMemory(object)
			before.describe(object, m, now)
			was := object.DeepCopy()
			after.describe(object, m, now.Add(time.Second))
			checkKept(t, from+" -> "+to, was, object, after)

			// Time passes, and nothing else becomes known.
			later := now.Add(2 * keptFor)
			after.snapshot.Teleport = postpone(after.snapshot.Teleport, 2*keptFor)
			after.describe(object, m, later)
			after.describe(fresh, newMemory(fresh), later)
			if diff := cmp.Diff(fresh.Status, object.Status, regardlessOfTimes...); diff != "" {
				t.Errorf("%s -> %s leaves something behind (-new object +this one):\n%s", from, to, diff)
			}
		}
	}
}

// postpone makes an identity end later, so that it does not expire during a test.
func postpone(s status.Teleport, d time.Duration) status.Teleport {
	if !s.IdentityNotAfter.IsZero() {
		s.IdentityNotBefore, s.IdentityNotAfter = s.IdentityNotBefore.Add(d), s.IdentityNotAfter.Add(d)
	}
	return s
}

// checkKept wants each aspect to say what is known now, or if nothing is, what was
// known before or that nothing is known.
func checkKept(t *testing.T, step string, was, is *v1alpha1.AccessNotifier, now state) {
	t.Helper()
	fresh := newObject()
	now.describe(fresh, newMemory(fresh), time.Now())
	for _, condition := range is.Status.Conditions {
		switch condition.Type {
		case v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled, v1alpha1.ConditionIdentityValid:
			continue // sums of others, and what depends on the time
		}
		known := meta.FindStatusCondition(fresh.Status.Conditions, condition.Type)
		before := meta.FindStatusCondition(was.Status.Conditions, condition.Type)
		same := func(other *metav1.Condition) bool {
			return other != nil && other.Status == condition.Status && other.Reason == condition.Reason && other.Message == condition.Message
		}
		// A connection of which the records have not been read is only half known.
		unknown := known.Status == metav1.ConditionUnknown ||
			condition.Type == v1alpha1.ConditionTeleportConnected && !now.snapshot.Counted
		if !same(known) && (!unknown || !same(before)) {
			t.Errorf("%s: %s is %s for %s", step, condition.Type, condition.Status, condition.Reason)
		}
	}
	checkKstatus(t, step, is)
}

// checkKstatus wants Reconciling or Stalled exactly while Ready is not True.
func checkKstatus(t *testing.T, step string, object *v1alpha1.AccessNotifier) {
	t.Helper()
	conditions := object.Status.Conditions
	reconciling := meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling)
	stalled := meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled)
	if ready := meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady); ready == (reconciling || stalled) || reconciling && stalled {
		t.Errorf("%s: ready %t, reconciling %t, stalled %t", step, ready, reconciling, stalled)
	}
}

// A process that has just started knows nothing. What the one before has found out
// stays, with its times, until this one knows: a restart makes no difference.
func TestARestartDoesNotFlap(t *testing.T) {
	for name, s := range states() {
		if s.stopped {
			continue
		}
		t.Run(name, func(t *testing.T) {
			object := newObject()
			s.describe(object, newMemory(object), now)
			for i := range object.Status.Conditions {
				object.Status.Conditions[i].LastTransitionTime = metav1.NewTime(now.Add(-24 * time.Hour))
			}
			want := object.DeepCopy().Status

			m := newMemory(object)
			starting := state{inputs: s.inputs, snapshot: supervisor.Snapshot{Identity: s.snapshot.Identity}}
			if p := s.snapshot.Teleport.Problem; p != nil && isFoundAtOnce(v1alpha1.ConditionIdentityValid, p.Reason) {
				starting.snapshot.Identity = p
			}
			starting.describe(object, m, now.Add(time.Second))
			connected := starting
			connected.snapshot.Teleport = s.snapshot.Teleport
			connected.describe(object, m, now.Add(2*time.Second))
			s.describe(object, m, now.Add(3*time.Second))
			if s.snapshot.Counted != (want.OpenRequests != nil) {
				t.Fatalf("counted is %t, but the count %v", s.snapshot.Counted, want.OpenRequests)
			}
			if diff := cmp.Diff(want, object.Status, cmpopts.EquateEmpty(),
				cmpopts.SortSlices(func(a, b metav1.Condition) bool { return a.Type < b.Type })); diff != "" {
				t.Errorf("after a restart (-before +after):\n%s", diff)
			}
		})
	}
}

// What is not found out in time is said not to be known.
func TestWhatIsNotKnownDoesNotStayForGood(t *testing.T) {
	object := newObject()
	m := newMemory(object)
	states()["ready"].describe(object, m, now)
	nothing := state{}
	wanted := func(after time.Duration, status metav1.ConditionStatus, counted bool) {
		t.Helper()
		nothing.describe(object, m, now.Add(after))
		for _, condition := range object.Status.Conditions {
			if condition.Type != v1alpha1.ConditionReconciling && condition.Status != status {
				t.Errorf("%v after the start %s is %s: %s", after, condition.Type, condition.Status, condition.Message)
			}
		}
		if (object.Status.OpenRequests != nil) != counted {
			t.Errorf("%v after the start openRequests is %v", after, object.Status.OpenRequests)
		}
	}
	const start = time.Second
	wanted(start, metav1.ConditionTrue, true)
	wanted(start+keptFor-1, metav1.ConditionTrue, true)
	r := &AccessNotifierReconciler{}
	if next := r.requeueAfter(inputs{}, supervisor.Snapshot{}, m.doubts, now.Add(start+keptFor-time.Second)); next != time.Second {
		t.Errorf("the end of it is looked for after %v, want 1s", next)
	}
	wanted(start+keptFor, metav1.ConditionUnknown, false)
	if next := r.requeueAfter(inputs{}, supervisor.Snapshot{}, m.doubts, now.Add(start+keptFor)); next != 0 {
		t.Errorf("then it is looked again after %v", next)
	}
}

// What was true of another spec says nothing of this one.
func TestAnEditKeepsNothing(t *testing.T) {
	for name, s := range states() {
		object, fresh := newObject(), newObject()
		m := newMemory(object)
		s.describe(object, m, now)
		object.Generation++
		fresh.Generation++
		nothing := state{}
		nothing.describe(object, m, now.Add(time.Second))
		nothing.describe(fresh, newMemory(fresh), now.Add(time.Second))
		if diff := cmp.Diff(fresh.Status, object.Status, regardlessOfTimes...); diff != "" {
			t.Errorf("%s shows of an edited object (-new object +this one):\n%s", name, diff)
		}
	}
}

// All states that have a condition for the reason are among those that are walked.
func TestTheWalkKnowsEveryCondition(t *testing.T) {
	walked := map[string]bool{}
	for _, s := range states() {
		object := newObject()
		s.describe(object, newMemory(object), now)
		for _, condition := range object.Status.Conditions {
			walked[condition.Type+" "+string(condition.Status)] = true
		}
	}
	for _, condition := range []string{
		v1alpha1.ConditionReady, v1alpha1.ConditionIdentityValid, v1alpha1.ConditionTeleportConnected,
		v1alpha1.ConditionMessengerReady, v1alpha1.ConditionRecipientsResolved, v1alpha1.ConditionRulesValid,
	} {
		for _, status := range []metav1.ConditionStatus{metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown} {
			if !walked[condition+" "+string(status)] {
				t.Errorf("%s is never %s; the walk knows %q", condition, status, slices.Sorted(maps.Keys(walked)))
			}
		}
	}
}
