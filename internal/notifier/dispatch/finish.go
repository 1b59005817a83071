package dispatch

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/backoff"
)

// finish takes in how a delivery ended.
func (s *state) finish(t *task, r Result, now time.Time) {
	a := t.at
	for _, g := range s.limits(t) {
		g.running--
	}
	a.running--
	s.learn(t, r, now)
	next, ok := t.following(r)
	t.started, t.added, t.dropped = 0, nil, false
	if ok {
		s.enqueue(t, next, placeAfter[r.outcome])
	} else {
		s.untrack(t)
	}
	s.refresh(a, now)
}

// placeAfter says where a job goes that is to be delivered once more. What may pass goes
// behind the others of its requester: it may be about that job alone. What was refused
// without being looked at has not used its turn.
var placeAfter = map[outcome]place{again: front, instead: front, throttled: sameTurn, holdAll: sameTurn}

// learn notes what the result says about the address and the limits.
func (s *state) learn(t *task, r Result, now time.Time) {
	switch r.outcome {
	case done, again:
		s.answered(t)
		s.works(t)
	case retry:
		s.failed(t, now)
	case throttled:
		after := r.after
		if after <= 0 {
			after = s.options.RetryBase
		}
		s.limits(t)[r.scope].pause(now.Add(after), s.started)
	case block:
		s.answered(t)
		t.at.problem, t.at.since = r.problem, s.started
		t.at.until = now.Add(backoff.Around(s.options.SlowRetry))
		s.blocked[t.at] = struct{}{}
	case holdAll:
		s.held = true
	case skip, instead:
	}
}

func (s *state) answered(t *task) {
	for _, g := range s.limits(t) {
		g.answered(t.started)
	}
}

// works notes that a call to the address worked. One that was started before the
// address failed says nothing.
func (s *state) works(t *task) {
	a := t.at
	if t.started <= a.since {
		return
	}
	a.failures, a.problem, a.until = 0, nil, time.Time{}
	delete(s.troubled, a)
	delete(s.blocked, a)
}

// failed makes the address back off. Deliveries that were under way together fail as
// one.
func (s *state) failed(t *task, now time.Time) {
	a := t.at
	if t.started <= a.since {
		return
	}
	a.failures++
	a.since, a.until = s.started, now.Add(backoff.Delay(s.options.RetryBase, s.options.RetryCap, a.failures))
	s.troubled[a] = struct{}{}
}

// following returns the job that is to be delivered next, if any.
func (t *task) following(r Result) (next Job, ok bool) {
	switch {
	case t.dropped:
		if t.added == nil {
			return Job{}, false
		}
		return *t.added, true
	case r.outcome == again || r.outcome == instead:
		next = r.next
		next.Address, next.Request, next.Requester = t.job.Address, t.job.Request, t.job.Requester
		if t.added != nil {
			next.Requester, next.Urgent = t.added.Requester, next.Urgent || t.added.Urgent
		}
		return next, true
	case t.added != nil:
		return *t.added, true
	default:
		return t.job, r.outcome != done && r.outcome != skip
	}
}

// retry ends the back-off of all addresses, or of one that has something to deliver.
func (s *state) retry(all bool, now time.Time) {
	for a := range s.troubled {
		if a.problem != nil || !now.Before(a.until) || a.jobs == 0 && !all {
			continue
		}
		a.until = time.Time{}
		s.refresh(a, now)
		if !all {
			return
		}
	}
}

// unblock has an address tried that cannot work.
func (s *state) unblock(a *address, now time.Time) {
	if a.problem == nil {
		return
	}
	a.until = time.Time{}
	if a.jobs == 0 {
		a.problem = nil
		delete(s.blocked, a)
	}
	s.refresh(a, now)
}

// backlog reports whether jobs wait for a failure to pass.
func (s *state) backlog() bool {
	for a := range s.troubled {
		if a.problem == nil && a.jobs > 0 {
			return true
		}
	}
	return false
}
