package notifier

import (
	"context"
	"errors"
	"fmt"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// settle finds out whether an intended post was made. It takes the intent over
// first, so that nobody else can still be posting for it.
func (n *Notifier) settle(ctx context.Context, l *lane, t *tracked, w work) error {
	if w.foreign {
		if err := n.takeOver(ctx, t, w); err != nil {
			return err
		}
	}
	ref, err := n.find(ctx, w)
	if err != nil && !errors.Is(err, messenger.ErrNotFound) && !errors.Is(err, messenger.ErrCannotLook) {
		return err
	}
	// Whether other addresses hear of a resolved request depends on the answer.
	defer n.queue.Add(t.id)
	if err == nil {
		n.succeeded(l, t, ActionFind)
		n.end(ctx, t, w.d, func() {
			w.d.Ref, w.d.Shown, w.d.lookForReplies, w.d.gone = ref.String(), "", t.suspect, false
		})
		return nil
	}
	n.looked(err)
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.d.foreign || w.outdated(t) {
		return errLost
	}
	w.d.unclear = false
	w.d.doubtful = errors.Is(err, messenger.ErrCannotLook)
	if w.d.unwanted {
		w.d.withdraw()
		t.changes++
	}
	return nil
}

// looked notes that there is nothing, if the service said so.
func (n *Notifier) looked(err error) {
	if errors.Is(err, messenger.ErrNotFound) {
		n.health.answers()
	}
}

// find looks for the message of an intent.
func (n *Notifier) find(ctx context.Context, w work) (messenger.Ref, error) {
	finder, ok := n.messenger.(messenger.Finder)
	if !ok {
		return messenger.Ref{}, messenger.ErrCannotLook
	}
	refs, err := finder.Find(ctx, w.d.to, w.intent, w.since)
	if err != nil {
		return messenger.Ref{}, fmt.Errorf("looking for a message: %w", err)
	}
	return refs[0], nil
}

// takeOver makes another process's intent this one's own, or fails with errLost
// when that process has gone on in the meantime.
func (n *Notifier) takeOver(ctx context.Context, t *tracked, w work) error {
	t.mu.Lock()
	if w.outdated(t) || w.d.Intent != w.intent {
		t.mu.Unlock()
		return errLost
	}
	before := w.d.By
	w.d.foreign, w.d.By = false, n.writer
	t.changes++
	t.mu.Unlock()

	err := n.claim(ctx, t, func() bool { return !w.d.foreign && !w.outdated(t) })
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case w.d.foreign || w.outdated(t):
		return errLost
	case err != nil:
		w.d.foreign, w.d.By = w.d.unclear, before
	}
	return err
}

// settleReply finds out whether an intended reply was made.
func (n *Notifier) settleReply(ctx context.Context, l *lane, t *tracked, w work) error {
	if w.foreign {
		if err := n.takeOver(ctx, t, w); err != nil {
			return err
		}
	}
	err := messenger.ErrCannotLook
	if finder, ok := n.messenger.(messenger.Finder); ok {
		err = finder.FindReply(ctx, w.ref, w.intent, w.since)
	}
	if err == nil {
		n.succeeded(l, t, ActionFind)
		n.end(ctx, t, w.d, func() { w.d.Replies = max(w.d.Replies, w.reply+1) })
		return nil
	}
	if !errors.Is(err, messenger.ErrNotFound) && !errors.Is(err, messenger.ErrCannotLook) {
		return fmt.Errorf("looking for a reply: %w", err)
	}
	n.looked(err)
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.d.foreign || w.outdated(t) {
		return errLost
	}
	// The next ones cannot be there either: replies are made in order.
	w.d.unclear, w.d.lookForReplies = false, false
	return nil
}
