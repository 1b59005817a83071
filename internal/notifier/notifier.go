package notifier

import (
	"context"
	"errors"
	"sync"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
	"github.com/accessnotifier/accessnotifier/internal/notifier/announce"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/guard"
	"github.com/accessnotifier/accessnotifier/internal/notifier/intake"
	"github.com/accessnotifier/accessnotifier/internal/notifier/observe"
	"github.com/accessnotifier/accessnotifier/internal/notifier/quarantine"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recipients"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recorder"
	"github.com/accessnotifier/accessnotifier/internal/notifier/registry"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// Options is what a Notifier is made of. All but Shared, Describe, Metrics, Timing,
// Changed and Notice are required.
type Options struct {
	Log       logr.Logger
	Feed      Feed
	Records   Records
	Messenger messenger.Messenger
	// Shared answers what need not be asked of Messenger for each notifier.
	Shared Shared
	// Router decides who hears of which request. Its rules may change.
	Router routing.Router
	// Describe words messages, and says what reviewers can press below them; message.New by
	// default. The words for a request may change, which has no message edited or posted.
	Describe func(accessrequest.Request, accessrequest.Cluster) message.Message
	// Owner tells the records of this notifier from those of others.
	Owner Owner
	// Metrics counts deliveries.
	Metrics *metrics.Notifier
	// Timing overrides delays.
	Timing Timing
	// Changed is called after anything that Snapshot shows may have changed. It
	// must return quickly.
	Changed func()
	// Notice is called with what the owner should hear of once. It must return
	// quickly.
	Notice func(status.Notice)
}

// Owner is what a notifier's records belong to, together with the account of its
// messenger. What belongs to others is left alone.
type Owner struct {
	// Installation tells two Kubernetes clusters apart that share one Teleport: the
	// UID of the namespace. Empty outside of Kubernetes.
	Installation string
	// Messenger is the type of the messenger.
	Messenger string
	// KeySecret makes the keys of posts unguessable to others; any bytes that
	// stay the same over restarts and that no other notifier has.
	KeySecret []byte
}

// Notifier keeps the messages about one cluster's access requests true in one
// messenger. Make one with New and run it once.
type Notifier struct {
	options Options
	queue   requestQueue

	requests   *registry.Registry
	intake     *intake.Intake
	observer   observe.Observer
	recipients *recipients.Recipients
	recorder   *recorder.Recorder
	dispatch   *dispatch.Dispatcher
	breaker    *breaker.Breaker
	announcer  *announce.Announcer
	quarantine *quarantine.Quarantine
	credits    credits
}

// Run delivers until ctx ends, then finishes the calls in flight and returns
// nil. It returns an error if it had to stop because of a panic; the caller may
// run a new Notifier then, which goes on where this one stopped.
func (n *Notifier) Run(ctx context.Context) error {
	ctx, crash := context.WithCancelCause(ctx)
	defer crash(nil)
	n.quarantine.OnCrash(func() { crash(quarantine.ErrPanic) })
	n.gate()

	var loops sync.WaitGroup
	guarded := guard.Guard(n.quarantine.Stop)
	for _, loop := range []func(context.Context){
		n.breaker.Run, n.recipients.Run, n.dispatch.Run, n.intake.Run, n.reconcileLoop, n.rerouteLoop,
	} {
		guarded.Go(&loops, func() { loop(ctx) })
	}
	unsubscribe := n.options.Feed.Subscribe(n)

	<-ctx.Done()
	unsubscribe()
	n.queue.ShutDown()
	loops.Wait()
	if errors.Is(context.Cause(ctx), quarantine.ErrPanic) {
		return context.Cause(ctx)
	}
	return nil
}
