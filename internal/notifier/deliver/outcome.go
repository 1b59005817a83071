package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// Action names what was done to or for a message.
type Action string

// The actions.
const (
	ActionPost   Action = "post"
	ActionUpdate Action = "update"
	ActionReply  Action = "reply"
	ActionFind   Action = "find"
)

// actionOf names a method as metrics and logs do.
func actionOf(m dispatch.Method) Action {
	switch m {
	case dispatch.Edit:
		return ActionUpdate
	case dispatch.Reply:
		return ActionReply
	case dispatch.Find:
		return ActionFind
	default:
		return ActionPost
	}
}

// outcome says what becomes of a job whose call has ended. It is the one place that knows
// what each class of error means for a delivery.
func (d *Deliverer) outcome(ctx context.Context, job dispatch.Job, w *track.Work, err error) dispatch.Result {
	w.End()
	failure, answered := errors.AsType[*messenger.Error](err)
	switch {
	case err == nil && job.Method == dispatch.Find && d.chat.Finder == nil:
		return d.uncalled(w)
	case err == nil:
		return d.succeeded(job, w)
	case !answered:
		return d.unstored(ctx, w, err)
	}
	w.Failed(failure)
	d.Log.V(1).Info("Delivery failed", "request", w.Request.ID, "address", w.To.ID,
		"class", failure.Class.String(), "code", failure.Code)
	d.Metrics.Delivered(string(actionOf(job.Method)), failure.Class.String())
	d.Now(w.Request.ID)
	d.Parts.Announcer.UnknownCode(d.Parts.Recipients.NameOf(w.To.ID, w.Name), failure)
	if failure.Class.Answered() {
		d.Parts.Breaker.ReportReachable()
	}
	switch failure.Class {
	case messenger.MessageGone, messenger.MessageFinal, messenger.ContentRejected:
		return d.declined(ctx, w, failure)
	case messenger.Throttled:
		d.Metrics.Throttled(failure.RetryAfter)
		d.Parts.Breaker.ReportThrottled(job.Method.String(), job.Address, failure)
		return dispatch.Throttled(failure.RetryAfter, failure.Scope)
	case messenger.RecipientPermanent, messenger.PermissionMissing:
		return d.refused(w, failure)
	case messenger.MessengerPermanent:
		return d.unauthorized(ctx, w, failure)
	case messenger.Transient:
		if d.trouble.Failed(job) {
			d.Parts.Breaker.ReportTrouble(job.Method.String(), failure)
		}
	}
	return dispatch.Retry()
}

// unauthorized acts on a call that was refused because of the token, if a check at once
// confirms it; otherwise the refusal is about the recipient.
func (d *Deliverer) unauthorized(ctx context.Context, w *track.Work, failure *messenger.Error) dispatch.Result {
	switch d.Parts.Breaker.ReportUnauthorized(ctx) {
	case breaker.TokenRefused:
		d.release(ctx, w, failure)
		return dispatch.HoldAll()
	case breaker.CallOnly:
		return d.refused(w, failure.WithClass(messenger.RecipientPermanent))
	default:
		return dispatch.Retry()
	}
}

// release withdraws the claim of a call that the service has clearly refused to this token: who
// comes with another one need not wait for it. Where an earlier call may take effect still, or a
// message has copies of which some may be edited, the claim stays.
func (d *Deliverer) release(ctx context.Context, w *track.Work, failure *messenger.Error) {
	claim, settled := w.Entry.Make, false
	w.Remember(func(m *track.Delivery) { settled = m.Memory.GaveUp.IsZero() })
	if w.Decision.Action == plan.Edit {
		claim = w.Entry.Edit
		w.Remember(func(m *track.Delivery) { settled = m.Memory.Tried == "" && !time.Now().Before(m.Memory.Landing) })
		settled = settled && len(w.Entry.Strays) == 0
	}
	if failure.Unclear || !settled || claim == nil || claim.By != d.Writer {
		return
	}
	c := *claim
	d.settle(ctx, w, func(r *record.Record) { r.Withdraw(w.To.ID, c) })
}

// refused acts on an address that does not work. Its channel may have been made anew
// meanwhile, with another address.
func (d *Deliverer) refused(w *track.Work, failure *messenger.Error) dispatch.Result {
	d.Parts.Announcer.AddressRefused(w.To.ID, d.Parts.Recipients.NameOf(w.To.ID, w.Name), failure)
	d.Parts.Recipients.Doubt(w.To.ID)
	return dispatch.Block(failure)
}

// unstored acts on a call that did not begin, because it could not be claimed. That Teleport does
// not know the request may be all that tells that it is gone.
func (d *Deliverer) unstored(ctx context.Context, w *track.Work, err error) dispatch.Result {
	if errors.Is(err, keeper.ErrLost) || ctx.Err() != nil {
		// Another writer has gone on: look again.
		if w.Request.LostBefore() {
			d.Again(w.Request.ID, d.Timing.RetryBase)
		} else {
			d.Now(w.Request.ID)
		}
		return dispatch.Skip()
	}
	if errors.Is(err, accessrequest.ErrUnknownRequest) && d.Refresh(ctx, w.Request.ID) != nil {
		d.Log.V(1).Info("Teleport cannot be asked for a request of which it stores no record", "request", w.Request.ID)
	}
	d.Again(w.Request.ID, d.Parts.Recorder.Stored(w.Request, err))
	if keeper.Impossible(err) {
		return dispatch.Skip()
	}
	return dispatch.Retry()
}

