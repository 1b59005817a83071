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

// errLost means that somebody else wrote the record in between. What they wrote
// has been merged; what the caller was about to do must be decided anew.
var errLost = errors.New("record was changed by another writer")

// claim stores the record, also if it has not changed, and so proves that nobody
// else has written it. It gives way to another writer: it writes nothing then
// and returns errLost. The same if what is to be claimed no longer holds when it is
// its turn to write: that would only be in the way of the other writer.
func (n *Notifier) claim(ctx context.Context, t *tracked, holds func() bool) error {
	return n.commit(ctx, t, holds)
}

// commit stores the record if it has changed; holds is nil, or that of a claim and
// called with the lock of the request. Commits that wait for one another are stored
// together. When somebody else has written in between, it merges, stores the
// result, and returns errLost.
func (n *Notifier) commit(ctx context.Context, t *tracked, holds func() bool) error {
	select {
	case t.writing <- struct{}{}:
		defer func() { <-t.writing }()
	case <-ctx.Done():
		return fmt.Errorf("waiting to store record: %w", ctx.Err())
	}

	lost := false
	for range maxConflicts {
		next, err := t.pending(holds)
		if err != nil {
			return err
		}
		if !next.needed {
			break
		}
		err = n.records.Swap(ctx, t.id, next.old, next.text)
		if err == nil {
			t.committed(next)
			break
		}
		if !errors.Is(err, ErrConflict) {
			return n.unstored(t, err)
		}
		foreign, err := n.reload(ctx, t)
		if err != nil {
			return err
		}
		lost = lost || foreign
		if lost && holds != nil {
			break
		}
	}
	if lost {
		return errLost
	}
	return nil
}

// unstored acts on a write that failed for good.
func (n *Notifier) unstored(t *tracked, err error) error {
	switch {
	case errors.Is(err, ErrRecordTooLarge):
		n.giveUpRecording(t)
		return nil
	case errors.Is(err, ErrUnknownRequest) && t.pastPosting():
		// The record has expired before its messages were final, or before it could
		// be closed without any.
		t.setUnrecorded()
		return nil
	default:
		return fmt.Errorf("storing record: %w", err)
	}
}

// write is a write of the record.
type write struct {
	// needed is false if there is nothing to write.
	needed bool
	// text replaces old.
	text, old string
	// changes is the count of changes that text has.
	changes int
}

// pending returns what to write, or errLost if a claim no longer holds.
func (t *tracked) pending(holds func() bool) (write, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case holds != nil && !holds():
		return write{}, errLost
	case t.unrecorded || t.changes == t.written && holds == nil:
		return write{}, nil
	default:
		return write{needed: true, text: t.text(), old: t.stored, changes: t.changes}, nil
	}
}

func (t *tracked) committed(w write) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stored, t.written = w.text, w.changes
}

// reload reads the record after a conflict and merges what somebody else wrote.
// It reports false when the record is this one's own, stored by a call whose answer
// was lost.
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
	if err == nil && r.Writer == t.writer {
		t.stored = text
		return false, nil
	}
	t.adopt(r, text, n.writer, time.Now().Add(n.timing.SettleDelay))
	t.changes++
	if t.textBy(r.Writer) == text {
		// Storing the same again would only be in the way of the other writer.
		t.written = t.changes
	}
	// What was merged may concern any address, not only the caller's.
	n.queue.Add(t.id)
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

// pastPosting reports whether something was posted, or nothing will be.
func (t *tracked) pastPosting() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.record.Closed {
		return true
	}
	for _, d := range t.deliveries {
		if d.Ref != "" {
			return true
		}
	}
	return false
}

// begin records the intent to post under key, unless it is recorded and fresh.
// It returns errLost when the state must be looked at again.
func (n *Notifier) begin(ctx context.Context, t *tracked, w work, key string) error {
	d, now := w.d, time.Now()
	t.mu.Lock()
	if d.foreign || w.outdated(t) {
		t.mu.Unlock()
		return errLost
	}
	if !d.begun.IsZero() && d.Intent == key && now.Sub(d.begun) < n.timing.IntentFresh {
		t.mu.Unlock()
		return nil
	}
	if d.Intent != key {
		d.Since = now.Unix()
	}
	d.Intent, d.By = key, n.writer
	d.Turn++
	t.changes++
	t.mu.Unlock()

	mine := func() bool { return d.Intent == key && d.By == n.writer }
	err := n.claim(ctx, t, func() bool { return mine() && !w.outdated(t) })
	t.mu.Lock()
	switch {
	case d.foreign || w.outdated(t):
		unused := mine()
		t.mu.Unlock()
		if unused {
			// Nobody should wonder whether it was posted.
			n.end(ctx, t, d, func() {})
		}
		return errLost
	case err != nil:
		// Nothing is under way, whatever the store holds by now.
		d.withdraw()
	default:
		d.begun = now
	}
	t.mu.Unlock()
	return err
}

// end notes that an intent has a result, and stores it.
func (n *Notifier) end(ctx context.Context, t *tracked, d *delivery, result func()) {
	t.mu.Lock()
	d.withdraw()
	d.posting = false
	result()
	t.changes++
	t.closeIfDone(n.replies())
	t.mu.Unlock()
	n.store(ctx, t)
}

// store stores the record if it has changed. When that fails, the change is
// kept in memory and reconcile tries again: what readers see is right already.
func (n *Notifier) store(ctx context.Context, t *tracked) {
	err := n.commit(ctx, t, nil)
	switch {
	case err == nil:
		n.recordsWork()
	case errors.Is(err, errLost):
		n.recordsWork()
		n.queue.Add(t.id)
	default:
		n.retryRecord(t.id, err)
	}
}

// retryRecord looks at a request again once its record may be stored.
func (n *Notifier) retryRecord(id string, err error) {
	n.queue.AddAfter(id, n.timing.backoff(n.recordsFailed(err)))
}

// recordsFailed notes that records cannot be kept and returns how often that
// happened in a row.
func (n *Notifier) recordsFailed(err error) int {
	n.mu.Lock()
	n.recordsFailures++
	failures := n.recordsFailures
	// That Teleport does not know a request is nothing to report.
	news := n.recordsErr == nil && !errors.Is(err, ErrUnknownRequest)
	if news {
		n.recordsErr = err
	}
	n.mu.Unlock()
	if news {
		n.changed()
	}
	return failures
}

func (n *Notifier) recordsWork() {
	n.mu.Lock()
	over := n.recordsErr != nil
	n.recordsErr, n.recordsFailures = nil, 0
	n.mu.Unlock()
	if over {
		n.changed()
	}
}
