package deliver

import (
	"cmp"
	"context"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// below makes what follows a message: a reply for each review, and notes.
type below struct {
	*caller
}

// replyKey is the key of the next reply at the address.
func (d *below) replyKey(w *track.Work) string {
	return d.keys.of(w.Request.ID, cmp.Or(w.Entry.As, w.To.ID), w.Message.Reviews[w.Entry.Replies].Key)
}

// noteKey is the key of a note at the address.
func (d *below) noteKey(w *track.Work) string {
	return d.keys.noteOf(w.Request.ID, cmp.Or(w.Entry.As, w.To.ID), w.Decision.Due)
}

// reply posts the next review below a message.
func (d *below) reply(ctx context.Context, w *track.Work) error {
	key := d.replyKey(w)
	ref, _ := messenger.ParseRef(w.Entry.Ref)
	n := w.Entry.Replies
	return d.claimed(ctx, w, record.Reply, key, func(ctx context.Context, c record.Claim) error {
		err := d.call(ctx, func(ctx context.Context) error {
			return d.chat.Replier.Reply(ctx, ref, w.Message.Reviews[n], key)
		})
		d.made(w, err)
		if err != nil {
			return err
		}
		d.settle(ctx, w, func(r *record.Record) { r.Below(w.To.ID, &c, n+1, 0) })
		return nil
	})
}

// note posts the note that is due, in the thread of the message or as an answer to it if the
// messenger can do that.
func (d *below) note(ctx context.Context, w *track.Work) error {
	key := d.noteKey(w)
	ref, _ := messenger.ParseRef(w.Entry.Ref)
	return d.claimed(ctx, w, record.Note, key, func(ctx context.Context, c record.Claim) error {
		err := d.call(ctx, func(ctx context.Context) error {
			_, err := d.chat.Answer(ctx, w.To, ref, w.Message, key)
			return err
		})
		d.made(w, err)
		if err != nil {
			return err
		}
		d.noted(ctx, w, &c)
		return nil
	})
}

// noted notes that a note was made, or will not be.
func (d *below) noted(ctx context.Context, w *track.Work, c *record.Claim) {
	due := w.Decision.Due.Unix()
	d.settle(ctx, w, func(r *record.Record) { r.Below(w.To.ID, c, 0, due) })
}
