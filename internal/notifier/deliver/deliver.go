package deliver

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
	"github.com/accessnotifier/accessnotifier/internal/notifier/announce"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/quarantine"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recipients"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recorder"
	"github.com/accessnotifier/accessnotifier/internal/notifier/registry"
	"github.com/accessnotifier/accessnotifier/internal/notifier/timing"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/notifier/trouble"
)

// Options is what a Deliverer is made of.
type Options struct {
	Log       logr.Logger
	Messenger messenger.Messenger
	// KeySecret makes the keys of posts unguessable to others.
	KeySecret []byte
	// Writer marks the claims of this process.
	Writer  string
	Timing  timing.Timing
	Metrics *metrics.Notifier
	Parts   Parts
	// Changed is called after each call.
	Changed func()
	// Again has a request looked at again after a time, if it is not 0.
	Again func(id string, after time.Duration)
	// Now has a request looked at again now.
	Now func(id string)
	// Refresh asks Teleport for a request.
	Refresh func(ctx context.Context, id string) error
}

// Parts are those of the engine that hear how calls end.
type Parts struct {
	Requests   *registry.Registry
	Recorder   *recorder.Recorder
	Announcer  *announce.Announcer
	Breaker    *breaker.Breaker
	Recipients *recipients.Recipients
	Quarantine *quarantine.Quarantine
}

// Deliverer makes the calls that are due, one at a time for each request and address. Make
// one with New.
type Deliverer struct {
	*caller
	below    below
	searcher searcher
	trouble  *trouble.Log
}

// caller makes calls under claims.
type caller struct {
	Options
	chat   Chat
	keys   keys
	claims atomic.Int64
}

// searcher finds out what became of calls.
type searcher struct {
	below
}

// New makes a Deliverer.
func New(o Options) *Deliverer {
	c := &caller{Options: o, chat: NewChat(o.Messenger), keys: keys{o.KeySecret}}
	return &Deliverer{caller: c, below: below{c}, searcher: searcher{below{c}}, trouble: trouble.New()}
}

// Deliver makes the call that is due for a request at an address.
func (d *Deliverer) Deliver(ctx context.Context, job dispatch.Job) (result dispatch.Result) {
	t := d.Parts.Requests.Get(job.Request)
	if t == nil || d.Parts.Quarantine.Left(job.Request) > 0 {
		return dispatch.Skip()
	}
	defer d.Changed()
	defer d.Parts.Quarantine.PutAside(job.Request)
	w := t.Begin(job.Address)
	if w == nil {
		d.Now(t.ID)
		return dispatch.Skip()
	}
	defer w.End()
	if track.MethodOf(w.Decision.Action) != job.Method {
		return dispatch.Instead(w.Job())
	}
	d.Log.V(1).Info("Delivering", "request", t.ID, "address", w.To.ID, "reason", string(w.Decision.Reason))
	call, cancel := graceful(ctx, d.Timing.Grace)
	defer cancel()
	err := d.perform(call, w)
	return d.outcome(call, job, w, err)
}

// perform makes the call.
func (d *Deliverer) perform(ctx context.Context, w *track.Work) error {
	switch w.Decision.Action {
	case plan.Edit:
		return d.edit(ctx, w)
	case plan.Reply:
		return d.below.reply(ctx, w)
	case plan.MakeNote:
		return d.below.note(ctx, w)
	case plan.Follow:
		return d.follow(ctx, w)
	case plan.Find, plan.FindNote:
		return d.searcher.find(ctx, w)
	case plan.FindReply:
		return d.searcher.findReply(ctx, w)
	default:
		return d.post(ctx, w)
	}
}

// graceful returns a context that outlives ctx by the grace period, for calls
// that are better finished than broken off.
func graceful(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	call, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, cancel)
	})
	return call, func() {
		stop()
		cancel()
	}
}
