package dispatch

import (
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/fair"
)

// address is where jobs are delivered. It is guarded by the state that holds it.
type address struct {
	id string
	// lines hold the jobs that wait.
	lines [classes][methods]line
	gates [methods]gate
	// jobs is how many there are, running how many of them are under way.
	jobs, running int

	// failures are those in a row that should pass.
	failures int
	// problem is why the address cannot work, nil while it can.
	problem *messenger.Error
	// until is when the address may go on after a failure, and since the last
	// delivery that was started before it.
	until time.Time
	since uint64

	// method is the last that was started, favoured how many urgent jobs were since
	// the last that was not.
	method   Method
	favoured int
	// timer fires at wake, when something here is over.
	timer *time.Timer
	wake  time.Time
}

// class tells urgent jobs from others.
type class int

const (
	urgent class = iota
	normal
	classes = iota
)

func classOf(j Job) class {
	if j.Urgent {
		return urgent
	}
	return normal
}

// urgentTurns is how many urgent jobs may go before one that is not.
const urgentTurns = 4

// turn returns the classes, the one first whose turn it is.
func turn(favoured int) [classes]class {
	if favoured >= urgentTurns {
		return [classes]class{normal, urgent}
	}
	return [classes]class{urgent, normal}
}

// line holds what waits at one address for one method in one class. Its flows take
// turns. As many as may run at a time are offered to all of the dispatcher; requesters
// take turns there as well.
type line struct {
	flows   map[string]*flow
	waiting fair.Queue[*flow]
	offered []*flow
}

// flow holds the jobs of one requester in a line.
type flow struct {
	at        *address
	in        *line
	class     class
	method    Method
	requester string
	tasks     fair.Queue[*task]
	// turns are its turns among the flows of the line and of its requester among
	// all. A zero turn is not decided yet.
	turns turns
	// waiting is its place among the flows that wait, offer its place among those
	// that are offered. One of them is nil.
	waiting, offer *fair.Entry[*flow]
}

type turns struct {
	line, ready fair.Turn
}

// task is a job and where it stands.
type task struct {
	job Job
	at  *address
	// flow and place are where it waits, nil while it is under way.
	flow  *flow
	place *fair.Entry[*task]
	// started numbers the delivery under way, 0 if there is none. added is the job if
	// it was added since, dropped is set if it was forgotten.
	started uint64
	added   *Job
	dropped bool
	// turns are those that the delivery has used.
	turns turns
}

// flowOf returns the flow for a job, which waits from now on if it is new.
func (a *address) flowOf(j Job) *flow {
	c := classOf(j)
	l := &a.lines[c][j.Method]
	f, ok := l.flows[j.Requester]
	if ok {
		return f
	}
	if l.flows == nil {
		l.flows = map[string]*flow{}
	}
	f = &flow{at: a, in: l, class: c, method: j.Method, requester: j.Requester}
	l.flows[j.Requester] = f
	f.waiting = l.waiting.Push(f.requester, f)
	return f
}

// width is how many deliveries may be under way.
func (a *address) width(healthy int) int {
	if a.failures > 0 || a.problem != nil {
		return 1
	}
	return healthy
}

// open reports whether a delivery may be started with the method.
func (a *address) open(m Method, healthy int, now time.Time) bool {
	return !now.Before(a.until) && a.running < a.width(healthy) && a.gates[m].open(now)
}

// ends returns when the next wait here is over, zero if there is none.
func (a *address) ends(now time.Time) time.Time {
	var first time.Time
	consider := func(t time.Time) {
		if t.After(now) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	consider(a.until)
	for m := range a.gates {
		consider(a.gates[m].until)
	}
	return first
}

// choose returns the flow to start at the address of f, which may have another of more
// right to the place.
func (a *address) choose(f *flow, gates *[methods]gate, now time.Time) *flow {
	for _, c := range turn(a.favoured) {
		for i := range Method(methods) {
			m := (a.method + 1 + i) % methods
			l := &a.lines[c][m]
			switch {
			case len(l.offered) == 0 || !gates[m].open(now):
			case f.in == l:
				return f
			default:
				return l.offered[0]
			}
		}
	}
	return f
}

// unoffer takes a flow out of those of its line that are offered.
func (f *flow) unoffer() {
	f.offer = nil
	i := slices.Index(f.in.offered, f)
	f.in.offered = slices.Delete(f.in.offered, i, i+1)
}
