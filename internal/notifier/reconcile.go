package notifier

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/observe"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recorder"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// reconcile looks at one access request: what is to be shown, who should hear of it, what
// is next for each of them. What takes a call is handed to the dispatcher.
func (n *Notifier) reconcile(ctx context.Context, id string) {
	t, again := n.track(ctx, id)
	if t == nil {
		n.lookAgain(id, again)
		return
	}
	again = observe.Observer{Feed: n.options.Feed, Timing: n.options.Timing}.Observe(ctx, t)
	host{n.options.Router, n.directory, n.requests}.invite(ctx, t, n.dispatch.Problems())
	jobs, wait := t.Next()
	finished := t.Close()
	n.lookAgain(id, again)
	n.lookAgain(id, wait)
	n.lookAgain(id, n.recorder.Store(ctx, t, len(jobs) == 0 && wait == 0))
	n.announce(t)
	if len(jobs) == 0 && wait == 0 {
		n.quarantine.Release(id)
	}
	switch {
	case finished && !t.Keeper.Dirty() && t.Closed():
		n.requests.Close(t)
		n.announcer.Forget(id)
		return
	case finished && !t.Keeper.Dirty():
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
func (n *Notifier) track(ctx context.Context, id string) (t *track.Request, again time.Duration) {
	request, presence := n.options.Feed.Get(id)
	if t = n.requests.Get(id); t != nil {
		switch {
		case t.Keeper.Relation() == record.Foreign:
			n.requests.NoteForeign(t)
		case presence == accessrequest.Present && request.DryRun:
			n.requests.Close(t)
		default:
			return t, 0
		}
	}
	closed, wasClosed := n.requests.ClosedAs(id)
	switch {
	case presence != accessrequest.Present || request.DryRun || n.requests.IsForeign(id):
		return nil, 0
	case wasClosed && closed.Mark == track.MarkOf(request):
		return nil, 0
	case wasClosed && closed.Kept != nil:
		return n.requests.Open(closed.Kept), 0
	case wasClosed:
		return n.reopen(ctx, id)
	case request.State.Resolved():
		return nil, 0
	default:
		return n.requests.Open(n.newTracked(id, "")), 0
	}
}

// reopen begins with a request that has changed since it was closed.
func (n *Notifier) reopen(ctx context.Context, id string) (*track.Request, time.Duration) {
	if wait := n.recorder.Wait(); wait > 0 {
		return nil, wait
	}
	text, err := n.timed().Load(ctx, id)
	if err != nil {
		return nil, n.recorder.Failed(err)
	}
	return n.requests.Open(n.newTracked(id, text)), 0
}

// timed is the store of records, each call of which is bounded in time.
func (n *Notifier) timed() keeper.Store {
	return recorder.Timed{Store: n.options.Records, Timeout: n.options.Timing.StoreTimeout}
}

// newTracked makes a request of its record.
func (n *Notifier) newTracked(id, text string) *track.Request {
	keeper, err := keeper.New(id, n.writer, n.timed(), n.owner, text)
	if err != nil {
		n.options.Log.Info("Found a damaged record and will repair it", "request", id)
	}
	return track.New(id, keeper, track.Planner{Waits: n.options.Timing.Waits(), Can: n.chat.Can(), Writer: n.writer})
}

// owner is whose the records of this notifier are, as far as is known.
func (n *Notifier) owner() record.Owner {
	o := record.Owner{Installation: n.options.Owner.Installation, Messenger: n.options.Owner.Messenger}
	if n.chat.Accounter != nil {
		if account, ok := n.chat.Accounter.Account(); ok {
			o.Workspace, o.Bot = account.Workspace, account.Bot
		}
	}
	return o
}
