package controllers

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/client-go/tools/events"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// An Event for each request more that has no recipient, none for the same ones.
func TestRequestsWithoutRecipientsHaveAnEvent(t *testing.T) {
	recorder := events.NewFakeRecorder(10)
	r := &AccessNotifierReconciler{Recorder: recorder}
	withCount := func(n int32) *v1alpha1.AccessNotifier {
		object := newObject()
		if n > 0 {
			object.Status.UnannouncedRequests = new(n)
		}
		return object
	}
	for _, step := range []struct {
		before, after int32
		told          bool
	}{{0, 1, true}, {1, 1, false}, {1, 3, true}, {3, 2, false}, {2, 0, false}, {0, 0, false}} {
		r.recordUnannounced(withCount(step.before), withCount(step.after))
		var got []string
		for len(recorder.Events) > 0 {
			got = append(got, <-recorder.Events)
		}
		if told := len(got) == 1; told != step.told {
			t.Errorf("from %d to %d: %q", step.before, step.after, got)
		}
		if i := slices.IndexFunc(got, func(event string) bool {
			return !containsAll(event, "Warning", "RequestsUnannounced", "spec.roleToRecipients")
		}); i >= 0 {
			t.Errorf("the Event is %q", got[i])
		}
	}
}

func containsAll(text string, words ...string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}
