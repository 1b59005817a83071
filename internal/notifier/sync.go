package notifier

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Synced implements Subscriber: the feed has been compared with a full list.
func (n *Notifier) Synced() {
	select {
	case n.resync <- struct{}{}:
	default:
	}
}

// Resync makes the notifier look at everything again now, also at recipients
// that were found not to work.
func (n *Notifier) Resync() {
	n.health.again()
	n.lanes.unblock()
	n.resolver.expire()
	n.Synced()
}

// Changed implements Subscriber.
func (n *Notifier) Changed(id string) {
	n.queue.Add(id)
}

// syncLoop reads the records after each full list of requests, and asks for
// everything that is not finished to be looked at.
func (n *Notifier) syncLoop(ctx context.Context) {
	defer n.protect()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.resync:
		}
		for err := n.sync(ctx); err != nil; err = n.sync(ctx) {
			if !sleep(ctx, n.timing.backoff(n.recordsFailed(err))) {
				return
			}
		}
	}
}

func (n *Notifier) sync(ctx context.Context) error {
	began := time.Now()
	records, err := n.records.LoadAll(ctx)
	if err != nil {
		return err
	}
	n.recordsWork()
	for id, text := range records {
		n.restore(id, text, began)
	}
	n.letGo(records)
	n.mu.Lock()
	n.forgetClosed(records)
	n.mu.Unlock()

	n.once.Do(func() { close(n.ready) })
	n.lanes.retry(ctx)
	if n.health.inTrouble() && n.idle() {
		// No call will show that it is over.
		n.health.again()
	}
	n.forgetRecipients()
	n.lookUpConfigured(ctx)
	n.lookAtAll()
	for _, id := range n.feed.IDs() {
		n.queue.Add(id)
	}
	n.changed()
	return nil
}

// restore starts to track a request from its record, which was read after began,
// unless it is tracked or finished.
func (n *Notifier) restore(id, text string, began time.Time) {
	r, err := decodeRecord(text)
	n.mu.Lock()
	defer n.mu.Unlock()
	if err == nil && r.Closed {
		n.closed[id] = closing{at: began}
		return
	}
	if _, ok := n.requests[id]; ok {
		return
	}
	if c, ok := n.closed[id]; ok && (c.unrecorded || !c.at.Before(began)) {
		return
	}
	delete(n.closed, id)
	t := newTracked(id)
	t.adopt(r, text, n.writer, time.Now().Add(n.timing.SettleDelay))
	if err != nil {
		n.log.Info("Found a damaged record and will repair it", "request", id)
		t.suspect = true
		t.changes++
	}
	n.requests[id] = t
}

// idle reports whether nothing is left to deliver.
func (n *Notifier) idle() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, t := range n.requests {
		if _, undelivered, _ := t.count(n.replies()); undelivered > 0 {
			return false
		}
	}
	return true
}

// letGo gives up on addresses that cannot work for requests that Teleport has
// forgotten together with their records. Nobody would know of them after a restart.
func (n *Notifier) letGo(records map[string]string) {
	problems := n.lanes.problems()
	n.mu.Lock()
	defer n.mu.Unlock()
	for id, t := range n.requests {
		_, recorded := records[id]
		if _, presence := n.feed.Get(id); presence != accessrequest.Present && !recorded {
			t.letGo(problems, true)
		}
	}
}

// letGo gives up on addresses that do not work; unless all is set, only on those
// where there is no message.
func (t *tracked) letGo(problems map[string]*messenger.Error, all bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, d := range t.deliveries {
		if problems[id] != nil && (all || d.Ref == "") {
			d.gone = true
		}
	}
}

// closing is how this process finished with a request.
type closing struct {
	at time.Time
	// unrecorded is set if the store could not be told.
	unrecorded bool
}

// forgetClosed drops what is neither recorded nor known to Teleport any more.
// The caller holds mu.
func (n *Notifier) forgetClosed(records map[string]string) {
	for id := range n.closed {
		_, recorded := records[id]
		if _, presence := n.feed.Get(id); presence != accessrequest.Present && !recorded {
			delete(n.closed, id)
		}
	}
}

// track returns the request as it is being delivered, starting to track it if
// it is new; nil if there is nothing to deliver.
func (n *Notifier) track(id string, isNew bool) *tracked {
	n.mu.Lock()
	defer n.mu.Unlock()
	t, ok := n.requests[id]
	if _, closed := n.closed[id]; !ok && isNew && !closed {
		t = newTracked(id)
		n.requests[id] = t
	}
	return t
}

func (n *Notifier) untrack(t *tracked) {
	t.mu.Lock()
	told, unrecorded := t.record.Closed, t.unrecorded
	t.mu.Unlock()
	n.mu.Lock()
	delete(n.requests, t.id)
	if told {
		n.closed[t.id] = closing{at: time.Now(), unrecorded: unrecorded}
	}
	n.mu.Unlock()
	n.changed()
}

// sleep waits for d and reports false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
