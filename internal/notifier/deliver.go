package notifier

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// deliverer makes the calls that are due, one at a time for each request and address.
type deliverer struct {
	*Notifier
	trouble *trouble
}

func newDeliverer(n *Notifier) *deliverer {
	return &deliverer{Notifier: n, trouble: newTrouble()}
}

// deliver makes the call that is due for a request at an address.
func (d *deliverer) deliver(ctx context.Context, job dispatch.Job) (result dispatch.Result) {
	t := d.requests.Get(job.Request)
	if t == nil || d.quarantine.Left(job.Request) > 0 {
		return dispatch.Skip()
	}
	defer d.options.Changed()
	defer d.putAside(job.Request)
	w := t.Begin(job.Address)
	if w == nil {
		d.queue.Add(t.ID)
		return dispatch.Skip()
	}
	defer w.End()
	if track.MethodOf(w.Decision.Action) != job.Method {
		return dispatch.Instead(w.Job())
	}
	d.options.Log.V(1).Info("Delivering", "request", t.ID, "address", w.To.ID, "reason", string(w.Decision.Reason))
	call, cancel := graceful(ctx, d.options.Timing.Grace)
	defer cancel()
	err := d.perform(call, w)
	return d.outcome(call, job, w, err)
}

// perform makes the call.
func (d *deliverer) perform(ctx context.Context, w *track.Work) error {
	switch w.Decision.Action {
	case plan.Edit:
		return d.edit(ctx, w)
	case plan.Reply:
		return d.reply(ctx, w)
	case plan.Follow:
		return d.follow(ctx, w)
	case plan.Find:
		return d.find(ctx, w)
	case plan.FindReply:
		return d.findReply(ctx, w)
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
