package notifier

import "context"

// Changed implements Subscriber.
func (n *Notifier) Changed(id string) { n.queue.Add(id) }

// Synced implements Subscriber: the feed has been compared with a full list.
func (n *Notifier) Synced() { n.intake.ReadAgain() }

// Resync makes the notifier look at everything again now, also at recipients
// that were found not to work.
func (n *Notifier) Resync() {
	n.breaker.CheckNow()
	n.dispatch.UnblockAll()
	n.recipients.Expire()
	n.Synced()
}

// recordsRead goes on with what the records say.
func (n *Notifier) recordsRead() {
	n.recipients.Forget()
	n.announcer.ForgetAddresses(n.dispatch.Knows)
	n.dispatch.Retry()
	n.lookAtAll()
}

// rerouteLoop looks at everything again whenever the rules have changed.
func (n *Notifier) rerouteLoop(ctx context.Context) { n.recipients.Reroute(ctx, n.lookAtAll) }

// lookAtAll asks for everything to be looked at that is not finished.
func (n *Notifier) lookAtAll() {
	for _, t := range n.requests.All() {
		n.queue.Add(t.ID)
	}
	for _, id := range n.requests.Rested() {
		n.queue.Add(id)
	}
	for _, id := range n.options.Feed.IDs() {
		n.queue.Add(id)
	}
	n.recipients.LookUp()
	n.options.Changed()
}

// gate lets calls begin while the messenger is usable, and keeps them from it while it
// is not.
func (n *Notifier) gate() {
	if n.breaker.State().Usable() {
		n.dispatch.Release()
		n.recipients.Release()
		n.recipients.LookUp()
	} else {
		n.dispatch.Hold()
		n.recipients.Hold()
	}
	n.options.Changed()
}

// recovered goes on with what has failed while the messenger did not work.
func (n *Notifier) recovered() {
	n.gate()
	n.dispatch.Retry()
	n.recipients.Retry()
	// It may be another account by now.
	n.Synced()
}
