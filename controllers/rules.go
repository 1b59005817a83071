package controllers

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// overruled is said of a route that suppresses in vain.
const overruled = "It lately matched a request of which another route or an Access Monitoring Rule notifies: " +
	"that goes first, and nothing is suppressed"

// rulesState tells whether routes or Access Monitoring Rules are left out.
func rulesState(s supervisor.Snapshot, running bool) conditionState {
	rules := s.MonitoringRules
	switch {
	case slices.ContainsFunc(s.Routes, hasProblem):
		return routesState(s.Routes)
	case !running:
		return unknownState("The Access Monitoring Rules have not been read yet")
	case rules.Ignored:
		return trueState("Access Monitoring Rules are ignored, as the spec says")
	case !rules.Known:
		return unknownState("The Access Monitoring Rules have not been read yet")
	case slices.ContainsFunc(rules.Rules, hasProblem):
		return leftOut(v1alpha1.ReasonRulesInvalid, "Access Monitoring Rule", rules.Rules, "accessMonitoringRules")
	case rules.Problem != "":
		state := trueState(rules.Problem)
		state.reason = v1alpha1.ReasonRulesUnavailable
		return state
	default:
		return trueState(fmt.Sprintf("Access Monitoring Rules of Teleport that name this notifier: %d", len(rules.Rules)))
	}
}

// routesState tells which routes are left out, those that are for every request before others.
func routesState(routes []status.Rule) conditionState {
	sorted := slices.Clone(routes)
	slices.SortStableFunc(sorted, func(a, b status.Rule) int { return cmp.Compare(valid(a), valid(b)) })
	state := leftOut(v1alpha1.ReasonRoutesInvalid, "Route", sorted, "routes")
	state.stalled = sorted[0].Invalid
	return state
}

// leftOut names the rules that are left out, and the field of the status that lists all.
func leftOut(reason, kind string, rules []status.Rule, field string) conditionState {
	var problems []string
	for _, rule := range rules {
		if hasProblem(rule) {
			problems = append(problems, fmt.Sprintf("%s %s is left out: %s", kind, rule.Name, rule.Problem))
		}
	}
	state := several(reason, problems, false)
	state.message = fmt.Sprintf("%s (of %d in all, see status.%s)", sentences(problems), len(rules), field)
	return state
}

// valid returns 0 for a route that has to be mended before it can match any request, else 1.
func valid(r status.Rule) int {
	if r.Invalid {
		return 0
	}
	return 1
}

func hasProblem(r status.Rule) bool {
	return r.Problem != ""
}

// describeRules says how rules are, those with a problem first, given what was said last.
// What was seen before a restart of the operator counts.
func describeRules(rules []status.Rule, last []v1alpha1.RuleStatus) (described []v1alpha1.RuleStatus) {
	sorted := slices.Clone(rules)
	slices.SortStableFunc(sorted, func(a, b status.Rule) int { return cmp.Compare(used(a), used(b)) })
	for _, rule := range sorted[:min(len(sorted), v1alpha1.MaxRules)] {
		shown := v1alpha1.RuleStatus{
			Name:    cut(rule.Name, v1alpha1.MaxNameLength),
			Problem: cut(rule.Problem, v1alpha1.MaxMessageLength),
		}
		if shown.Problem == "" && rule.Overruled {
			shown.Problem = overruled
		}
		if !rule.LastMatch.IsZero() {
			shown.LastMatchTime = new(metav1.NewTime(rule.LastMatch.UTC().Truncate(time.Hour)))
		}
		for _, before := range last {
			if before.Name == shown.Name && (shown.LastMatchTime == nil || shown.LastMatchTime.Before(before.LastMatchTime)) {
				shown.LastMatchTime = before.LastMatchTime
			}
		}
		described = append(described, shown)
	}
	return described
}

// used returns 1 for a rule without a problem, else 0.
func used(r status.Rule) int {
	if hasProblem(r) {
		return 0
	}
	return 1
}
