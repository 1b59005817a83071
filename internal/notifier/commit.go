package notifier

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// maxConflicts bounds the attempts of one commit. Another writer wins a
// compare-and-swap at most once for each change that it makes.
const maxConflicts = 20

// errLost is returned by commit when somebody else wrote the record in between.
// What they wrote has been merged; what the caller was about to do must be
// decided anew.
var errLost = errors.New("record was changed by another writer")

// commit stores the record if it has changed, or in any case if force is set,
// which proves that nobody else has written it. Commits that wait for one
// another are stored together.
func (n *Notifier) commit(ctx context.Context, t *tracked, force bool) error {
	t.commitMu.Lock()
	defer t.commitMu.Unlock()

	lost := false
	for range maxConflicts {
		text, old, changes, needed := t.pending(n.writer, force)
		if !needed {
			break
		}
		err := n.records.Swap(ctx, t.id, old, text)
		switch {
		case err == nil:
			t.committed(text, changes)
			if lost {
				return errLost
			}
			return nil
		case errors.Is(err, ErrConflict):
			foreign, err := n.reload(ctx, t)
			if err != nil {
				return err
			}
			lost = lost || foreign
		case errors.Is(err, ErrRecordTooLarge):
			n.giveUpRecording(t)
			return nil
		case errors.Is(err, ErrUnknownRequest) && t.hasPosted():
			// The record has expired before its messages were final.
			t.setUnrecorded()
			return nil
		default:
			return fmt.Errorf("storing record: %w", err)
		}
	}
	if lost {
		return errLost
	}
	return nil
}

// pending returns the text to store and what it replaces.
func (t *tracked) pending(writer string, force bool) (text, old string, changes int, needed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.unrecorded || t.changes == t.written && !force {
		return "", "", 0, false
	}
	return t.text(writer), t.stored, t.changes, true
}

func (t *tracked) committed(text string, changes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stored, t.written = text, changes
}

// reload reads the record after a conflict and merges what somebody else wrote.
// It reports false when the record is this process's own, stored by a call whose
// answer was lost.
func (n *Notifier) reload(ctx context.Context, t *tracked) (foreign bool, err error) {
	text, err := n.records.Load(ctx, t.id)
	if err != nil {
		return false, fmt.Errorf("reading record: %w", err)
	}
	r, err := decodeRecord(text)
	if err != nil {
		n.log.Info("Repaired a damaged record", "request", t.id)
	}

	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil && r.Writer == n.writer {
		t.stored = text
		return false, nil
	}
	t.adopt(r, text, time.Now().Add(n.timing.SettleDelay))
	t.changes++
	return true, nil
}

// giveUpRecording goes on without a record, because late and twice is better
// than never: other plugins have filled the space that Teleport allows.
func (n *Notifier) giveUpRecording(t *tracked) {
	t.setUnrecorded()
	n.notice(Notice{
		Reason:  ReasonRecordImpossible,
		Text:    "Teleport has no room for the record of access request " + t.id + "; it may be announced again after a restart",
		Warning: true,
	})
}

func (t *tracked) setUnrecorded() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unrecorded = true
}

func (t *tracked) hasPosted() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range t.deliveries {
		if d.Ref != "" {
			return true
		}
	}
	return false
}

// begin records the intent to post under key, unless it is recorded and fresh.
// It returns errLost when the state must be looked at again.
func (n *Notifier) begin(ctx context.Context, t *tracked, d *delivery, key string) error {
	now := time.Now()
	t.mu.Lock()
	if !d.begun.IsZero() && d.Intent == key && now.Sub(d.begun) < n.timing.IntentFresh {
		t.mu.Unlock()
		return nil
	}
	if d.Intent != key {
		d.Intent, d.Since = key, now.Unix()
	}
	t.changes++
	t.mu.Unlock()

	if err := n.commit(ctx, t, true); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if d.foreign || d.Intent != key {
		return errLost
	}
	d.begun = now
	return nil
}

// end notes that an intent has a result, and stores it.
func (n *Notifier) end(ctx context.Context, t *tracked, d *delivery, result func()) error {
	t.mu.Lock()
	d.Intent, d.Since, d.begun = "", 0, time.Time{}
	d.unclear, d.foreign = false, false
	result()
	t.changes++
	t.closeIfDone(n.replies())
	t.mu.Unlock()
	n.store(ctx, t)
	return nil
}

// store stores the record if it has changed. When that fails, the change is
// kept in memory and reconcile tries again: what readers see is right already.
func (n *Notifier) store(ctx context.Context, t *tracked) {
	err := n.commit(ctx, t, false)
	if err == nil || errors.Is(err, errLost) {
		n.recordsWork()
		return
	}
	n.retryRecord(t.id, err)
}
