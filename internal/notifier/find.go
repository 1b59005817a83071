package notifier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// find finds out whether a claimed message was posted. All that were are adopted. If
// there is none, the claim of another writer is taken over or removed.
func (d *deliverer) find(ctx context.Context, w *work) error {
	what, key := record.Post, d.postKey(w)
	if w.entry.Ref != "" {
		what, key = record.Follow, d.followKey(w)
	}
	refs, err := d.look(ctx, w, key)
	if err == nil {
		w.t.remember(w, func(m *delivery) { m.memory.GaveUp = time.Time{} })
		d.adopt(ctx, w, what, refs)
		return nil
	}
	return d.notFound(ctx, w, what, key, err)
}

// look searches for the messages with a key, from when the first of them can have been
// posted.
func (d *deliverer) look(ctx context.Context, w *work, key string) (refs []messenger.Ref, err error) {
	if d.chat.finder == nil {
		return nil, messenger.ErrCannotLook
	}
	err = d.call(ctx, func(ctx context.Context) (err error) {
		refs, err = d.chat.finder.Find(ctx, w.to, key, w.since())
		return err
	})
	if err == nil && len(refs) == 0 {
		return nil, messenger.ErrNotFound
	}
	if err != nil && !errors.Is(err, messenger.ErrNotFound) && !errors.Is(err, messenger.ErrCannotLook) {
		return nil, fmt.Errorf("looking for a message: %w", err)
	}
	return refs, err
}

// since is when a search begins. What the record says of it may be nonsense.
func (w *work) since() time.Time {
	since := w.created
	if c := w.entry.Make; c != nil && c.Since > 0 {
		if claimed := time.Unix(c.Since, 0); claimed.After(w.created) {
			since = claimed
		}
	}
	if now := time.Now(); since.After(now) {
		return now
	}
	return since
}

// adopt takes over messages that were found. What they show is not known.
func (d *deliverer) adopt(ctx context.Context, w *work, what record.What, refs []messenger.Ref) {
	damaged := w.decision.Reason == plan.RecordDamaged
	w.t.remember(w, func(m *delivery) {
		m.memory.MayBeTold, m.memory.End = false, plan.Open
		if damaged {
			m.memory.Thread = plan.Uncounted
		}
	})
	d.settle(ctx, w, func(r *record.Record) {
		r.Introduce(w.to, w.name)
		if what == record.Follow {
			r.Followed(w.to.ID, w.entry.Ref, refs, "")
		} else {
			r.Posted(w.to.ID, refs, "", 0)
		}
	})
	// Whether other recipients hear of a resolved request depends on it.
	d.queue.Add(w.t.id)
}

// notFound acts on a search that found nothing, or could not look.
func (d *deliverer) notFound(ctx context.Context, w *work, what record.What, key string, err error) error {
	cannotLook := errors.Is(err, messenger.ErrCannotLook)
	if !cannotLook && !errors.Is(err, messenger.ErrNotFound) {
		return err
	}
	if !cannotLook {
		d.breaker.ReportReachable()
	}
	w.t.remember(w, func(m *delivery) {
		m.memory.GaveUp = time.Time{}
		m.memory.MayBeTold = cannotLook && m.memory.Wanted && what == record.Post && w.entry.Make != nil
	})
	d.queue.Add(w.t.id)
	claim := w.entry.Make
	switch {
	case claim == nil:
		// The record was damaged. From now on it says that this address was not told.
		w.t.keeper.Learn(func(r *record.Record) { r.Introduce(w.to, w.name) })
		return nil
	case claim.By == d.writer:
		return nil
	case w.t.stillWanted(w, what):
		_, err := d.claim(ctx, w, what, key)
		return err
	default:
		stale := *claim
		d.settle(ctx, w, func(r *record.Record) { r.Withdraw(w.to.ID, stale) })
		return nil
	}
}

// stillWanted reports whether a message that was not found is to be posted.
func (t *tracked) stillWanted(w *work, what record.What) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.keeper.Record()
	v := t.view(w.to.ID, r)
	v.Entry.Make = nil
	next := plan.Next(v)
	return what == record.Post && next.Action == plan.Post || what == record.Follow && next.Action == plan.Follow
}

// findReply finds out whether a claimed reply was made.
func (d *deliverer) findReply(ctx context.Context, w *work) error {
	if w.entry.Replies >= len(w.message.Reviews) {
		return keeper.ErrLost
	}
	key, n := d.replyKey(w), w.entry.Replies
	ref, _ := messenger.ParseRef(w.entry.Ref)
	err := messenger.ErrCannotLook
	if d.chat.finder != nil {
		err = d.call(ctx, func(ctx context.Context) error {
			return d.chat.finder.FindReply(ctx, ref, key, w.since())
		})
	}
	claim := w.entry.Make
	switch {
	case err == nil:
		w.t.remember(w, func(m *delivery) { m.memory.GaveUp = time.Time{} })
		d.settle(ctx, w, func(r *record.Record) { r.Replied(w.to.ID, claim, n+1) })
		return nil
	case !errors.Is(err, messenger.ErrNotFound) && !errors.Is(err, messenger.ErrCannotLook):
		return fmt.Errorf("looking for a reply: %w", err)
	}
	if errors.Is(err, messenger.ErrNotFound) {
		d.breaker.ReportReachable()
	}
	w.t.remember(w, func(m *delivery) {
		// The next ones cannot be there either: replies are made in order.
		m.memory.GaveUp, m.memory.Thread = time.Time{}, plan.Counted
	})
	if claim != nil && claim.By != d.writer {
		_, err := d.claim(ctx, w, record.Reply, key)
		return err
	}
	return nil
}
