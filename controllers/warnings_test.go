package controllers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

func TestWarningsOf(t *testing.T) {
	byRole := func(role string, recipients ...string) map[string]v1alpha1.RecipientList {
		return map[string]v1alpha1.RecipientList{role: recipients}
	}
	for name, tt := range map[string]struct {
		spec v1alpha1.AccessNotifierSpec
		want []warning
	}{
		"all roles":       {v1alpha1.AccessNotifierSpec{RoleToRecipients: byRole("*", "a")}, nil},
		"some roles":      {v1alpha1.AccessNotifierSpec{RoleToRecipients: byRole("admin", "a")}, []warning{noDefaultRecipients}},
		"and always":      {v1alpha1.AccessNotifierSpec{RoleToRecipients: byRole("admin", "a"), Recipients: []string{"b"}}, nil},
		"with a #":        {v1alpha1.AccessNotifierSpec{RoleToRecipients: byRole("admin", "#a", "#b")}, []warning{noDefaultRecipients, recipientMisspelled}},
		"# of a user":     {v1alpha1.AccessNotifierSpec{Routes: []v1alpha1.Route{{Recipients: []v1alpha1.RouteRecipient{{User: "#a"}}}}}, nil},
		"# in a reminder": {v1alpha1.AccessNotifierSpec{Reminders: []v1alpha1.Reminder{{Recipients: []v1alpha1.RouteRecipient{{Channel: "#a"}}}}}, []warning{recipientMisspelled}},
		"# in a route":    {v1alpha1.AccessNotifierSpec{Routes: []v1alpha1.Route{{Recipients: []v1alpha1.RouteRecipient{{Channel: "#a"}}}}}, []warning{recipientMisspelled}},
		"# in the middle": {v1alpha1.AccessNotifierSpec{Recipients: []string{"a#b"}}, nil},
	} {
		if diff := cmp.Diff(tt.want, warningsOf(&tt.spec), cmp.AllowUnexported(warning{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The API server warns of the same in the same words.
func TestWarningsAreThoseOfTheAdmissionPolicy(t *testing.T) {
	policy, err := os.ReadFile(filepath.Join("..", "config", "admission-policy", "admission_policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Join(strings.Fields(string(policy)), " ")
	for _, w := range []warning{noDefaultRecipients, recipientMisspelled} {
		if !strings.Contains(words, w.message) {
			t.Errorf("the policy does not say: %s", w.message)
		}
	}
	if n := strings.Count(words, "message: >-"); n != 2 {
		t.Errorf("the policy has %d messages, want 2", n)
	}
}
