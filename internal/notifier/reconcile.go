package notifier

import (
	"context"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

// reconcileLoop looks at requests as the queue asks for it, once the records are known.
func (n *Notifier) reconcileLoop(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-n.intake.Known():
		n.queue.work(n.quarantine.Stop, func(id string) { n.reconcileOnce(ctx, id) })
	}
}

// reconcileOnce reconciles one request. What panics is put aside, so that the others
// go on.
func (n *Notifier) reconcileOnce(ctx context.Context, id string) {
	if wait := n.quarantine.Left(id); wait > 0 {
		n.queue.again(id, wait)
		return
	}
	defer n.options.Changed()
	defer n.quarantine.PutAside(id)
	n.reconcile(ctx, id)
}

// reconcile looks at one access request: what is to be shown, who should hear of it, what
// is next for each of them. What takes a call is handed to the dispatcher.
func (n *Notifier) reconcile(ctx context.Context, id string) {
	t, again := n.intake.Take(ctx, id)
	if t == nil {
		if again == 0 {
			n.quarantine.Release(id)
			n.credits.drop(id)
		}
		n.queue.again(id, again)
		return
	}
	n.credits.give(t)
	n.queue.again(id, n.observer.Observe(ctx, t))
	problems := n.dispatch.Problems()
	n.recipients.Invite(ctx, t, problems)
	jobs, wait, idle := t.Next()
	finished := t.Close()
	n.queue.again(id, wait)
	n.queue.again(id, n.recorder.Store(ctx, t, idle))
	n.queue.again(id, n.recipients.Announce(t))
	if idle || wait == 0 && !slices.ContainsFunc(jobs, func(j dispatch.Job) bool { return problems[j.Address] == nil }) {
		// It works, also if it waits for recipients that do not.
		n.quarantine.Release(id)
	}
	switch {
	case finished && !t.Keeper.Dirty() && t.Closed():
		n.requests.Close(t)
		n.announcer.Forget(id)
		return
	case finished && !t.Keeper.Dirty():
		// Another writer knew more.
		n.queue.again(id, n.options.Timing.RetryBase)
	}
	for _, job := range jobs {
		n.dispatch.Add(job)
	}
	if idle && len(jobs) == 0 {
		n.requests.Rest(t)
	}
}
