package track

import (
	"cmp"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// Next returns the calls that are due now, and when to decide again, 0 for not before
// something happens. Claims that are not needed are withdrawn. It is idle if all that is left
// is what comes with time.
func (t *Request) Next() (jobs []dispatch.Job, again time.Duration, idle bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	idle = true
	for address, decision := range t.decisions() {
		if decision.Action == plan.Withdraw {
			withdraw(t.Keeper, address)
			decision = plan.Next(t.view(address, t.Keeper.Record()))
		}
		idle = idle && (decision.Settled() || decision.Reason == plan.NotYet)
		switch {
		case decision.Call():
			jobs = append(jobs, t.job(address, decision))
		case !decision.At.IsZero():
			wait := max(time.Until(decision.At), time.Nanosecond)
			if again == 0 || wait < again {
				again = wait
			}
		}
	}
	if idle && again == 0 {
		again = t.s.quiet()
	}
	return jobs, again, idle
}

// quiet is how long a request can neither rest nor be closed because a recipient has just heard of it:
// what changes has to wait for so long. The caller holds mu.
func (s *state) quiet() (longest time.Duration) {
	for _, d := range s.deliveries {
		longest = max(longest, time.Until(d.Memory.Quiet))
	}
	return longest
}

// withdraw removes the claims at an address.
func withdraw(k *keeper.Keeper, address string) {
	r := k.Record()
	e, _ := r.Entry(address)
	for _, c := range []*record.Claim{e.Make, e.Edit} {
		if c != nil {
			claim := *c
			k.Learn(func(r *record.Record) { r.Withdraw(address, claim) })
		}
	}
}

// job is the job that makes a call. The caller holds mu.
func (t *Request) job(address string, decision plan.Decision) dispatch.Job {
	job := dispatch.Job{
		Address: address,
		Request: t.ID,
		// Requesters take turns.
		Requester: cmp.Or(t.s.truth.Request.User, t.ID),
		Method:    MethodOf(decision.Action),
	}
	if decision.Action == plan.Edit && t.s.truth.Mark.State.Resolved() {
		job.Priority = dispatch.Urgent
	}
	return job
}

// MethodOf is what the messenger is asked for.
func MethodOf(action plan.Action) dispatch.Method {
	switch action {
	case plan.Edit:
		return dispatch.Edit
	case plan.Reply:
		return dispatch.Reply
	case plan.Find, plan.FindReply, plan.FindNote:
		return dispatch.Find
	default:
		return dispatch.Post
	}
}
