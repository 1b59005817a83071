package controllers

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// publisher publishes states of one object to an API server that counts patches.
type publisher struct {
	*AccessNotifierReconciler
	t       *testing.T
	patches int
}

func newPublisher(t *testing.T) *publisher {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	p := &publisher{t: t}
	p.AccessNotifierReconciler = &AccessNotifierReconciler{
		Recorder: events.NewFakeRecorder(1000),
		Client: fake.NewClientBuilder().WithScheme(scheme).WithObjects(newObject()).WithStatusSubresource(newObject()).
			WithInterceptorFuncs(interceptor.Funcs{SubResourcePatch: func(
				ctx context.Context, c client.Client, sub string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption,
			) error {
				p.patches++
				return c.SubResource(sub).Patch(ctx, object, patch, options...)
			}}).Build(),
	}
	return p
}

// publish shows a state as a reconcile does, and returns the object as it is then.
func (p *publisher) publish(s state) (object *v1alpha1.AccessNotifier, again time.Duration) {
	p.t.Helper()
	object = newObject()
	key := client.ObjectKeyFromObject(object)
	if err := p.Client.Get(p.t.Context(), key, object); err != nil {
		p.t.Fatal(err)
	}
	before := object.DeepCopy()
	m := p.memoryOf(object)
	describe(object, s.inputs, s.snapshot, true, m, time.Now())
	again, err := p.AccessNotifierReconciler.publish(p.t.Context(), m, before, object)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.Client.Get(p.t.Context(), key, object); err != nil {
		p.t.Fatal(err)
	}
	return object, again
}

// busy returns a working state with so many open requests.
func busy(open int) state {
	return working(func(s *state) {
		s.snapshot.Open = open
		s.snapshot.Teleport.IdentityNotBefore = time.Now().Truncate(24 * time.Hour)
		s.snapshot.Teleport.IdentityNotAfter = s.snapshot.Teleport.IdentityNotBefore.Add(48 * time.Hour)
	})
}

// Counts change each second here; every status that is patched is sent to all who
// watch objects.
func TestCountsArePatchedAtMostEvery30Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPublisher(t)
		var again time.Duration
		for second := range 300 {
			_, again = p.publish(busy(second))
			time.Sleep(time.Second)
		}
		if p.patches != 10 {
			t.Errorf("%d patches in 5 minutes, want 10", p.patches)
		}
		if again <= 0 || again > 30*time.Second {
			t.Errorf("the last counts are looked at again in %v", again)
		}
		time.Sleep(again)
		object, _ := p.publish(busy(299))
		if got := object.Status.OpenRequests; got == nil || *got != 299 {
			t.Errorf("in the end openRequests is %v, want 299", got)
		}
	})
}

// TestTheOldestMessageIsShownOnceItIsLate covers when the status speaks of a message.
func TestTheOldestMessageIsShownOnceItIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPublisher(t)
		waits := busy(1)
		waits.snapshot.Undelivered = 1
		waits.snapshot.Oldest = &status.UndeliveredMessage{
			Request: "r1", Recipient: "#ops", Since: time.Now().Add(time.Millisecond), Reason: status.WaitingCallFailed, Message: "failed",
		}
		if object, _ := p.publish(waits); object.Status.OldestUndeliveredMessage != nil {
			t.Errorf("a message that is under way is shown: %+v", object.Status.OldestUndeliveredMessage)
		}
		time.Sleep(lateTurn(waits.snapshot, time.Now()))
		object, _ := p.publish(waits)
		if got := object.Status.OldestUndeliveredMessage; got == nil || got.AccessRequest != "r1" || got.Recipient != "#ops" ||
			got.Reason != "CallFailed" || got.Message != "failed" || time.Since(got.Since.Time) < time.Minute {
			t.Errorf("of a late message the status says %+v", got)
		}
		patches := p.patches
		for range 10 {
			time.Sleep(time.Minute)
			p.publish(waits)
		}
		if p.patches != patches || lateTurn(waits.snapshot, time.Now()) != 0 {
			t.Errorf("a status that stays as it is was patched %d times, and is looked at again", p.patches-patches)
		}
		if object, _ := p.publish(busy(1)); object.Status.OldestUndeliveredMessage != nil {
			t.Errorf("a message that was delivered is shown: %+v", object.Status.OldestUndeliveredMessage)
		}
	})
}

func TestConditionsDoNotWaitForCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPublisher(t)
		p.publish(busy(1))
		time.Sleep(time.Second)
		refused := busy(2)
		refused.snapshot.Messenger.Problem = permanent(status.ReasonTokenRefused)
		object, again := p.publish(refused)
		if !meta.IsStatusConditionFalse(object.Status.Conditions, v1alpha1.ConditionReady) {
			t.Errorf("a second after the token was refused the conditions are %+v", object.Status.Conditions)
		}
		if got := *object.Status.OpenRequests; got != 1 || again != 29*time.Second {
			t.Errorf("openRequests is %d, the next look in %v", got, again)
		}
		// What is not known any more is not shown.
		unknown := busy(2)
		unknown.snapshot.Counted = false
		if object, _ := p.publish(unknown); object.Status.OpenRequests == nil {
			t.Error("counts are dropped before they have been unknown for a while")
		}
	})
}

// TestAStatusThatOnlySaysThatWorkHasBegunWaits covers an object that is new: most are ready in
// less than a second.
func TestAStatusThatOnlySaysThatWorkHasBegunWaits(t *testing.T) {
	begun := state{snapshot: supervisor.Snapshot{}}
	synctest.Test(t, func(t *testing.T) {
		p := newPublisher(t)
		if _, again := p.publish(begun); p.patches != 0 || again != statusDelay {
			t.Errorf("it was patched %d times at once, and is looked at again in %v", p.patches, again)
		}
		time.Sleep(statusDelay - 1)
		if object, _ := p.publish(busy(0)); p.patches != 1 || !meta.IsStatusConditionTrue(object.Status.Conditions, v1alpha1.ConditionReady) {
			t.Errorf("one that is ready meanwhile was patched %d times: %+v", p.patches, object.Status.Conditions)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := newPublisher(t)
		p.publish(begun)
		time.Sleep(statusDelay)
		object, _ := p.publish(begun)
		if c := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionReady); p.patches != 1 || c == nil || c.Status != metav1.ConditionUnknown {
			t.Errorf("one that is not ready by then was patched %d times, and is %+v", p.patches, c)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := newPublisher(t)
		p.publish(working(refused(permanent(status.ReasonTokenRefused))))
		if p.patches != 1 {
			t.Errorf("what is wrong was patched %d times at once", p.patches)
		}
	})
}
