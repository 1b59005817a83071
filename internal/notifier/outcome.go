package notifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
)

// troubleAfter is how many failures of a lane in a row are worth reporting.
const troubleAfter = 3

// failed acts on a failed step. It is the one place that knows what each class
// of error means for a delivery.
func (n *Notifier) failed(ctx context.Context, l *lane, t *tracked, action Action, err error) {
	failure, ok := errors.AsType[*messenger.Error](err)
	if !ok {
		n.recordFailed(l, t, err)
		return
	}
	n.log.V(1).Info("Delivery failed", "request", t.id, "address", l.address.ID,
		"class", failure.Class.String(), "code", failure.Code)

	n.metrics.Delivered(string(action), failure.Class.String())
	if failure.Class.Answered() {
		n.health.answers()
	}
	switch failure.Class {
	case messenger.MessageGone, messenger.ContentRejected:
		n.declined(ctx, l, t, action, failure)
	case messenger.Throttled:
		n.metrics.Throttled(failure.RetryAfter)
		if failure.Scope != messenger.ScopeAddress {
			n.lanes.pauseAll(ctx, failure.RetryAfter)
		} else {
			n.lanes.pause(l, failure.RetryAfter)
		}
	case messenger.RecipientPermanent:
		n.refusedBy(ctx, l, t, failure)
	case messenger.MessengerPermanent:
		n.lanes.hold()
		n.health.refuse(failure)
	default:
		if s := n.lanes.failed(l); s.count >= troubleAfter {
			n.health.troubled(failure, s.since)
		}
	}
	n.lanes.again(l, t.id)
}

// declined acts on a refusal that is about this one message, or its content. A reply
// says nothing that the message does not say: it can be left out.
func (n *Notifier) declined(ctx context.Context, l *lane, t *tracked, action Action, failure *messenger.Error) {
	switch {
	case action == ActionReply:
		n.silence(ctx, t, l.address.ID)
	case failure.Class == messenger.MessageGone:
		n.abandon(ctx, t, l.address.ID)
	default:
		n.rejected(ctx, l, t, failure)
	}
}

// refusedBy acts on an address that does not work. Its channel may have been made
// anew meanwhile, with another address; and nobody may have to be told any more.
func (n *Notifier) refusedBy(ctx context.Context, l *lane, t *tracked, failure *messenger.Error) {
	if n.lanes.block(l, failure) {
		n.recipientFailed(n.nameOf(l.address.ID), failure)
	}
	n.resolver.doubt(ctx, l.address.ID)
	n.queue.Add(t.id)
}

// recordFailed acts on an intent that could not be recorded. The lane backs
// off, so that a Teleport that is down is not asked by every delivery.
func (n *Notifier) recordFailed(l *lane, t *tracked, err error) {
	if errors.Is(err, ErrUnknownRequest) {
		n.retryRecord(t.id, err)
		return
	}
	n.recordsFailed(err)
	n.lanes.failed(l)
	n.lanes.again(l, t.id)
}

// rejected makes the next attempt use the plain rendering. If that was refused
// as well, nothing that could be shown is accepted.
func (n *Notifier) rejected(ctx context.Context, l *lane, t *tracked, failure *messenger.Error) {
	if t.simplify(l.address.ID) {
		return
	}
	n.abandon(ctx, t, l.address.ID)
	n.notice(Notice{
		Reason:  ReasonContentRejected,
		Text:    fmt.Sprintf("Access request %s cannot be shown to %s: %s", t.id, n.nameOf(l.address.ID), failure),
		Warning: true,
	})
}

// simplify switches an address to the plain rendering; false when it was plain.
func (t *tracked) simplify(address string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.deliveries[address]
	was := d.plain
	d.plain = true
	return !was
}

// abandon gives up on showing the request to an address.
func (n *Notifier) abandon(ctx context.Context, t *tracked, address string) {
	t.mu.Lock()
	t.deliveries[address].gone = true
	t.closeIfDone(n.replies())
	t.mu.Unlock()
	n.store(ctx, t)
}

// silence gives up on replies below the message at an address.
func (n *Notifier) silence(ctx context.Context, t *tracked, address string) {
	t.mu.Lock()
	d := t.deliveries[address]
	d.withdraw()
	d.silent = true
	t.changes++
	t.closeIfDone(n.replies())
	t.mu.Unlock()
	n.store(ctx, t)
}

// succeeded acts on a call that worked.
func (n *Notifier) succeeded(l *lane, t *tracked, action Action) {
	n.log.V(1).Info("Delivered", "request", t.id, "address", l.address.ID, "action", string(action))
	n.metrics.Delivered(string(action), "success")
	if action == ActionPost {
		n.measure(t)
	}
	if over := n.lanes.succeeded(l); over != nil {
		n.notice(Notice{
			Reason: ReasonRecipientRestored,
			Text:   fmt.Sprintf("Recipient %s works again", n.nameOf(l.address.ID)),
		})
	}
	n.health.works()
}

// measure observes how long it took to post a request that is still pending.
func (n *Notifier) measure(t *tracked) {
	t.mu.Lock()
	created, seen, state := t.request.Created, t.seen, t.request.State
	t.mu.Unlock()
	if state == accessrequest.Pending {
		n.metrics.Delay(metrics.SinceRequest, time.Since(created))
		n.metrics.Delay(metrics.SinceEvent, time.Since(seen))
	}
}

func (n *Notifier) recipientFailed(name string, failure *messenger.Error) {
	n.notice(Notice{
		Reason:  ReasonRecipientFailed,
		Text:    fmt.Sprintf("Recipient %s does not work: %s", name, failure),
		Warning: true,
	})
	n.changed()
}

// nameOf returns how the rules call an address; its id, if they do not: other names
// are typed by requesters.
func (n *Notifier) nameOf(address string) string {
	for _, name := range n.resolver.names(address) {
		if slices.Contains(n.configured, name) {
			return name
		}
	}
	return address
}
