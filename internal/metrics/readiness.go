package metrics

import "github.com/prometheus/client_golang/prometheus"

// Readiness is whether an AccessNotifier does what it says.
type Readiness struct {
	Namespace, Name string
	Ready           bool
}

// readyDesc tells also of objects that nothing runs for, such as one whose
// Secrets are missing.
var readyDesc = prometheus.NewDesc("access_notifier_ready",
	"1 while the AccessNotifier's condition Ready is True, else 0. Suspended ones have none.",
	[]string{labelNamespace, labelName}, nil)

// NewReadiness collects what list returns whenever it is asked for; list must
// return quickly.
func NewReadiness(list func() []Readiness) prometheus.Collector {
	return readiness{list}
}

type readiness struct {
	list func() []Readiness
}

// Describe implements prometheus.Collector.
func (r readiness) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- readyDesc
}

// Collect implements prometheus.Collector.
func (r readiness) Collect(metrics chan<- prometheus.Metric) {
	for _, object := range r.list() {
		var value float64
		if object.Ready {
			value = 1
		}
		metrics <- prometheus.MustNewConstMetric(readyDesc, prometheus.GaugeValue, value, object.Namespace, object.Name)
	}
}
