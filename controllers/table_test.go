package controllers_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// TestTableInEachState reads what "kubectl get accessnotifiers -o wide" shows. It
// reads the same as the condition Ready, which "kubectl wait" waits for.
func TestTableInEachState(t *testing.T) {
	tests := map[string]struct {
		// ready is true if it is ready before it gets into the state.
		ready   bool
		arrange func(*stage)
		status  metav1.ConditionStatus
		reason  string
		// want are all columns but the name, the messenger and the age.
		want map[string]any
	}{
		"just applied": {
			arrange: func(*stage) {},
			status:  metav1.ConditionFalse, reason: v1alpha1.ReasonSecretNotFound,
			want: map[string]any{
				"Cluster": nil, "Ready": "False", "Open": nil, "Undelivered": nil, "Suspended": nil, "Reason": "SecretNotFound",
				"Message": `Secret "identity" does not exist in this namespace; create it, or wait for the tool that does. ` +
					`Secret "bot" does not exist in this namespace; create it, or wait for the tool that does (2 problems in all)`,
			},
		},
		"connecting": {
			arrange: func(s *stage) {
				s.teleport.Hang(true)
				s.putSecrets()
			},
			status: metav1.ConditionUnknown, reason: v1alpha1.ReasonProgressing,
			want: map[string]any{
				"Cluster": nil, "Ready": "Unknown", "Open": nil, "Undelivered": nil, "Suspended": nil, "Reason": "Progressing",
				"Message": "Connecting to Teleport",
			},
		},
		"ready": {
			ready:   true,
			arrange: func(s *stage) { s.awaitPosts(s.channel, s.request()); s.awaitOpen(1) },
			status:  metav1.ConditionTrue, reason: v1alpha1.ReasonSucceeded,
			want: map[string]any{
				"Cluster": "lab", "Ready": "True", "Open": float64(1), "Undelivered": float64(0), "Suspended": nil, "Reason": "Succeeded",
				"Message": "Access requests of lab are announced",
			},
		},
		"suspended": {
			ready:   true,
			arrange: func(s *stage) { s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Suspend = new(true) }) },
			status:  metav1.ConditionFalse, reason: v1alpha1.ReasonSuspended,
			want: map[string]any{
				"Cluster": "lab", "Ready": "False", "Open": nil, "Undelivered": nil, "Suspended": true, "Reason": "Suspended",
				"Message": "Suspended; pending requests are posted when spec.suspend is false",
			},
		},
		"a bad identity": {
			ready:   true,
			arrange: func(s *stage) { s.putIdentity([]byte("garbage-that-no-reader-may-see")) },
			status:  metav1.ConditionFalse, reason: v1alpha1.ReasonIdentityMalformed,
			want: map[string]any{
				"Cluster": "lab", "Ready": "False", "Open": float64(0), "Undelivered": float64(0), "Suspended": nil, "Reason": "IdentityMalformed",
				"Message": "The identity file cannot be read, or is cut short: write it with tbot's identity output or with tctl auth sign --format=file.",
			},
		},
		"a refused token": {
			ready: true,
			arrange: func(s *stage) {
				s.awaitPosts(s.channel, s.request())
				s.awaitOpen(1)
				slack.RevokeToken(s.token)
				s.request()
			},
			status: metav1.ConditionFalse, reason: v1alpha1.ReasonTokenRefused,
			want: map[string]any{
				"Cluster": "lab", "Ready": "False", "Open": float64(2), "Undelivered": float64(1), "Suspended": nil, "Reason": "TokenRefused",
			},
		},
		"a bad recipient": {
			ready: true,
			arrange: func(s *stage) {
				s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Recipients = append(n.Spec.Recipients, "no-such-channel") })
				s.awaitPosts(s.channel, s.request())
			},
			status: metav1.ConditionFalse, reason: v1alpha1.ReasonRecipientsUnresolved,
			want: map[string]any{
				"Cluster": "lab", "Ready": "False", "Open": float64(1), "Undelivered": float64(1), "Suspended": nil, "Reason": "RecipientsUnresolved",
			},
		},
		"Teleport is down": {
			ready:   true,
			arrange: func(s *stage) { s.must(s.teleport.RefuseConnections(true)) },
			status:  metav1.ConditionFalse, reason: v1alpha1.ReasonConnectionFailed,
			want: map[string]any{
				"Cluster": "lab", "Ready": "False", "Open": float64(0), "Undelivered": float64(0), "Suspended": nil, "Reason": "ConnectionFailed",
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, teleporttest.Options{})
			if tt.ready {
				s.putSecrets()
				s.apply()
				s.awaitReady()
				s.awaitOpen(0)
				tt.arrange(s)
			} else {
				tt.arrange(s)
				s.apply()
			}
			tt.want["Name"], tt.want["Messenger"] = s.notifier.Name, "Slack"
			s.awaitTable(tt.status, tt.reason, tt.want)
			s.teleport.Hang(false)
		})
	}
}

// awaitTable waits until Ready and the counts are as given, then compares the
// columns.
func (s *stage) awaitTable(status metav1.ConditionStatus, reason string, want map[string]any) {
	s.t.Helper()
	s.await("the state is reached", func(n *v1alpha1.AccessNotifier) string {
		if open, ok := want["Open"].(float64); ok && (n.Status.OpenRequests == nil || float64(*n.Status.OpenRequests) != open) {
			return asJSON(n.Status)
		}
		if late, ok := want["Undelivered"].(float64); ok && (n.Status.UndeliveredMessages == nil || float64(*n.Status.UndeliveredMessages) != late) {
			return asJSON(n.Status)
		}
		ready := meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionReady)
		if message, ok := want["Message"]; ok && ready != nil && ready.Message != message {
			return ready.Message
		}
		if n.Status.ObservedGeneration != s.notifier.Generation {
			return "the spec has not been looked at"
		}
		return notAs(n, v1alpha1.ConditionReady, status, reason)
	})
	s.assertColumns(want)
}
