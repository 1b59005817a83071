package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

func TestANewObjectIsNotObservedYet(t *testing.T) {
	created := newNotifier(t)

	var stored v1alpha1.AccessNotifier
	if err := plane.Client().Get(t.Context(), client.ObjectKeyFromObject(created), &stored); err != nil {
		t.Fatal(err)
	}
	want := v1alpha1.AccessNotifierStatus{ObservedGeneration: -1}
	if diff := cmp.Diff(want, stored.Status); diff != "" {
		t.Errorf("status of a new object (-want +got):\n%s", diff)
	}
}

// Tools that compare what people applied with what is stored find no difference.
func TestNothingIsAddedToTheSpec(t *testing.T) {
	o := notifier(t, newNamespace(t), "{}")
	want := parse(t, goodSpec)
	create(t, o)

	if diff := cmp.Diff(want, o.Object["spec"]); diff != "" {
		t.Errorf("stored spec (-applied +stored):\n%s", diff)
	}
}

func TestStatusIsASubresource(t *testing.T) {
	n := newNotifier(t)
	generation := n.Generation

	want := fullStatus(n.Generation)
	n.Status = want
	patchStatus(t, n)
	if diff := cmp.Diff(want, n.Status, cmpopts.EquateApproxTime(time.Second)); diff != "" {
		t.Errorf("stored status (-want +got):\n%s", diff)
	}
	if n.Generation != generation {
		t.Errorf("writing the status changed the generation from %d to %d", generation, n.Generation)
	}

	n.Status = v1alpha1.AccessNotifierStatus{}
	n.Spec.Suspend = new(true)
	if err := plane.Client().Update(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, n.Status, cmpopts.EquateApproxTime(time.Second)); diff != "" {
		t.Errorf("status after an update of the spec (-want +got):\n%s", diff)
	}
	if n.Generation != generation+1 {
		t.Errorf("generation %d after a change of the spec, want %d", n.Generation, generation+1)
	}
}

// fullStatus is as full as the exported bounds allow.
func fullStatus(generation int64) v1alpha1.AccessNotifierStatus {
	text := strings.Repeat("é", v1alpha1.MaxNameLength)
	now := metav1.NewTime(time.Now().Truncate(time.Second))
	status := v1alpha1.AccessNotifierStatus{
		ObservedGeneration: generation,
		Teleport: &v1alpha1.TeleportStatus{
			ClusterName: text, ServerVersion: text, User: text, IdentityExpirationTime: &now,
		},
		OpenRequests:        new(int32),
		UndeliveredMessages: new(int32),
		OldestUndeliveredMessage: &v1alpha1.UndeliveredMessage{
			AccessRequest: text, Recipient: text, Since: now, Reason: "CallFailed",
			Message: strings.Repeat("é", v1alpha1.MaxMessageLength),
		},
		LastHandledReconcileAt: text,
	}
	for i := range v1alpha1.MaxConditions {
		meta.SetStatusCondition(&status.Conditions, metav1.Condition{
			Type: fmt.Sprintf("Type%d", i), Status: metav1.ConditionTrue, ObservedGeneration: generation,
			Reason: v1alpha1.ReasonSucceeded, LastTransitionTime: now,
		})
	}
	for i := range v1alpha1.MaxUnresolvedRecipients {
		status.UnresolvedRecipients = append(status.UnresolvedRecipients, v1alpha1.UnresolvedRecipient{
			Recipient: fmt.Sprintf("%0*d", v1alpha1.MaxNameLength, i),
			Message:   strings.Repeat("é", v1alpha1.MaxMessageLength),
		})
	}
	for i := range v1alpha1.MaxRules {
		status.AccessMonitoringRules = append(status.AccessMonitoringRules, v1alpha1.RuleStatus{
			Name:          fmt.Sprintf("%0*d", v1alpha1.MaxNameLength, i),
			LastMatchTime: &now,
			Problem:       strings.Repeat("é", v1alpha1.MaxMessageLength),
		})
	}
	status.Routes = status.AccessMonitoringRules
	return status
}

