package notifier

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/signal"
)

// Synced implements Subscriber: the feed has been compared with a full list.
func (n *Notifier) Synced() {
	n.records.again()
}

// Resync makes the notifier look at everything again now, also at recipients
// that were found not to work.
func (n *Notifier) Resync() {
	n.breaker.CheckNow()
	n.dispatch.UnblockAll()
	n.directory.Expire()
	n.Synced()
}

// Changed implements Subscriber.
func (n *Notifier) Changed(id string) {
	n.queue.Add(id)
}

// syncing is when records are read.
type syncing struct {
	// read is closed when the records have been read once, due is given when they have to
	// be read again.
	read chan struct{}
	due  signal.Signal
}

func newSyncing() *syncing {
	return &syncing{read: make(chan struct{}), due: signal.New()}
}

// again asks for the records to be read again.
func (s *syncing) again() {
	s.due.Give()
}

// syncLoop reads the records after each full list of requests, and asks for
// everything that is not finished to be looked at.
func (n *Notifier) syncLoop(ctx context.Context) {
	for first := true; ; first = false {
		select {
		case <-ctx.Done():
			return
		case <-n.records.due:
		}
		for wait := n.recorder.Read(n.sync(ctx)); wait > 0; wait = n.recorder.Read(n.sync(ctx)) {
			n.options.Changed()
			if !backoff.Sleep(ctx, wait) {
				return
			}
		}
		if first {
			close(n.records.read)
		}
		n.lookAtAll()
	}
}

// sync reads the records: of requests that are worked on because another operator may have
// written them, of others because there may be something to do.
func (n *Notifier) sync(ctx context.Context) error {
	began := time.Now()
	records, err := n.options.Records.LoadAll(ctx)
	if err != nil {
		return err
	}
	foreign := map[string]bool{}
	for id, text := range records {
		if n.restore(id, text, began) == record.Foreign {
			foreign[id] = true
		}
	}
	n.requests.Foreigners(foreign)
	n.giveUpForgotten(records)
	n.requests.Forget(func(id string) bool {
		_, recorded := records[id]
		_, presence := n.options.Feed.Get(id)
		return recorded || presence == accessrequest.Present
	})
	n.forgetRecipients()
	n.dispatch.Retry()
	return nil
}

// restore takes over the record of a request, which was read after began, and tells whose
// it is.
func (n *Notifier) restore(id, text string, began time.Time) record.Relation {
	if t := n.requests.Get(id); t != nil {
		if _, err := t.Keeper.Adopt(text, began); err != nil {
			n.options.Log.Info("Found a damaged record and will repair it", "request", id)
		}
		return t.Keeper.Relation()
	}
	r, err := record.Decode(text)
	relation := r.Owner.Relation(n.owner())
	closed, wasClosed := n.requests.ClosedAs(id)
	switch request, presence := n.options.Feed.Get(id); {
	case relation == record.Foreign, request.DryRun:
	case relation == record.Former && (presence != accessrequest.Present || request.State.Resolved()):
		// Its messages are out of reach.
	case relation == record.Own && err == nil && r.Status == record.Closed:
		n.requests.NoteClosed(id, r.Mark, began)
	case wasClosed && (closed.Kept != nil || !closed.At.Before(began)):
		// The record was read before it was closed.
	default:
		n.requests.Open(n.newTracked(id, text))
	}
	return relation
}

// giveUpForgotten gives up on addresses that cannot work for requests that Teleport has
// forgotten together with their records. No other process would know of them.
func (n *Notifier) giveUpForgotten(records map[string]string) {
	problems := n.dispatch.Problems()
	for _, t := range n.requests.All() {
		if _, recorded := records[t.ID]; !recorded {
			t.GiveUp(problems)
		}
	}
}

// lookAtAll asks for everything to be looked at that is not finished.
func (n *Notifier) lookAtAll() {
	for _, t := range n.requests.All() {
		n.queue.Add(t.ID)
	}
	for _, id := range n.options.Feed.IDs() {
		n.queue.Add(id)
	}
	n.lookUpConfigured()
	n.options.Changed()
}
