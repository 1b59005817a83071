package notifier

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// deliverer makes the calls that are due, one at a time for each request and address.
type deliverer struct {
	*Notifier
	trouble *trouble
}

func newDeliverer(n *Notifier) *deliverer {
	return &deliverer{Notifier: n, trouble: newTrouble()}
}

// work is one call that is due, as it was decided.
type work struct {
	t        *tracked
	d        *delivery
	to       messenger.Address
	name     string
	decision plan.Decision
	entry    record.Entry
	message  message.Message
	digest   string
	// created is when the request was made, tookOver until when edits may take effect
	// that another writer has begun.
	created, tookOver time.Time
	// wanted are the addresses that should be told.
	wanted map[string]bool
}

// deliver makes the call that is due for a request at an address.
func (d *deliverer) deliver(ctx context.Context, job dispatch.Job) (result dispatch.Result) {
	t := d.requests.get(job.Request)
	if t == nil || d.quarantine.left(job.Request) > 0 {
		return dispatch.Skip()
	}
	defer d.options.Changed()
	defer d.putAside(job.Request)
	w := t.begin(job.Address)
	if w == nil {
		d.queue.Add(t.id)
		return dispatch.Skip()
	}
	defer t.end(w)
	if methodOf(w.decision.Action) != job.Method {
		return dispatch.Instead(t.jobFor(w))
	}
	d.options.Log.V(1).Info("Delivering", "request", t.id, "address", w.to.ID, "reason", string(w.decision.Reason))
	call, cancel := graceful(ctx, d.options.Timing.Grace)
	defer cancel()
	err := d.perform(call, w)
	return d.outcome(call, job, w, err)
}

// perform makes the call.
func (d *deliverer) perform(ctx context.Context, w *work) error {
	switch w.decision.Action {
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

// begin returns the call that is due at an address, nil if none is.
func (t *tracked) begin(address string) *work {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.s.deliveries[address]
	if d == nil || d.memory.Busy {
		return nil
	}
	r := t.keeper.Record()
	v := t.view(address, r)
	decision := plan.Next(v)
	if !decision.Call() {
		return nil
	}
	d.memory.Busy = true
	w := &work{
		t: t, d: d, to: d.to, name: d.name, decision: decision, entry: v.Entry,
		message: t.s.message, digest: t.s.digest, created: t.s.truth.request.Created,
	}
	w.message.Plain = d.plain
	w.wanted = map[string]bool{}
	for id, other := range t.s.deliveries {
		w.wanted[id] = other.memory.Wanted
	}
	if c := v.Entry.Edit; c != nil && c.By != t.planner.writer {
		w.tookOver = v.Sights.Edit.Add(v.Waits.Foreign)
	}
	return w
}

// end makes room for the next call at the address.
func (t *tracked) end(w *work) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w.d.memory.Busy = false
}

// due reports whether the call is still to be made now that it is claimed.
func (t *tracked) due(w *work) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return plan.Next(t.view(w.to.ID, t.keeper.Record())).Action == w.decision.Action
}

// remember changes what this process knows of the address.
func (t *tracked) remember(w *work, change func(*delivery)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(w.d)
}

// jobFor is the job of a call that was not made.
func (t *tracked) jobFor(w *work) dispatch.Job {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.job(w.to.ID, w.decision)
}

// following returns the job that is due next at the address, false if none is.
func (t *tracked) following(w *work) (dispatch.Job, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.s.deliveries[w.to.ID] != w.d {
		return dispatch.Job{}, false
	}
	decision := plan.Next(t.view(w.to.ID, t.keeper.Record()))
	if !decision.Call() {
		return dispatch.Job{}, false
	}
	return t.job(w.to.ID, decision), true
}
