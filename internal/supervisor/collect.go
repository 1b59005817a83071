package supervisor

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// perNotifier are the labels of metrics that tell of one notifier.
var perNotifier = []string{"namespace", "name"}

// What is read off the notifiers when it is asked for. Nothing of this has to
// be removed when a notifier goes.
var (
	openDesc = prometheus.NewDesc("access_notifier_open_requests",
		"Pending access requests that the notifier tells of.", perNotifier, nil)
	undeliveredDesc = prometheus.NewDesc("access_notifier_undelivered_messages",
		"Messages that are missing or out of date.", perNotifier, nil)
	oldestDesc = prometheus.NewDesc("access_notifier_oldest_undelivered_seconds",
		"Age of the oldest change that some recipient was not shown yet, 0 if there is none.", perNotifier, nil)
	unresolvedDesc = prometheus.NewDesc("access_notifier_unresolved_recipients",
		"Configured recipients that cannot work.", perNotifier, nil)
	sessionUpDesc = prometheus.NewDesc("access_notifier_session_up",
		"1 while events flow from Teleport, else 0.", perNotifier, nil)
	reconnectsDesc = prometheus.NewDesc("access_notifier_session_reconnects_total",
		"How often the connection to Teleport was lost and made again. Notifiers that share a session show the same.", perNotifier, nil)
	messengerUpDesc = prometheus.NewDesc("access_notifier_messenger_up",
		"1 while the chat service accepts the token, else 0.", perNotifier, nil)
	expiryDesc = prometheus.NewDesc("access_notifier_identity_expiry_timestamp_seconds",
		"When the Teleport identity in use expires, in Unix seconds.", perNotifier, nil)
	crashesDesc = prometheus.NewDesc("access_notifier_crashes_total",
		"How often the notifier was restarted after a mistake of its own.", perNotifier, nil)
)

// Describe implements prometheus.Collector.
func (s *Supervisor) Describe(descriptions chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		openDesc, undeliveredDesc, oldestDesc, unresolvedDesc, sessionUpDesc,
		reconnectsDesc, messengerUpDesc, expiryDesc, crashesDesc,
	} {
		descriptions <- desc
	}
}

// Collect implements prometheus.Collector.
func (s *Supervisor) Collect(metrics chan<- prometheus.Metric) {
	now := time.Now()
	for key, snapshot := range s.snapshots() {
		gauge := func(desc *prometheus.Desc, value float64) {
			metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, key.Namespace, key.Name)
		}
		counter := func(desc *prometheus.Desc, value int) {
			metrics <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), key.Namespace, key.Name)
		}
		gauge(openDesc, float64(snapshot.Open))
		gauge(undeliveredDesc, float64(snapshot.Undelivered))
		gauge(unresolvedDesc, float64(len(snapshot.Unresolved)))
		gauge(sessionUpDesc, truth(snapshot.Teleport.Connected))
		gauge(messengerUpDesc, truth(snapshot.Messenger.Known && snapshot.Messenger.Problem == nil))
		counter(reconnectsDesc, snapshot.Teleport.Reconnects)
		counter(crashesDesc, snapshot.Crashes)
		var oldest float64
		if !snapshot.UndeliveredSince.IsZero() {
			oldest = now.Sub(snapshot.UndeliveredSince).Seconds()
		}
		gauge(oldestDesc, oldest)
		if expiry := snapshot.Teleport.IdentityNotAfter; !expiry.IsZero() {
			gauge(expiryDesc, float64(expiry.Unix()))
		}
	}
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
