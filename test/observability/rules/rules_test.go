package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/test/observability"
)

// cases are the tests of the alerts, as promtool runs them.
const cases = "testdata/alerts_test.yaml"

func TestPrometheusReadsTheAlerts(t *testing.T) {
	promtool(t, "check", "rules", "--lint=all", "--lint-fatal", writeRules(t, "alerts.yaml", alerts(t).Spec.Groups))
}

// TestPrometheusReadsTheDashboard has its queries checked as if they were rules.
func TestPrometheusReadsTheDashboard(t *testing.T) {
	dashboard, err := observability.ReadDashboard(readFile(t, "config", "grafana", "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rules []map[string]string
	for i, expression := range dashboard.Expressions() {
		rules = append(rules, map[string]string{"record": fmt.Sprintf("query:%d", i), "expr": expression})
	}
	if len(rules) == 0 {
		t.Fatal("there are no queries")
	}
	groups := []map[string]any{{"name": "dashboard", "rules": rules}}
	promtool(t, "check", "rules", "--lint-fatal", writeRules(t, "dashboard.yaml", groups))
}

func TestAlertsFireWhenTheyShould(t *testing.T) {
	file := writeRules(t, "alerts.yaml", alerts(t).Spec.Groups)
	content, err := os.ReadFile(cases)
	if err != nil {
		t.Fatal(err)
	}
	tests := filepath.Join(filepath.Dir(file), "alerts_test.yaml")
	if err := os.WriteFile(tests, content, 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "test", "rules", tests)
}

// TestEveryAlertIsTried wants a case in which an alert fires, and one in which
// it does not.
func TestEveryAlertIsTried(t *testing.T) {
	content, err := os.ReadFile(cases)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Tests []struct {
			Cases []struct {
				Alert string           `json:"alertname"`
				Fires []map[string]any `json:"exp_alerts"`
			} `json:"alert_rule_test"`
		} `json:"tests"`
	}
	if err := yaml.Unmarshal(content, &all); err != nil {
		t.Fatal(err)
	}
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range all.Tests {
		for _, c := range test.Cases {
			if len(c.Fires) > 0 {
				fires[c.Alert] = true
			} else {
				silent[c.Alert] = true
			}
		}
	}
	for _, alert := range alerts(t).Alerts() {
		if !fires[alert.Alert] || !silent[alert.Alert] {
			t.Errorf("%s: is it tried that it fires? %v; that it does not? %v", alert.Alert, fires[alert.Alert], silent[alert.Alert])
		}
	}
}
