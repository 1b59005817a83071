package controllers

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// A request without a recipient has an Event that names it, one of many in 30 s. A new
// process leaves out what the status names already.
func TestRequestsWithoutRecipientsHaveAnEvent(t *testing.T) {
	for name, tt := range map[string]struct {
		counted *int32
		want    []string
	}{
		"new":             {nil, []string{"first", "third"}},
		"after a restart": {new(int32(3)), []string{"third"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				recorder := events.NewFakeRecorder(10)
				object := newObject()
				object.Status.UnannouncedRequests = tt.counted
				r := &AccessNotifierReconciler{Recorder: recorder, Client: clientOf(t, object)}
				for _, id := range []string{"first", "second", "third"} {
					r.recordNotice(t.Context(), keyOf(object), status.Notice{
						Reason: status.NoticeNotAnnounced, Text: "Access request " + id + " is not announced", Request: id, Warning: true,
					})
					time.Sleep(20 * time.Second)
				}
				if len(recorder.Events) != len(tt.want) {
					t.Fatalf("%d Events, want %d", len(recorder.Events), len(tt.want))
				}
				for _, id := range tt.want {
					if event := <-recorder.Events; !containsAll(event, "Warning", "RequestNotAnnounced", id, "spec.roleToRecipients") {
						t.Errorf("the Event is %q, want one about the %s", event, id)
					}
				}
			})
		})
	}
}

func clientOf(t *testing.T, object client.Object) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(object).Build()
}

func containsAll(text string, words ...string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}
