package notifier

import (
	"context"
	"errors"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// deliver brings one request up to date at the address of a lane, one step at a
// time, until nothing is left to do or a step fails.
func (n *Notifier) deliver(ctx context.Context, l *lane, id string) {
	defer n.protect()
	t := n.lookup(id)
	if t == nil {
		return
	}
	call, cancel := graceful(ctx, n.timing.Grace)
	defer cancel()
	for ctx.Err() == nil {
		action, err := n.step(call, l, t)
		if err != nil {
			n.failed(ctx, l, t, action, err)
		}
		if err != nil || action == "" {
			break
		}
	}
	n.changed()
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

// clockMargin is by how much the clocks of operators, of Teleport and of a chat
// service may differ where a message is looked for by its time.
const clockMargin = 10 * time.Minute

// work is what a step works on, read in one go.
type work struct {
	step    step
	d       *delivery
	ref     messenger.Ref
	slotRef string
	message message.Message
	digest  string
	intent  string
	since   time.Time
	wait    time.Duration
	foreign bool
	// reply is the index of the next reply.
	reply int
}

// outdated reports whether somebody else has posted or replied since; whoever
// closed the record has made all posts and replies. The caller holds the lock of
// the request.
func (w work) outdated(t *tracked) bool {
	return t.record.Closed || w.d.Ref != w.slotRef || w.d.Replies != w.reply
}

// step does the next thing for the request at the address of the lane, and
// returns what that was, "" when nothing is left to do.
func (n *Notifier) step(ctx context.Context, l *lane, t *tracked) (action Action, err error) {
	w := n.read(t, l.address.ID)
	if w.wait > 0 {
		n.queue.AddAfter(t.id, w.wait)
		return "", nil
	}
	switch w.step {
	case stepSettle:
		action, err = ActionFind, n.settle(ctx, l, t, w)
	case stepPost:
		action, err = ActionPost, n.post(ctx, l, t, w)
	case stepUpdate:
		action, err = ActionUpdate, n.update(ctx, l, t, w)
	case stepSettleReply:
		action, err = ActionFind, n.settleReply(ctx, l, t, w)
	case stepReply:
		action, err = ActionReply, n.reply(ctx, l, t, w)
	default:
		return "", nil
	}
	if errors.Is(err, errLost) {
		// Somebody else has gone on: look again.
		return action, nil
	}
	return action, err
}

func (n *Notifier) read(t *tracked, address string) work {
	t.mu.Lock()
	defer t.mu.Unlock()
	d, ok := t.deliveries[address]
	if !ok {
		return work{}
	}
	w := work{
		step:    d.next(t, n.replies()),
		d:       d,
		message: t.message,
		digest:  t.digest,
		slotRef: d.Ref,
		intent:  d.Intent,
		since:   time.Unix(d.Since, 0).Add(-clockMargin),
		foreign: d.foreign,
		reply:   d.Replies,
	}
	w.message.Plain = d.plain
	w.ref, _ = messenger.ParseRef(d.Ref)
	if w.step == stepSettle || w.step == stepSettleReply {
		w.wait = time.Until(d.settleAt)
	}
	if w.step == stepReply && d.lookForReplies {
		w.step, w.intent = stepSettleReply, n.key(t.id, d.to.ID, w.message.Reviews[w.reply].Key)
	}
	return w
}

// post sends the first message to an address.
func (n *Notifier) post(ctx context.Context, l *lane, t *tracked, w work) error {
	key := n.key(t.id, w.d.to.ID, "")
	if err := n.begin(ctx, t, w, key); err != nil {
		return err
	}
	if !t.startPosting(w.d) {
		n.end(ctx, t, w.d, func() {})
		return errLost
	}
	ref, err := n.messenger.Post(ctx, w.d.to, w.message, key)
	if err != nil {
		return n.unclear(t, w.d, err)
	}
	n.succeeded(l, t, ActionPost)
	n.end(ctx, t, w.d, func() {
		w.d.Ref, w.d.Shown, w.d.Replies, w.d.gone = ref.String(), w.digest, len(w.message.Reviews), false
	})
	return nil
}

// startPosting notes that readers may see the message before this process knows: a
// request that is decided from now on is one that was announced. It reports false
// for one that was decided before anybody was told.
func (t *tracked) startPosting(d *delivery) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	d.posting = d.first(t) == stepPost
	return d.posting
}

// unclear notes whether a failed call may have taken effect. If somebody else has
// begun the same meanwhile, that is settled first.
func (n *Notifier) unclear(t *tracked, d *delivery, err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !d.foreign {
		d.unclear = messenger.AsError(err).Unclear
		d.settleAt = time.Now()
	}
	if d.posting && t.request.State.Resolved() {
		// It may be over, if nobody was told after all.
		n.queue.Add(t.id)
	}
	d.posting = false
	return err
}

// update makes a message show the latest state.
func (n *Notifier) update(ctx context.Context, l *lane, t *tracked, w work) error {
	if err := n.messenger.Update(ctx, w.ref, w.message); err != nil {
		return err
	}
	n.succeeded(l, t, ActionUpdate)
	t.mu.Lock()
	w.d.Shown = w.digest
	t.changes++
	t.closeIfDone(n.replies())
	t.mu.Unlock()
	n.store(ctx, t)
	if t.reopenIfBehind(w.d) {
		n.store(ctx, t)
	}
	return nil
}

// reopenIfBehind makes somebody update the message once more, if others turn out to
// have seen more of the request than it was updated to: theirs may have come first.
func (t *tracked) reopenIfBehind(d *delivery) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.behind() {
		return false
	}
	if t.record.Closed {
		t.reopen()
	}
	d.Shown = ""
	t.changes++
	return true
}

// reopen takes the end of a closed record back, but not what it says of replies:
// they were all made.
func (t *tracked) reopen() {
	t.record.Closed = false
	for _, d := range t.deliveries {
		if d.Ref != "" {
			d.withdraw()
			d.Replies = max(d.Replies, t.record.Reviews)
		}
	}
}

// reply posts the next review below a message.
func (n *Notifier) reply(ctx context.Context, l *lane, t *tracked, w work) error {
	review := w.message.Reviews[w.reply]
	key := n.key(t.id, w.d.to.ID, review.Key)
	if err := n.begin(ctx, t, w, key); err != nil {
		return err
	}
	if err := n.replier.Reply(ctx, w.ref, review, key); err != nil {
		return n.unclear(t, w.d, err)
	}
	n.succeeded(l, t, ActionReply)
	n.end(ctx, t, w.d, func() { w.d.Replies = max(w.d.Replies, w.reply+1) })
	return nil
}

// lookup returns a request that is being delivered, nil if there is none.
func (n *Notifier) lookup(id string) *tracked {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.requests[id]
}

// Action names what was done to or for a message.
type Action string

// The actions.
const (
	ActionPost   Action = "post"
	ActionUpdate Action = "update"
	ActionReply  Action = "reply"
	ActionFind   Action = "find"
)
