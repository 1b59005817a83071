package observability

import (
	"slices"
	"strings"
	"testing"
)

// runbooks is where the headings of docs/troubleshooting.md can be linked to.
const runbooks = "https://github.com/accessnotifier/accessnotifier/blob/main/docs/troubleshooting.md#"

func alerts(t *testing.T) []Alert {
	t.Helper()
	rule, err := ReadAlerts([]byte(readFile(t, "config", "prometheus", "alerts.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	if len(rule.Alerts()) == 0 {
		t.Fatal("there are no alerts")
	}
	return rule.Alerts()
}

func TestAlertsAskForWhatExists(t *testing.T) {
	families := newWorld(t).everything(t)
	for _, alert := range alerts(t) {
		checkExists(t, alert.Alert, alert.Expr, families)
	}
}

func TestAlertsSayWhatToDo(t *testing.T) {
	anchors := headings(readFile(t, "docs", "troubleshooting.md"))
	var linked []string
	for _, alert := range alerts(t) {
		if !slices.Contains([]string{"warning", "critical"}, alert.Labels["severity"]) {
			t.Errorf("%s has the severity %q", alert.Alert, alert.Labels["severity"])
		}
		for _, text := range []string{"summary", "description"} {
			if !strings.HasSuffix(alert.Annotations[text], ".") {
				t.Errorf("%s: the %s %q is no sentence", alert.Alert, text, alert.Annotations[text])
			}
		}
		anchor, ok := strings.CutPrefix(alert.Annotations["runbook_url"], runbooks)
		if !ok || anchor != strings.ToLower(alert.Alert) || !slices.Contains(anchors, anchor) {
			t.Errorf("%s links to %q, which is no heading of docs/troubleshooting.md", alert.Alert, alert.Annotations["runbook_url"])
		}
		linked = append(linked, anchor)
	}
	for _, anchor := range anchors {
		if strings.HasPrefix(anchor, "accessnotifier") && !slices.Contains(linked, anchor) {
			t.Errorf("docs/troubleshooting.md names an alert that does not exist: %s", anchor)
		}
	}
}

// TestAlertsAreDocumented compares the table of alerts in docs/metrics.md with
// the alerts that exist.
func TestAlertsAreDocumented(t *testing.T) {
	var exist, listed []string
	for _, alert := range alerts(t) {
		exist = append(exist, alert.Alert+" "+alert.Labels["severity"])
	}
	for line := range strings.Lines(readFile(t, "docs", "metrics.md")) {
		if rest, ok := strings.CutPrefix(line, "| [AccessNotifier"); ok {
			cells := strings.Split(rest, " | ")
			name, link, _ := strings.Cut("AccessNotifier"+cells[0], "]")
			listed = append(listed, name+" "+cells[1])
			if want := "(troubleshooting.md#" + strings.ToLower(name) + ")"; link != want {
				t.Errorf("%s is linked to %q, want %q", name, link, want)
			}
		}
	}
	if !slices.Equal(exist, listed) {
		t.Errorf("docs/metrics.md lists %v, want %v", listed, exist)
	}
}

// headings returns how the headings of a page are linked to. Those of one word
// are enough here.
func headings(page string) []string {
	var all []string
	for line := range strings.Lines(page) {
		if title := strings.TrimLeft(line, "#"); title != line {
			all = append(all, strings.ReplaceAll(strings.ToLower(strings.TrimSpace(title)), " ", "-"))
		}
	}
	return all
}
