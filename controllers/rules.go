package controllers

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// rulesState tells whether Access Monitoring Rules are left out.
func rulesState(rules status.MonitoringRules, running bool) conditionState {
	left := slices.IndexFunc(rules.Rules, func(r status.MonitoringRule) bool { return r.Problem != "" })
	switch {
	case !running:
		return unknownState("The Access Monitoring Rules have not been read yet")
	case rules.Ignored:
		return trueState("Access Monitoring Rules are ignored, as the spec says")
	case !rules.Known:
		return unknownState("The Access Monitoring Rules have not been read yet")
	case left >= 0:
		return falseState(v1alpha1.ReasonRulesInvalid, fmt.Sprintf(
			"Access Monitoring Rule %s is left out: %s (of %d in all, see status.accessMonitoringRules)",
			rules.Rules[left].Name, rules.Rules[left].Problem, len(rules.Rules)), false)
	case rules.Problem != "":
		state := trueState(rules.Problem)
		state.reason = v1alpha1.ReasonRulesUnavailable
		return state
	default:
		return trueState(fmt.Sprintf("Access Monitoring Rules of Teleport that name this notifier: %d", len(rules.Rules)))
	}
}

// describeRules writes how the rules are, those with a problem first. What was seen
// before a restart of the operator counts.
func describeRules(notifier *v1alpha1.AccessNotifier, last *v1alpha1.AccessNotifierStatus, rules status.MonitoringRules) {
	sorted := slices.Clone(rules.Rules)
	slices.SortStableFunc(sorted, func(a, b status.MonitoringRule) int {
		return cmp.Compare(used(a), used(b))
	})
	notifier.Status.AccessMonitoringRules = nil
	for _, rule := range sorted[:min(len(sorted), v1alpha1.MaxAccessMonitoringRules)] {
		shown := v1alpha1.AccessMonitoringRuleStatus{
			Name:    cut(rule.Name, v1alpha1.MaxNameLength),
			Problem: cut(rule.Problem, v1alpha1.MaxMessageLength),
		}
		if !rule.LastMatch.IsZero() {
			shown.LastMatchTime = new(metav1.NewTime(rule.LastMatch.UTC().Truncate(time.Hour)))
		}
		for _, before := range last.AccessMonitoringRules {
			if before.Name == shown.Name && (shown.LastMatchTime == nil || shown.LastMatchTime.Before(before.LastMatchTime)) {
				shown.LastMatchTime = before.LastMatchTime
			}
		}
		notifier.Status.AccessMonitoringRules = append(notifier.Status.AccessMonitoringRules, shown)
	}
}

// used returns 1 for a rule without a problem, else 0.
func used(r status.MonitoringRule) int {
	if r.Problem != "" {
		return 0
	}
	return 1
}
