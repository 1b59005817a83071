package api

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// What "kubectl get accessnotifiers" shows, and with "-o wide".
func TestTable(t *testing.T) {
	n := newNotifier(t)
	n.Spec.Suspend = new(false)
	if err := plane.Client().Update(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	n.Status = v1alpha1.AccessNotifierStatus{
		Conditions: []metav1.Condition{{
			Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, LastTransitionTime: metav1.Now(),
			Reason: v1alpha1.ReasonTokenRefused, Message: "Slack does not accept the token",
		}},
		Teleport:            &v1alpha1.TeleportStatus{ClusterName: "prod"},
		OpenRequests:        new(int32(3)),
		UndeliveredMessages: new(int32(2)),
	}
	patchStatus(t, n)

	table := getTable(t, n.Namespace)
	var narrow, wide []string
	for _, column := range table.ColumnDefinitions {
		if column.Priority == 0 {
			narrow = append(narrow, column.Name)
		} else {
			wide = append(wide, column.Name)
		}
		if column.Description == "" {
			t.Errorf("column %s has no description", column.Name)
		}
	}
	if diff := cmp.Diff([]string{"Name", "Messenger", "Cluster", "Ready", "Reason", "Open", "Age"}, narrow); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Undelivered", "Suspended", "Message"}, wide); diff != "" {
		t.Errorf("columns with -o wide (-want +got):\n%s", diff)
	}

	if len(table.Rows) != 1 {
		t.Fatalf("got %d rows, want 1", len(table.Rows))
	}
	cells := map[string]any{}
	for i, column := range table.ColumnDefinitions {
		cells[column.Name] = table.Rows[0].Cells[i]
	}
	if cells["Age"] == "" || cells["Age"] == nil {
		t.Error("the age is empty")
	}
	delete(cells, "Age")
	want := map[string]any{
		"Name": n.Name, "Messenger": "Slack", "Cluster": "prod", "Ready": "False", "Open": float64(3),
		"Undelivered": float64(2), "Suspended": false,
		"Reason": "TokenRefused", "Message": "Slack does not accept the token",
	}
	if diff := cmp.Diff(want, cells); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
}

func getTable(t *testing.T, namespace string) metav1.Table {
	t.Helper()
	clients, err := kubernetes.NewForConfig(plane.Config())
	if err != nil {
		t.Fatal(err)
	}
	body, err := clients.RESTClient().Get().
		AbsPath("/apis/accessnotifier.dev/v1alpha1/namespaces/"+namespace+"/accessnotifiers").
		SetHeader("Accept", "application/json;as=Table;g=meta.k8s.io;v=v1").
		DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var table metav1.Table
	if err := json.Unmarshal(body, &table); err != nil {
		t.Fatal(err)
	}
	return table
}

func TestSelectableFields(t *testing.T) {
	namespace := newNamespace(t)
	create(t, notifier(t, namespace, "teleport: {address: 'a.example.com:443'}"))
	create(t, notifier(t, namespace, "teleport: {address: 'b.example.com:443'}"))

	for selector, want := range map[string]int{
		"spec.messenger.type=Slack":                2,
		"spec.messenger.type=Discord":              0,
		"spec.teleport.address=a.example.com:443":  1,
		"spec.teleport.address!=a.example.com:443": 1,
	} {
		var list v1alpha1.AccessNotifierList
		err := plane.Client().List(t.Context(), &list, client.InNamespace(namespace),
			&client.ListOptions{Raw: &metav1.ListOptions{FieldSelector: selector}})
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Items) != want {
			t.Errorf("%s selects %d, want %d", selector, len(list.Items), want)
		}
	}
}

func TestNames(t *testing.T) {
	clients, err := kubernetes.NewForConfig(plane.Config())
	if err != nil {
		t.Fatal(err)
	}
	served, err := clients.Discovery().ServerResourcesForGroupVersion("accessnotifier.dev/v1alpha1")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]metav1.APIResource{}
	for _, resource := range served.APIResources {
		resource.StorageVersionHash = ""
		resource.Verbs = nil
		got[resource.Name] = resource
	}
	want := map[string]metav1.APIResource{
		"accessnotifiers": {
			Name: "accessnotifiers", SingularName: "accessnotifier", Kind: "AccessNotifier", Namespaced: true,
			ShortNames: []string{"an"}, Categories: []string{"access"},
		},
		"accessnotifiers/status": {
			Name: "accessnotifiers/status", Kind: "AccessNotifier", Namespaced: true,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("served resources (-want +got):\n%s", diff)
	}
}
