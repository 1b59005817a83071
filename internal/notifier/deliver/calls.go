package deliver

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// postKey is the key of the first message at the address.
func (d *caller) postKey(w *track.Work) string {
	return d.keys.of(w.Request.ID, cmp.Or(w.Entry.As, w.To.ID), "")
}

// followKey is the key of the message that follows the one at the address.
func (d *caller) followKey(w *track.Work) string {
	return d.keys.followOf(w.Request.ID, cmp.Or(w.Entry.As, w.To.ID), w.Entry.Ref)
}

// post sends the first message to an address.
func (d *caller) post(ctx context.Context, w *track.Work) error {
	key := d.postKey(w)
	return d.claimed(ctx, w, record.Post, key, func(ctx context.Context, _ record.Claim) error {
		var ref messenger.Ref
		shown, replies := w.Digest, len(w.Message.Reviews)
		if d.mayBeEarlier(w) {
			shown, replies = "", 0
		}
		err := d.call(ctx, func(ctx context.Context) (err error) {
			ref, err = d.chat.Post(ctx, w.To, w.Message, key)
			return err
		})
		d.made(w, err)
		if err != nil {
			return err
		}
		d.settle(ctx, w, func(r *record.Record) {
			r.Introduce(w.To, w.Name, w.Reader)
			r.Posted(w.To.ID, []messenger.Ref{ref}, shown, replies)
		})
		return nil
	})
}

// follow posts the message anew where the old one cannot be edited any more, as an answer
// to it if the messenger can do that.
func (d *caller) follow(ctx context.Context, w *track.Work) error {
	key := d.followKey(w)
	previous, _ := messenger.ParseRef(w.Entry.Ref)
	return d.claimed(ctx, w, record.Follow, key, func(ctx context.Context, _ record.Claim) error {
		var ref messenger.Ref
		shown := w.Digest
		if d.mayBeEarlier(w) {
			shown = ""
		}
		err := d.call(ctx, func(ctx context.Context) (err error) {
			ref, err = d.chat.Answer(ctx, w.To, previous, w.Message, key)
			return err
		})
		d.made(w, err)
		if err != nil {
			return err
		}
		w.Remember(func(m *track.Delivery) { m.Memory.End, m.Memory.Thread = plan.Open, plan.Counted })
		d.settle(ctx, w, func(r *record.Record) {
			r.Followed(w.To.ID, w.Entry.Ref, []messenger.Ref{ref}, shown)
		})
		return nil
	})
}

// mayBeEarlier reports whether the service may answer with a message that an earlier call has made
// under the same key, of which it cannot be found out. That one shows what was said then. A service
// without edits makes a message of its own of what says something else.
func (d *caller) mayBeEarlier(w *track.Work) (doubt bool) {
	w.Remember(func(m *track.Delivery) {
		unclear := !m.Memory.GaveUp.IsZero() || m.Memory.Posts == plan.Unknowable || m.Memory.Tried == plan.UnknownDigest
		doubt = unclear && m.Memory.Tried != "" && m.Memory.Tried != w.Digest
	})
	return doubt && d.chat.Updater != nil
}

// edit makes a message and its strays show the latest state. It counts only if no earlier
// edit can take effect after it.
func (d *caller) edit(ctx context.Context, w *track.Work) error {
	if now := time.Now(); w.TookOver.After(now) {
		w.Remember(func(m *track.Delivery) { m.Memory.Landing = plan.Later(m.Memory.Landing, w.TookOver) })
	}
	err := d.claimed(ctx, w, record.Edit, "", func(ctx context.Context, c record.Claim) error {
		began := time.Now()
		err := d.editAll(ctx, w, func() (err error) {
			c, err = d.fresh(ctx, w, record.Edit, "")
			return err
		})
		if err != nil {
			return err
		}
		d.edited(ctx, w, c, began)
		return nil
	})
	if d.editAnyway(w.Request, err) {
		return d.editUnclaimed(ctx, w)
	}
	return err
}

// edited notes that an edit has worked.
func (d *caller) edited(ctx context.Context, w *track.Work, c record.Claim, began time.Time) {
	counts := false
	w.Remember(func(m *track.Delivery) {
		counts = !began.Before(m.Memory.Landing)
		m.Memory.Tried = w.Digest
		if counts {
			m.Memory.Tried = ""
		}
	})
	if known := w.Entry; counts {
		d.settle(ctx, w, func(r *record.Record) { r.Edited(w.To.ID, c, known, w.Digest) })
	}
}

// editAll edits the message and its strays, each of these once it may be. A stray that cannot
// be edited is given up.
func (d *caller) editAll(ctx context.Context, w *track.Work, may func() error) error {
	for i, ref := range w.Entry.Refs() {
		if i > 0 {
			if err := may(); err != nil {
				return err
			}
		}
		err := d.call(ctx, func(ctx context.Context) error { return d.chat.Updater.Update(ctx, ref, w.Message) })
		if i > 0 && isGone(err) {
			text := ref.String()
			w.Request.Keeper.Learn(func(r *record.Record) { r.DropStray(w.To.ID, text) })
			continue
		}
		if err != nil {
			d.editFailed(w, err)
			return err
		}
	}
	return nil
}

// editFailed notes an edit that failed. One that may have taken effect, or may still, is
// repeated once it cannot any more.
func (d *caller) editFailed(w *track.Work, err error) {
	w.Remember(func(m *track.Delivery) {
		m.Memory.Tried = ""
		if messenger.AsError(err).Unclear {
			m.Memory.Tried = w.Digest
			m.Memory.Landing = plan.Later(m.Memory.Landing, time.Now().Add(d.Timing.Waits().Land))
		}
	})
}

// unclaimedAfter is for how long a record cannot be written before a message is edited
// without a claim.
func (d *caller) unclaimedAfter() time.Duration { return d.Timing.Foreign }

// editAnyway reports whether a message is edited although that could not be claimed: the
// record has not been writable for so long that no other operator can be at work either.
// Such an edit does not count, and is repeated under a claim.
func (d *caller) editAnyway(t *track.Request, err error) bool {
	if err == nil || errors.Is(err, keeper.ErrLost) || errors.Is(err, keeper.ErrForeign) {
		return false
	}
	_, refused := errors.AsType[*messenger.Error](err)
	return !refused && t.Failing() > d.unclaimedAfter()
}

func (d *caller) editUnclaimed(ctx context.Context, w *track.Work) error {
	if err := d.editAll(ctx, w, func() error { return nil }); err != nil {
		return err
	}
	w.Remember(func(m *track.Delivery) {
		m.Memory.Tried = w.Digest
		m.Memory.Landing = plan.Later(m.Memory.Landing, time.Now().Add(2*d.unclaimedAfter()))
	})
	return nil
}