// declined acts on a refusal that is about this one message, or its content. A reply says
// nothing that the message does not say: it can be left out.
func (d *Deliverer) declined(ctx context.Context, w *track.Work, failure *messenger.Error) dispatch.Result {
	switch {
	case failure.Foreign && w.Entry.Adopted:
		d.disown(ctx, w)
	case w.Decision.Action == plan.MakeNote || w.Decision.Action == plan.FindNote:
		d.leaveOut(ctx, w, failure)
	case w.Decision.Action == plan.Reply || w.Decision.Action == plan.FindReply:
		d.giveUp(ctx, w, func(m *track.Delivery) { m.Memory.Thread = plan.Closed })
	case failure.Class == messenger.MessageFinal && w.Decision.Action == plan.Edit:
		d.Parts.Announcer.MessageFinal(failure)
		d.giveUp(ctx, w, func(m *track.Delivery) { m.Memory.End = plan.Final })
	case failure.Class != messenger.ContentRejected:
		d.giveUp(ctx, w, func(m *track.Delivery) { m.Memory.End = plan.Gone })
	case !w.Message.Plain:
		w.Remember(func(m *track.Delivery) { m.Rejected++ })
	default:
		d.giveUp(ctx, w, func(m *track.Delivery) { m.Memory.End = plan.Gone })
		d.Parts.Announcer.ContentRejected(w.Request.ID, d.Parts.Recipients.NameOf(w.To.ID, w.Name), failure)
	}
	if next, ok := w.Following(); ok {
		return dispatch.Instead(next)
	}
	return dispatch.Skip()
}

// leaveOut gives up a note that is refused, also in a plain form.
func (d *Deliverer) leaveOut(ctx context.Context, w *track.Work, failure *messenger.Error) {
	if failure.Class == messenger.ContentRejected && !w.Message.Plain {
		w.Remember(func(m *track.Delivery) { m.Rejected++ })
		return
	}
	d.below.noted(ctx, w, w.Entry.Make)
}

// disown leaves a message to the bot that has posted it, which was taken for this one's. Its
// recipient was not told, and is if the rules name it.
func (d *Deliverer) disown(ctx context.Context, w *track.Work) {
	d.Log.Info("Left a message alone that another bot has posted", "request", w.Request.ID, "address", w.To.ID)
	w.Remember(func(m *track.Delivery) {
		if m.Memory.Named == plan.Presumed {
			m.Memory.Named = plan.Unnamed
		}
	})
	d.settle(ctx, w, func(r *record.Record) { r.Disown(w.To.ID, w.Entry.Ref) })
}

// giveUp notes that a message, or its thread, is given up, and withdraws what was claimed
// for it.
func (d *Deliverer) giveUp(ctx context.Context, w *track.Work, end func(*track.Delivery)) {
	w.Remember(end)
	w.Request.Next()
	d.conclude(ctx, w)
}

// succeeded acts on a call that worked.
func (d *Deliverer) succeeded(job dispatch.Job, w *track.Work) dispatch.Result {
	action := actionOf(job.Method)
	level := 0
	if action == ActionFind {
		level = 1
	}
	d.Log.V(level).Info("Delivered", "request", w.Request.ID, "address", w.To.ID, "action", string(action))
	d.Metrics.Delivered(string(action), "success")
	w.Failed(nil)
	if w.Decision.Action == plan.Post {
		d.measure(w)
	}
	d.Parts.Announcer.AddressWorks(w.To.ID, func() string { return d.Parts.Recipients.NameOf(w.To.ID, w.Name) })
	d.trouble.Succeeded(job)
	d.Parts.Breaker.ReportSuccess(job.Method.String(), job.Address)
	d.Now(w.Request.ID)
	if next, ok := w.Following(); ok {
		return dispatch.Again(next)
	}
	return dispatch.Done()
}

// uncalled goes on after a search that was none, because the messenger has no searches: it
// says nothing about the address.
func (d *Deliverer) uncalled(w *track.Work) dispatch.Result {
	d.Now(w.Request.ID)
	if next, ok := w.Following(); ok {
		return dispatch.Instead(next)
	}
	return dispatch.Skip()
}

// measure observes how long it took to post a request that is still pending.
func (d *Deliverer) measure(w *track.Work) {
	if now := w.Request.Truth().Request; now.State == accessrequest.Pending {
		d.Metrics.Delay(metrics.SinceRequest, time.Since(now.Created))
		d.Metrics.Delay(metrics.SinceEvent, time.Since(w.Heard()))
	}
}
