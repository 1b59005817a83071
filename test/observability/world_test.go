package observability

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	_ "sigs.k8s.io/controller-runtime" // has the metrics of the process
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// prefix begins the names of the operator's own metrics.
const prefix = "access_notifier_"

// within bounds each wait for something to happen.
const within = 30 * time.Second

// key names the notifier of the tests.
var key = supervisor.Key{Namespace: "teleport", Name: "prod-approvals"}

// world is a notifier at work: it has posted a request after Slack told it to
// wait, so that every metric has something to tell.
type world struct {
	notifiers *supervisor.Supervisor
	own       *prometheus.Registry
}

// newWorld starts a world that ends with the test.
func newWorld(t *testing.T) *world {
	t.Helper()
	server := teleporttest.ForTest(t, teleporttest.Options{Version: "19.0.0", AdvancedAccessWorkflows: true})
	if _, err := server.CreateRequest(teleporttest.RequestSpec{}); err != nil {
		t.Fatal(err)
	}
	slack := messengertest.NewSlack(messengertest.Options{})
	if err := slack.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(slack.Close)
	channel := slack.AddChannel("access-requests")
	slack.Faults().Throttle(messengertest.Throttling{RetryAfter: time.Second, Scope: messengertest.ScopeMethod, Target: "chat.postMessage"})

	counters := metrics.New("v1.2.3")
	w := &world{own: prometheus.NewPedanticRegistry()}
	w.notifiers = launch.Supervisor(supervisor.Options{URLs: map[string]string{"Slack": slack.URL()}, Metrics: counters})
	readiness := metrics.NewReadiness(func() []metrics.Readiness {
		if _, ok := w.notifiers.Snapshot(key); !ok {
			return nil
		}
		return []metrics.Readiness{{Namespace: key.Namespace, Name: key.Name, Ready: true}}
	})
	w.own.MustRegister(counters, w.notifiers, readiness)
	launch.ForTest(t, w.notifiers)
	w.notifiers.Ensure(key, supervisor.Spec{
		Teleport: launch.Teleport(t, server),
		Messenger: supervisor.Messenger{Type: "Slack", Secrets: messenger.Secrets{
			messenger.SecretToken: messengertest.DefaultToken, messenger.SecretAppToken: messengertest.DefaultAppToken,
		}},
		Rules:  routing.Rules{Always: []string{"access-requests"}},
		Review: review.Spec{Mode: review.Full, Trait: "slack_uid"},
	})
	w.await(t, "Slack throttles", func() bool { return w.families(t)[prefix+"throttled_seconds_total"] != nil })
	w.await(t, "the delivery waits", func() bool { return w.waiting(t, "deliveries") == 1 })
	slack.Faults().Unthrottle()
	w.await(t, "the request is posted", func() bool { return w.families(t)[prefix+"delivery_delay_seconds"] != nil })
	w.press(t, slack, channel)
	return w
}

// press has a person press a button whom no user of Teleport is known to be.
func (w *world) press(t *testing.T, slack *messengertest.Slack, channel string) {
	t.Helper()
	stranger := slack.AddUser("stranger@example.com")
	w.await(t, "the message has buttons", func() bool { return len(slack.Buttons(channel, slack.PostsIn(channel)[0].ID)) > 0 })
	if err := slack.Press(channel, slack.PostsIn(channel)[0].ID, true, stranger); err != nil {
		t.Fatal(err)
	}
	w.await(t, "the press is counted", func() bool { return w.families(t)[prefix+"review_clicks_total"] != nil })
}

// waiting returns how much waits in a queue, -1 if that is not told.
func (w *world) waiting(t *testing.T, queue string) float64 {
	t.Helper()
	for _, metric := range w.families(t)[prefix+"queue_depth"].GetMetric() {
		for _, label := range metric.GetLabel() {
			if label.GetName() == "queue" && label.GetValue() == queue {
				return metric.GetGauge().GetValue()
			}
		}
	}
	return -1
}

// await waits until something is so.
func (w *world) await(t *testing.T, what string, is func() bool) {
	t.Helper()
	wait.Test(t, within, what, wait.True(is))
}

// families returns the operator's own metrics, by name.
func (w *world) families(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	return gather(t, w.own)
}

// everything returns all metrics that the operator serves: its own, and those of
// the libraries that it is made of.
func (w *world) everything(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	// It has a metric from when it is made on.
	_, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Name:          "access-notifier.accessnotifier.dev",
		Lock:          idleLock{},
		LeaseDuration: 15 * time.Second,
		RenewDeadline: 10 * time.Second,
		RetryPeriod:   2 * time.Second,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) {},
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	all := gather(t, ctrlmetrics.Registry)
	for name, family := range w.families(t) {
		all[name] = family
	}
	return all
}

// idleLock is a lock that no elector tries to get.
type idleLock struct {
	resourcelock.Interface
}

// Identity implements resourcelock.Interface.
func (idleLock) Identity() string { return "idle" }

func gather(t *testing.T, from prometheus.Gatherer) map[string]*dto.MetricFamily {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*dto.MetricFamily{}
	for _, family := range families {
		byName[family.GetName()] = family
	}
	return byName
}

// readFile returns a file of the repository.
func readFile(t *testing.T, path ...string) string {
	t.Helper()
	root, err := controlplane.RepositoryRoot()
	content, readErr := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err := errors.Join(err, readErr); err != nil {
		t.Fatal(err)
	}
	return string(content)
}
