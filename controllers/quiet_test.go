package controllers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestALongAnnotationIsHandledOnce(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	s.requestReconcile(strings.Repeat("ü", 1000))
	s.await("the annotation is echoed", func(n *v1alpha1.AccessNotifier) string {
		return unless(strings.HasPrefix(n.Status.LastHandledReconcileAt, "üüü"), "%q", n.Status.LastHandledReconcileAt)
	})
	before := len(traffic.in(s.namespace))
	s.quiet(3 * time.Second)
	if got := traffic.in(s.namespace)[before:]; len(got) > 0 {
		t.Errorf("requests: %q", got)
	}
}

func TestAnIdleNotifierMakesNoRequests(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	s.awaitPosts(s.channel, s.request())
	s.awaitOpen(1)
	// Events and the last change of the status are under way.
	s.quiet(3 * time.Second)
	before, calls := len(traffic.in(s.namespace)), s.teleport.Calls()
	s.quiet(6 * time.Second)
	if got := traffic.in(s.namespace)[before:]; len(got) > 0 {
		t.Errorf("requests of an idle notifier: %q", got)
	}
	after := s.teleport.Calls()
	delete(calls, "Ping")
	delete(after, "Ping")
	if fmt.Sprint(after) != fmt.Sprint(calls) {
		t.Errorf("calls of Teleport went from %v to %v", calls, after)
	}
	if n := s.history.newest(); n.Status.ObservedGeneration != n.Generation {
		t.Errorf("observedGeneration is %d, generation %d", n.Status.ObservedGeneration, n.Generation)
	}
}

func TestABurstPatchesTheStatusSeldom(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{})
	before := len(traffic.in(s.namespace))
	begin := time.Now()
	var requests []string
	for range 100 {
		requests = append(requests, s.request())
	}
	s.awaitPosts(s.channel, requests...)
	s.awaitOpen(100)
	// One a second at most, and one for what came last.
	most := int(time.Since(begin)/time.Second) + 2
	patches := slices.DeleteFunc(traffic.in(s.namespace)[before:], func(r string) bool { return !strings.HasPrefix(r, "PATCH") })
	if len(patches) == 0 || len(patches) > most {
		t.Errorf("%d patches, want 1 to %d: %q", len(patches), most, patches)
	}
	s.assertPosts(s.channel, requests...)
}

// quiet lets time pass in which nothing is to happen.
func (s *stage) quiet(d time.Duration) {
	s.t.Helper()
	select {
	case <-time.After(d):
	case <-s.t.Context().Done():
	}
}
