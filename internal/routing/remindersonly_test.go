package routing_test

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// TestARuleForAMessengerOfRemindersIsLeftOut and named.
func TestARuleForAMessengerOfRemindersIsLeftOut(t *testing.T) {
	source := newTeleport(rule("production", anyRequest, "dba"), rule("broken", "contains(", "dba"))
	rules := routing.Rules{Plugin: "slack", RemindersOnly: true}
	router := routing.NewMonitoringRouter(rules, source)
	if got := told(t, router, ask("prod")); got != "" || len(router.Configured()) > 0 {
		t.Errorf("told is %q, looked up are %v", got, router.Configured())
	}
	for _, rule := range router.MonitoringRules([]status.UnresolvedRecipient{}).Rules {
		const want = "this messenger is for reminders only, so no rule alerts at once: name its recipients in reminders, and another notifier in the rule"
		if rule.Problem != want {
			t.Errorf("the problem of %s is %q", rule.Name, rule.Problem)
		}
	}
	rules.RemindersOnly = false
	if got := told(t, routing.NewMonitoringRouter(rules, source), ask("prod")); got != "dba (dba, or else )" {
		t.Errorf("of another messenger, told is %q", got)
	}
}
