package notifier

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/client-go/util/workqueue"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
	"github.com/accessnotifier/accessnotifier/internal/notifier/announce"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/deliver"
	"github.com/accessnotifier/accessnotifier/internal/notifier/directory"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/quarantine"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recorder"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// Options is what a Notifier is made of. All but Resolve, Probe, Owner, Metrics, Timing,
// Changed and Notice are required.
type Options struct {
	Log       logr.Logger
	Feed      Feed
	Records   Records
	Messenger messenger.Messenger
	// Resolve finds the addresses of recipients; by default it asks Messenger.
	Resolve Resolve
	// Probe tells whether the token still works, while no call shows it. A success
	// may be a little old. By default it asks Messenger.
	Probe func(ctx context.Context) error
	// Router decides who hears of which request. Its rules may change.
	Router routing.Router
	// Owner tells the records of this notifier from those of others.
	Owner Owner
	// KeySecret makes the keys of posts unguessable to others; any bytes that
	// stay the same over restarts and that no other notifier has.
	KeySecret []byte
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
}

// Notifier keeps the messages about one cluster's access requests true in one
// messenger. Make one with New and run it once.
type Notifier struct {
	options Options
	chat    deliver.Chat
	// writer marks the claims of this process.
	writer string

	queue     workqueue.TypedDelayingInterface[string]
	dispatch  *dispatch.Dispatcher
	directory *directory.Directory
	breaker   *breaker.Breaker

	requests   *track.Registry
	recorder   *recorder.Recorder
	records    *syncing
	announcer  *announce.Announcer
	quarantine *quarantine.Quarantine
}

// New makes a Notifier. It does nothing until Run.
func New(o Options) *Notifier {
	o.Timing = o.Timing.WithDefaults()
	if o.Changed == nil {
		o.Changed = func() {}
	}
	if o.Notice == nil {
		o.Notice = func(status.Notice) {}
	}
	o.Resolve = o.Resolve.withDefaults(o.Messenger)
	if o.Probe == nil {
		o.Probe = o.Messenger.Check
	}
	n := &Notifier{
		options:    o,
		chat:       deliver.NewChat(o.Messenger),
		writer:     rand.Text()[:8],
		queue:      workqueue.NewTypedDelayingQueue[string](),
		requests:   track.NewRegistry(),
		records:    newSyncing(),
		announcer:  announce.New(o.Notice),
		quarantine: quarantine.New(o.Timing.SlowRetry),
	}
	n.recorder = recorder.New(recorder.Options{
		Timing: o.Timing, Announcer: n.announcer, Changed: o.Changed, Again: n.queue.Add,
	})
	n.breaker = n.newBreaker()
	n.directory = n.newDirectory()
	n.dispatch = dispatch.New(dispatch.Options{
		Deliver:   n.newDeliverer().Deliver,
		RetryBase: o.Timing.RetryBase,
		RetryCap:  o.Timing.RetryCap,
		SlowRetry: o.Timing.SlowRetry,
	})
	return n
}

// Run delivers until ctx ends, then finishes the calls in flight and returns
// nil. It returns an error if it had to stop because of a panic; the caller may
// run a new Notifier then, which goes on where this one stopped.
func (n *Notifier) Run(ctx context.Context) error {
	ctx, crash := context.WithCancelCause(ctx)
	defer crash(nil)
	n.quarantine.OnCrash(func() { crash(quarantine.ErrPanic) })
	routeAgain := n.reroute(n.options.Router.Changed())
	n.gate()

	var loops sync.WaitGroup
	for _, loop := range []func(context.Context){
		n.breaker.Run, n.directory.Run, n.dispatch.Run, n.syncLoop, n.reconcileLoop, routeAgain,
	} {
		loops.Go(func() {
			defer n.quarantine.Stop(n.options.Log)
			loop(ctx)
		})
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

// reconcileWidth is how many requests of one notifier are looked at at a time.
const reconcileWidth = 8

// reconcileLoop looks at requests as the queue asks for it, once the records
// are known.
func (n *Notifier) reconcileLoop(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-n.records.read:
	}
	var workers sync.WaitGroup
	defer workers.Wait()
	for range reconcileWidth {
		workers.Go(func() {
			for {
				id, shutdown := n.queue.Get()
				if shutdown {
					return
				}
				n.reconcileOnce(ctx, id)
				n.queue.Done(id)
			}
		})
	}
}

// reconcileOnce reconciles one request. What panics is put aside, so that the others
// go on.
func (n *Notifier) reconcileOnce(ctx context.Context, id string) {
	if wait := n.quarantine.Left(id); wait > 0 {
		n.queue.AddAfter(id, wait)
		return
	}
	defer n.options.Changed()
	defer n.putAside(id)
	n.reconcile(ctx, id)
}
