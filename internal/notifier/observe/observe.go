// Package observe finds out what may be believed of Teleport.
//
// A view may be stale. One that contradicts the record in a way that only a stale view can,
// or that may be either, is asked for again before it is shown. A request that is missing is
// asked for twice before it is taken to be gone, and nothing of that is final: whatever
// Teleport says later is shown.
//
// It makes a track.Request show what it has found out.
package observe

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/timing"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

const (
	// recordLife is for how long Teleport keeps plugin data after the access of a
	// request has ended, less what it takes to close what is left.
	recordLife = 50 * time.Minute
	// overdueRecheck is how often Teleport is asked for a request that is there although
	// its time is long over.
	overdueRecheck = 5 * time.Minute
	// expiryMargin is by how much clocks may differ where Teleport is heard to drop a
	// request at the end of its time.
	expiryMargin = 2 * time.Second
	// patience is how long the first message of a request waits for what its resources are
	// called.
	patience = 500 * time.Millisecond
)

// Feed is a live view of the access requests of one Teleport cluster.
type Feed interface {
	// Get returns the latest known state of a request, and whether Teleport has it.
	Get(id string) (accessrequest.Request, accessrequest.Presence)
	// Refresh asks Teleport for one request: what Get says afterwards is as new as
	// the answer.
	Refresh(ctx context.Context, id string) error
	// Cluster describes the Teleport cluster to readers.
	Cluster() accessrequest.Cluster
	// Describe adds to a request what Teleport says of its resources and roles, and waits no
	// longer than patience. What comes later makes the request change; complete is false
	// until then.
	Describe(ctx context.Context, r accessrequest.Request, patience time.Duration) (described accessrequest.Request, complete bool)
}

// Observer finds out what is to be shown of a request.
type Observer struct {
	Feed   Feed
	Timing timing.Timing
}

// Observe makes the request show what is known of it now, and returns when to look
// again, 0 for when something happens.
func (o Observer) Observe(ctx context.Context, t *track.Request) (again time.Duration) {
	request, presence := o.Feed.Get(t.ID)
	switch presence {
	case accessrequest.Present:
		return o.present(ctx, t, request)
	case accessrequest.Deleted:
		o.end(ctx, t, request, time.Now().Add(expiryMargin), false)
		return 0
	default:
		return o.missing(ctx, t, request)
	}
}

// present is Observe for a request that Teleport has.
func (o Observer) present(ctx context.Context, t *track.Request, request accessrequest.Request) time.Duration {
	t.Doubt.Missed = time.Time{}
	have := t.Keeper.Record()
	mark := track.MarkOf(request)
	switch {
	case !track.Truth{Mark: mark, Over: t.Doubt.Superseded(mark)}.IsBehind(have.Mark):
		if again, overdue := o.overdue(ctx, t, request); overdue {
			return again
		}
		o.show(ctx, t, track.Truth{Request: request, Mark: mark, Certainty: track.Current})
		return o.untilOverdue(request)
	case o.Feed.Refresh(ctx, t.ID) != nil:
		o.show(ctx, t, track.Truth{Request: request, Mark: mark, Certainty: track.Behind})
		return o.Timing.RetryCap
	}
	request, presence := o.Feed.Get(t.ID)
	if presence != accessrequest.Present {
		return o.Timing.RetryBase
	}
	// Whatever Teleport says now is later than what the record says.
	mark = track.MarkOf(request)
	t.Doubt.Over, t.Doubt.By = have.Mark, mark
	o.show(ctx, t, track.Truth{Request: request, Mark: mark, Certainty: track.Current})
	return o.untilOverdue(request)
}

// missing is Observe for a request that Teleport did not name. A list may trail behind
// events: it is asked for twice before it is believed to be gone.
func (o Observer) missing(ctx context.Context, t *track.Request, last accessrequest.Request) time.Duration {
	shown, have := t.Truth(), t.Keeper.Record()
	switch {
	case shown.Certainty == track.Ended && (have.Mark == shown.Mark || have.Mark == t.Doubt.Believed):
		return 0
	case shown.Certainty == track.Ended && have.State != "" && have.State.Resolved():
		// Another operator knows how it ended.
		o.end(ctx, t, last, time.Now(), true)
		return 0
	}
	if t.Doubt.Missed.IsZero() {
		// Where it was believed to be gone, another operator may have seen it since.
		t.Doubt.Missed = time.Now()
	}
	err := o.Feed.Refresh(ctx, t.ID)
	if _, presence := o.Feed.Get(t.ID); presence != accessrequest.Unlisted {
		return time.Nanosecond
	}
	now, due := time.Now(), o.due(have.Request(t.ID))
	wait := t.Doubt.Missed.Add(o.Timing.AbsenceDelay).Sub(now)
	switch {
	case err != nil && (due.IsZero() || now.Before(due)):
		return o.Timing.RetryCap
	case err == nil && wait > 0:
		return wait
	}
	o.end(ctx, t, last, now, true)
	return 0
}

