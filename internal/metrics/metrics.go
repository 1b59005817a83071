// Package metrics defines all metrics of the operator. Those that are about one
// notifier carry its namespace and name, and go when it goes.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Names of labels.
const (
	labelNamespace = "namespace"
	labelName      = "name"
	labelMessenger = "messenger"
	labelAction    = "action"
	labelResult    = "result"
	labelSince     = "since"
	labelOutcome   = "outcome"
)

// What a delay is counted from.
const (
	// SinceRequest is the creation of the request, by Teleport's clock.
	SinceRequest = "request"
	// SinceEvent is the moment when this process heard of the change.
	SinceEvent = "event"
)

// Metrics holds the metrics that are counted as things happen. What can be read
// at any time is collected when it is asked for; see the supervisor.
type Metrics struct {
	deliveries *prometheus.CounterVec
	delay      *prometheus.HistogramVec
	throttled  *prometheus.CounterVec
	clicks     *prometheus.CounterVec
	buildInfo  *prometheus.GaugeVec
}

// New makes the metrics of a build.
func New(version string) *Metrics {
	m := &Metrics{
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "access_notifier_deliveries_total",
			Help: "Calls to chat services that deliver a message, by action and result. The result is success or a class of error.",
		}, []string{labelNamespace, labelName, labelMessenger, labelAction, labelResult}),
		delay: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "access_notifier_delivery_delay_seconds",
			Help:    "Time until a new request was posted, since its creation in Teleport (request) or since this process heard of it (event).",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800},
		}, []string{labelNamespace, labelName, labelMessenger, labelSince}),
		throttled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "access_notifier_throttled_seconds_total",
			Help: "Time that chat services asked to wait, added up over the calls that they refused.",
		}, []string{labelNamespace, labelName, labelMessenger}),
		clicks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "access_notifier_review_clicks_total",
			Help: "Presses of buttons below messages, by what became of them: approved, denied, or why nothing was decided.",
		}, []string{labelNamespace, labelName, labelMessenger, labelOutcome}),
		buildInfo: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "access_notifier_build_info",
			Help: "Always 1, with the version of the operator.",
		}, []string{"version"}),
	}
	m.buildInfo.WithLabelValues(version).Set(1)
	return m
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(descriptions chan<- *prometheus.Desc) {
	m.deliveries.Describe(descriptions)
	m.delay.Describe(descriptions)
	m.throttled.Describe(descriptions)
	m.clicks.Describe(descriptions)
	m.buildInfo.Describe(descriptions)
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(metrics chan<- prometheus.Metric) {
	m.deliveries.Collect(metrics)
	m.delay.Collect(metrics)
	m.throttled.Collect(metrics)
	m.clicks.Collect(metrics)
	m.buildInfo.Collect(metrics)
}

// Notifier returns the metrics of one notifier.
func (m *Metrics) Notifier(namespace, name, messenger string) *Notifier {
	return &Notifier{metrics: m, namespace: namespace, name: name, messenger: messenger}
}

// Forget removes everything that is about a notifier.
func (m *Metrics) Forget(namespace, name string) {
	labels := prometheus.Labels{labelNamespace: namespace, labelName: name}
	m.deliveries.DeletePartialMatch(labels)
	m.delay.DeletePartialMatch(labels)
	m.throttled.DeletePartialMatch(labels)
	m.clicks.DeletePartialMatch(labels)
}

// Notifier counts for one notifier. Its methods do nothing on nil.
type Notifier struct {
	metrics                    *Metrics
	namespace, name, messenger string
}

// Delivered counts a call that delivers a message.
func (n *Notifier) Delivered(action, result string) {
	if n != nil {
		n.metrics.deliveries.WithLabelValues(n.namespace, n.name, n.messenger, action, result).Inc()
	}
}

// Delay observes how long a new request took to be posted.
func (n *Notifier) Delay(since string, d time.Duration) {
	if n != nil {
		n.metrics.delay.WithLabelValues(n.namespace, n.name, n.messenger, since).Observe(d.Seconds())
	}
}

// Throttled counts time that the chat service asked to wait.
func (n *Notifier) Throttled(d time.Duration) {
	if n != nil {
		n.metrics.throttled.WithLabelValues(n.namespace, n.name, n.messenger).Add(d.Seconds())
	}
}

// Clicked counts a press of a button below a message.
func (n *Notifier) Clicked(outcome string) {
	if n != nil {
		n.metrics.clicks.WithLabelValues(n.namespace, n.name, n.messenger, outcome).Inc()
	}
}
