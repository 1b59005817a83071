package observability

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
)

func TestMetricsFollowTheConventions(t *testing.T) {
	families := newWorld(t).families(t)
	if len(families) == 0 {
		t.Fatal("there are no metrics")
	}
	problems, err := promlint.NewWithMetricFamilies(slices.Collect(maps.Values(families))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
	for name := range families {
		if !strings.HasPrefix(name, prefix) {
			t.Errorf("%s does not begin with %s", name, prefix)
		}
	}
}

// TestMetricsGoWithTheirNotifier wants nothing left of a notifier that was
// removed, and everything else to stay.
func TestMetricsGoWithTheirNotifier(t *testing.T) {
	w := newWorld(t)
	w.notifiers.Remove(key)
	w.await(t, "the notifier has ended", func() bool { return w.families(t)[prefix+"deliveries_total"] == nil })
	if left := slices.Collect(maps.Keys(w.families(t))); !slices.Equal(left, []string{prefix + "build_info"}) {
		t.Errorf("these are left: %v", left)
	}
}

// TestMetricsAreDocumented compares the first table of docs/metrics.md with the
// metrics that exist.
func TestMetricsAreDocumented(t *testing.T) {
	exist := map[string]documented{}
	for name, family := range newWorld(t).families(t) {
		exist[name] = documented{Type: strings.ToLower(family.GetType().String()), Labels: labels(family)}
	}
	if diff := cmp.Diff(exist, documentedMetrics(t)); diff != "" {
		t.Errorf("docs/metrics.md does not say what exists (-exists +documented):\n%s", diff)
	}
}

// documented is what a line of the table says of a metric.
type documented struct {
	Type   string
	Labels []string
}

func documentedMetrics(t *testing.T) map[string]documented {
	t.Helper()
	found := map[string]documented{}
	for line := range strings.Lines(readFile(t, "docs", "metrics.md")) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		name, ok := strings.CutPrefix(cells[0], "| `"+prefix)
		if !ok {
			continue
		}
		if len(cells) != 4 {
			t.Fatalf("the line has %d cells, want 4: %s", len(cells), line)
		}
		if !strings.Contains(cells[3], " ") {
			t.Errorf("nothing is said of %s", name)
		}
		var labels []string
		for label := range strings.SplitSeq(cells[2], ", ") {
			labels = append(labels, strings.Trim(label, "`"))
		}
		found[prefix+strings.TrimSuffix(name, "`")] = documented{Type: cells[1], Labels: slices.Sorted(slices.Values(labels))}
	}
	return found
}

// labels returns the names of all labels that a metric has, sorted.
func labels(family *dto.MetricFamily) []string {
	names := map[string]bool{}
	for _, metric := range family.GetMetric() {
		for _, label := range metric.GetLabel() {
			names[label.GetName()] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
