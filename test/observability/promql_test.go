package observability

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
)

// words are the parts of an expression that are neither metrics nor labels. What
// is not among them has to exist.
var words = []string{
	"absent", "avg", "and", "by", "changes", "clamp_max", "count", "group", "histogram_quantile", "increase",
	"last_over_time", "max", "min", "on", "or", "rate", "sum", "time", "vector", "without",
}

// targetLabels are put onto every metric by Prometheus and its operator.
var targetLabels = []string{"instance", "job", "pod"}

var (
	texts = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	// grouping is a list of labels that says what belongs together.
	grouping = regexp.MustCompile(`\b(?:by|without|on)\s*\(([^()]*)\)`)
	// selection is a metric with its matchers, if there are any; a range or a
	// number with its unit is none.
	selection = regexp.MustCompile(`(?:\[[^\]]*\])|(?:\b[0-9][0-9a-z.e]*)|([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^}]*)\})?`)
	name      = regexp.MustCompile(`[a-zA-Z_][a-zA-Z0-9_]*`)
)

// uses returns the metrics that an expression asks for, each with the labels that
// it is chosen by, and the labels by which the results are grouped.
func uses(expression string) (chosenBy map[string][]string, groupedBy []string) {
	expression = texts.ReplaceAllString(expression, "")
	for _, group := range grouping.FindAllStringSubmatch(expression, -1) {
		groupedBy = append(groupedBy, name.FindAllString(group[1], -1)...)
	}
	expression = grouping.ReplaceAllString(expression, "")
	chosenBy = map[string][]string{}
	for _, found := range selection.FindAllStringSubmatch(expression, -1) {
		if found[1] != "" && !slices.Contains(words, found[1]) {
			chosenBy[found[1]] = append(chosenBy[found[1]], name.FindAllString(found[2], -1)...)
		}
	}
	return chosenBy, groupedBy
}

func TestUses(t *testing.T) {
	chosenBy, groupedBy := uses(`60 * sum by (result, le) (rate(a_total{x="not_a{label}", y=~"b"}[5m])) > 1e9 and on (instance) b or unknown(c)`)
	if diff := cmp.Diff(map[string][]string{"a_total": {"x", "y"}, "b": nil, "unknown": nil, "c": nil}, chosenBy); diff != "" {
		t.Errorf("chosen by (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"result", "le", "instance"}, groupedBy); diff != "" {
		t.Errorf("grouped by (-want +got):\n%s", diff)
	}
}

// checkExists fails if an expression asks for a metric or a label that does not
// exist.
func checkExists(t *testing.T, where, expression string, families map[string]*dto.MetricFamily) {
	t.Helper()
	chosenBy, groupedBy := uses(expression)
	if len(chosenBy) == 0 {
		t.Errorf("%s asks for nothing: %s", where, expression)
	}
	known := slices.Clone(targetLabels)
	for metric, chosen := range chosenBy {
		series := seriesOf(families)[metric]
		if series == nil {
			t.Errorf("%s asks for %s, which does not exist", where, metric)
			continue
		}
		for _, label := range chosen {
			if !slices.Contains(series, label) {
				t.Errorf("%s chooses %s by the label %s, which it has not", where, metric, label)
			}
		}
		known = append(known, series...)
	}
	for _, label := range groupedBy {
		if !slices.Contains(known, label) {
			t.Errorf("%s groups by the label %s, which nothing has that it asks for", where, label)
		}
	}
}

// seriesOf returns the labels of all series, by name.
func seriesOf(families map[string]*dto.MetricFamily) map[string][]string {
	series := map[string][]string{}
	for name, family := range families {
		all := append(labels(family), targetLabels...)
		if family.GetType() != dto.MetricType_HISTOGRAM {
			series[name] = all
			continue
		}
		series[name+"_sum"], series[name+"_count"] = all, all
		series[name+"_bucket"] = append(slices.Clone(all), "le")
	}
	return series
}

// asked returns the metrics that expressions ask for.
func asked(expressions []string) []string {
	all := map[string]bool{}
	for _, expression := range expressions {
		chosenBy, _ := uses(expression)
		for metric := range chosenBy {
			all[metric] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