func TestBadStatusesAreRefused(t *testing.T) {
	long := func(n int) string { return strings.Repeat("a", n+1) }
	for name, test := range map[string]struct {
		change func(*v1alpha1.AccessNotifierStatus)
		want   string
	}{
		"many conditions": {func(s *v1alpha1.AccessNotifierStatus) {
			s.Conditions = append(s.Conditions, metav1.Condition{
				Type: "OneMore", Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonSucceeded, LastTransitionTime: metav1.Now(),
			})
		}, "must have at most 16 items"},
		"many rules": {func(s *v1alpha1.AccessNotifierStatus) {
			s.AccessMonitoringRules = append(s.AccessMonitoringRules, v1alpha1.RuleStatus{Name: "one more"})
		}, "must have at most 64 items"},
		"a rule twice": {func(s *v1alpha1.AccessNotifierStatus) {
			s.AccessMonitoringRules = append(s.AccessMonitoringRules[:1], s.AccessMonitoringRules[0])
		}, "Duplicate value"},
		"a rule without a name": {func(s *v1alpha1.AccessNotifierStatus) {
			s.AccessMonitoringRules[0].Name = ""
		}, "accessMonitoringRules[0].name"},
		"a long problem of a rule": {func(s *v1alpha1.AccessNotifierStatus) {
			s.AccessMonitoringRules[0].Problem = long(v1alpha1.MaxMessageLength)
		}, "may not be more than 1024"},
		"a condition twice": {func(s *v1alpha1.AccessNotifierStatus) {
			s.Conditions = append(s.Conditions[:1], s.Conditions[0])
		}, "Duplicate value"},
		"a condition without a reason": {func(s *v1alpha1.AccessNotifierStatus) {
			s.Conditions[0].Reason = ""
		}, "status.conditions[0].reason"},
		"negative observedGeneration": {func(s *v1alpha1.AccessNotifierStatus) {
			s.ObservedGeneration = -2
		}, "greater than or equal to -1"},
		"negative openRequests": {func(s *v1alpha1.AccessNotifierStatus) {
			s.OpenRequests = new(int32(-1))
		}, "greater than or equal to 0"},
		"negative undeliveredMessages": {func(s *v1alpha1.AccessNotifierStatus) {
			s.UndeliveredMessages = new(int32(-1))
		}, "greater than or equal to 0"},
		"oldestUndeliveredMessage without a time": {func(s *v1alpha1.AccessNotifierStatus) {
			s.OldestUndeliveredMessage.Since = metav1.Time{}
		}, "oldestUndeliveredMessage.since: Required value"},
		"oldestUndeliveredMessage without a reason": {func(s *v1alpha1.AccessNotifierStatus) {
			s.OldestUndeliveredMessage.Reason = ""
		}, "oldestUndeliveredMessage.reason: Required value"},
		"oldestUndeliveredMessage with a long message": {func(s *v1alpha1.AccessNotifierStatus) {
			s.OldestUndeliveredMessage.Message = long(v1alpha1.MaxMessageLength)
		}, "may not be more than 1024"},
		"long lastHandledReconcileAt": {func(s *v1alpha1.AccessNotifierStatus) {
			s.LastHandledReconcileAt = long(v1alpha1.MaxNameLength)
		}, "may not be more than 256"},
		"empty teleport": {func(s *v1alpha1.AccessNotifierStatus) {
			s.Teleport = &v1alpha1.TeleportStatus{}
		}, "at least 1 properties"},
		"long cluster name": {func(s *v1alpha1.AccessNotifierStatus) {
			s.Teleport.ClusterName = long(v1alpha1.MaxNameLength)
		}, "may not be more than 256"},
		"long server version": {func(s *v1alpha1.AccessNotifierStatus) {
			s.Teleport.ServerVersion = long(v1alpha1.MaxNameLength)
		}, "may not be more than 256"},
		"long user": {func(s *v1alpha1.AccessNotifierStatus) {
			s.Teleport.User = long(v1alpha1.MaxNameLength)
		}, "may not be more than 256"},
		"many unresolved recipients": {func(s *v1alpha1.AccessNotifierStatus) {
			s.UnresolvedRecipients = append(s.UnresolvedRecipients, v1alpha1.UnresolvedRecipient{Recipient: "one-more"})
		}, "must have at most 64 items"},
		"an unresolved recipient twice": {func(s *v1alpha1.AccessNotifierStatus) {
			s.UnresolvedRecipients = append(s.UnresolvedRecipients[:1], s.UnresolvedRecipients[0])
		}, "Duplicate value"},
		"an unresolved recipient without a name": {func(s *v1alpha1.AccessNotifierStatus) {
			s.UnresolvedRecipients[0].Recipient = ""
		}, "Required value"},
		"long unresolved recipient": {func(s *v1alpha1.AccessNotifierStatus) {
			s.UnresolvedRecipients[0].Recipient = long(v1alpha1.MaxNameLength)
		}, "may not be more than 256"},
		"long message of an unresolved recipient": {func(s *v1alpha1.AccessNotifierStatus) {
			s.UnresolvedRecipients[0].Message = long(v1alpha1.MaxMessageLength)
		}, "may not be more than 1024"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNotifier(t)
			n.Status = fullStatus(n.Generation)
			test.change(&n.Status)
			err := plane.Client().Status().Update(t.Context(), n)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("updating the status: error = %v, want in it %q", err, test.want)
			}
		})
	}
}

func newNotifier(t *testing.T) *v1alpha1.AccessNotifier {
	t.Helper()
	o := notifier(t, newNamespace(t), "{}")
	create(t, o)
	var n v1alpha1.AccessNotifier
	if err := plane.Client().Get(t.Context(), client.ObjectKeyFromObject(o), &n); err != nil {
		t.Fatal(err)
	}
	return &n
}

func patchStatus(t *testing.T, n *v1alpha1.AccessNotifier) {
	t.Helper()
	before := n.DeepCopy()
	before.Status = v1alpha1.AccessNotifierStatus{}
	if err := plane.Client().Status().Patch(t.Context(), n, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
}
