package dispatch

import "github.com/accessnotifier/accessnotifier/internal/notifier/fair"

// fate is what becomes of a job after its delivery, see the package's table.
type fate int

const (
	// kept jobs go on as the delivery's result says.
	kept fate = iota
	// wanted jobs were added once more meanwhile.
	wanted
	// forgotten jobs were forgotten meanwhile, and renewed ones added after that.
	forgotten
	renewed
)

// added is the fate of a job that is added during its delivery.
func (f fate) added() fate {
	if f == forgotten || f == renewed {
		return renewed
	}
	return wanted
}

// task is a job and where it stands.
type task struct {
	job Job
	at  *address
	// flow and place are where it waits, nil while it is under way.
	flow  *flow
	place *fair.Entry[*task]
	// started numbers the delivery under way, 0 if there is none. fate is what is to
	// become of it then, and added the job if it was added since.
	started uint64
	fate    fate
	added   Job
	// turns are those that the delivery has used.
	turns turns
}

// add notes that the job was added during its delivery.
func (t *task) add(j Job) { t.fate, t.added = t.fate.added(), j }

// following returns the job that is to be delivered next, if any.
func (t *task) following(r Result) (next Job, ok bool) {
	switch {
	case t.fate == forgotten:
		return Job{}, false
	case t.fate == renewed:
		return t.added, true
	case r.outcome == again || r.outcome == instead:
		next = r.next
		next.Address, next.Request, next.Requester = t.job.Address, t.job.Request, t.job.Requester
		if t.fate == wanted {
			next.Requester, next.Priority = t.added.Requester, max(next.Priority, t.added.Priority)
		}
		return next, true
	case t.fate == wanted:
		return t.added, true
	default:
		return t.job, r.outcome != done && r.outcome != skip
	}
}
