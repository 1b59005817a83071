package deliver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// find finds out whether a claimed message or note was posted. All messages that were are
// adopted. If there is none, the claim of another writer is taken over or removed.
func (d *searcher) find(ctx context.Context, w *track.Work) error {
	what, key := record.Post, d.postKey(w)
	switch {
	case w.Decision.Action == plan.FindNote:
		what, key = record.Note, d.noteKey(w)
	case w.Entry.Ref != "":
		what, key = record.Follow, d.followKey(w)
	}
	refs, err := d.look(ctx, w, key)
	if former := formerKey(w, what, key); former != "" && errors.Is(err, messenger.ErrNotFound) {
		refs, err = d.look(ctx, w, former)
	}
	if err == nil {
		w.Remember(func(m *track.Delivery) { m.Memory.GaveUp = time.Time{} })
		if what == record.Note {
			d.noted(ctx, w, w.Entry.Make)
		} else {
			d.adopt(ctx, w, what, refs)
		}
		return nil
	}
	return d.notFound(ctx, w, what, key, err)
}

// formerKey returns the key under which a call was claimed that may have been made, "" if it
// is the one that the call would have now: keys are others once the token is replaced.
func formerKey(w *track.Work, what record.What, key string) string {
	if c := w.Entry.Make; c != nil && c.What == what && c.Key != key {
		return c.Key
	}
	return ""
}

// look searches for the messages with a key, from when the first of them can have been
// posted.
func (d *searcher) look(ctx context.Context, w *track.Work, key string) (refs []messenger.Ref, err error) {
	if d.chat.Finder == nil {
		return nil, messenger.ErrCannotLook
	}
	err = d.call(ctx, func(ctx context.Context) (err error) {
		refs, err = d.chat.Finder.Find(ctx, w.To, key, w.Since())
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

// adopt takes over messages that were found. What they show is not known.
func (d *searcher) adopt(ctx context.Context, w *track.Work, what record.What, refs []messenger.Ref) {
	damaged := w.Decision.Reason == plan.RecordDamaged
	w.Remember(func(m *track.Delivery) {
		m.Memory.Posts, m.Memory.End = plan.Traced, plan.Open
		if damaged {
			m.Memory.Thread = plan.Uncounted
		}
	})
	d.settle(ctx, w, func(r *record.Record) {
		r.Introduce(w.To, w.Name, w.Reader)
		if what == record.Follow {
			r.Followed(w.To.ID, w.Entry.Ref, refs, "")
		} else {
			r.Posted(w.To.ID, refs, "", 0)
		}
	})
	// Whether other recipients hear of a resolved request depends on it.
	d.Now(w.Request.ID)
}

// notFound acts on a search that found nothing, or could not look.
func (d *searcher) notFound(ctx context.Context, w *track.Work, what record.What, key string, err error) error {
	cannotLook := errors.Is(err, messenger.ErrCannotLook)
	if !cannotLook && !errors.Is(err, messenger.ErrNotFound) {
		return err
	}
	if !cannotLook {
		d.Parts.Breaker.ReportReachable()
	}
	w.Remember(func(m *track.Delivery) {
		m.Memory.GaveUp, m.Memory.Posts = time.Time{}, plan.Traced
		m.Memory.Tried = d.triedUnfound(w, m.Memory.Tried, cannotLook)
		if what == record.Note {
			// The next ones cannot be there either: notes are made in order.
			m.Memory.Thread = plan.Counted
		}
		if cannotLook && m.Memory.Named != plan.Unnamed && what == record.Post {
			m.Memory.Posts = plan.Unknowable
		}
	})
	d.Now(w.Request.ID)
	claim := w.Entry.Make
	switch {
	case claim == nil:
		// The record was damaged. From now on it says that this address was not told.
		w.Request.Keeper.Learn(func(r *record.Record) { r.Introduce(w.To, w.Name, w.Reader) })
		return nil
	case claim.By == d.Writer:
		return nil
	case w.StillWanted(what):
		_, err := d.claim(ctx, w, what, key)
		return err
	default:
		stale := *claim
		d.settle(ctx, w, func(r *record.Record) { r.Withdraw(w.To.ID, stale) })
		return nil
	}
}

// triedUnfound returns what a post may have shown that was not found: nothing where it was looked
// for. Of what another writer has claimed, or a damaged record named, it is not known.
func (d *searcher) triedUnfound(w *track.Work, tried string, cannotLook bool) string {
	claim := w.Entry.Make
	switch {
	case w.Decision.Action != plan.Find:
		return tried
	case !cannotLook:
		return ""
	case d.chat.Updater != nil && (claim == nil || claim.By != d.Writer):
		return plan.UnknownDigest
	default:
		return tried
	}
}

// findReply finds out whether a claimed reply was made.
func (d *searcher) findReply(ctx context.Context, w *track.Work) error {
	if w.Entry.Replies >= len(w.Message.Reviews) {
		return keeper.ErrLost
	}
	key, n := d.replyKey(w), w.Entry.Replies
	ref, _ := messenger.ParseRef(w.Entry.Ref)
	err := messenger.ErrCannotLook
	look := func(key string) error {
		return d.call(ctx, func(ctx context.Context) error {
			return d.chat.Finder.FindReply(ctx, ref, key, w.Since())
		})
	}
	if d.chat.Finder != nil {
		err = look(key)
		if former := formerKey(w, record.Reply, key); former != "" && errors.Is(err, messenger.ErrNotFound) {
			err = look(former)
		}
	}
	claim := w.Entry.Make
	switch {
	case err == nil:
		w.Remember(func(m *track.Delivery) { m.Memory.GaveUp = time.Time{} })
		d.settle(ctx, w, func(r *record.Record) { r.Below(w.To.ID, claim, n+1, 0) })
		return nil
	case !errors.Is(err, messenger.ErrNotFound) && !errors.Is(err, messenger.ErrCannotLook):
		return fmt.Errorf("looking for a reply: %w", err)
	}
	if errors.Is(err, messenger.ErrNotFound) {
		d.Parts.Breaker.ReportReachable()
	}
	w.Remember(func(m *track.Delivery) {
		// The next ones cannot be there either: replies are made in order.
		m.Memory.GaveUp, m.Memory.Thread = time.Time{}, plan.Counted
	})
	if claim != nil && claim.By != d.Writer {
		_, err := d.claim(ctx, w, record.Reply, key)
		return err
	}
	return nil
}
