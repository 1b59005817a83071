package supervisor

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/accessnotifier/accessnotifier/internal/status"
)

// perNotifier are the labels of metrics about one notifier.
var perNotifier = []string{"namespace", "name"}

// What is read off the notifiers when it is asked for. Nothing of this has to
// be removed when a notifier goes. docs/metrics.md says more.
var (
	openDesc = prometheus.NewDesc("access_notifier_open_requests",
		"Pending access requests.", perNotifier, nil)
	unannouncedDesc = prometheus.NewDesc("access_notifier_unannounced_requests",
		"Pending access requests that no recipient is configured for. They are among the open ones.", perNotifier, nil)
	quarantinedDesc = prometheus.NewDesc("access_notifier_quarantined_requests",
		"Access requests that are put aside because of a bug, and tried again later.", perNotifier, nil)
	undeliveredDesc = prometheus.NewDesc("access_notifier_undelivered_messages",
		"Messages that are missing or out of date.", perNotifier, nil)
	oldestDesc = prometheus.NewDesc("access_notifier_oldest_undelivered_seconds",
		"Age of the oldest change that some recipient was not shown yet, 0 if there is none.", perNotifier, nil)
	queueDesc = prometheus.NewDesc("access_notifier_queue_depth",
		"What waits for its turn: requests to be looked at, or deliveries to a recipient.",
		[]string{"namespace", "name", "queue"}, nil)
	unresolvedDesc = prometheus.NewDesc("access_notifier_unresolved_recipients",
		"Configured recipients that do not work.", perNotifier, nil)

	sessionUpDesc = prometheus.NewDesc("access_notifier_session_up",
		"1 while events flow from Teleport, else 0.", perNotifier, nil)
	reconnectsDesc = prometheus.NewDesc("access_notifier_session_reconnects_total",
		"How often the connection to Teleport was lost and made again. Notifiers that share a session show the same.", perNotifier, nil)
	eventsDesc = prometheus.NewDesc("access_notifier_session_events_total",
		"Events about access requests that came from Teleport. Notifiers that share a session show the same.", perNotifier, nil)
	recordsUpDesc = prometheus.NewDesc("access_notifier_records_up",
		"1 while Teleport keeps the records of what was delivered, else 0.", perNotifier, nil)
	issuedDesc = prometheus.NewDesc("access_notifier_identity_issued_timestamp_seconds",
		"When the Teleport identity in use became valid, in Unix seconds.", perNotifier, nil)
	expiryDesc = prometheus.NewDesc("access_notifier_identity_expiry_timestamp_seconds",
		"When the Teleport identity in use expires, in Unix seconds.", perNotifier, nil)

	messengerUpDesc = prometheus.NewDesc("access_notifier_messenger_up",
		"1 while the chat service answers and accepts the token, else 0.", perNotifier, nil)
	refusedDesc = prometheus.NewDesc("access_notifier_token_refused",
		"1 while the chat service refuses the token, or the token lacks a permission, else 0.", perNotifier, nil)
	crashesDesc = prometheus.NewDesc("access_notifier_crashes_total",
		"How often the notifier crashed and was restarted.", perNotifier, nil)
)

// Describe implements prometheus.Collector.
func (s *Supervisor) Describe(descriptions chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		openDesc, unannouncedDesc, quarantinedDesc, undeliveredDesc, oldestDesc, queueDesc, unresolvedDesc,
		sessionUpDesc, reconnectsDesc, eventsDesc, recordsUpDesc, issuedDesc, expiryDesc,
		messengerUpDesc, refusedDesc, crashesDesc,
	} {
		descriptions <- desc
	}
}

// Collect implements prometheus.Collector.
func (s *Supervisor) Collect(metrics chan<- prometheus.Metric) {
	now := time.Now()
	for key, snapshot := range s.snapshots() {
		snapshot.collect(key, now, metrics)
	}
}

func (s *Snapshot) collect(key Key, now time.Time, metrics chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		labels = append([]string{key.Namespace, key.Name}, labels...)
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	counter := func(desc *prometheus.Desc, value int) {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), key.Namespace, key.Name)
	}
	gauge(unresolvedDesc, float64(len(s.Unresolved)))
	gauge(sessionUpDesc, truth(s.Teleport.Connected))
	gauge(recordsUpDesc, truth(s.Counted && s.Records == nil))
	gauge(messengerUpDesc, truth(s.Messenger.Known && s.Messenger.Problem == nil))
	gauge(refusedDesc, truth(refusesToken(s.Messenger.Problem)))
	counter(reconnectsDesc, s.Teleport.Reconnects)
	counter(eventsDesc, s.Teleport.Events)
	counter(crashesDesc, s.Crashes)
	if !s.Teleport.IdentityNotAfter.IsZero() {
		gauge(issuedDesc, float64(s.Teleport.IdentityNotBefore.Unix()))
		gauge(expiryDesc, float64(s.Teleport.IdentityNotAfter.Unix()))
	}
	if !s.Counted {
		// A 0 would say that nothing is late, which is not known yet.
		return
	}
	gauge(openDesc, float64(s.Open))
	gauge(unannouncedDesc, float64(s.Unannounced))
	gauge(quarantinedDesc, float64(s.Quarantined))
	gauge(undeliveredDesc, float64(s.Undelivered))
	gauge(queueDesc, float64(s.QueuedRequests), "requests")
	gauge(queueDesc, float64(s.QueuedDeliveries), "deliveries")
	var oldest float64
	if s.Oldest != nil {
		oldest = now.Sub(s.Oldest.Since).Seconds()
	}
	gauge(oldestDesc, oldest)
}

// refusesToken reports whether a problem of the chat service is one with the token.
func refusesToken(p *status.Problem) bool {
	return p != nil && (p.Reason == status.ReasonTokenRefused || p.Reason == status.ReasonMissingScope)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// snapshots returns how all notifiers are doing.
func (s *Supervisor) snapshots() map[Key]Snapshot {
	s.mu.Lock()
	workers := make([]*worker, 0, len(s.workers))
	for _, w := range s.workers {
		workers = append(workers, w)
	}
	s.mu.Unlock()
	found := make(map[Key]Snapshot, len(workers))
	for _, w := range workers {
		if snapshot, ok := w.snapshot(); ok {
			found[w.key] = snapshot
		}
	}
	return found
}
