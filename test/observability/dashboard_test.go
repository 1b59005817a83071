package observability

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// source is the variable by which a reader chooses the Prometheus to ask.
const source = "${datasource}"

func dashboard(t *testing.T) *Dashboard {
	t.Helper()
	d, err := ReadDashboard([]byte(readFile(t, "config", "grafana", "dashboard.json")))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDashboardAsksForWhatExists(t *testing.T) {
	d := dashboard(t)
	families := newWorld(t).everything(t)
	for _, expression := range d.Expressions() {
		checkExists(t, "the dashboard", expression, families)
		if strings.Contains(expression, "$") {
			t.Errorf("the dashboard has an unknown variable in %s", expression)
		}
	}
	// What a dashboard is for: each metric of the operator is on it. Of an
	// identity, its end is enough.
	exempt := []string{prefix + "identity_issued_timestamp_seconds", prefix + "records_up", prefix + "token_refused"}
	shown := asked(d.Expressions())
	for metric := range families {
		if !strings.HasPrefix(metric, prefix) || slices.Contains(exempt, metric) {
			continue
		}
		if !slices.Contains(shown, metric) && !slices.Contains(shown, metric+"_bucket") {
			t.Errorf("%s is not on the dashboard", metric)
		}
	}
}

func TestDashboardPanels(t *testing.T) {
	ids, titles := map[int]bool{}, map[string]bool{}
	panels := dashboard(t).Panels
	for i, p := range panels {
		if p.ID == 0 || ids[p.ID] || p.Title == "" || titles[p.Title] {
			t.Errorf("the panel %q (%d) has an id or a title that is empty or another's", p.Title, p.ID)
		}
		ids[p.ID], titles[p.Title] = true, true
		if at := p.GridPos; at.X < 0 || at.Y < 0 || at.W <= 0 || at.H <= 0 || at.X+at.W > 24 {
			t.Errorf("%s is at %+v, which is not within the grid", p.Title, at)
		}
		for _, other := range panels[:i] {
			if overlap(p.GridPos, other.GridPos) {
				t.Errorf("%s covers %s", p.Title, other.Title)
			}
		}
		if p.Type == "row" {
			if len(p.Panels) > 0 {
				t.Errorf("%s hides panels, which these checks do not see", p.Title)
			}
			continue
		}
		checkPanel(t, p)
	}
}

func checkPanel(t *testing.T, p Panel) {
	t.Helper()
	if !strings.HasSuffix(p.Description, ".") {
		t.Errorf("%s: the description %q is no sentence", p.Title, p.Description)
	}
	if p.Datasource.UID != source {
		t.Errorf("%s asks %q, not the Prometheus that was chosen", p.Title, p.Datasource.UID)
	}
	if len(p.Targets) == 0 {
		t.Errorf("%s asks for nothing", p.Title)
	}
	ids := map[string]bool{}
	for _, target := range p.Targets {
		if target.Datasource.UID != source {
			t.Errorf("%s asks %q, not the Prometheus that was chosen", p.Title, target.Datasource.UID)
		}
		if target.RefID == "" || ids[target.RefID] {
			t.Errorf("%s has two queries %q", p.Title, target.RefID)
		}
		ids[target.RefID] = true
		checkLegend(t, p, target)
		// What the operator says about a notifier can be narrowed down to it.
		_, groupedBy := uses(Fill(target.Expr, "5m"))
		perProcess := slices.Contains(groupedBy, "instance")
		if narrowed := strings.Contains(target.Expr, `namespace=~"$namespace", name=~"$notifier"`); narrowed == perProcess {
			t.Errorf("%s: is this about notifiers, or about processes? %s", p.Title, target.Expr)
		}
	}
}

var legendLabel = regexp.MustCompile(`{{(\w+)}}`)

// checkLegend wants the labels in a legend to be among those of the result.
func checkLegend(t *testing.T, p Panel, target Target) {
	t.Helper()
	_, groupedBy := uses(Fill(target.Expr, "5m"))
	for _, label := range legendLabel.FindAllStringSubmatch(target.LegendFormat, -1) {
		if !slices.Contains(groupedBy, label[1]) {
			t.Errorf("%s shows the label %s, which is not in the result of %s", p.Title, label[1], target.Expr)
		}
	}
}

func overlap(a, b Position) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

func TestDashboardVariables(t *testing.T) {
	var names []string
	for _, variable := range dashboard(t).Templating.List {
		names = append(names, variable.Name)
		if variable.Type == "query" && variable.Datasource.UID != source {
			t.Errorf("the variable %s asks %q, not the Prometheus that was chosen", variable.Name, variable.Datasource.UID)
		}
	}
	if want := []string{"datasource", "namespace", "notifier"}; !slices.Equal(names, want) {
		t.Errorf("the variables are %v, want %v", names, want)
	}
}
