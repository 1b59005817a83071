package controllers_test

import (
	"cmp"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// TestAccessMonitoringRules covers rules that come, break and are ignored while a notifier
// runs. None of that starts it anew.
func TestAccessMonitoringRules(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.notifier.Spec.Recipients = nil
	s.notifier.Spec.RoleToRecipients = map[string]v1alpha1.RecipientList{"*": {s.namespace + "-all"}}
	s.notifier.Spec.Teleport.PluginName = "my-slack"
	s.putSecrets()
	s.apply()
	s.awaitReady()
	first := s.request()
	s.awaitPosts(s.channel, first)

	dba := slack.AddChannel(s.namespace + "-dba")
	rule := teleporttest.Rule{
		Name: "dba", Condition: `access_request.spec.roles.contains("editor")`, Plugin: "my-slack", Recipients: []string{s.namespace + "-dba"},
	}
	s.teleport.SetRules(rule)
	s.awaitPosts(dba, first)
	second := s.request()
	s.awaitPosts(dba, first, second)
	s.assertPosts(s.channel, first)
	s.await("the rule is named", func(n *v1alpha1.AccessNotifier) string {
		rules := n.Status.AccessMonitoringRules
		ok := len(rules) == 1 && rules[0].Name == "dba" && rules[0].LastMatchTime != nil && rules[0].Problem == ""
		return unless(ok, "rules are %+v", rules)
	})

	s.teleport.SetRules(rule, teleporttest.Rule{Name: "typo", Condition: "contains(", Plugin: "my-slack", Recipients: []string{"x"}})
	s.await("the broken rule is named", func(n *v1alpha1.AccessNotifier) string {
		return notAs(n, v1alpha1.ConditionRulesValid, metav1.ConditionFalse, v1alpha1.ReasonRulesInvalid)
	})
	s.awaitEvent("Warning", v1alpha1.ReasonRulesInvalid, "Access Monitoring Rule typo is left out: its condition cannot be read: line 1, column 10")
	s.awaitReady()

	s.edit(func(n *v1alpha1.AccessNotifier) {
		n.Spec.Teleport.AccessMonitoringRules = v1alpha1.AccessMonitoringRulesIgnore
	})
	s.await("no rule is named", func(n *v1alpha1.AccessNotifier) string {
		return unless(len(n.Status.AccessMonitoringRules) == 0, "%+v", n.Status.AccessMonitoringRules)
	})
	third := s.request()
	s.awaitPosts(s.channel, first, second, third)
	s.assertPosts(dba, first, second)
	if got := s.teleport.Streams(); got != 1 {
		t.Errorf("there are %d streams", got)
	}
}

// TestARuleForPagerDutyIsLeftOut covers a rule that names a notifier of reminders only: its
// owner is told.
func TestARuleForPagerDutyIsLeftOut(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.notifier.Spec.Messenger = v1alpha1.MessengerSpec{
		Type:      v1alpha1.MessengerPagerDuty,
		PagerDuty: &v1alpha1.PagerDutySpec{RoutingKeySecretRef: v1alpha1.SecretKeyReference{Name: tokenSecret, Key: "token"}},
	}
	s.notifier.Spec.Recipients = nil
	s.notifier.Spec.Reminders = []v1alpha1.Reminder{{AfterMinutes: 60, Recipients: []v1alpha1.RouteRecipient{{Channel: "on-call"}}}}
	s.teleport.SetRules(teleporttest.Rule{Name: "production", Condition: "true", Plugin: "pagerduty", Recipients: []string{s.namespace}})
	s.putSecrets()
	s.putToken(messengertest.RoutingKeys(messengertest.DefaultToken))
	s.apply()
	s.awaitReady()
	s.request()
	s.await("the rule is named", func(n *v1alpha1.AccessNotifier) string {
		return notAs(n, v1alpha1.ConditionRulesValid, metav1.ConditionFalse, v1alpha1.ReasonRulesInvalid)
	})
	s.awaitEvent("Warning", v1alpha1.ReasonRulesInvalid, "Access Monitoring Rule production is left out: this messenger is for reminders only, so no rule alerts at once")
	s.await("the request is seen", func(n *v1alpha1.AccessNotifier) string {
		open := n.Status.OpenRequests
		return unless(open != nil && *open == 1, "%v requests are open", open)
	})
	if posts := pagerDuty.Posts(); len(posts) > 0 {
		t.Errorf("alerted is %+v", posts)
	}
}

// TestATeleportWithoutRulesCostsNothing covers a server that does not know them.
func TestATeleportWithoutRulesCostsNothing(t *testing.T) {
	s := newReadyStage(t, teleporttest.Options{Version: "15.1.9"})
	s.awaitPosts(s.channel, s.request())
	s.await("status says so", func(n *v1alpha1.AccessNotifier) string {
		return notAs(n, v1alpha1.ConditionRulesValid, metav1.ConditionTrue, v1alpha1.ReasonRulesUnavailable)
	})
	var types []string
	for _, c := range s.history.newest().Status.Conditions {
		if c.Status != metav1.ConditionTrue {
			types = append(types, c.Type)
		}
	}
	if len(types) > 0 {
		t.Errorf("not true are %q", types)
	}
}

// TestRoutes covers routes that come, break and go while a notifier runs. None of that starts
// it anew, and a broken one disturbs no other.
func TestRoutes(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.notifier.Spec.Recipients = nil
	s.notifier.Spec.RoleToRecipients = map[string]v1alpha1.RecipientList{"*": {s.namespace + "-all"}}
	s.putSecrets()
	s.apply()
	s.awaitReady()
	first := s.request()
	s.awaitPosts(s.channel, first)

	dba := slack.AddChannel(s.namespace + "-dba")
	route := v1alpha1.Route{
		Name: "dba", Match: &v1alpha1.RouteMatch{Roles: []string{"edit*"}, Condition: `request.user != "eve"`},
		Recipients: []v1alpha1.RouteRecipient{{Channel: v1alpha1.RecipientName(s.namespace + "-dba")}},
	}
	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Routes = []v1alpha1.Route{route} })
	s.awaitPosts(dba, first)
	second := s.request()
	s.awaitPosts(dba, first, second)
	s.assertPosts(s.channel, first)
	s.await("the route is named", func(n *v1alpha1.AccessNotifier) string {
		routes := n.Status.Routes
		ok := len(routes) == 1 && routes[0].Name == "dba" && routes[0].LastMatchTime != nil && routes[0].Problem == ""
		return unless(ok, "routes are %+v", routes)
	})

	typo := v1alpha1.Route{Name: "typo", Match: &v1alpha1.RouteMatch{Condition: `request.usr == "x"`}, Suppress: new(true)}
	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Routes = []v1alpha1.Route{typo, route} })
	s.await("the broken route is named", func(n *v1alpha1.AccessNotifier) string {
		return cmp.Or(
			notAs(n, v1alpha1.ConditionRulesValid, metav1.ConditionFalse, v1alpha1.ReasonRoutesInvalid),
			notAs(n, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonRoutesInvalid),
		)
	})
	s.awaitEvent("Warning", v1alpha1.ReasonRoutesInvalid, "Route typo is left out: spec.routes[0].match.condition:1:8: undefined field 'usr'")
	third := s.request()
	s.awaitPosts(dba, first, second, third)

	person := v1alpha1.Route{Name: "person", Recipients: []v1alpha1.RouteRecipient{{User: v1alpha1.RecipientName(s.namespace + "-all")}}}
	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Routes = []v1alpha1.Route{person, route} })
	s.await("the channel is no person", func(n *v1alpha1.AccessNotifier) string {
		lost := n.Status.UnresolvedRecipients
		return unless(len(lost) == 1 && strings.Contains(lost[0].Message, "is named as a user"), "unresolved are %+v", lost)
	})

	s.edit(func(n *v1alpha1.AccessNotifier) {
		n.Spec.Routes = []v1alpha1.Route{route}
		n.Spec.Reminders = []v1alpha1.Reminder{{AfterMinutes: 60, Recipients: []v1alpha1.RouteRecipient{{Channel: "nowhere"}, {Group: "crew"}}}}
	})
	s.await("whom a reminder names in vain", func(n *v1alpha1.AccessNotifier) string {
		lost := n.Status.UnresolvedRecipients
		return unless(len(lost) == 2 && lost[0].Recipient == "crew" && lost[1].Recipient == "nowhere", "unresolved are %+v", lost)
	})

	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Routes, n.Spec.Reminders = nil, nil })
	s.awaitReady()
	fourth := s.request()
	s.awaitPosts(s.channel, first, second, third, fourth)
	s.assertPosts(dba, first, second, third)
	if got := s.teleport.Streams(); got != 1 {
		t.Errorf("there are %d streams", got)
	}
}
