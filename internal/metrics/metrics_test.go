package metrics

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TestForget wants all of one notifier gone, and nothing of another that shares
// its name or namespace.
func TestForget(t *testing.T) {
	counters := New("v1.2.3")
	for _, n := range []*Notifier{
		counters.Notifier("ns", "a", "Slack"),
		counters.Notifier("ns", "a", "Discord"),
		counters.Notifier("ns", "b", "Slack"),
		counters.Notifier("other", "a", "Slack"),
	} {
		n.Delivered("post", "success")
		n.Delivered("update", "throttled")
		n.Delay(SinceRequest, time.Second)
		n.Delay(SinceEvent, time.Second)
		n.Throttled(time.Second)
	}
	before := count(t, counters)
	counters.Forget("ns", "a")
	after := count(t, counters)
	if after["ns/a"] != 0 || before["ns/a"] != 10 {
		t.Errorf("of ns/a %d series are left of %d, want 0 of 10", after["ns/a"], before["ns/a"])
	}
	for _, stays := range []string{"ns/b", "other/a"} {
		if after[stays] != 5 {
			t.Errorf("of %s %d series are left, want all 5", stays, after[stays])
		}
	}
}

func TestNoMetrics(t *testing.T) {
	var n *Notifier
	n.Delivered("post", "success")
	n.Delay(SinceEvent, time.Second)
	n.Throttled(time.Second)
}

// count returns how many series each notifier has.
func count(t *testing.T, collector prometheus.Collector) map[string]int {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(collector)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			labels := map[string]string{}
			for _, label := range metric.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			found[labels["namespace"]+"/"+labels["name"]]++
		}
	}
	return found
}
