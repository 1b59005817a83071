package notifier

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// reconcile looks at one access request: what is to be shown, who should hear of it, what
// is next for each of them. What takes a call is handed to the dispatcher.
func (n *Notifier) reconcile(ctx context.Context, id string) {
	t, again := n.track(ctx, id)
	if t == nil {
		n.lookAgain(id, again)
		return
	}
	again = observer{n.options.Feed, n.options.Timing}.observe(ctx, t)
	host{n.options.Rules, n.directory, n.requests}.invite(t, n.dispatch.Problems())
	jobs, wait := t.next()
	finished := t.close()
	n.lookAgain(id, again)
	n.lookAgain(id, wait)
	n.lookAgain(id, n.store(ctx, t, len(jobs) == 0 && wait == 0))
	n.announce(t)
	if len(jobs) == 0 && wait == 0 {
		n.quarantine.release(id)
	}
	switch {
	case finished && !t.keeper.Dirty() && t.closed():
		n.requests.close(t)
		n.announcer.forget(id)
		return
	case finished && !t.keeper.Dirty():
		// Another writer knew more.
		n.lookAgain(id, n.options.Timing.RetryBase)
	}
	for _, job := range jobs {
		n.dispatch.Add(job)
	}
}

func (n *Notifier) lookAgain(id string, after time.Duration) {
	if after > 0 {
		n.queue.AddAfter(id, after)
	}
}

// track returns the request as it is worked on, beginning with it if it is new or has
// changed since it was closed; nil if there is nothing to do.
func (n *Notifier) track(ctx context.Context, id string) (t *tracked, again time.Duration) {
	request, presence := n.options.Feed.Get(id)
	if t = n.requests.get(id); t != nil {
		switch {
		case t.keeper.Relation() == record.Foreign:
			n.requests.noteForeign(t)
		case presence == accessrequest.Present && request.DryRun:
			n.requests.close(t)
		default:
			return t, 0
		}
	}
	closed, wasClosed := n.requests.closedAs(id)
	switch {
	case presence != accessrequest.Present || request.DryRun || n.requests.isForeign(id):
		return nil, 0
	case wasClosed && closed.mark == markOf(request):
		return nil, 0
	case wasClosed && closed.kept != nil:
		return n.requests.open(closed.kept), 0
	case wasClosed:
		return n.reopen(ctx, id)
	case request.State.Resolved():
		return nil, 0
	default:
		return n.requests.open(n.newTracked(id, "")), 0
	}
}

// reopen begins with a request that has changed since it was closed.
func (n *Notifier) reopen(ctx context.Context, id string) (*tracked, time.Duration) {
	if wait := n.stores.wait(); wait > 0 {
		return nil, wait
	}
	text, err := n.timedStore().Load(ctx, id)
	if err != nil {
		return nil, n.stores.failed(err)
	}
	return n.requests.open(n.newTracked(id, text)), 0
}

// newTracked makes a request of its record.
func (n *Notifier) newTracked(id, text string) *tracked {
	keeper, err := keeper.New(id, n.writer, n.timedStore(), n.owner, text)
	if err != nil {
		n.options.Log.Info("Found a damaged record and will repair it", "request", id)
	}
	return newTracked(id, keeper, planner{waits: n.options.Timing.waits(), can: n.chat.can(), writer: n.writer})
}

// owner is whose the records of this notifier are, as far as is known.
func (n *Notifier) owner() record.Owner {
	o := record.Owner{Installation: n.options.Owner.Installation, Messenger: n.options.Owner.Messenger}
	if n.chat.accounter != nil {
		if account, ok := n.chat.accounter.Account(); ok {
			o.Workspace, o.Bot = account.Workspace, account.Bot
		}
	}
	return o
}

// next returns the calls that are due now, and when to decide again, 0 for not before
// something happens. Claims that are not needed are withdrawn.
func (t *tracked) next() (jobs []dispatch.Job, again time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for address, decision := range t.decisions() {
		switch {
		case decision.Call():
			jobs = append(jobs, t.job(address, decision))
		case decision.Action == plan.Withdraw:
			t.withdraw(address)
		case !decision.At.IsZero():
			wait := max(time.Until(decision.At), time.Nanosecond)
			if again == 0 || wait < again {
				again = wait
			}
		}
	}
	return jobs, again
}

// withdraw removes the claims at an address. The caller holds mu.
func (t *tracked) withdraw(address string) {
	r := t.keeper.Record()
	e, _ := r.Entry(address)
	for _, c := range []*record.Claim{e.Make, e.Edit} {
		if c != nil {
			claim := *c
			t.keeper.Learn(func(r *record.Record) { r.Withdraw(address, claim) })
		}
	}
}

// job is the job that makes a call. The caller holds mu.
func (t *tracked) job(address string, decision plan.Decision) dispatch.Job {
	return dispatch.Job{
		Address:   address,
		Request:   t.id,
		Requester: t.requester(),
		Method:    methodOf(decision.Action),
		Urgent:    decision.Action == plan.Edit && t.s.truth.mark.State.Resolved(),
	}
}

// methodOf is what the messenger is asked for.
func methodOf(action plan.Action) dispatch.Method {
	switch action {
	case plan.Edit:
		return dispatch.Edit
	case plan.Reply:
		return dispatch.Reply
	case plan.Find, plan.FindReply:
		return dispatch.Find
	default:
		return dispatch.Post
	}
}
