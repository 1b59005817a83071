package controllers_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// A process that has just started knows nothing of an object. Neither its
// conditions nor its counts nor its Events may show that.
func TestARestartOfTheOperatorShowsNowhere(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.notifier.Labels = map[string]string{restarted: "yes"}
	s.notifier.Spec.Recipients = append(s.notifier.Spec.Recipients, s.namespace+"-unknown")
	role, err := generatedRole()
	s.must(err)
	role.Name += "-restarted"
	options := operatorOptions{role: role, selector: restarted, traffic: &requestLog{}}
	config, err := operatorConfig(t.Context(), options)
	s.must(err)

	stop := s.run(config, options)
	s.putSecrets()
	s.apply()
	told := s.request()
	s.awaitPosts(s.channel, told)
	s.awaitCounts(1, 1)
	before := s.await("the unknown channel is named", func(n *v1alpha1.AccessNotifier) string {
		// Who the bot is may be known a little later.
		if c := meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionRecipientsResolved); c == nil || !strings.Contains(c.Message, "the bot is") {
			return "the bot is not named"
		}
		return notAs(n, v1alpha1.ConditionRecipientsResolved, metav1.ConditionFalse, v1alpha1.ReasonRecipientsUnresolved)
	})
	// Events are written a little later.
	s.awaitEvent("Warning", "RecipientFailed", s.namespace+"-unknown")
	events, states := len(s.events()), len(s.history.all())
	stop()

	defer s.run(config, options)()
	next := s.request()
	s.awaitPosts(s.channel, told, next)
	s.awaitCounts(2, 2)
	for _, state := range s.history.all()[states:] {
		if diff := cmp.Diff(before.Status, state.Status,
			cmpopts.IgnoreFields(v1alpha1.AccessNotifierStatus{}, "OpenRequests", "UndeliveredMessages")); diff != "" {
			t.Errorf("the restart shows in the status (-before +after):\n%s", diff)
		}
		if state.Status.OpenRequests == nil || state.Status.UndeliveredMessages == nil {
			t.Errorf("the counts have vanished: %+v", state.Status)
		}
	}
	if after := len(s.events()); after != events {
		t.Errorf("there are %d Events more: %s", after-events, asJSON(s.events()))
	}
}

// run runs an operator, and returns how to end it.
func (s *stage) run(config *rest.Config, o operatorOptions) (stop func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	s.must(runOperator(ctx, ended, config, o))
	return func() {
		s.t.Helper()
		cancel()
		s.must(<-ended)
	}
}
