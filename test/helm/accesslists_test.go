package helm

import (
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
)

// TestRightsForAccessLists are given if a notifier of the chart needs them, or the value says
// so, and then for one ConfigMap.
func TestRightsForAccessLists(t *testing.T) {
	reminding := func(policy string) string {
		return "notifiers: {a: {spec: {teleport: {address: 't:443', identitySecretRef: {name: i}}, recipients: [a], " +
			"messenger: {type: Slack, slack: {tokenSecretRef: {name: s}}}, accessListReminders: {policy: " + policy + "}}}}"
	}
	for values, want := range map[string]bool{
		"": false, "rbac: {accessListReminders: true}": true, "watchNamespaces: [a]\nrbac: {accessListReminders: true}": true,
		reminding("Notify"): true, reminding("Ignore"): false, "notifiers: {a: null}": false,
	} {
		all := objects(t, render(t, values))
		var rules []rbacv1.PolicyRule
		for _, role := range find[rbacv1.ClusterRole](t, all, "ClusterRole") {
			rules = append(rules, role.Rules...)
		}
		for _, role := range find[rbacv1.Role](t, all, "Role") {
			rules = append(rules, role.Rules...)
		}
		var verbs []string
		for _, rule := range rules {
			if !slices.Contains(rule.Resources, "configmaps") {
				continue
			}
			verbs = append(verbs, rule.Verbs...)
			if !slices.Equal(rule.Verbs, []string{"create"}) && !slices.Equal(rule.ResourceNames, []string{"access-notifier-access-lists"}) {
				t.Errorf("%s: %v is allowed of all ConfigMaps", values, rule.Verbs)
			}
		}
		if given := slices.Equal(verbs, []string{"create", "get", "update"}); given != want || !want && verbs != nil {
			t.Errorf("%s: the operator may %v ConfigMaps", values, verbs)
		}
	}
}
