package notifier

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
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
)

// doubt is what has been done to find out whether a view can be believed.
type doubt struct {
	// missed is when Teleport first did not name the request, zero if it does.
	missed time.Time
	// believed is the mark of the record when the request was last believed to be gone.
	believed record.Mark
	// over and by are marks of the record and of the view that superseded it, because
	// Teleport was asked after the first was seen.
	over, by record.Mark
	// asked is when Teleport was asked whether an overdue request is there.
	asked time.Time
}

// superseded returns the mark of the record that a view is known to supersede.
func (d doubt) superseded(by record.Mark) record.Mark {
	if by == d.by || d.by.Before(by) {
		return d.over
	}
	return record.Mark{}
}

// observer finds out what is to be shown of a request.
type observer struct {
	feed   Feed
	timing Timing
}

// observe makes the request show what is known of it now, and returns when to look
// again, 0 for when something happens.
func (o observer) observe(ctx context.Context, t *tracked) (again time.Duration) {
	request, presence := o.feed.Get(t.id)
	switch presence {
	case accessrequest.Present:
		return o.present(ctx, t, request)
	case accessrequest.Deleted:
		o.end(t, request, time.Now().Add(expiryMargin), false)
		return 0
	default:
		return o.missing(ctx, t, request)
	}
}

// present is observe for a request that Teleport has.
func (o observer) present(ctx context.Context, t *tracked, request accessrequest.Request) time.Duration {
	t.doubt.missed = time.Time{}
	have := t.keeper.Record()
	mark := markOf(request)
	switch {
	case !truth{mark: mark, over: t.doubt.superseded(mark)}.behind(have.Mark):
		if again, overdue := o.overdue(ctx, t, request); overdue {
			return again
		}
		o.show(t, truth{request: request, mark: mark, certainty: current})
		return o.untilOverdue(request)
	case o.feed.Refresh(ctx, t.id) != nil:
		o.show(t, truth{request: request, mark: mark, certainty: behind})
		return o.timing.RetryCap
	}
	request, presence := o.feed.Get(t.id)
	if presence != accessrequest.Present {
		return o.timing.RetryBase
	}
	// Whatever Teleport says now is later than what the record says.
	mark = markOf(request)
	t.doubt.over, t.doubt.by = have.Mark, mark
	o.show(t, truth{request: request, mark: mark, certainty: current})
	return o.untilOverdue(request)
}

// missing is observe for a request that Teleport did not name. A list may trail behind
// events: it is asked for twice before it is believed to be gone.
func (o observer) missing(ctx context.Context, t *tracked, last accessrequest.Request) time.Duration {
	shown, have := t.truth(), t.keeper.Record()
	switch {
	case shown.certainty == ended && (have.Mark == shown.mark || have.Mark == t.doubt.believed):
		return 0
	case shown.certainty == ended && have.State != "" && have.State.Resolved():
		// Another operator knows how it ended.
		o.end(t, last, time.Now(), true)
		return 0
	}
	if shown.certainty == ended || t.doubt.missed.IsZero() {
		// Another operator may have seen it since.
		t.doubt.missed = time.Now()
	}
	err := o.feed.Refresh(ctx, t.id)
	if _, presence := o.feed.Get(t.id); presence != accessrequest.Unlisted {
		return time.Nanosecond
	}
	now, due := time.Now(), o.due(have.Request(t.id))
	wait := t.doubt.missed.Add(o.timing.AbsenceDelay).Sub(now)
	switch {
	case err != nil && (due.IsZero() || now.Before(due)):
		return o.timing.RetryCap
	case err == nil && wait > 0:
		return wait
	}
	t.doubt.believed = have.Mark
	o.end(t, last, now, true)
	return 0
}

// overdue ends a request whose record is about to be dropped, while Teleport cannot be
// asked for it: better say that it is over than leave it pending for ever.
func (o observer) overdue(ctx context.Context, t *tracked, request accessrequest.Request) (again time.Duration, over bool) {
	due := o.due(request)
	switch {
	case request.State.Resolved() || due.IsZero() || time.Now().Before(due):
		return 0, false
	case !t.doubt.asked.IsZero() && time.Since(t.doubt.asked) < overdueRecheck && t.truth().certainty != ended:
		return 0, false
	}
	err := o.feed.Refresh(ctx, t.id)
	t.doubt.asked = time.Now()
	if err == nil {
		return 0, false
	}
	request.State = t.keeper.Record().Vanished(request.State, accessrequest.Gone)
	o.show(t, truth{request: request, mark: markOf(request), certainty: ended})
	return overdueRecheck, true
}

// due is when the record of a request is about to be dropped, zero if that is not known.
func (o observer) due(request accessrequest.Request) time.Time {
	end := request.Expires
	if request.AccessExpires.After(end) {
		end = request.AccessExpires
	}
	if !known(end) {
		return time.Time{}
	}
	return end.Add(recordLife)
}

func (o observer) untilOverdue(request accessrequest.Request) time.Duration {
	due := o.due(request)
	if due.IsZero() || request.State.Resolved() {
		return 0
	}
	return max(time.Until(due), overdueRecheck)
}

// end makes a request show how it ended, as far as that is known at the time now. Last is
// what the feed remembers of it, if anything. Unheard is set if Teleport was not heard to
// say that it is gone.
func (o observer) end(t *tracked, last accessrequest.Request, now time.Time, unheard bool) {
	have, shown := t.keeper.Record(), t.truth()
	request := shown.request
	switch {
	case last.ID != "" && last.State != "" && !markOf(last).Before(shown.mark):
		request = last
	case shown.certainty == unseen:
		request = have.Request(t.id)
	}
	request.State = have.Vanished(request.State, outcome(request, now, unheard))
	mark := markOf(request)
	mark.Reviews = max(mark.Reviews, have.Reviews)
	o.show(t, truth{request: request, mark: mark, certainty: ended})
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

func (o observer) show(t *tracked, now truth) {
	now.over = t.doubt.superseded(now.mark)
	t.show(now, o.feed.Cluster())
}