// overdue ends a request whose record is about to be dropped, while Teleport cannot be
// asked for it: better say that it is over than leave it pending for ever.
func (o Observer) overdue(ctx context.Context, t *track.Request, request accessrequest.Request) (again time.Duration, over bool) {
	due := o.due(request)
	switch {
	case request.State.Resolved() || due.IsZero() || time.Now().Before(due):
		return 0, false
	case !t.Doubt.Asked.IsZero() && time.Since(t.Doubt.Asked) < overdueRecheck && t.Truth().Certainty != track.Ended:
		return 0, false
	}
	err := o.Feed.Refresh(ctx, t.ID)
	t.Doubt.Asked = time.Now()
	if err == nil {
		return 0, false
	}
	request.State = t.Keeper.Record().Vanished(request.State, accessrequest.Gone)
	o.show(ctx, t, track.Truth{Request: request, Mark: track.MarkOf(request), Certainty: track.Ended})
	return overdueRecheck, true
}

// due is when the record of a request is about to be dropped, zero if that is not known.
func (o Observer) due(request accessrequest.Request) time.Time {
	end := request.Expires
	if request.AccessExpires.After(end) {
		end = request.AccessExpires
	}
	if !known(end) {
		return time.Time{}
	}
	return end.Add(recordLife)
}

func (o Observer) untilOverdue(request accessrequest.Request) time.Duration {
	due := o.due(request)
	if due.IsZero() || request.State.Resolved() {
		return 0
	}
	return max(time.Until(due), overdueRecheck)
}

// end makes a request show how it ended, as far as that is known at the time now. Last is
// what the feed remembers of it, if anything. Unheard is set if Teleport was not heard to
// say that it is gone.
func (o Observer) end(ctx context.Context, t *track.Request, last accessrequest.Request, now time.Time, unheard bool) {
	have, shown := t.Keeper.Record(), t.Truth()
	t.Doubt.Missed, t.Doubt.Believed = time.Time{}, have.Mark
	request, retold, heard := shown.Request, shown.Retold, false
	switch {
	case last.ID != "" && last.State != "" && !track.MarkOf(last).Before(shown.Mark):
		// It may have been heard how it was decided, to the last.
		request, retold, heard = last, false, !unheard && last.State.Resolved()
	case shown.Certainty == track.Unseen:
		request, retold = have.Request(t.ID), true
	}
	if !heard {
		request.State = have.Vanished(request.State, outcome(request, now, unheard))
	}
	mark := track.MarkOf(request)
	mark.Reviews = max(mark.Reviews, have.Reviews)
	if heard {
		t.Doubt.Over, t.Doubt.By = have.Mark, mark
	}
	o.show(ctx, t, track.Truth{Request: request, Mark: mark, Certainty: track.Ended, Retold: retold})
}

// outcome says how a request ended that was pending when it was seen last.
func outcome(request accessrequest.Request, now time.Time, unheard bool) accessrequest.State {
	switch {
	case !known(request.Expires):
		return accessrequest.Gone
	case now.Before(request.Expires):
		return accessrequest.Removed
	case !unheard:
		return accessrequest.Expired
	case known(request.AccessExpires) && request.AccessExpires.After(request.Expires) && now.Before(request.AccessExpires):
		// One that was approved would still be there.
		return accessrequest.Expired
	default:
		return accessrequest.Gone
	}
}

// known is false for the two ways in which a time can be missing: Go's zero time, and
// the zero of protocol buffers.
func known(t time.Time) bool {
	return !t.IsZero() && t.Unix() != 0
}

// show makes the request show a truth. A message that is there already is not edited while it
// is unknown what its resources are called: it may say so.
func (o Observer) show(ctx context.Context, t *track.Request, now track.Truth) {
	wait := patience
	if t.PastPosting() {
		wait = 0
	}
	described, complete := o.Feed.Describe(ctx, now.Request, wait)
	now.Request = described.Recall(t.Keeper.Record().Request(t.ID).Resources)
	now.Retold = now.Retold || !complete
	now.Over = t.Doubt.Superseded(now.Mark)
	t.Show(now, o.Feed.Cluster())
}
