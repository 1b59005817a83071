package dispatch

import "github.com/accessnotifier/accessnotifier/internal/notifier/fair"

// task is a job and where it stands.
type task struct {
	job Job
	at  *address
	// flow and place are where it waits, nil while it is under way.
	flow  *flow
	place *fair.Entry[*task]
	// started numbers the delivery under way, 0 if there is none. added is the job as
	// it was added since, nil if it was not.
	started uint64
	added   *Job
	// turns are those that the delivery has used.
	turns turns
}

// following returns the job that is to be delivered next, if any, see the package's table.
func (t *task) following(r Result) (next Job, ok bool) {
	switch {
	case r.outcome == again || r.outcome == instead:
		next = r.next
		next.Address, next.Request, next.Requester = t.job.Address, t.job.Request, t.job.Requester
		if t.added != nil {
			next.Requester, next.Priority = t.added.Requester, max(next.Priority, t.added.Priority)
		}
		return next, true
	case t.added != nil:
		return *t.added, true
	default:
		return t.job, r.outcome != done && r.outcome != skip
	}
}
