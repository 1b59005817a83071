package controllers_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestMessagesStayTrue(t *testing.T) {
	s := newStage(t, teleporttest.Options{
		Thresholds: map[string][]teleporttest.Threshold{"editor": {{Approve: 2, Deny: 1}}},
	})
	reviewer := s.namespace + "@example.com"
	person := slack.AddUser(reviewer)
	s.notifier.Spec.RoleToRecipients = map[string]v1alpha1.RecipientList{"*": {reviewer}}
	s.putSecrets()
	s.apply()
	s.awaitReady()

	approved, denied := s.request(), s.request()
	s.awaitPosts(s.channel, approved, denied)
	s.awaitPosts(directWith(t, person), approved, denied)
	s.awaitOpen(2)

	s.must(s.teleport.Review(approved, "bob", accessrequest.Approved, "fine"))
	s.awaitText(s.channel, approved, "bob")
	s.must(s.teleport.Review(approved, "carol", accessrequest.Approved, ""))
	s.must(s.teleport.Review(denied, "carol", accessrequest.Denied, ""))
	for _, channel := range []string{s.channel, directWith(t, person)} {
		s.awaitText(channel, approved, "APPROVED")
		s.awaitText(channel, denied, "DENIED")
	}
	s.awaitOpen(0)
	s.assertPosts(s.channel, approved, denied)
}

func TestStatus(t *testing.T) {
	s := newStage(t, teleporttest.Options{ClusterName: "prod", Version: "17.4.8"})
	file := s.identity(teleporttest.IdentityOptions{User: "bot-notifier", Roles: []string{teleporttest.PluginRole}, TTL: 50 * time.Minute})
	ends := metav1.NewTime(time.Now().Add(50 * time.Minute))
	s.putIdentity(file)
	s.putToken(s.token + "\n")
	s.apply()
	s.awaitReady()
	s.request()
	got := s.awaitOpen(1).Status

	until := got.Teleport.IdentityExpirationTime
	if off := until.Sub(ends.Time).Abs(); off > 5*time.Second {
		t.Errorf("identityExpirationTime is %v, want about %v", until, ends)
	}
	want := v1alpha1.AccessNotifierStatus{
		ObservedGeneration: 1,
		Teleport: &v1alpha1.TeleportStatus{
			ClusterName: "prod", ServerVersion: "17.4.8", User: "bot-notifier", IdentityExpirationTime: until,
		},
		OpenRequests:        new(int32(1)),
		UndeliveredMessages: new(int32(0)),
	}
	conditions := got.Conditions
	got.Conditions = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	var types []string
	for _, c := range conditions {
		if c.Status != metav1.ConditionTrue {
			t.Errorf("%s is %s: %s", c.Type, c.Status, c.Message)
		}
		types = append(types, c.Type)
	}
	slices.Sort(types)
	wantTypes := []string{
		v1alpha1.ConditionIdentityValid, v1alpha1.ConditionMessengerReady, v1alpha1.ConditionReady,
		v1alpha1.ConditionRecipientsResolved, v1alpha1.ConditionRulesValid, v1alpha1.ConditionTeleportConnected,
	}
	if diff := cmp.Diff(wantTypes, types); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
	s.assertColumns(map[string]any{
		"Name": "notifier", "Messenger": "Slack", "Cluster": "prod", "Ready": "True", "Open": float64(1),
		"Undelivered": float64(0), "Reason": "Succeeded", "Message": "Access requests of prod are announced",
	})
}

func TestCountsAreUnsetBeforeTheClusterWasAsked(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.teleport.Hang(true)
	s.putSecrets()
	s.apply()
	n := s.await("the messenger is ready", func(n *v1alpha1.AccessNotifier) string {
		return notAs(n, v1alpha1.ConditionMessengerReady, metav1.ConditionTrue, v1alpha1.ReasonSucceeded)
	})
	if n.Status.OpenRequests != nil || n.Status.UndeliveredMessages != nil {
		t.Errorf("counts of a cluster that does not answer: %v open, %v undelivered", n.Status.OpenRequests, n.Status.UndeliveredMessages)
	}
	// That the connection takes its time says nothing about the identity.
	for _, state := range s.history.all() {
		for _, c := range state.Status.Conditions {
			if c.Status == metav1.ConditionFalse {
				t.Errorf("%s is False while connecting: %s: %s", c.Type, c.Reason, c.Message)
			}
		}
	}
	s.teleport.Hang(false)
	s.awaitReady()
	s.awaitOpen(0)
}

func TestEvents(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	s.awaitEvent(corev1.EventTypeNormal, v1alpha1.ConditionReady, "announced")
	if all := s.events(); len(all) != 1 {
		t.Errorf("a start that goes well has %d Events, want one: %+v", len(all), all)
	}
	s.awaitPosts(s.channel, s.request())
	slack.RevokeToken(s.token)
	s.request()
	s.awaitEvent(corev1.EventTypeWarning, v1alpha1.ReasonTokenRefused, "token")

	before := len(s.events())
	for range 5 {
		s.request()
	}
	s.await("the requests are counted", func(n *v1alpha1.AccessNotifier) string {
		open := n.Status.OpenRequests
		return unless(open != nil && *open == 7, "the status is %s", asJSON(n.Status))
	})
	if after := len(s.events()); after != before {
		t.Errorf("%d more Events although nothing turned", after-before)
	}
}

// assertColumns compares columns as "kubectl get -o wide" prints them.
func (s *stage) assertColumns(want map[string]any) {
	s.t.Helper()
	clients, err := kubernetes.NewForConfig(plane.Config())
	s.must(err)
	body, err := clients.RESTClient().Get().
		AbsPath("/apis/accessnotifier.dev/v1alpha1/namespaces/"+s.namespace+"/accessnotifiers").
		SetHeader("Accept", "application/json;as=Table;g=meta.k8s.io;v=v1").
		DoRaw(s.t.Context())
	s.must(err)
	var table metav1.Table
	s.must(json.Unmarshal(body, &table))
	if len(table.Rows) != 1 {
		s.t.Fatalf("%d rows", len(table.Rows))
	}
	got := map[string]any{}
	for i, column := range table.ColumnDefinitions {
		if _, ok := want[column.Name]; ok {
			got[column.Name] = table.Rows[0].Cells[i]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("columns (-want +got):\n%s", diff)
	}
}
