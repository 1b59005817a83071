package controllers_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// history is every state that the AccessNotifiers of a namespace went through,
// as a watch tells it.
type history struct {
	mu     sync.Mutex
	states []v1alpha1.AccessNotifier
}

func watchHistory(t *testing.T, namespace string) *history {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	watcher, err := plane.Client().Watch(ctx, &v1alpha1.AccessNotifierList{}, client.InNamespace(namespace))
	if err != nil {
		t.Fatal(err)
	}
	h := &history{}
	var running sync.WaitGroup
	running.Go(func() {
		for event := range watcher.ResultChan() {
			h.note(event)
		}
	})
	t.Cleanup(func() {
		cancel()
		watcher.Stop()
		running.Wait()
	})
	return h
}

func (h *history) note(event watch.Event) {
	state, ok := event.Object.(*v1alpha1.AccessNotifier)
	if !ok || event.Type == watch.Deleted {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states = append(h.states, *state)
}

// newest returns the last state, nil if there is none.
func (h *history) newest() *v1alpha1.AccessNotifier {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.states) == 0 {
		return nil
	}
	return h.states[len(h.states)-1].DeepCopy()
}

// all returns every state, oldest first.
func (h *history) all() []v1alpha1.AccessNotifier {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.states)
}

// check fails for states that no AccessNotifier may ever show.
func (h *history) check(t *testing.T) {
	t.Helper()
	states := h.all()
	for i := range states {
		checkStatus(t, &states[i])
		if i > 0 && saysTheSame(&states[i-1], &states[i]) {
			t.Errorf("a status was patched although it says the same: %+v", states[i].Status)
		}
	}
}

var camelCase = regexp.MustCompile(`^([A-Z][a-z]+)+$`)

// checkStatus holds one status against the rules of conditions in general and of
// kstatus.
func checkStatus(t *testing.T, n *v1alpha1.AccessNotifier) {
	t.Helper()
	conditions := n.Status.Conditions
	if n.Status.ObservedGeneration == -1 {
		if len(conditions) > 0 {
			t.Errorf("conditions of a generation that no reader has seen: %+v", conditions)
		}
		return
	}
	for _, c := range conditions {
		switch {
		case c.ObservedGeneration != n.Status.ObservedGeneration:
			t.Errorf("%s is about generation %d in a status about %d", c.Type, c.ObservedGeneration, n.Status.ObservedGeneration)
		case !camelCase.MatchString(c.Reason):
			t.Errorf("%s has the reason %q", c.Type, c.Reason)
		case c.Message == "" || utf8.RuneCountInString(c.Message) > v1alpha1.MaxMessageLength:
			t.Errorf("%s has the message %q", c.Type, c.Message)
		case c.LastTransitionTime.IsZero():
			t.Errorf("%s has no time of transition", c.Type)
		}
	}
	checkSummary(t, conditions)
}

// checkSummary checks that Ready, Reconciling and Stalled agree.
func checkSummary(t *testing.T, conditions []metav1.Condition) {
	t.Helper()
	reconciling := meta.FindStatusCondition(conditions, v1alpha1.ConditionReconciling)
	stalled := meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled)
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if ready == nil {
		t.Errorf("there is no condition Ready: %+v", conditions)
		return
	}
	if conditions[0].Type != v1alpha1.ConditionReady {
		t.Errorf("kubectl describe does not begin with Ready: %+v", conditions)
	}
	present := 0
	for _, c := range []*metav1.Condition{reconciling, stalled} {
		if c == nil {
			continue
		}
		present++
		if c.Status != metav1.ConditionTrue || c.Reason != ready.Reason || c.Message != ready.Message {
			t.Errorf("%s does not say what Ready says: %+v", c.Type, conditions)
		}
	}
	want := 1
	if ready.Status == metav1.ConditionTrue || ready.Reason == v1alpha1.ReasonSuspended {
		want = 0
	}
	if present != want {
		t.Errorf("%d of Reconciling and Stalled, want %d: %+v", present, want, conditions)
	}
}

// saysTheSame reports whether the states differ in nothing but times of
// transition, though another client wrote.
func saysTheSame(before, after *v1alpha1.AccessNotifier) bool {
	if before.UID != after.UID || before.Generation != after.Generation ||
		!equality.Semantic.DeepEqual(before.Annotations, after.Annotations) || !after.DeletionTimestamp.IsZero() {
		return false
	}
	a, b := before.Status.DeepCopy(), after.Status.DeepCopy()
	for _, conditions := range [][]metav1.Condition{a.Conditions, b.Conditions} {
		slices.SortFunc(conditions, func(x, y metav1.Condition) int {
			if x.Type < y.Type {
				return -1
			}
			return 1
		})
		for i := range conditions {
			conditions[i].LastTransitionTime = metav1.Time{}
		}
	}
	return equality.Semantic.DeepEqual(a, b)
}

// events returns the Events of the namespace.
func (s *stage) events() []eventsv1.Event {
	s.t.Helper()
	var list eventsv1.EventList
	if err := plane.Client().List(context.Background(), &list, client.InNamespace(s.namespace)); err != nil {
		s.t.Fatal(err)
	}
	return list.Items
}

// mostEvents is more than any test here causes.
const mostEvents = 25

// checkEvents checks that Events point at the object and do not pile up.
func (s *stage) checkEvents() {
	s.t.Helper()
	uids := map[string]bool{}
	for _, state := range s.history.all() {
		uids[string(state.UID)] = true
	}
	events := s.events()
	total := 0
	for _, event := range events {
		total++
		if event.Series != nil {
			total += int(event.Series.Count)
		}
		switch {
		case event.Regarding.Kind != "AccessNotifier" || !uids[string(event.Regarding.UID)]:
			s.t.Errorf("the Event is about %+v", event.Regarding)
		case !camelCase.MatchString(event.Reason) || event.Note == "" || event.ReportingController != "access-notifier":
			s.t.Errorf("malformed Event: %+v", event)
		case strings.HasPrefix(event.Reason, "Recipient") && !isAboutItsRecipient(event):
			s.t.Errorf("the Event %q is related to %+v, want its recipient", event.Note, event.Related)
		}
	}
	if total > mostEvents {
		s.t.Errorf("%d Events", total)
	}
}

// isAboutItsRecipient reports whether an Event that names a recipient is related to it,
// and about the whole object.
func isAboutItsRecipient(e eventsv1.Event) bool {
	return e.Related != nil && e.Related.Kind == "Recipient" && e.Related.Name != "" &&
		strings.Contains(e.Note, e.Related.Name) && e.Regarding.FieldPath == ""
}

// awaitEvent waits for an Event with the reason and words in its note.
func (s *stage) awaitEvent(kind, reason string, words ...string) {
	s.t.Helper()
	s.eventually("there is an Event "+reason, func() string {
		events := s.events()
		found := slices.ContainsFunc(events, func(e eventsv1.Event) bool {
			return e.Type == kind && e.Reason == reason && lacks(e.Note, words) == ""
		})
		var notes []string
		for _, e := range events {
			notes = append(notes, e.Type+" "+e.Reason+": "+e.Note)
		}
		return unless(found, "the Events are %s", asJSON(notes))
	})
}
