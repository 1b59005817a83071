package supervisor

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/accessnotifier/accessnotifier/internal/status"
)

// collected is a snapshot as a collector.
type collected struct {
	*Supervisor
	snapshot Snapshot
}

// Collect implements prometheus.Collector.
func (c collected) Collect(metrics chan<- prometheus.Metric) {
	c.snapshot.collect(Key{Namespace: "ns", Name: "a"}, time.Now(), metrics)
}

func TestEachCountIsAMetric(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(collected{snapshot: Snapshot{Notifier: status.Notifier{Deliveries: status.Deliveries{
		Counted: true, Open: 5, Unannounced: 1, Undelivered: 3, Quarantined: 2,
	}}}})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		got[family.GetName()] = family.GetMetric()[0].GetGauge().GetValue()
	}
	for name, want := range map[string]float64{
		"access_notifier_open_requests":        5,
		"access_notifier_unannounced_requests": 1,
		"access_notifier_undelivered_messages": 3,
		"access_notifier_quarantined_requests": 2,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %v (%v), want %v", name, value, ok, want)
		}
	}
}
